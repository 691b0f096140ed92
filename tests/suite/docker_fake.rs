//! The Docker adapter against a loopback daemon that answers by script: errors
//! in mid-stream, refusals, stalls, cuts, nonsense. No engine is needed.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests; these are their helpers"
)]

pub mod builder;
pub mod daemon;
mod doctor;
mod ends;
mod limits;
mod native;
mod output;
mod podman;
mod secrets;
mod stalls;
mod stops;
mod stores;
mod streams;
mod sync;
mod travels;
mod versions;
mod words;
