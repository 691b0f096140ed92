//! The start phases: create, start, ready, memory, stop.

use super::builds::{Job, chain, labels};
use super::cause::cause;
use super::ledger::Ledger;
use super::session::{PlannedCase, Runner};
use super::wait::{NotReady, Started, Wanted};
use super::{companions, health, load, ready};
use crate::engine::{
    Clock, ContainerId, ContainerSpec, Engine, EngineError, ErrorKind, Probe,
    Result as EngineResult, StopOutcome, StopTime,
};
use crate::record::{Metric, Outcome, StopFacts};
use crate::scenario::ReadyCheck;
use crate::units::{Nanos, Quantity};

/// Lines of a container's output that a DNF quotes.
const QUOTED_LINES: usize = 12;

/// Lines that are searched for the one that says why.
const SEARCHED_LINES: u32 = 60;

/// Starts the app once and holds it to its contract.
///
/// # Errors
/// The reason why the container does not work; nothing of the visit counts then.
pub(super) async fn start<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    case: &PlannedCase,
    job: &Job,
    ledger: &mut Ledger,
) -> Result<(), String> {
    let contract = &case.contract;
    let surroundings = match companions::up(runner, case, &job.container).await {
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
        labels: labels(&runner.record.id),
        port: ready::port_of(contract, runner.settings.reach),
        confinement: case.spec.confinement.clone(),
        command: Vec::new(),
        network: surroundings.place(),
    };
    let id = match create(runner, &spec, Metric::StartCreate, ledger).await {
        Ok(id) => id,
        Err(reason) => {
            let reason = surroundings.explain(runner, reason).await;
            surroundings.down(runner).await;
            return Err(reason);
        }
    };
    let ready = ready(runner, case, &id, ledger).await;
    if ready.is_ok() && matches!(contract.ready, ReadyCheck::Exit { .. }) {
        finished(case, ledger);
    } else if let Ok(started) = &ready {
        memory(runner, &id, ledger).await;
        health::healthy(runner, case, &id, started.begun, ledger).await;
        load::drive(runner, case, started.address, ledger).await;
        stop(runner, &id, contract.stop_within, Metric::StopTime, ledger).await;
    }
    // Companions do not come back: those that run now ran all the time.
    let outcome = match ready {
        Ok(_) => surroundings.gone(runner).await.map_or(Ok(()), Err),
        Err(reason) => Err(surroundings.explain(runner, reason).await),
    };
    // The final sweep removes and reports what cannot be removed here.
    let _ = bounded(
        runner,
        "remove container",
        &id,
        runner.engine.remove_container(&id),
    )
    .await;
    surroundings.down(runner).await;
    outcome
}

/// Creates a container and times the call.
pub(super) async fn create<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    spec: &ContainerSpec,
    metric: Metric,
    ledger: &mut Ledger,
) -> Result<ContainerId, String> {
    runner.phase(metric);
    let begin = runner.clock.mark();
    let created = bounded(
        runner,
        "create container",
        &spec.name,
        runner.engine.create(spec),
    )
    .await;
    let end = runner.clock.mark();
    match created {
        Ok(id) => {
            ledger.value(metric, Quantity::Time(end.since(begin)));
            Ok(id)
        }
        Err(error) => Err(lost(ledger, &error)),
    }
}

async fn ready<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    case: &PlannedCase,
    id: &ContainerId,
    ledger: &mut Ledger,
) -> Result<Started, String> {
    runner.phase(Metric::StartReady);
    let wanted = Wanted {
        id,
        contract: &case.contract,
        health: ledger.health_check,
    };
    let started = match ready::start(runner, &wanted).await {
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

async fn memory<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    id: &ContainerId,
    ledger: &mut Ledger,
) {
    let metric = Metric::MemoryReady;
    match bounded(runner, "read the memory of", id, runner.engine.memory(id)).await {
        // Of an app that has exited the kernel has no figure, or a zero.
        Ok(bytes) => match crash(runner, id, "after it was ready").await {
            None => ledger.value(metric, Quantity::Bytes(bytes)),
            Some(reason) => ledger.dnf(metric, &reason),
        },
        // So has an engine that says nothing of memory, or nothing of what has exited.
        Err(error) if error.kind == ErrorKind::Protocol => {
            match crash(runner, id, "after it was ready").await {
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
pub(super) async fn stop<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    id: &ContainerId,
    grace: Nanos,
    metric: Metric,
    ledger: &mut Ledger,
) {
    runner.phase(metric);
    let deadline = runner.deadline() + grace.into();
    let stopped = tokio::time::timeout(deadline, runner.engine.stop(id, grace)).await;
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

/// An engine call with the run's deadline for calls.
pub(super) async fn bounded<E: Engine, C: Clock, P: Probe, T>(
    runner: &Runner<E, C, P>,
    operation: &'static str,
    subject: &impl ToString,
    call: impl Future<Output = EngineResult<T>>,
) -> EngineResult<T> {
    match tokio::time::timeout(runner.deadline(), call).await {
        Ok(result) => result,
        Err(_) => Err(overdue(operation, subject)),
    }
}

pub(super) fn overdue(operation: &'static str, subject: &impl ToString) -> EngineError {
    EngineError::new(
        operation,
        subject.to_string(),
        ErrorKind::Timeout,
        "the engine did not answer before the deadline",
    )
}

/// What a reason says of a container that the kernel killed.
const OOM: &str = " (killed by the kernel: out of memory)";

/// Names an exit's cause where that was a lack of memory.
pub(super) async fn of_memory<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    id: &ContainerId,
) -> &'static str {
    let state = bounded(runner, "inspect container", id, runner.engine.state(id)).await;
    match state {
        Ok(state) if state.oom_killed => OOM,
        _ => "",
    }
}

/// The exit of a container that is no longer running, with its last lines.
pub(super) async fn crash<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    id: &ContainerId,
    when: &str,
) -> Option<String> {
    let state = runner.engine.state(id);
    let state = bounded(runner, "look at container", id, state).await.ok()?;
    let code = state.exit_code.filter(|_| !state.running)?;
    let lines = quoted(runner, id).await;
    let oom = if state.oom_killed { OOM } else { "" };
    Some(format!("exited with code {code}{oom} {when}{lines}"))
}

pub(super) async fn quoted<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    id: &ContainerId,
) -> String {
    let logs = bounded(
        runner,
        "read the output of",
        id,
        runner.engine.logs(id, SEARCHED_LINES),
    )
    .await;
    match logs {
        Ok(lines) if lines.is_empty() => "; it printed nothing".to_owned(),
        Ok(lines) => {
            let last = &lines[lines.len().saturating_sub(QUOTED_LINES)..];
            // Where a reason is cut, its beginning stays.
            let said = match cause(&lines) {
                Some(line) if last[0].trim() != line => format!("; it printed: {line}"),
                _ => String::new(),
            };
            format!("{said}; last lines: {}", last.join(" | "))
        }
        Err(error) => format!("; its output could not be read ({})", chain(&error)),
    }
}

pub(super) fn lost(ledger: &mut Ledger, error: &EngineError) -> String {
    ledger.engine_lost |= error.kind == ErrorKind::Unreachable;
    error.chain()
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
