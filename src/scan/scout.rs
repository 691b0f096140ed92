//! Docker Scout: `docker scout cves --format sarif archive://FILE`, a plugin of the
//! Docker client that needs a Docker account.
//!
//! Of its formats, SARIF lists each vulnerability once with its severity: a rule per id. It has
//! no local database, and its service reports no date.

use serde::Deserialize;

use super::error::ScanError;
use super::tally::{Report, tally};

#[derive(Deserialize)]
struct Document {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    tool: Tool,
}

#[derive(Deserialize)]
struct Tool {
    driver: Driver,
}

#[derive(Deserialize)]
struct Driver {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    rules: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
struct Properties {
    #[serde(rename = "cvssV3_severity", default)]
    severity: String,
}

/// Parses a report. Text after it is ignored, because versions before 1.15 print advice.
///
/// # Errors
/// The text is not such a report.
pub fn parse_scout(report: &[u8]) -> Result<Report, ScanError> {
    let mut values = serde_json::Deserializer::from_slice(report).into_iter::<Document>();
    let document = match values.next() {
        Some(document) => document.map_err(ScanError::Form)?,
        None => return Err(ScanError::Kind("it is empty")),
    };
    let [run] = <[Run; 1]>::try_from(document.runs)
        .map_err(|_| ScanError::Kind("it has not exactly one run"))?;
    if run.tool.driver.name != "docker scout" {
        return Err(ScanError::Kind("its driver is not Docker Scout"));
    }
    let rules = run.tool.driver.rules.into_iter().flatten();
    Ok(Report {
        found: tally(rules.map(|rule| (rule.id, rule.properties.severity))),
        version: run.tool.driver.version,
        database: None,
    })
}

/// The version in the output of `docker scout version`, next to a logo.
pub(super) fn parse_version(answer: &[u8]) -> Result<String, ScanError> {
    let answer = String::from_utf8_lossy(answer);
    let version = answer.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("version:")?;
        rest.split_whitespace().next()
    });
    match version {
        Some(version) => Ok(version.trim_start_matches('v').to_owned()),
        None => Err(ScanError::Kind("it reports no version")),
    }
}
