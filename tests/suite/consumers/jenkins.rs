//! JUnit XML checked against Jenkins' junit-10.xsd (xunit-plugin,
//! `src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd`): which
//! element may hold which, which attributes each must and may have, in our own words.

use plimsoll::compare::unmatched;
use plimsoll::export::{JunitTerms, junit_xml_on};
use plimsoll::record::Disposition;
use roxmltree::{Document, Node};

use super::*;

/// What an element may hold: elements, attributes that must and that may be there, text.
struct Rule {
    children: &'static [&'static str],
    required: &'static [&'static str],
    optional: &'static [&'static str],
    text: bool,
}

fn rule(element: &str) -> Option<Rule> {
    let (children, required, optional, text): (&[&str], &[&str], &[&str], bool) = match element {
        "testsuites" => (
            &["testsuite"],
            &[],
            &["name", "time", "tests", "failures", "errors"],
            false,
        ),
        "testsuite" => (
            &[
                "testsuite",
                "properties",
                "testcase",
                "system-out",
                "system-err",
            ],
            &["name", "tests", "failures", "errors"],
            &[
                "group",
                "time",
                "skipped",
                "timestamp",
                "hostname",
                "id",
                "package",
                "file",
                "log",
                "url",
            ],
            false,
        ),
        "testcase" => (
            &["skipped", "error", "failure", "system-out", "system-err"],
            &["name"],
            &["time", "classname", "group"],
            false,
        ),
        "failure" | "error" | "skipped" => (&[], &[], &["type", "message"], true),
        "properties" => (&["property"], &[], &[], false),
        "property" => (&[], &["name", "value"], &[], false),
        "system-out" | "system-err" => (&[], &[], &[], true),
        _ => return None,
    };
    Some(Rule {
        children,
        required,
        optional,
        text,
    })
}

fn faults(node: Node<'_, '_>, found: &mut Vec<String>) {
    let name = node.tag_name().name();
    let Some(rule) = rule(name) else {
        return found.push(format!("no element <{name}>"));
    };
    for attribute in node.attributes() {
        let known = rule.required.iter().chain(rule.optional);
        if !known.into_iter().any(|one| *one == attribute.name()) {
            found.push(format!("<{name}> has no attribute {}", attribute.name()));
        }
    }
    for attribute in rule.required {
        if !node.has_attribute(*attribute) {
            found.push(format!("<{name}> lacks {attribute}"));
        }
    }
    for child in node.children() {
        if child.is_element() {
            let inner = child.tag_name().name();
            if !rule.children.contains(&inner) {
                found.push(format!("<{name}> holds no <{inner}>"));
            }
            faults(child, found);
        } else if child.text().is_some_and(|text| !text.trim().is_empty()) && !rule.text {
            found.push(format!("<{name}> holds no text"));
        }
    }
}

fn faults_of(xml: &str) -> Vec<String> {
    let document = Document::parse(xml).unwrap();
    let root = document.root_element();
    let mut found = Vec::new();
    if root.tag_name().name() != "testsuites" {
        found.push("the root is another".to_owned());
    }
    faults(root, &mut found);
    found
}

/// How many test cases hold such an element.
fn count(xml: &str, element: &str) -> usize {
    let document = Document::parse(xml).unwrap();
    let nodes = document.descendants();
    nodes.filter(|node| node.has_tag_name(element)).count()
}

#[test]
fn jenkins_takes_every_check() {
    let mut budgets = budgets();
    budgets[2].variant = Some("nope-*".to_owned());
    for run in runs() {
        let lines = check(&run, Baselines::default(), &budgets, &BTreeSet::new());
        let unmatched = unmatched(&run, &budgets);
        assert_eq!(unmatched.len(), 1);
        for open_fails in [false, true] {
            let terms = JunitTerms {
                open_fails,
                unmatched: &unmatched,
            };
            let xml = junit_xml_on(&run, &lines, terms).unwrap();
            assert_eq!(faults_of(&xml), [] as [String; 0], "{xml}");
            assert!(xml.contains("nope-*"));
        }
    }
    // A fault is seen.
    let xml = junit_xml(&four_variants(), &[]).unwrap();
    let bad = xml.replacen("<testsuites ", "<testsuites skipped=\"1\" ", 1);
    assert_eq!(faults_of(&bad), ["<testsuites> has no attribute skipped"]);
    let bad = xml.replacen("<testsuite name", "<testsuite title", 1);
    assert_eq!(faults_of(&bad).len(), 2, "{bad}");
}

/// There is a failure or an error exactly where `check` ends with another code than 0.
#[test]
fn it_fails_where_check_does() {
    let most = |bytes| Limit::AtMost(Quantity::Bytes(Bytes(bytes)));
    let budget = |variant: &str, limit, soft| Budget {
        metric: Metric::SizeUnpacked.id().to_owned(),
        variant: Some(variant.to_owned()),
        strategy: None,
        link: None,
        limit,
        soft,
        why: None,
    };
    let share = Ratio::of(5.0, 100.0).unwrap();
    // Budget, and whether `check` fails by it, and with --fail-on-inconclusive.
    let cases = [
        (budget("single-stage", most(u64::MAX), false), false, false),
        (budget("single-stage", most(1), false), true, true),
        (budget("single-stage", most(1), true), false, false),
        (budget("*-distroless", most(1), false), true, true),
        (budget("*-distroless", most(1), true), false, false),
        (
            budget("single-stage", Limit::WorseBy(share), false),
            false,
            true,
        ),
        (budget("nope", most(1), false), false, true),
    ];
    let folder = tempfile::tempdir().unwrap();
    let run = four_variants();
    let failed = run.cases.iter().any(|case| {
        case.id.as_str() == "node/multi-stage-distroless"
            && matches!(case.disposition, Disposition::Failed { .. })
    });
    assert!(failed);
    for (at, (budget, fails, fails_open)) in cases.into_iter().enumerate() {
        let mut run = run.clone();
        run.scenarios[0].budgets = vec![budget];
        let home = folder.path().join(at.to_string());
        std::fs::create_dir_all(&home).unwrap();
        let json = serde_json::to_string(&run).unwrap();
        std::fs::write(home.join("run.json"), json).unwrap();
        for (flag, fails) in [(None, fails), (Some("--fail-on-inconclusive"), fails_open)] {
            let mut check = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
            check
                .args(["--home"])
                .arg(folder.path())
                .arg("check")
                .arg(&home);
            check.args(["--format", "junit"]).args(flag);
            let output = check.output().unwrap();
            let xml = String::from_utf8(output.stdout).unwrap();
            assert_eq!(faults_of(&xml), [] as [String; 0]);
            let reported = count(&xml, "failure") + count(&xml, "error");
            assert_eq!(
                output.status.code() != Some(0),
                fails,
                "case {at} {flag:?}: {xml}"
            );
            assert_eq!(reported > 0, fails, "case {at} {flag:?}: {xml}");
        }
    }
}
