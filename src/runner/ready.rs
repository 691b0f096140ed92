//! Starts a container and waits until its contract is kept, whatever the kind.

use std::net::SocketAddr;

use super::lines::{Lines, Matched};
use super::session::Runner;
use super::starts::{bounded, crash, of_memory, quoted};
use crate::engine::{
    Clock, ContainerId, ContainerState, Engine, EngineError, ErrorKind, Health, HealthCheck, Mark,
    Probe, ProbeCheck, ProbeFailure, ProbeSpec, Ready, Result as EngineResult,
};
use crate::record::Reach;
use crate::scenario::{Contract, ReadyCheck};
use crate::units::Nanos;

/// How often the engine is asked for the health of a container: a check takes longer.
pub(super) const HEALTH_EVERY: Nanos = Nanos::from_millis(5);

/// How long what a process printed last may take to arrive after its exit.
const LAST_WORDS_WITHIN: Nanos = Nanos::from_secs(1);

/// A container that keeps its contract.
pub(super) struct Started {
    /// The start call, and its return.
    pub(super) begun: Mark,
    pub(super) returned: Mark,
    /// The time from the start call until the contract was kept; or why it is not known.
    pub(super) ready: Result<Nanos, String>,
    /// How that moment is known.
    pub(super) how: String,
    /// Where the app answers, of a contract over HTTP.
    pub(super) address: Option<SocketAddr>,
}

/// Why a container does not keep its contract.
#[derive(Debug)]
pub(super) enum NotReady {
    /// The engine did not start it.
    Start(EngineError),
    /// It does not; the reason, with its last lines.
    Failed(String),
    /// The engine could not be asked.
    Lost(EngineError),
}

/// What is asked of a container that is being waited for.
pub(super) struct Wanted<'a> {
    pub(super) id: &'a ContainerId,
    pub(super) contract: &'a Contract,
    /// The image's own check.
    pub(super) health: Option<HealthCheck>,
}

/// The port to reach a container of this contract by; none where nothing connects to it.
pub(super) fn port_of(contract: &Contract, reach: Reach) -> Option<(u16, Reach)> {
    match &contract.ready {
        ReadyCheck::Http(http) => Some((http.port, reach)),
        // A published port is accepted by the engine's proxy, whether the app listens or not.
        ReadyCheck::Tcp { port } if reach == Reach::Bridge => Some((*port, reach)),
        _ => None,
    }
}

/// Starts a container that was created, and waits for its contract.
pub(super) async fn start<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    wanted: &Wanted<'_>,
) -> Result<Started, NotReady> {
    let (id, clock) = (wanted.id, runner.clock.as_ref());
    let mut lines = match &wanted.contract.ready {
        ReadyCheck::Log { line } => {
            let output = bounded(runner, "read the output of", id, runner.engine.output(id));
            Some(Lines::new(
                output.await.map_err(NotReady::Lost)?,
                line.clone(),
            ))
        }
        _ => None,
    };
    let mut early = None;
    let begun = clock.mark();
    let started = {
        let call = bounded(runner, "start container", id, runner.engine.start(id));
        let mut call = std::pin::pin!(call);
        loop {
            // The first lines may come before the call returns.
            tokio::select! {
                biased;
                started = &mut call => break started,
                line = next(&mut lines, clock), if early.is_none() => early = Some(line),
            }
        }
    };
    let returned = clock.mark();
    started.map_err(NotReady::Start)?;
    let begin = Begin { begun, returned };
    match (&wanted.contract.ready, lines) {
        (ReadyCheck::Log { .. }, Some(lines)) => log(runner, wanted, begin, lines, early).await,
        (ReadyCheck::Exit { code }, _) => exit(runner, wanted, begin, i64::from(*code)).await,
        (ReadyCheck::Healthy, _) => healthy(runner, wanted, begin).await,
        (ReadyCheck::Tcp { port }, _) if runner.settings.reach == Reach::Published => {
            listening(runner, wanted, begin, *port).await
        }
        _ => probed(runner, wanted, begin).await,
    }
}

