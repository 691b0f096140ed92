//! Deadlines of engine calls, so that each call ends. A short call has one deadline including its
//! body; a long call fails when no data arrives for a time. Callers limit builds.

use std::io;
use std::time::Duration;

use futures_util::{Stream, StreamExt};

use super::error::HINT_SLOW;
use crate::engine::{EngineError, ErrorKind, Result};

/// The deadlines of an engine's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// For a short call, including its body.
    pub answer: Duration,
    /// For the removal of build cache records, which takes many calls.
    pub prune: Duration,
    /// The longest time without data in a pull, push, import or export. An export sends nothing
    /// while the engine prepares it.
    pub silence: Duration,
    /// For a complete export.
    pub export: Duration,
}

impl Deadlines {
    /// The default deadlines.
    pub const USUAL: Self = Self {
        answer: Duration::from_secs(120),
        prune: Duration::from_secs(600),
        silence: Duration::from_secs(600),
        export: Duration::from_secs(3_600),
    };
}

/// A call and its deadline.
pub(super) async fn within<T>(
    limit: Duration,
    operation: &'static str,
    subject: &str,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => answer,
        Err(_) => {
            let cause = format!("the engine gave no whole answer within {limit:?}");
            Err(late(operation, subject, cause))
        }
    }
}

/// The next item of a stream.
pub(super) async fn next<T>(
    limit: Duration,
    operation: &'static str,
    subject: &str,
    stream: &mut (impl Stream<Item = T> + Unpin),
) -> Result<Option<T>> {
    match tokio::time::timeout(limit, stream.next()).await {
        Ok(item) => Ok(item),
        Err(_) => Err(late(operation, subject, silent(limit))),
    }
}

fn late(
    operation: &'static str,
    subject: &str,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> EngineError {
    EngineError::new(operation, subject, ErrorKind::Timeout, cause).with_hint(HINT_SLOW)
}

pub(super) fn silent(limit: Duration) -> io::Error {
    let words = format!("nothing came from the engine for {limit:?}");
    io::Error::new(io::ErrorKind::TimedOut, words)
}
