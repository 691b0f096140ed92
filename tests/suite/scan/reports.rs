//! What reports contain.

use plimsoll::scan::{
    Report, ScanError, parse_grype, parse_scout, parse_trivy, parse_trivy_version,
};

use super::fixture;

fn read(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}

fn counts(report: &Report) -> Vec<(&str, u64)> {
    let found = report.found.iter();
    found
        .map(|(severity, count)| (severity.as_str(), count.0))
        .collect()
}

#[test]
fn trivy_lists_an_id_for_each_package_and_type() {
    let report = parse_trivy(&read("trivy.json")).unwrap();
    // CVE-2026-90001 is in three packages, and graver in one of them.
    let expected = [("critical", 1), ("high", 1), ("low", 1), ("unknown", 1)];
    assert_eq!(counts(&report), expected);
    let clean = parse_trivy(&read("trivy-clean.json")).unwrap();
    assert_eq!(counts(&clean), []);
    let (version, database) = parse_trivy_version(&read("trivy-version.json")).unwrap();
    assert_eq!(version, "0.74.0");
    assert_eq!(database.as_deref(), Some("2026-11-20T06:00:00.1Z"));
    let fresh = parse_trivy_version(br#"{"Version": "0.74.0"}"#).unwrap();
    assert_eq!(fresh, ("0.74.0".to_owned(), None));
}

#[test]
fn grype_lists_an_id_for_each_match() {
    let report = parse_grype(&read("grype.json")).unwrap();
    // Related ids are other names of the same.
    assert_eq!(
        counts(&report),
        [("high", 2), ("negligible", 1), ("unknown", 1)]
    );
    assert_eq!(report.version.as_deref(), Some("0.117.0"));
    assert_eq!(report.database.as_deref(), Some("2026-11-20T01:02:03Z"));
    let older = parse_grype(&read("grype-v5.json")).unwrap();
    assert_eq!(counts(&older), counts(&report));
    assert_eq!(older.database.as_deref(), Some("2025-01-02T01:02:03Z"));
}

#[test]
fn scout_lists_a_rule_for_each_id() {
    let report = parse_scout(&read("scout.json")).unwrap();
    let expected = [("critical", 1), ("high", 1), ("low", 1), ("unspecified", 1)];
    assert_eq!(counts(&report), expected);
    assert_eq!(report.version.as_deref(), Some("1.21.0"));
    assert_eq!(report.database, None);
    assert_eq!(counts(&parse_scout(&read("scout-clean.json")).unwrap()), []);
    let mut talkative = read("scout.json");
    talkative.extend_from_slice(b"\nWhat's Next?\n  View base image update recommendations\n");
    assert_eq!(parse_scout(&talkative).unwrap(), report);
}

#[test]
fn junk_is_never_a_clean_report() {
    let parsers =
        [parse_trivy, parse_grype, parse_scout] as [fn(&[u8]) -> Result<Report, ScanError>; 3];
    let own = ["trivy.json", "grype.json", "scout.json"];
    for (index, parse) in parsers.iter().enumerate() {
        for text in [
            "",
            "{}",
            "[]",
            "null",
            "no vulnerabilities",
            "{\"runs\": []}",
            "{\"matches\": []}",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{index}: {text}");
        }
        for (other, name) in own.iter().enumerate() {
            let report = read(name);
            assert_eq!(parse(&report).is_ok(), other == index, "{index}: {name}");
            assert!(
                parse(&report[..report.len() - 9]).is_err(),
                "{index}: {name} cut"
            );
        }
    }
    let other = String::from_utf8(read("scout.json")).unwrap();
    let other = other.replace("\"docker scout\"", "\"Trivy\"");
    assert!(parse_scout(other.as_bytes()).is_err());
}
