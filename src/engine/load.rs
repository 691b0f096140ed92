//! A short, bounded, fixed load on an app that is ready.

use std::net::SocketAddr;

use crate::units::{Count, Nanos};

/// What to ask, how hard and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadSpec {
    /// Where.
    pub address: SocketAddr,
    /// The path.
    pub path: String,
    /// The status to expect.
    pub status: u16,
    /// Connections that are kept open, each with one request at a time (a closed loop).
    pub connections: u32,
    /// Time before the first answer counts.
    pub warmup: Nanos,
    /// Time within which answers count.
    pub duration: Nanos,
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
