//! What an image holds, from archives that are made here byte by byte, and from the
//! real engine's, which are held against other sources.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests; these are their helpers"
)]

mod broken;
mod hostile;
mod inspected;
mod kinds;
mod layouts;
mod live;
mod maker;
mod trees;
mod whereabouts;
