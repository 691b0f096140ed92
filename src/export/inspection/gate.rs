//! What conditions found in one image, for CI systems: JSON, JUnit, annotations, SARIF.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use super::super::ci::annotations;
use crate::inspection::{GateFinding, GateSubject, Inspection, Judged};
use crate::tables::inspection::verdict;
use crate::text;

/// The specification of SARIF and its schema.
const SARIF_VERSION: &str = "2.1.0";
const SARIF_SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Each condition with its verdict and all that it found.
pub(super) fn gate_json(judged: &[Judged]) -> Value {
    let conditions = judged.iter().map(|one| {
        json!({
            "condition": one.condition.to_string(),
            "verdict": verdict(one),
            "findings": one.findings,
        })
    });
    conditions.collect()
}

/// A test case for each condition; those that are met fail.
///
/// # Errors
/// When a text cannot be written as XML.
pub fn gate_junit(image: &Inspection, judged: &[Judged]) -> Result<String, String> {
    let mut suite = TestSuite::new(text::inline(&image.image));
    for one in judged {
        let status = if one.findings.is_empty() {
            TestCaseStatus::success()
        } else {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let messages = one.findings.iter();
            let messages: Vec<_> = messages.map(|one| text::inline(&one.message)).collect();
            status.set_type("condition");
            status.set_message(messages[0].clone());
            status.set_description(messages.join("\n"));
            status
        };
        let mut test = TestCase::new(one.condition.to_string(), status);
        test.set_classname(text::inline(&image.image));
        suite.add_test_case(test);
    }
    let mut report = Report::new("plimsoll inspect");
    report.add_test_suite(suite);
    report.to_string().map_err(|error| error.to_string())
}

/// `::error title=…::…` for each condition that is met.
pub fn gate_annotations(image: &Inspection, judged: &[Judged]) -> String {
    let failed = judged.iter().filter(|one| !one.findings.is_empty());
    let sentences = failed.map(|one| {
        let more = one.findings.len() - 1;
        let more = match more {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let first = &one.findings[0].message;
        format!("{}: {}: {first}{more}", image.image, one.condition)
    });
    annotations("error", "image", sentences)
}

/// SARIF 2.1.0: a rule for each condition that there is, a result for each finding.
pub fn gate_sarif(image: &Inspection, judged: &[Judged]) -> Value {
    let rules = GateSubject::ALL.iter().map(|subject| {
        json!({
            "id": subject.name(),
            "shortDescription": { "text": subject.about() },
            "defaultConfiguration": { "level": "error" },
        })
    });
    let rule_index = |subject| GateSubject::ALL.iter().position(|one| *one == subject);
    let results = judged.iter().flat_map(|one| {
        let subject = one.condition.subject();
        one.findings.iter().map(move |finding| {
            json!({
                "ruleId": subject.name(),
                "ruleIndex": rule_index(subject),
                "level": "error",
                "message": { "text": message(&finding.message) },
                "locations": [location(image, finding)],
            })
        })
    });
    json!({
        "$schema": SARIF_SCHEMA,
        "version": SARIF_VERSION,
        "runs": [{
            "tool": { "driver": {
                "name": "plimsoll",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            } },
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

/// A text as a plain message: no link, no placeholder, nothing that acts. Source: SARIF
/// 2.1.0, sections 3.11.5 and 3.11.6.
fn message(text: &str) -> String {
    let mut message = String::new();
    for character in text.chars() {
        match character {
            '[' | ']' | '\\' => message.push('\\'),
            '{' | '}' => message.push(character),
            _ => {}
        }
        message.push(character);
    }
    text::inline(&message).into_owned()
}

fn location(image: &Inspection, finding: &GateFinding) -> Value {
    let path = finding.path.as_deref().filter(|path| *path != "/");
    let artifact = path.unwrap_or(&image.image);
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(artifact.trim_start_matches('/')) },
            "region": { "startLine": 1 },
        },
        "logicalLocations": [{
            "fullyQualifiedName": text::inline(&image.image),
            "kind": "module",
        }],
    })
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
