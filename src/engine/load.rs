//! A short, fixed load on a ready app.

use std::net::SocketAddr;

use crate::scenario::Load;
use crate::units::{Count, Nanos};

/// The target and the load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadSpec {
    /// Where.
    pub address: SocketAddr,
    /// The request, the concurrency and the duration.
    pub load: Load,
}

/// The responses within the counted time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadOutcome {
    /// Responses with the expected status.
    pub answers: Count,
    /// Responses with another status, and requests without a response.
    pub failures: Count,
    /// The actual counted time.
    pub elapsed: Nanos,
    /// Response times, ascending.
    pub latencies: Vec<Nanos>,
}
