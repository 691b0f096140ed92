//! The fixed load on an app that is ready.

use std::net::SocketAddr;

use super::bench::{Bench, World};
use super::ledger::Ledger;
use super::planned_case::PlannedCase;
use crate::engine::{LoadOutcome, LoadSpec, Probe};
use crate::record::{Metric, Outcome};
use crate::units::{Nanos, Quantity, Rate};

/// The metrics of a load.
pub(super) const LOAD_METRICS: &[Metric] = &[Metric::ServeRps, Metric::ServeP50, Metric::ServeP99];

/// Answers that a median takes, and a 99th percentile: ten lie beyond it then.
const LEAST_FOR_P50: usize = 20;
const LEAST_FOR_P99: usize = 1_000;

/// More time than asked for means that the client hung.
const SLACK: Nanos = Nanos::from_secs(30);

/// Puts the scenario's load on the app, if it has one.
pub(super) async fn drive<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    address: Option<SocketAddr>,
    ledger: &mut Ledger,
) {
    let (Some(load), Some(address)) = (&case.load, address) else {
        return;
    };
    bench.phase(Metric::ServeRps);
    let spec = LoadSpec {
        address,
        load: load.clone(),
    };
    let limit = load.warmup + load.duration + SLACK;
    let driven = tokio::time::timeout(limit.into(), bench.probe.drive(&spec)).await;
    match driven {
        Ok(Ok(outcome)) => note(&outcome, ledger),
        Ok(Err(failure)) => fail(&failure.to_string(), ledger),
        Err(_) => fail("the load did not end in time", ledger),
    }
}

fn fail(reason: &str, ledger: &mut Ledger) {
    for metric in LOAD_METRICS {
        ledger.dnf(*metric, reason);
    }
}

/// A rate with failures in it is no rate of answers that kept the contract.
fn note(outcome: &LoadOutcome, ledger: &mut Ledger) {
    let LoadOutcome {
        answers,
        failures,
        elapsed,
        latencies,
    } = outcome;
    if failures.0 > 0 {
        let of = answers.0 + failures.0;
        return fail(
            &format!("{} of {of} requests under load failed", failures.0),
            ledger,
        );
    }
    match Rate::of(*answers, *elapsed) {
        Some(rate) => ledger.value(Metric::ServeRps, Quantity::Rate(rate)),
        None => return fail("the load took no time", ledger),
    }
    ledger.detail(format!("{} answers in {elapsed}", answers.0));
    for (metric, hundredths, least) in [
        (Metric::ServeP50, 50, LEAST_FOR_P50),
        (Metric::ServeP99, 99, LEAST_FOR_P99),
    ] {
        match percentile(latencies, hundredths, least) {
            Some(latency) => ledger.value(metric, Quantity::Time(latency)),
            None => {
                let reason = format!(
                    "{} answers are too few, {least} are asked for",
                    latencies.len()
                );
                ledger.note(metric, Outcome::NotMeasured { reason });
            }
        }
    }
}

/// The nearest-rank percentile of ascending times.
fn percentile(latencies: &[Nanos], hundredths: usize, least: usize) -> Option<Nanos> {
    if latencies.len() < least {
        return None;
    }
    let rank = (latencies.len() * hundredths).div_ceil(100);
    latencies.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank_and_need_enough_answers() {
        let times: Vec<_> = (1..=1_000).map(Nanos).collect();
        assert_eq!(percentile(&times, 50, 20), Some(Nanos(500)));
        assert_eq!(percentile(&times, 99, 1_000), Some(Nanos(990)));
        assert_eq!(percentile(&times[..999], 99, 1_000), None);
        assert_eq!(percentile(&times[..21], 50, 20), Some(Nanos(11)));
    }
}
