//! The Docker adapter against a loopback daemon that answers by script: errors
//! in mid-stream, refusals, stalls, cuts, nonsense. No engine is needed.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests; these are their helpers"
)]

pub mod daemon;
mod ends;
mod output;
mod secrets;
mod stalls;
mod streams;
mod travels;
mod versions;
mod words;
