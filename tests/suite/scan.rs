//! Scanners: their reports by form, and their processes by stand-ins that are put first
//! in a search path. None of the real ones is needed.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests; these are their helpers"
)]

mod reports;
mod runs;

use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/scan")
        .join(name)
}
