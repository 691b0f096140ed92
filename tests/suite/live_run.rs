//! The real binary against a real engine: whole runs, crashes, signals, `clean`.
//!
//! These tests take the engine for themselves within this program, since a run
//! looks at what appears in the build cache meanwhile. Other programs may use
//! the engine at the same time: all is asserted of one run's id, and `clean` is
//! only ever called with it.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests; these are their helpers"
)]

mod apps;
mod companions;
mod contracts;
mod crash;
mod failing;
mod foreign;
mod home;
mod killed;
mod luggage;
pub(crate) mod matrix;
pub(crate) mod other_apps;
mod planted;
mod projects;
mod ready_images;
mod revisions;
mod roomless;
mod severed;
mod shared_bases;
mod signals;
mod slurm;
mod travel;
