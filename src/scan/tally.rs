//! Counts vulnerability ids, each with its highest severity.

use std::collections::BTreeMap;

use crate::units::Count;

/// The contents of a scanner's report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The number of vulnerability ids by severity, in lower case.
    pub found: BTreeMap<String, Count>,
    /// The scanner's version, if the report contains it.
    pub version: Option<String>,
    /// The date of its database, if the report contains it.
    pub database: Option<String>,
}

/// Severities, the highest first. Unknown names come last.
const GRAVITY: &[&str] = &["critical", "high", "medium", "low", "negligible"];

/// Counts ids with their severities.
pub(super) fn tally(findings: impl Iterator<Item = (String, String)>) -> BTreeMap<String, Count> {
    let mut gravest: BTreeMap<String, String> = BTreeMap::new();
    for (id, severity) in findings {
        let severity = severity.trim().to_lowercase();
        let severity = match severity.as_str() {
            "" => "unknown".to_owned(),
            _ => severity,
        };
        match gravest.get_mut(&id) {
            Some(known) if rank(&severity) < rank(known) => *known = severity,
            Some(_) => {}
            None => {
                gravest.insert(id, severity);
            }
        }
    }
    let mut found = BTreeMap::new();
    for severity in gravest.into_values() {
        let count: &mut Count = found.entry(severity).or_default();
        *count = *count + Count(1);
    }
    found
}

fn rank(severity: &str) -> usize {
    let place = GRAVITY.iter().position(|known| *known == severity);
    place.unwrap_or(GRAVITY.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_counts_once_with_its_gravest_severity() {
        let findings = [
            ("CVE-1", "LOW"),
            ("CVE-1", "HIGH"),
            ("CVE-1", "Medium"),
            ("CVE-2", "high"),
            ("CVE-3", ""),
            ("CVE-4", "UNSPECIFIED"),
            ("CVE-5", "unknown"),
            ("CVE-5", "Negligible"),
        ];
        let findings = findings.map(|(id, severity)| (id.to_owned(), severity.to_owned()));
        let found: Vec<_> = tally(findings.into_iter()).into_iter().collect();
        let expected = [
            ("high", 2),
            ("negligible", 1),
            ("unknown", 1),
            ("unspecified", 1),
        ];
        assert_eq!(
            found,
            expected.map(|(severity, count)| (severity.to_owned(), Count(count)))
        );
    }
}
