//! What waiting for a container's contract has in common, whatever the kind.

use std::net::SocketAddr;

use tokio::task::coop::unconstrained;

use super::bench::{Bench, World};
use super::last_words::{crash, of_memory, quoted};
use crate::engine::{
    Clock, ContainerId, Engine, EngineError, HealthCheck, Mark, Result as EngineResult,
};
use crate::scenario::Contract;
use crate::units::Nanos;

/// How long the last output of a process, and the engine's report of its exit, may take to
/// arrive after the exit itself. Podman looks for an exit every 250 ms.
pub(super) const LAST_WORDS_WITHIN: Nanos = Nanos::from_secs(1);

/// A container that keeps its contract.
pub(super) struct Started {
    /// The start call, or the attach where that prepares the container; and the return.
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
pub(super) struct AwaitedContainer<'a> {
    pub(super) id: &'a ContainerId,
    pub(super) contract: &'a Contract,
    /// The image's own check.
    pub(super) health: Option<HealthCheck>,
}

/// The marks around the start call.
#[derive(Clone, Copy)]
pub(super) struct Begin {
    pub(super) begun: Mark,
    pub(super) returned: Mark,
}

impl Begin {
    pub(super) fn kept(self, at: Mark, how: String) -> Started {
        Started {
            begun: self.begun,
            returned: self.returned,
            ready: Ok(at.since(self.begun)),
            how,
            address: None,
        }
    }
}

/// What came first.
pub(super) enum First<T> {
    Done(T),
    Exited(EngineResult<i64>),
    Late,
}

/// Waits for the work, for the exit and for the deadline of the contract.
pub(super) async fn first<W: World, T>(
    bench: &Bench<W>,
    wanted: &AwaitedContainer<'_>,
    work: impl Future<Output = T>,
) -> First<T> {
    // A timer of tokio does not fire in a task that has used up its share of polls, and work
    // that always goes on, such as a flood of output, uses it up each time.
    let deadline = unconstrained(bench.clock.sleep(wanted.contract.ready_within));
    tokio::select! {
        biased;
        done = work => First::Done(done),
        exit = bench.engine.exited(wanted.id) => First::Exited(exit),
        () = deadline => First::Late,
    }
}

pub(super) fn not_kept(what: impl std::fmt::Display, lines: &str) -> NotReady {
    NotReady::Failed(format!("the contract was not kept: {what}{lines}"))
}

/// An exit that was not asked for.
pub(super) async fn ended<W: World>(
    bench: &Bench<W>,
    id: &ContainerId,
    exit: EngineResult<i64>,
) -> NotReady {
    match exit {
        Ok(code) => {
            let (oom, lines) = (of_memory(bench, id).await, quoted(bench, id).await);
            NotReady::Failed(format!(
                "exited with code {code}{oom} before it was ready{lines}"
            ))
        }
        Err(error) => NotReady::Lost(error),
    }
}

/// The exit of a container, where that is the reason of what was seen. The effects of an exit
/// may show before the engine reports it.
pub(super) async fn exit_behind<W: World>(bench: &Bench<W>, id: &ContainerId) -> Option<NotReady> {
    if let Some(reason) = crash(bench, id, "before it was ready").await {
        return Some(NotReady::Failed(reason));
    }
    let exit = tokio::time::timeout(LAST_WORDS_WITHIN.into(), bench.engine.exited(id)).await;
    match exit {
        Ok(Ok(code)) => Some(ended(bench, id, Ok(code)).await),
        Ok(Err(_)) | Err(_) => None,
    }
}
