//! A short, bounded, fixed load on an app that is ready.

use std::net::SocketAddr;

use crate::scenario::Load;
use crate::units::{Count, Nanos};

/// Where to put which load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadSpec {
    /// Where.
    pub address: SocketAddr,
    /// What to ask, how hard and how long.
    pub load: Load,
}

/// What came back within the counted time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadOutcome {
    /// Answers with the expected status.
    pub answers: Count,
    /// Answers with another, and requests without one.
    pub failures: Count,
    /// The counted time as it was.
    pub elapsed: Nanos,
    /// Times of the answers, ascending.
    pub latencies: Vec<Nanos>,
}
