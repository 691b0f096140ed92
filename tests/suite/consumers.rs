//! What trackers and CI systems read, checked against what each of them demands, in our own
//! words: types that take no unknown key, and parsers after the specifications. With
//! `PLIMSOLL_CONSUMERS=1` the consumers themselves are installed and asked ([`installed`]).

mod gitlab;
mod installed;
mod jenkins;
mod metrics_text;
mod scale;

use std::collections::{BTreeMap, BTreeSet};

use plimsoll::compare::{Baselines, BudgetOutcome, check, compare};
use plimsoll::export::{
    bencher_json, bigger_is_better_json, budget_annotations, comparison_annotations,
    go_benchmark_text, hyperfine_json, junit_xml, open_metrics_text, smaller_is_better_json,
};
use plimsoll::record::{Metric, RunRecord};
use plimsoll::scenario::{Budget, Limit};
use plimsoll::units::{Bytes, Nanos, Quantity, Ratio};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde::Deserialize;
use serde_json::Value;

use crate::reports::builder::{Build, four_variants};

/// Runs of every kind: synthetic with failures and throughput, and one with pulls over
/// links that was measured.
fn runs() -> Vec<RunRecord> {
    let mut synthetic = four_variants();
    synthetic.values("single-stage", Metric::ServeRps, &[500; 6]);
    synthetic.values("single-stage", Metric::WasteEfficiency, &[1; 6]);
    vec![synthetic, measured(), crate::merging::joined()]
}

