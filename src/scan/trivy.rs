//! Trivy: `trivy image --format json`, and `trivy version --format json` for the date of
//! its database, which the report does not contain.

use serde::Deserialize;

use super::error::ScanError;
use super::tally::{Report, tally};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    /// Distinguishes a report from other JSON.
    #[serde(rename = "SchemaVersion")]
    _schema_version: u64,
    #[serde(default)]
    results: Option<Vec<Target>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    #[serde(default)]
    vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(rename = "VulnerabilityID")]
    id: String,
    #[serde(rename = "Severity", default)]
    severity: String,
}

/// Reads a report of schema version 2 (Trivy 0.20 and later).
///
/// # Errors
/// The text is not such a report.
pub fn parse_trivy(report: &[u8]) -> Result<Report, ScanError> {
    let document: Document = serde_json::from_slice(report).map_err(ScanError::Form)?;
    let targets = document.results.into_iter().flatten();
    let found = targets.flat_map(|target| target.vulnerabilities.into_iter().flatten());
    Ok(Report {
        found: tally(found.map(|found| (found.id, found.severity))),
        ..Report::default()
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    version: String,
    #[serde(rename = "VulnerabilityDB", default)]
    database: Option<Database>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Database {
    #[serde(default)]
    updated_at: Option<String>,
}

/// Parses the version and the date of the database. There is no date before the first download.
///
/// # Errors
/// The text is not such output.
pub fn parse_trivy_version(answer: &[u8]) -> Result<(String, Option<String>), ScanError> {
    let answer: Version = serde_json::from_slice(answer).map_err(ScanError::Form)?;
    Ok((
        answer.version,
        answer.database.and_then(|database| database.updated_at),
    ))
}