/// The marks around the start call.
#[derive(Clone, Copy)]
struct Begin {
    begun: Mark,
    returned: Mark,
}

impl Begin {
    fn kept(self, at: Mark, how: String) -> Started {
        Started {
            begun: self.begun,
            returned: self.returned,
            ready: Ok(at.since(self.begun)),
            how,
            address: None,
        }
    }
}

type Line = EngineResult<Option<Matched>>;

async fn next<C: Clock>(lines: &mut Option<Lines>, clock: &C) -> Line {
    match lines {
        Some(lines) => lines.matched(clock).await,
        None => std::future::pending().await,
    }
}

/// What came first.
enum First<T> {
    Done(T),
    Exited(EngineResult<i64>),
    Late,
}

async fn first<E: Engine, C: Clock, P: Probe, T>(
    runner: &Runner<E, C, P>,
    wanted: &Wanted<'_>,
    work: impl Future<Output = T>,
) -> First<T> {
    tokio::select! {
        biased;
        done = work => First::Done(done),
        exit = runner.engine.exited(wanted.id) => First::Exited(exit),
        () = runner.clock.sleep(wanted.contract.ready_within) => First::Late,
    }
}

fn not_kept(what: impl std::fmt::Display, lines: &str) -> NotReady {
    NotReady::Failed(format!("the contract was not kept: {what}{lines}"))
}

/// An exit that was not asked for.
async fn ended<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    id: &ContainerId,
    exit: EngineResult<i64>,
) -> NotReady {
    match exit {
        Ok(code) => {
            let (oom, lines) = (of_memory(runner, id).await, quoted(runner, id).await);
            NotReady::Failed(format!(
                "exited with code {code}{oom} before it was ready{lines}"
            ))
        }
        Err(error) => NotReady::Lost(error),
    }
}

/// Over HTTP, and a port at the container's own address.
async fn probed<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    wanted: &Wanted<'_>,
    begin: Begin,
) -> Result<Started, NotReady> {
    let (id, reach) = (wanted.id, runner.settings.reach);
    let (port, check) = match &wanted.contract.ready {
        ReadyCheck::Http(http) => (http.port, ProbeCheck::Http(http.clone())),
        ReadyCheck::Tcp { port } => (*port, ProbeCheck::Tcp),
        other => return Err(not_kept(format!("nothing probes `{other}`"), "")),
    };
    let address = runner.engine.address(id, port, reach);
    let address = match bounded(runner, "find the address of", id, address).await {
        Ok(address) => address,
        // A container that exited at once has no address: tell of the exit instead.
        Err(error) => {
            return Err(match crash(runner, id, "before it was ready").await {
                Some(reason) => NotReady::Failed(reason),
                None => NotReady::Lost(error),
            });
        }
    };
    let spec = ProbeSpec {
        address,
        check,
        within: wanted.contract.ready_within,
        interval: runner.settings.probe_interval,
    };
    // The probe has the deadline itself, and knows more of what came last.
    tokio::select! {
        biased;
        ready = runner.probe.wait_ready(&spec) => match ready {
            Ok(ready) => Ok(Started {
                address: matches!(spec.check, ProbeCheck::Http(_)).then_some(address),
                ..begin.kept(ready.at, attempts(ready))
            }),
            Err(failure) => Err(not_kept(failure, &quoted(runner, id).await)),
        },
        exit = runner.engine.exited(id) => Err(ended(runner, id, exit).await),
    }
}

fn attempts(ready: Ready) -> String {
    match ready.last_failure {
        Some(failure) => format!(
            "attempt {}, the one before failed {} earlier",
            ready.attempts.0,
            ready.at.since(failure)
        ),
        None => "the first attempt".to_owned(),
    }
}

