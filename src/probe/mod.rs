//! Readiness over HTTP: asks until a whole answer keeps the contract. And a fixed
//! load on an app that is ready.
//!
//! A bare connect is never a success: docker-proxy accepts before the app
//! listens. Nothing is formatted, logged or awaited between two
//! attempts but the attempts themselves.

mod attempt;
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod line;
mod load;
#[cfg(test)]
mod tests;

pub use http::{DEFAULT_INTERVAL, HttpProbe, MAX_INTERVAL};
