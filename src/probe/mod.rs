//! Readiness over HTTP: asks until a whole answer keeps the contract.
//!
//! A bare connect is never a success: docker-proxy accepts before the app
//! listens. Nothing is formatted, logged or awaited between two
//! attempts but the attempts themselves.

mod attempt;
mod http;
#[cfg(test)]
mod tests;

pub use http::{DEFAULT_INTERVAL, HttpProbe, MAX_INTERVAL};
