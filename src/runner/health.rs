//! The image's own health check, as the engine reports it.

use super::ledger::Ledger;
use super::ready::HEALTH_EVERY;
use super::session::{PlannedCase, Runner};
use super::starts::{bounded, lost};
use crate::engine::{Clock, ContainerId, Engine, ErrorKind, Health, Mark, Probe};
use crate::record::{Metric, Outcome};
use crate::units::Quantity;

/// Waits until the engine reports `healthy`, from the start call `begun` on, where the
/// scenario asks for it. An image without a check has no such time.
pub(super) async fn healthy<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    case: &PlannedCase,
    id: &ContainerId,
    begun: Mark,
    ledger: &mut Ledger,
) {
    let (metric, within) = (Metric::StartHealthy, case.contract.ready_within);
    if !case.healthy {
        return;
    }
    if ledger.health_check.is_none() {
        let reason = "the image has no health check".to_owned();
        return ledger.note(metric, Outcome::NotApplicable { reason });
    }
    runner.phase(metric);
    loop {
        let state = bounded(runner, "read the health of", id, runner.engine.state(id)).await;
        let now = runner.clock.mark();
        let waited = now.since(begun);
        match state.map(|state| state.health) {
            Ok(Some(Health::Healthy)) => {
                ledger.value(metric, Quantity::Time(waited));
                return ledger.detail(format!("the engine was asked every {HEALTH_EVERY}"));
            }
            Ok(Some(Health::Unhealthy)) => {
                return ledger.dnf(metric, "the engine reports it unhealthy");
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
            Ok(Some(Health::Starting)) => runner.clock.sleep(HEALTH_EVERY).await,
        }
    }
}
