//! Starts a container and waits until its contract is kept, whatever the kind.

use super::bench::{Bench, World, bounded};
use super::last_words::quoted;
use super::lines::{Lines, Matched};
use super::wait::{
    AwaitedContainer, Begin, First, LAST_WORDS_WITHIN, NotReady, Started, ended, exit_behind,
    first, not_kept,
};
use super::{exits, health};
use crate::engine::{
    Clock, Engine, ErrorKind, Probe, ProbeCheck, ProbeFailure, ProbeSpec, Ready,
    Result as EngineResult,
};
use crate::record::Reach;
use crate::scenario::{Contract, ReadyCheck};

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
pub(super) async fn start<W: World>(
    bench: &Bench<W>,
    wanted: &AwaitedContainer<'_>,
) -> Result<Started, NotReady> {
    let (id, clock) = (wanted.id, bench.clock.as_ref());
    let attached = clock.mark();
    let mut lines = match &wanted.contract.ready {
        ReadyCheck::Log { line } => {
            let output = bounded(bench, "read the output of", id, bench.engine.output(id));
            Some(Lines::new(
                output.await.map_err(NotReady::Lost)?,
                line.clone(),
            ))
        }
        _ => None,
    };
    let mut early = None;
    let begun = match lines.is_some() && bench.engine.prepares_on_output() {
        true => attached,
        false => clock.mark(),
    };
    let started = {
        let call = bounded(bench, "start container", id, bench.engine.start(id));
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
        (ReadyCheck::Log { .. }, Some(lines)) => log(bench, wanted, begin, lines, early).await,
        (ReadyCheck::Exit { code }, _) => exits::exit(bench, wanted, begin, i64::from(*code)).await,
        (ReadyCheck::Healthy, _) => health::wait(bench, wanted, begin).await,
        (ReadyCheck::Tcp { port }, _) if bench.settings.reach == Reach::Published => {
            listening(bench, wanted, begin, *port).await
        }
        _ => probed(bench, wanted, begin).await,
    }
}

type Line = EngineResult<Option<Matched>>;

async fn next<C: Clock>(lines: &mut Option<Lines>, clock: &C) -> Line {
    match lines {
        Some(lines) => lines.matched(clock).await,
        None => std::future::pending().await,
    }
}

/// Over HTTP, and a port at the container's own address.
async fn probed<W: World>(
    bench: &Bench<W>,
    wanted: &AwaitedContainer<'_>,
    begin: Begin,
) -> Result<Started, NotReady> {
    let (id, reach) = (wanted.id, bench.settings.reach);
    let (port, check) = match &wanted.contract.ready {
        ReadyCheck::Http(http) => (http.port, ProbeCheck::Http(http.clone())),
        ReadyCheck::Tcp { port } => (*port, ProbeCheck::Tcp),
        other => return Err(not_kept(format!("nothing probes `{other}`"), "")),
    };
    let address = bench.engine.address(id, port, reach);
    let address = match bounded(bench, "find the address of", id, address).await {
        Ok(address) => address,
        // A container that exited at once has no address.
        Err(error) => {
            let exit = exit_behind(bench, id).await;
            return Err(exit.unwrap_or(NotReady::Lost(error)));
        }
    };
    let spec = ProbeSpec {
        address,
        check,
        within: wanted.contract.ready_within,
        interval: bench.settings.probe_interval,
    };
    // The probe has the deadline itself, and knows more of what came last.
    tokio::select! {
        biased;
        ready = bench.probe.wait_ready(&spec) => match ready {
            Ok(ready) => Ok(Started {
                address: matches!(spec.check, ProbeCheck::Http(_)).then_some(address),
                ..begin.kept(ready.at, attempts(ready))
            }),
            Err(failure) => Err(not_kept(failure, &quoted(bench, id).await)),
        },
        exit = bench.engine.exited(id) => Err(ended(bench, id, exit).await),
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
async fn listening<W: World>(
    bench: &Bench<W>,
    wanted: &AwaitedContainer<'_>,
    begin: Begin,
    port: u16,
) -> Result<Started, NotReady> {
    let (id, interval) = (wanted.id, bench.settings.probe_interval);
    let listens = bench.engine.listening(id, port, interval);
    match first(bench, wanted, listens).await {
        First::Done(Ok(())) => {
            let how = format!("the kernel's table of sockets was read every {interval}");
            Ok(begin.kept(bench.clock.mark(), how))
        }
        First::Done(Err(error)) if error.kind == ErrorKind::Refused => {
            // A process that is gone has no table either.
            match exit_behind(bench, id).await {
                Some(exit) => Err(exit),
                None => {
                    let hint = error.hint.clone().map(|hint| format!(" (hint: {hint})"));
                    let why = format!("{}{}", error.chain(), hint.unwrap_or_default());
                    Err(NotReady::Failed(why))
                }
            }
        }
        First::Done(Err(error)) => Err(NotReady::Lost(error)),
        First::Exited(exit) => Err(ended(bench, id, exit).await),
        First::Late => {
            let within = wanted.contract.ready_within;
            let closed = ProbeFailure::closed(port, within, "no socket of it listens");
            Err(not_kept(closed, &quoted(bench, id).await))
        }
    }
}

async fn log<W: World>(
    bench: &Bench<W>,
    wanted: &AwaitedContainer<'_>,
    begin: Begin,
    mut lines: Lines,
    early: Option<Line>,
) -> Result<Started, NotReady> {
    let clock = bench.clock.as_ref();
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
        first(bench, wanted, work).await
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
            let from = match bench.engine.prepares_on_output() {
                true => "; from the attach on, at which this engine prepares the container",
                false => "",
            };
            let how = format!(
                "line {} of {}, by plimsoll's clock when it arrived{from}",
                line.number, line.pipe
            );
            Ok(begin.kept(line.at, how))
        }
        (Err(error), None) => Err(NotReady::Lost(error)),
        (_, Some(exit)) => Err(ended(bench, wanted.id, exit).await),
        (Ok(None), None) => {
            let (within, seen) = (wanted.contract.ready_within, lines.seen());
            let what = match &wanted.contract.ready {
                ReadyCheck::Log { line } => line.to_string(),
                other => other.to_string(),
            };
            let what = format!("no line matched `{what}` within {within}, of {seen} that came");
            Err(not_kept(what, &quoted(bench, wanted.id).await))
        }
    }
}
