//! The image's own health check, as the engine reports it.

use super::bench::{Bench, World, bounded};
use super::last_words::{crash, quoted};
use super::ledger::{Ledger, lost};
use super::planned_case::PlannedCase;
use super::wait::{
    AwaitedContainer, Begin, First, NotReady, Started, ended, exit_behind, first, not_kept,
};
use crate::engine::{Clock, ContainerId, Engine, ErrorKind, Health, HealthCheck, Mark};
use crate::record::{Metric, Outcome};
use crate::units::{Nanos, Quantity};

/// How often the engine is asked for the health of a container: a check takes longer.
const HEALTH_EVERY: Nanos = Nanos::from_millis(5);

const UNHEALTHY: &str = "the engine reports it unhealthy";
const NO_CHECK: &str = "the image has no health check";

/// Waits until the engine reports `healthy`, from the start call `begun` on, where the
/// scenario asks for it. An image without a check has no such time.
pub(super) async fn healthy<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    id: &ContainerId,
    begun: Mark,
    ledger: &mut Ledger,
) {
    let (metric, within) = (Metric::StartHealthy, case.contract.ready_within);
    if !case.healthy {
        return;
    }
    let known = ledger.health_check;
    bench.phase(metric);
    loop {
        let state = bounded(bench, "read the health of", id, bench.engine.state(id)).await;
        let now = bench.clock.mark();
        let waited = now.since(begun);
        match state.map(|state| state.health) {
            Ok(Some(Health::Healthy)) => {
                ledger.value(metric, Quantity::Time(waited));
                return ledger.detail(format!("the engine was asked every {HEALTH_EVERY}"));
            }
            Ok(Some(Health::Unhealthy)) => {
                // Docker calls a container whose process has exited unhealthy, too.
                let exit = crash(bench, id, "before it was healthy").await;
                return ledger.dnf(metric, exit.as_deref().unwrap_or(UNHEALTHY));
            }
            // Podman does not report the check of an image, but the health of its containers.
            Ok(None) if known.is_none() => {
                let reason = NO_CHECK.to_owned();
                return ledger.note(metric, Outcome::NotApplicable { reason });
            }
            Ok(None) => {
                let reason = "the engine reports no health for it".to_owned();
                return ledger.note(metric, Outcome::NotMeasured { reason });
            }
            Err(error) if error.kind == ErrorKind::Protocol => {
                let reason = error.chain();
                return ledger.note(metric, Outcome::NotMeasured { reason });
            }
            Err(error) => {
                let reason = lost(ledger, &error);
                return ledger.dnf(metric, &reason);
            }
            Ok(Some(Health::Starting)) if waited > within => {
                let reason = format!("not healthy within {within}");
                return ledger.dnf(metric, &reason);
            }
            Ok(Some(Health::Starting)) => bench.clock.sleep(HEALTH_EVERY).await,
        }
    }
}

/// Waits until the image's own check passes, as a contract.
pub(super) async fn wait<W: World>(
    bench: &Bench<W>,
    wanted: &AwaitedContainer<'_>,
    begin: Begin,
) -> Result<Started, NotReady> {
    let (id, within) = (wanted.id, wanted.contract.ready_within);
    let passed = async {
        loop {
            let state = bounded(bench, "read the health of", id, bench.engine.state(id)).await?;
            match state.health {
                Some(Health::Starting) => bench.clock.sleep(HEALTH_EVERY).await,
                health => return Ok((bench.clock.mark(), health)),
            }
        }
    };
    match first(bench, wanted, passed).await {
        First::Done(Ok((at, Some(Health::Healthy)))) => {
            Ok(begin.kept(at, resolution(wanted.health)))
        }
        First::Done(Ok((_, health))) => match exit_behind(bench, id).await {
            Some(exit) => Err(exit),
            None => {
                let what = match (health, wanted.health) {
                    (Some(_), _) => UNHEALTHY,
                    (None, Some(_)) => "the engine reports no health for it",
                    (None, None) => return Err(not_kept(NO_CHECK, "")),
                };
                Err(not_kept(what, &quoted(bench, id).await))
            }
        },
        First::Done(Err(error)) => Err(NotReady::Lost(error)),
        First::Exited(exit) => Err(ended(bench, id, exit).await),
        First::Late => {
            let what = format!(
                "not healthy within {within}; its check runs {}",
                often(wanted.health)
            );
            Err(not_kept(what, &quoted(bench, id).await))
        }
    }
}

fn often(check: Option<HealthCheck>) -> String {
    let Some(check) = check else {
        return "at an interval that this engine does not report".to_owned();
    };
    let interval = check.interval;
    match check.start_interval {
        Some(start) => format!("every {start} while it starts, then every {interval}"),
        None => format!("every {interval}"),
    }
}

fn resolution(check: Option<HealthCheck>) -> String {
    let how_often = often(check);
    format!(
        "resolution: the image's check, which runs {how_often}; the engine was asked every {HEALTH_EVERY}"
    )
}
