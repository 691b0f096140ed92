//! hyperfine's JSON export, for its plotting scripts, Bencher's adapter and viewers. Times only,
//! in seconds.

use serde_json::{Value, json};

use super::{analysis, points};
use crate::record::RunRecord;
use crate::units::Unit;

/// A result for each timed metric of each case, in seconds.
pub fn hyperfine_json(record: &RunRecord) -> Value {
    let analysis = analysis(record);
    let timed = points(&analysis).filter(|point| point.entry.metric.unit() == Unit::Seconds);
    let results = timed.map(|point| {
        let times: Vec<f64> = point.set.taken().iter().map(|time| time / 1e9).collect();
        let summary = point.summary;
        let subject = &point.entry.subject;
        json!({
            "command": format!("{} {}", point.case(), point.metric()),
            "mean": summary.mean / 1e9,
            "stddev": deviation(&times),
            "median": summary.median / 1e9,
            // The CPU time of the measuring process does not include the engine's work.
            "user": 0.0,
            "system": 0.0,
            "min": summary.min / 1e9,
            "max": summary.max / 1e9,
            "exit_codes": vec![0; times.len()],
            "times": times,
            "parameters": {
                "scenario": subject.scenario(),
                "variant": subject.variant(),
                "metric": point.metric(),
            },
        })
    });
    json!({ "results": results.collect::<Vec<_>>() })
}

/// The sample standard deviation, as in hyperfine; null for one value.
fn deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}