fn measured() -> RunRecord {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/results/reference-2026-11-21-clean-room-2cpu-vm/run.json"
    );
    RunRecord::read(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn budgets() -> Vec<Budget> {
    let budget = |metric: Metric, limit, soft| Budget {
        metric: metric.id().to_owned(),
        variant: None,
        strategy: None,
        link: None,
        limit,
        soft,
        why: Some("a \"quoted\" <reason> & more, 5 %: so".to_owned()),
    };
    let most = |bytes| Limit::AtMost(Quantity::Bytes(Bytes(bytes)));
    vec![
        budget(Metric::SizeUnpacked, most(1), false),
        budget(Metric::SizeOwn, most(1), true),
        budget(Metric::SizeUnpacked, most(u64::MAX), false),
        budget(
            Metric::BuildCold,
            Limit::WorseBy(Ratio::of(5.0, 100.0).unwrap()),
            false,
        ),
        budget(
            Metric::StartReady,
            Limit::AtMost(Quantity::Time(Nanos(1))),
            false,
        ),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    name: String,
    unit: String,
    value: f64,
    #[serde(default)]
    range: Option<String>,
    #[serde(default)]
    extra: Option<String>,
}

#[test]
fn github_action_benchmark_reads_every_point() {
    for run in runs() {
        let mut names = BTreeSet::new();
        for json in [smaller_is_better_json(&run), bigger_is_better_json(&run)] {
            for point in serde_json::from_value::<Vec<Point>>(json).unwrap() {
                // Its `extract.ts`: name, unit and value, the others as texts where they are.
                assert!(
                    point.value.is_finite() && !point.unit.is_empty(),
                    "{}",
                    point.name
                );
                // `range` is printed behind the value; it is read as `± NUMBER`.
                if let Some(range) = &point.range {
                    let number = range.strip_prefix("± ").unwrap();
                    assert!(number.parse::<f64>().unwrap() >= 0.0, "{range}");
                }
                assert!(point.extra.is_some());
                assert!(names.insert(point.name.clone()), "{} twice", point.name);
            }
        }
        assert!(!names.is_empty());
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measure {
    value: f64,
    lower_value: Option<f64>,
    upper_value: Option<f64>,
}

#[test]
fn bencher_takes_the_names_and_the_bounds() {
    for run in runs() {
        let json = bencher_json(&run);
        let benchmarks: BTreeMap<String, BTreeMap<String, Measure>> =
            serde_json::from_value(json).unwrap();
        for (benchmark, measures) in benchmarks {
            // A name of a benchmark has 1 to 1024 letters, a slug of a measure at most 64.
            assert!((1..=1024).contains(&benchmark.len()));
            for (slug, measure) in measures {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                assert!(
                    slug.chars().all(plain) && (1..=64).contains(&slug.len()),
                    "{slug}"
                );
                assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
                assert!(measure.value.is_finite());
                assert!(
                    measure
                        .lower_value
                        .is_none_or(|lower| lower <= measure.value)
                );
                assert!(
                    measure
                        .upper_value
                        .is_none_or(|upper| upper >= measure.value)
                );
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Timed {
    command: String,
    mean: f64,
    stddev: Option<f64>,
    median: f64,
    user: f64,
    system: f64,
    min: f64,
    max: f64,
    times: Vec<f64>,
    exit_codes: Vec<Option<i32>>,
    parameters: BTreeMap<String, String>,
}

#[test]
fn hyperfines_scripts_find_their_keys() {
    for run in runs() {
        let mut json = hyperfine_json(&run);
        let results: Vec<Timed> = serde_json::from_value(json["results"].take()).unwrap();
        assert!(!results.is_empty());
        for one in results {
            // Its scripts take the statistics from `times` anew.
            let n = one.times.len();
            assert_eq!(one.exit_codes.len(), n);
            let mean = one.times.iter().sum::<f64>() / n as f64;
            assert!((one.mean - mean).abs() <= 1e-9 * mean, "{}", one.command);
            let mut sorted = one.times.clone();
            sorted.sort_by(f64::total_cmp);
            assert_eq!((one.min, one.max), (sorted[0], sorted[n - 1]));
            let median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0;
            assert!(
                (one.median - median).abs() <= 1e-9 * median,
                "{}",
                one.command
            );
            assert_eq!(one.stddev.is_some(), n > 1);
            assert_eq!((one.user, one.system), (0.0, 0.0));
            assert!(one.parameters.contains_key("variant"));
        }
    }
}

#[test]
fn open_metrics_keeps_the_grammar() {
    for run in runs() {
        let text = open_metrics_text(&run);
        let families = metrics_text::open_metrics(&text).unwrap();
        assert!(families.len() > 2, "{text}");
        for (name, family) in families {
            assert_eq!(family.kind, "gauge", "{name}");
            assert!(family.samples.iter().all(|(_, value)| value.is_finite()));
        }
    }
}

#[test]
fn go_benchmarks_keep_the_format_and_two_runs_share_their_keys() {
    for run in runs() {
        let file = metrics_text::go_benchmarks(&go_benchmark_text(&run)).unwrap();
        // What benchstat does not find in both files it does not compare.
        assert!(
            file.keys.keys().all(|key| key == "engine" || key == "part"),
            "{:?}",
            file.keys
        );
        let units: BTreeSet<&String> = file.lines.iter().map(|line| &line.unit).collect();
        assert!(
            units.iter().all(|unit| file.units.contains(*unit)),
            "{units:?}"
        );
        let mut again = run.clone();
        again.id = "20261231T000000Z-another".to_owned();
        let other = metrics_text::go_benchmarks(&go_benchmark_text(&again)).unwrap();
        assert_eq!(file, other);
    }
}

#[test]
fn junit_is_read_back_as_it_was_meant() {
    let run = four_variants();
    let budgets = budgets();
    let lines = check(&run, Baselines::default(), &budgets, &BTreeSet::new());
    let xml = junit_xml(&run, &lines).unwrap();
    let report = Report::deserialize_from_str(&xml).unwrap();
    let suite = &report.test_suites[0];
    assert_eq!(suite.test_cases.len(), lines.len());
    let count = |kind: NonSuccessKind| {
        let cases = suite.test_cases.iter();
        let of_kind = |status: &TestCaseStatus| matches!(status, TestCaseStatus::NonSuccess { kind: one, .. } if *one == kind);
        cases.filter(|case| of_kind(&case.status)).count()
    };
    let broken = |soft: bool| {
        let broken = lines
            .iter()
            .filter(|line| line.outcome == BudgetOutcome::Broken);
        broken.filter(|line| line.budget.soft == soft).count()
    };
    assert!(broken(false) > 0 && broken(true) > 0);
    assert_eq!(count(NonSuccessKind::Failure), broken(false));
    let dnf = |soft: bool| {
        let dnf = lines
            .iter()
            .filter(|line| matches!(line.outcome, BudgetOutcome::Failed { .. }));
        dnf.filter(|line| line.budget.soft == soft).count()
    };
    // A soft budget on what failed is skipped with a note, as `check` ends with 0.
    let failed = dnf(false);
    assert!(failed > 0 && dnf(true) > 0);
    assert_eq!(count(NonSuccessKind::Error), failed);
    // What every reader adds up: the attributes of suite and file.
    let attribute = |of: &str, name: &str| -> usize {
        let tag = xml.split(of).nth(1).unwrap().split('>').next().unwrap();
        let value = tag.split(&format!("{name}=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().parse().unwrap()
    };
    for of in ["<testsuites", "<testsuite "] {
        assert_eq!(attribute(of, "tests"), suite.test_cases.len());
        assert_eq!(attribute(of, "failures"), broken(false));
        assert_eq!(attribute(of, "errors"), failed);
    }
    // Quotes and angles of a reason come out as they went in.
    assert!(!xml.contains("<reason>"));
    assert!(suite.test_cases.iter().any(|case| matches!(
        &case.status,
        TestCaseStatus::NonSuccess { message: Some(text), .. }
            if text.as_str().contains("\"quoted\" <reason> & more")
    )));
}

/// As the runner reads a command: `::name key=value,…::message`, with its escapes undone.
fn command(line: &str) -> Option<(String, BTreeMap<String, String>, String)> {
    let (head, message) = line.strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let undone = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n");
        text.replace("%3A", ":")
            .replace("%2C", ",")
            .replace("%25", "%")
    };
    let pairs = properties.split(',').filter(|pair| !pair.is_empty());
    let pairs: Option<BTreeMap<String, String>> = pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=')?;
            Some((key.to_owned(), undone(value)))
        })
        .collect();
    Some((name.to_owned(), pairs?, undone(message)))
}

#[test]
fn githubs_runner_reads_every_annotation() {
    let run = four_variants();
    let budgets = budgets();
    let lines = check(&run, Baselines::default(), &budgets, &BTreeSet::new());
    let mut worse = run.clone();
    for sample in &mut worse.samples {
        if let plimsoll::record::Outcome::Ok {
            value: Quantity::Bytes(bytes),
        } = &mut sample.outcome
        {
            bytes.0 *= 2;
        }
    }
    let comparison = compare(&run, &worse, Default::default());
    for text in [
        budget_annotations(&lines),
        comparison_annotations(&comparison),
    ] {
        assert!(!text.is_empty());
        for line in text.lines() {
            let (name, properties, message) = command(line).unwrap();
            assert!(
                ["error", "warning", "notice"].contains(&name.as_str()),
                "{line}"
            );
            let known = ["file", "line", "endLine", "col", "endColumn", "title"];
            assert!(
                properties.keys().all(|key| known.contains(&key.as_str())),
                "{line}"
            );
            assert!(!message.is_empty());
        }
    }
    let text = budget_annotations(&lines);
    let reported = text
        .lines()
        .filter_map(command)
        .map(|(_, _, message)| message);
    assert!(
        reported
            .clone()
            .any(|message| message.contains("& more, 5 %: so"))
    );
}

#[test]
fn no_format_has_a_number_for_what_failed() {
    let run = four_variants();
    let all = [
        smaller_is_better_json(&run).to_string(),
        bencher_json(&run).to_string(),
        hyperfine_json(&run).to_string(),
        go_benchmark_text(&run),
        open_metrics_text(&run),
    ];
    for text in all {
        assert!(
            !text.contains("distroless") && !text.contains("9000000000"),
            "{text}"
        );
        assert!(text.contains("single-stage"));
    }
    let _: Value = serde_json::from_str(&smaller_is_better_json(&run).to_string()).unwrap();
}