/// A port where the container's own address cannot be reached: by the kernel's table.
async fn listening<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    wanted: &Wanted<'_>,
    begin: Begin,
    port: u16,
) -> Result<Started, NotReady> {
    let (id, interval) = (wanted.id, runner.settings.probe_interval);
    let listens = runner.engine.listening(id, port, interval);
    match first(runner, wanted, listens).await {
        First::Done(Ok(())) => {
            let how = format!("the kernel's table of sockets was read every {interval}");
            Ok(begin.kept(runner.clock.mark(), how))
        }
        First::Done(Err(error)) if error.kind == ErrorKind::Refused => {
            // A container that is gone has no table either.
            match crash(runner, id, "before it was ready").await {
                Some(reason) => Err(NotReady::Failed(reason)),
                None => {
                    let hint = error.hint.clone().map(|hint| format!(" (hint: {hint})"));
                    let why = format!("{}{}", error.chain(), hint.unwrap_or_default());
                    Err(NotReady::Failed(why))
                }
            }
        }
        First::Done(Err(error)) => Err(NotReady::Lost(error)),
        First::Exited(exit) => Err(ended(runner, id, exit).await),
        First::Late => {
            let within = wanted.contract.ready_within;
            let closed = ProbeFailure::closed(port, within, "no socket of it listens");
            Err(not_kept(closed, &quoted(runner, id).await))
        }
    }
}

async fn log<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    wanted: &Wanted<'_>,
    begin: Begin,
    mut lines: Lines,
    early: Option<Line>,
) -> Result<Started, NotReady> {
    let clock = runner.clock.as_ref();
    let waited = {
        let work = async {
            let line = match early {
                Some(line) => line,
                None => lines.matched(clock).await,
            };
            match line {
                // Nothing more comes; the exit says more, or else the deadline.
                Ok(None) => std::future::pending().await,
                line => line,
            }
        };
        first(runner, wanted, work).await
    };
    let (exit, line) = match waited {
        First::Done(line) => (None, line),
        First::Exited(exit) => {
            let rest = tokio::time::timeout(LAST_WORDS_WITHIN.into(), lines.matched(clock));
            (Some(exit), rest.await.unwrap_or(Ok(None)))
        }
        First::Late => (None, Ok(None)),
    };
    match (line, exit) {
        (Ok(Some(line)), _) => {
            let how = format!(
                "line {} of {}, by plimsoll's clock when it arrived",
                line.number, line.pipe
            );
            Ok(begin.kept(line.at, how))
        }
        (Err(error), None) => Err(NotReady::Lost(error)),
        (_, Some(exit)) => Err(ended(runner, wanted.id, exit).await),
        (Ok(None), None) => {
            let (within, seen) = (wanted.contract.ready_within, lines.seen());
            let what = match &wanted.contract.ready {
                ReadyCheck::Log { line } => line.to_string(),
                other => other.to_string(),
            };
            let what = format!("no line matched `{what}` within {within}, of {seen} that came");
            Err(not_kept(what, &quoted(runner, wanted.id).await))
        }
    }
}

async fn exit<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    wanted: &Wanted<'_>,
    begin: Begin,
    expected: i64,
) -> Result<Started, NotReady> {
    let id = wanted.id;
    let within = wanted.contract.ready_within;
    let code = match first(runner, wanted, std::future::pending::<()>()).await {
        First::Exited(Ok(code)) => code,
        First::Exited(Err(error)) => return Err(NotReady::Lost(error)),
        First::Done(()) | First::Late => {
            let what = format!("it did not exit within {within}");
            return Err(not_kept(what, &quoted(runner, id).await));
        }
    };
    if code != expected {
        let (oom, lines) = (of_memory(runner, id).await, quoted(runner, id).await);
        let what = format!("exited with code {code}{oom}, and {expected} is expected");
        return Err(not_kept(what, &lines));
    }
    let state = bounded(runner, "inspect container", id, runner.engine.state(id)).await;
    let now = runner.clock.mark();
    let state = state.map_err(NotReady::Lost)?;
    let (ready, how) = time_to_exit(&state, begin.begun, now);
    Ok(Started {
        ready,
        how: format!("exit code {code}; {how}"),
        ..begin.kept(now, String::new())
    })
}

