//! The embedded registry over real HTTP on loopback.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests; these are their helpers"
)]

mod bounds;
mod chains;
pub(crate) mod client;
mod conformance;
mod discovery;
mod faults;
mod full;
mod ledgers;
mod links;
mod live;
mod manifests;
mod manners;
mod program;
mod pulls;
mod pushes;
