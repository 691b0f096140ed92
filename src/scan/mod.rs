//! Runs installed vulnerability scanners: Trivy, Grype and Docker Scout. They scan an image
//! archive on disk, one after the other; plimsoll reports their findings unchanged.
//!
//! Each vulnerability id counts once, regardless of the number of packages. If a scanner reports
//! several severities for an id, the highest counts.

mod error;
mod grype;
mod process;
mod scanner;
mod scout;
mod tally;
mod trivy;

pub use error::ScanError;
pub use grype::parse_grype;
pub use scanner::{Installed, Scanners, installed, scan};
pub use scout::parse_scout;
pub use tally::Report;
pub use trivy::{parse_trivy, parse_trivy_version};