/// From the start call to the engine's stamp of the exit. Where the engine's clock is another,
/// both ends are the engine's own stamps.
fn time_to_exit(state: &ContainerState, begun: Mark, now: Mark) -> (Result<Nanos, String>, String) {
    let ran = match state.ran {
        Some(ran) => format!("by the engine's own stamps the process ran {ran}"),
        None => "the process had exited before the engine stamped its start".to_owned(),
    };
    let since = now.since(begun);
    match (state.exited_ago.filter(|ago| *ago < since), state.ran) {
        (Some(ago), _) => (Ok(since.saturating_sub(ago)), ran),
        (None, Some(time)) => (
            Ok(time),
            "from the engine's stamp of the start to that of the exit".to_owned(),
        ),
        (None, None) => (
            Err("the engine's clock is not that of this machine".to_owned()),
            ran,
        ),
    }
}

async fn healthy<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    wanted: &Wanted<'_>,
    begin: Begin,
) -> Result<Started, NotReady> {
    let (id, within) = (wanted.id, wanted.contract.ready_within);
    let Some(check) = wanted.health else {
        return Err(not_kept("the image has no health check", ""));
    };
    let passed = async {
        loop {
            let state = bounded(runner, "read the health of", id, runner.engine.state(id)).await?;
            match state.health {
                Some(Health::Starting) => runner.clock.sleep(HEALTH_EVERY).await,
                health => return Ok((runner.clock.mark(), health)),
            }
        }
    };
    match first(runner, wanted, passed).await {
        First::Done(Ok((at, Some(Health::Healthy)))) => Ok(begin.kept(at, resolution(check))),
        First::Done(Ok((_, health))) => match crash(runner, id, "before it was ready").await {
            Some(reason) => Err(NotReady::Failed(reason)),
            None => {
                let what = match health {
                    Some(_) => "the engine reports it unhealthy",
                    None => "the engine reports no health for it",
                };
                Err(not_kept(what, &quoted(runner, id).await))
            }
        },
        First::Done(Err(error)) => Err(NotReady::Lost(error)),
        First::Exited(exit) => Err(ended(runner, id, exit).await),
        First::Late => {
            let what = format!(
                "not healthy within {within}; its check runs {}",
                often(check)
            );
            Err(not_kept(what, &quoted(runner, id).await))
        }
    }
}

fn often(check: HealthCheck) -> String {
    let interval = check.interval;
    match check.start_interval {
        Some(start) => format!("every {start} while it starts, then every {interval}"),
        None => format!("every {interval}"),
    }
}

fn resolution(check: HealthCheck) -> String {
    let how_often = often(check);
    format!(
        "resolution: the image's check, which runs {how_often}; the engine was asked every {HEALTH_EVERY}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_exit_is_known_by_a_stamp_or_not_at_all() {
        let state = |exited_ago, ran| ContainerState {
            running: false,
            exit_code: Some(0),
            oom_killed: false,
            health: None,
            exited_ago,
            ran,
        };
        let mark = |millis| Mark(Nanos::from_millis(millis));
        let time = |ago: Option<u64>, ran: Option<u64>| {
            let state = state(ago.map(Nanos::from_millis), ran.map(Nanos::from_millis));
            time_to_exit(&state, mark(1_000), mark(1_500))
        };
        // 500 ms after the call, the exit was 200 ms ago.
        let (taken, how) = time(Some(200), Some(250));
        assert_eq!(taken, Ok(Nanos::from_millis(300)));
        assert!(how.contains("250"), "{how}");
        assert_eq!(time(Some(200), None).0, Ok(Nanos::from_millis(300)));
        // A stamp from before the call is of another clock.
        assert_eq!(time(Some(700), Some(40)).0, Ok(Nanos::from_millis(40)));
        assert!(time(None, None).0.is_err());
    }
}
