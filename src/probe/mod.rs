//! Checks readiness over HTTP until a complete response meets the contract, and applies a fixed
//! load to a ready app.
//!
//! A connection alone is not a success, because docker-proxy accepts before the app listens.
//! Between two attempts, nothing else is formatted, logged or awaited.

mod attempt;
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod line;
mod load;
#[cfg(test)]
mod tests;

pub use http::{DEFAULT_INTERVAL, HttpProbe, MAX_INTERVAL};
