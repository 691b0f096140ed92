//! Readiness over the network: a whole HTTP answer, or a port that accepts connections.

use std::future::Future;
use std::net::SocketAddr;

use super::{LoadOutcome, LoadSpec, Mark};
use crate::scenario::HttpCheck;
use crate::units::{Count, Nanos};

/// What to ask, and what to expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeSpec {
    /// Where.
    pub address: SocketAddr,
    /// What to ask there.
    pub check: ProbeCheck,
    /// How long to go on asking.
    pub within: Nanos,
    /// The interval between two attempts; at most 5 ms.
    pub interval: Nanos,
}

/// What a probe asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeCheck {
    /// A request whose answer keeps the contract. Its port is the container's, and the one of
    /// the address may be another.
    Http(HttpCheck),
    /// A connection. Justified only at the container's own address: a published port is
    /// accepted by the engine's proxy before the app listens.
    Tcp,
}

/// The first success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// When the whole answer had been read, or the connection stood.
    pub at: Mark,
    /// When the last attempt before it had failed: the app became ready in between.
    pub last_failure: Option<Mark>,
    /// Attempts in all.
    pub attempts: Count,
}

/// Why the contract was not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeFailure {
    /// An answer came, and it is not the contract's.
    #[error("answered {status} at {path}, the contract asks for {expected}; body: {body}")]
    WrongAnswer {
        /// The path asked for.
        path: String,
        /// The status that came last.
        status: u16,
        /// What was expected, in words.
        expected: String,
        /// The start of the body that came last.
        body: String,
    },
    /// No whole answer before the deadline.
    #[error("no whole answer at {path} within {within}; last attempt: {last}")]
    TimedOut {
        /// The path asked for.
        path: String,
        /// The deadline.
        within: Nanos,
        /// What became of the last attempt.
        last: String,
    },
    /// No connection was accepted before the deadline.
    #[error("port {port} accepted no connection within {within}; last attempt: {last}")]
    Closed {
        /// The port.
        port: u16,
        /// The deadline.
        within: Nanos,
        /// What became of the last attempt.
        last: String,
    },
}

impl ProbeFailure {
    /// No connection was accepted before the deadline.
    pub fn closed(port: u16, within: Nanos, last: impl Into<String>) -> Self {
        Self::Closed {
            port,
            within,
            last: last.into(),
        }
    }
}

/// Asks until the contract is kept.
pub trait Probe: Send + Sync + 'static {
    /// Resolves at the first success, or once `spec.within` has passed. A wrong
    /// answer is not final before the deadline: apps answer 503 while they start.
    fn wait_ready(
        &self,
        spec: &ProbeSpec,
    ) -> impl Future<Output = Result<Ready, ProbeFailure>> + Send;

    /// Puts a fixed load on an app that is ready, and counts what comes back. Where
    /// nothing answers at all, that is a failure and not a rate of zero.
    fn drive(
        &self,
        spec: &LoadSpec,
    ) -> impl Future<Output = Result<LoadOutcome, ProbeFailure>> + Send;
}

impl<P: Probe> Probe for std::sync::Arc<P> {
    async fn drive(&self, spec: &LoadSpec) -> Result<LoadOutcome, ProbeFailure> {
        self.as_ref().drive(spec).await
    }

    async fn wait_ready(&self, spec: &ProbeSpec) -> Result<Ready, ProbeFailure> {
        self.as_ref().wait_ready(spec).await
    }
}
