//! Samples of older runs, as they are to be read today.

use serde::{Deserialize, Deserializer};

use super::{Metric, Outcome, Sample};
use crate::units::{Nanos, Quantity};

/// Reads samples. Runs of before 2026-11-29 noted a stop as 0 ns where the engine had stamped
/// the exit before the signal: that is no measurement.
pub(super) fn samples<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Sample>, D::Error> {
    let mut samples = Vec::<Sample>::deserialize(deserializer)?;
    for sample in &mut samples {
        let stop = matches!(sample.metric, Metric::StopTime | Metric::FloorStopTime);
        if stop && sample.outcome.value() == Some(Quantity::Time(Nanos(0))) {
            sample.outcome = Outcome::NotMeasured {
                reason: "the process ended before the engine had stamped its signal".to_owned(),
            };
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {

    #[test]
    fn a_stop_of_no_time_is_no_sample() {
        let text = r#"[
            {"case": "a/b", "metric": "stop.time", "round": 1, "order": 1,
             "outcome": {"status": "ok", "value": {"ns": 0}}},
            {"case": "a/b", "metric": "stop.time", "round": 2, "order": 1,
             "outcome": {"status": "ok", "value": {"ns": 1}}},
            {"case": "a/b", "metric": "build.cached", "round": 1, "order": 1,
             "outcome": {"status": "ok", "value": {"ns": 0}}}
        ]"#;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let samples = super::samples(&mut deserializer).unwrap();
        let measured: Vec<_> = samples
            .iter()
            .map(|it| it.outcome.value().is_some())
            .collect();
        assert_eq!(measured, [false, true, true]);
    }
}
