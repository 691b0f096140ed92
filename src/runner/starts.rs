//! The start phases: create, start, ready, memory, stop.

use super::bench::{Bench, World, bounded, overdue};
use super::job::VisitJob;
use super::last_words::crash;
use super::ledger::{Ledger, lost};
use super::naming::labels;
use super::planned_case::PlannedCase;
use super::wait::{AwaitedContainer, NotReady, Started};
use super::{companions, health, load, ready};
use crate::engine::{Clock, ContainerId, ContainerSpec, Engine, ErrorKind, StopOutcome, StopTime};
use crate::record::{Metric, Outcome, StopFacts};
use crate::scenario::ReadyCheck;
use crate::units::{Nanos, Quantity};

/// Starts the app once and holds it to its contract.
///
/// # Errors
/// The reason why the container does not work; nothing of the visit counts then.
pub(super) async fn start<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    job: &VisitJob,
    ledger: &mut Ledger,
) -> Result<(), String> {
    let contract = &case.contract;
    let surroundings = match companions::up(bench, case, &job.container).await {
        Ok(surroundings) => surroundings,
        Err(fault) => {
            ledger.engine_lost |= fault.engine_lost;
            return Err(fault.reason);
        }
    };
    let spec = ContainerSpec {
        name: job.container.clone(),
        image: ledger
            .image
            .as_ref()
            .map(|image| image.id.clone())
            .unwrap_or_default(),
        env: contract.env.clone(),
        labels: labels(&bench.record.id),
        port: ready::port_of(contract, bench.settings.reach),
        confinement: case.spec.confinement.clone(),
        command: Vec::new(),
        network: surroundings.place(),
    };
    let id = match create(bench, &spec, Metric::StartCreate, ledger).await {
        Ok(id) => id,
        Err(reason) => {
            let reason = surroundings.explain(bench, reason).await;
            surroundings.down(bench).await;
            return Err(reason);
        }
    };
    let ready = ready(bench, case, &id, ledger).await;
    if ready.is_ok() && matches!(contract.ready, ReadyCheck::Exit { .. }) {
        finished(case, ledger);
    } else if let Ok(started) = &ready {
        memory(bench, &id, ledger).await;
        health::healthy(bench, case, &id, started.begun, ledger).await;
        load::drive(bench, case, started.address, ledger).await;
        stop(bench, &id, contract.stop_within, Metric::StopTime, ledger).await;
    }
    // Companions do not come back: those that run now ran all the time.
    let outcome = match ready {
        Ok(_) => surroundings.gone(bench).await.map_or(Ok(()), Err),
        Err(reason) => Err(surroundings.explain(bench, reason).await),
    };
    // The final sweep removes and reports what cannot be removed here.
    let _ = bounded(
        bench,
        "remove container",
        &id,
        bench.engine.remove_container(&id),
    )
    .await;
    surroundings.down(bench).await;
    outcome
}

/// Creates a container and times the call.
pub(super) async fn create<W: World>(
    bench: &mut Bench<W>,
    spec: &ContainerSpec,
    metric: Metric,
    ledger: &mut Ledger,
) -> Result<ContainerId, String> {
    bench.phase(metric);
    let begin = bench.clock.mark();
    let created = bounded(
        bench,
        "create container",
        &spec.name,
        bench.engine.create(spec),
    )
    .await;
    let end = bench.clock.mark();
    match created {
        Ok(id) => {
            ledger.value(metric, Quantity::Time(end.since(begin)));
            Ok(id)
        }
        Err(error) => Err(lost(ledger, &error)),
    }
}

