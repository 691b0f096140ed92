//! Readiness over the network: a complete HTTP response, or a port that accepts connections.

use std::future::Future;
use std::net::SocketAddr;

use super::{LoadOutcome, LoadSpec, Mark};
use crate::scenario::HttpCheck;
use crate::units::{Count, Nanos};

/// The request and the expected response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeSpec {
    /// Where.
    pub address: SocketAddr,
    /// The check.
    pub check: ProbeCheck,
    /// How long to try.
    pub within: Nanos,
    /// The interval between two attempts; at most 5 ms.
    pub interval: Nanos,
}

/// The check of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeCheck {
    /// An HTTP request whose response must meet the contract. Its port is the container's; the
    /// port of the address may differ.
    Http(HttpCheck),
    /// A TCP connection. Valid only for the container's own address, because the engine's proxy
    /// accepts connections to a published port before the app listens.
    Tcp,
}

/// The first success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// When the complete response was read, or the connection was established.
    pub at: Mark,
    /// When the last failed attempt before it ended; the app became ready in between.
    pub last_failure: Option<Mark>,
    /// The number of attempts.
    pub attempts: Count,
}

/// Why the contract was not met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeFailure {
    /// The response does not meet the contract.
    #[error("answered {status} at {path}, the contract asks for {expected}; body: {body}")]
    WrongAnswer {
        /// The path asked for.
        path: String,
        /// The last status.
        status: u16,
        /// The expectation as text.
        expected: String,
        /// The beginning of the last body.
        body: String,
    },
    /// No complete response before the deadline.
    #[error("no whole answer at {path} within {within}; last attempt: {last}")]
    TimedOut {
        /// The path asked for.
        path: String,
        /// The deadline.
        within: Nanos,
        /// The result of the last attempt.
        last: String,
    },
    /// No connection was accepted before the deadline.
    #[error("port {port} accepted no connection within {within}; last attempt: {last}")]
    Closed {
        /// The port.
        port: u16,
        /// The deadline.
        within: Nanos,
        /// The result of the last attempt.
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

/// Checks readiness and applies load.
pub trait Probe: Send + Sync + 'static {
    /// Resolves at the first success, or after `spec.within`. A wrong response is not final
    /// before the deadline, because apps may answer 503 while they start.
    fn wait_ready(
        &self,
        spec: &ProbeSpec,
    ) -> impl Future<Output = Result<Ready, ProbeFailure>> + Send;

    /// Applies a fixed load to a ready app and counts the responses. No response at all is a
    /// failure, not a rate of zero.
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
