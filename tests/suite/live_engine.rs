//! The Docker adapter against a real engine, which others use at the same time:
//! every name has a nonce, and each test removes what it made, also when it fails.
//!
//! Images are made from scratch around one small static program, so nothing is
//! pulled and nothing is taken from the user's images.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests; these are their helpers"
)]

mod builds;
mod containers;
mod ownership;
mod sizes;
pub(crate) mod stage;
