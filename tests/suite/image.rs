//! What an image holds, from archives that are made here byte by byte, and from the
//! real engine's, which are checked against other sources.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests; these are their helpers"
)]

mod accounts;
mod bills;
mod broken;
mod gates;
mod hostile;
mod inspected;
mod kinds;
mod layouts;
mod limits;
mod lists;
mod live;
mod maker;
mod names;
mod packages;
mod platforms;
mod replay;
mod saved;
mod selection;
mod sources;
mod trees;
mod whereabouts;
mod whole;
mod widths;
