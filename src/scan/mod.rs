//! Vulnerability scanners of others, where they are installed: Trivy, Grype and Docker
//! Scout. They scan an image archive on disk, one after the other; which vulnerabilities
//! there are is their word and that of their databases.
//!
//! Counted are different ids of vulnerabilities, however many packages have them. Where
//! a scanner gives one id several severities, the gravest counts.

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