async fn ready<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    id: &ContainerId,
    ledger: &mut Ledger,
) -> Result<Started, String> {
    bench.phase(Metric::StartReady);
    let wanted = AwaitedContainer {
        id,
        contract: &case.contract,
        health: ledger.health_check,
    };
    let started = match ready::start(bench, &wanted).await {
        Ok(started) => started,
        Err(NotReady::Failed(reason)) => return Err(reason),
        Err(NotReady::Start(error) | NotReady::Lost(error)) => return Err(lost(ledger, &error)),
    };
    let call = started.returned.since(started.begun);
    ledger.value(Metric::StartStarted, Quantity::Time(call));
    let outcome = match &started.ready {
        Ok(time) => Outcome::Ok {
            value: Quantity::Time(*time),
        },
        Err(reason) => Outcome::NotMeasured {
            reason: reason.clone(),
        },
    };
    ledger.note(Metric::StartReady, outcome);
    ledger.detail(started.how.clone());
    Ok(started)
}

/// What a process that has finished cannot be asked any more.
fn finished(case: &PlannedCase, ledger: &mut Ledger) {
    let mut metrics = vec![Metric::MemoryReady, Metric::StopTime];
    if case.healthy {
        metrics.push(Metric::StartHealthy);
    }
    for metric in metrics {
        let reason = "the contract is `exit`: the process has finished once it is ready".to_owned();
        ledger.note(metric, Outcome::NotApplicable { reason });
    }
}

async fn memory<W: World>(bench: &mut Bench<W>, id: &ContainerId, ledger: &mut Ledger) {
    let metric = Metric::MemoryReady;
    match bounded(bench, "read the memory of", id, bench.engine.memory(id)).await {
        // Of an app that has exited the kernel has no figure, or a zero.
        Ok(bytes) => match crash(bench, id, "after it was ready").await {
            None => ledger.value(metric, Quantity::Bytes(bytes)),
            Some(reason) => ledger.dnf(metric, &reason),
        },
        // So has an engine that says nothing of memory, or nothing of what has exited.
        Err(error) if error.kind == ErrorKind::Protocol => {
            match crash(bench, id, "after it was ready").await {
                None => {
                    let reason = error.chain();
                    ledger.note(metric, Outcome::NotMeasured { reason });
                }
                Some(reason) => ledger.dnf(metric, &reason),
            }
        }
        Err(error) => {
            let reason = lost(ledger, &error);
            ledger.dnf(metric, &reason);
        }
    }
}

/// Stops a container and notes how long the process took to exit.
pub(super) async fn stop<W: World>(
    bench: &mut Bench<W>,
    id: &ContainerId,
    grace: Nanos,
    metric: Metric,
    ledger: &mut Ledger,
) {
    bench.phase(metric);
    let deadline = bench.deadline() + grace.into();
    let stopped = tokio::time::timeout(deadline, bench.engine.stop(id, grace)).await;
    let stopped = stopped.unwrap_or_else(|_| Err(overdue("stop container", id)));
    if let Ok(outcome) = &stopped {
        ledger.stop = Some(StopFacts {
            exit_code: outcome.exit_code,
            killed: outcome.killed,
            grace_ns: grace,
        });
    }
    match stopped {
        Ok(outcome) if outcome.killed => ledger.dnf(
            metric,
            &format!(
                "did not exit within {grace} of its stop signal and was killed (exit code {})",
                outcome.exit_code
            ),
        ),
        Ok(StopOutcome {
            taken, exit_code, ..
        }) => {
            let (outcome, how) = stop_time(taken);
            ledger.note(metric, outcome);
            ledger.detail(format!("exit code {exit_code}{how}"));
        }
        Err(error) => {
            let reason = lost(ledger, &error);
            ledger.dnf(metric, &reason);
        }
    }
}

/// The time of a stop, and how it is known where that is not the usual way.
fn stop_time(taken: StopTime) -> (Outcome, String) {
    let time = |taken| Outcome::Ok {
        value: Quantity::Time(taken),
    };
    match taken {
        StopTime::Stamps(taken) => (time(taken), String::new()),
        StopTime::Call { taken } => (time(taken), "; timed from the call".to_owned()),
        StopTime::Unknown(reason) => (Outcome::NotMeasured { reason }, String::new()),
    }
}

/// A container spec of the floor: nothing to serve.
pub(super) fn bare(name: String, image: String, run: &str) -> ContainerSpec {
    ContainerSpec {
        name,
        image,
        labels: labels(run),
        ..ContainerSpec::default()
    }
}
