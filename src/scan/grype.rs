//! Grype: `grype docker-archive:FILE -o json`. The report has version and database.

use serde::Deserialize;

use super::error::ScanError;
use super::tally::{Report, tally};

#[derive(Deserialize)]
struct Document {
    matches: Vec<Match>,
    descriptor: Descriptor,
}

#[derive(Deserialize)]
struct Match {
    vulnerability: Vulnerability,
}

#[derive(Deserialize)]
struct Vulnerability {
    id: String,
    #[serde(default)]
    severity: String,
}

#[derive(Deserialize)]
struct Descriptor {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    db: Option<Database>,
}

/// Until 0.87 the date is a direct field, since then a field of `status`.
#[derive(Deserialize)]
struct Database {
    #[serde(default)]
    built: Option<String>,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    built: Option<String>,
}

/// Parses a report.
///
/// # Errors
/// The text is not such a report.
pub fn parse_grype(report: &[u8]) -> Result<Report, ScanError> {
    let document: Document = serde_json::from_slice(report).map_err(ScanError::Form)?;
    if document.descriptor.name != "grype" {
        return Err(ScanError::Kind("its descriptor is not that of Grype"));
    }
    let found = document
        .matches
        .into_iter()
        .map(|found| found.vulnerability);
    let database = document.descriptor.db;
    Ok(Report {
        found: tally(found.map(|found| (found.id, found.severity))),
        version: document.descriptor.version,
        database: database.and_then(|db| db.built.or_else(|| db.status?.built)),
    })
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

/// The version of `grype version -o json`.
pub(super) fn parse_version(answer: &[u8]) -> Result<String, ScanError> {
    let answer: Version = serde_json::from_slice(answer).map_err(ScanError::Form)?;
    Ok(answer.version)
}
