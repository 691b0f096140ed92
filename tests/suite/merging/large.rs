//! Runs of more variants than a reader gets a report of, and reports of some variants.

use std::path::Path;

use plimsoll::report::{MOST_REPORTED, brief_md, left_out, too_many_variants};
use serde_json::Value;

use super::program::{keep, plimsoll};
use super::*;

/// Two parts that have so many variants together.
fn two_of(variants: usize) -> [RunRecord; 2] {
    let names: Vec<String> = (0..variants).map(|at| format!("v{at:03}")).collect();
    let (first, second) = names.split_at(variants / 2);
    [(1, first), (2, second)].map(|(index, own)| {
        let mut part = shard(index, &VARIANTS[..1]);
        let floor = case_id("engine", "floor");
        part.cases.retain(|case| case.id == floor);
        part.samples.retain(|sample| sample.case == floor);
        (part.plan.order, part.plan.visits_done) = (vec![vec![floor]; 7], 7);
        part.plan.shard.as_mut().unwrap().all =
            names.iter().map(|name| case_id("node", name)).collect();
        for (size, name) in (1..).zip(own) {
            part.case(name, Disposition::Qualified);
            part.values(name, Metric::SizeUnpacked, &[size * MB]);
        }
        part
    })
}

fn merged(variants: usize) -> RunRecord {
    merge(&two_of(variants), &BTreeSet::new()).unwrap()
}

#[test]
fn beyond_the_bound_a_run_has_a_list_of_scenarios_and_no_page() {
    let at_bound = merged(MOST_REPORTED);
    assert_eq!(at_bound.cases.len(), MOST_REPORTED + 2, "and two floors");
    assert_eq!(too_many_variants(&at_bound), None);
    assert_eq!(left_out(&at_bound), None);
    let beyond = merged(MOST_REPORTED + 1);
    assert_eq!(too_many_variants(&beyond), Some(MOST_REPORTED + 1));
    let text = brief_md(&beyond);
    assert!(text.contains("| `node` | 501 | 0 |"), "{text}");
    assert!(!text.contains("v001"), "{text}");
}

#[test]
fn a_large_merge_says_what_it_leaves_out_and_how_to_get_it() {
    let home = tempfile::tempdir().unwrap();
    for part in two_of(MOST_REPORTED + 1) {
        keep(&home, &part);
    }
    let (code, out, err) = plimsoll(home.path(), &["merge", "parts", "--format", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let reported: Value = serde_json::from_str(&out).unwrap();
    let run = reported["run"].as_str().unwrap();
    let folder = Path::new(reported["folder"].as_str().unwrap());
    for words in [
        "501 variants are too many for a page (at most 500)".to_owned(),
        format!("`plimsoll report {run} --only 'node/*' --open --out page.html`"),
        format!("`plimsoll report {run} --write`"),
    ] {
        assert!(err.contains(&words), "{err}");
    }
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    assert!(!folder.join("report.html").exists());
    assert!(read("report.md").contains(&format!("plimsoll report {run} --only 'node/*'")));
    let rows = |file: &str| read(file).lines().count() - 1;
    // Each variant has one size, and each of two floors six starts.
    assert_eq!(rows("samples.csv"), MOST_REPORTED + 1 + 12);
    let last = read("summary.csv");
    assert!(last.contains(",v500,"), "{last}");

    let some = ["report", "latest", "--only", "v00?"];
    let (code, out, err) = plimsoll(home.path(), &some);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("v009") && !out.contains("v010"), "{out}");
    let page = folder.join("page.html");
    let mut arguments = some.to_vec();
    arguments.extend(["--format", "html", "--out", page.to_str().unwrap()]);
    let (code, _, err) = plimsoll(home.path(), &arguments);
    assert_eq!(code, Some(0), "{err}");
    assert!(page.exists());

    for (arguments, words) in [
        (&["--only", "w*"][..], "no variant matches `w*`"),
        (
            &["--only", "v00?", "--open"][..],
            "the page of some variants is not the page of the run",
        ),
        (&["--only", "v00?", "--write"][..], "cannot be used with"),
    ] {
        let mut all = vec!["report", "latest"];
        all.extend(arguments);
        let (code, _, err) = plimsoll(home.path(), &all);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(words), "{err}");
    }
    assert!(!folder.join("report.html").exists());
}

#[test]
fn all_of_a_large_run_is_written_for_who_asks() {
    let home = tempfile::tempdir().unwrap();
    let mut record = run();
    (record.plan.order, record.plan.visits_done) = (Vec::new(), 0);
    for name in (0..=MOST_REPORTED).map(|at| format!("v{at:03}")) {
        record.case(&name, Disposition::Qualified);
    }
    keep(&home, &record);
    let folder = home.path().join("parts").join(&record.id);
    let path = folder.to_str().unwrap();
    let (code, _, err) = plimsoll(home.path(), &["report", path, "--write"]);
    assert_eq!(code, Some(0), "{err}");
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    let text = std::fs::read_to_string(folder.join("report.md")).unwrap();
    assert!(page.contains("v500") && text.contains("v500"));
}

#[test]
fn some_variants_are_a_record_of_their_own() {
    let whole = merge(&two(), &BTreeSet::new()).unwrap();
    let mut some = whole.clone();
    assert!(some.keep_only(|case| case.variant == "static"));
    let ids: Vec<&str> = some.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["node/static", "engine/floor-2of2"]);
    assert_eq!(some.parts.len(), 1);
    let all = two()[1].samples.len();
    assert_eq!(some.samples.len(), all);
    assert_eq!((some.plan.visits_done, some.plan.rounds_done()), (14, 7));
    let json = serde_json::to_string(&some).unwrap();
    assert_eq!(RunRecord::read(&json).unwrap(), some);
    assert!(!report_md(&some).contains("slim"));
    // A run in one piece keeps its floor.
    let [part, _] = two();
    let mut some = part.clone();
    assert!(some.keep_only(|case| case.variant == "slim"));
    let ids: Vec<&str> = some.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["node/slim", "engine/floor"]);
    let mut none = part;
    assert!(!none.keep_only(|_| false));
}

#[test]
fn of_parts_that_cannot_be_read_the_first_is_reported() {
    let home = tempfile::tempdir().unwrap();
    let parts = two_of(60);
    for (index, part) in (0..40).zip(parts.iter().cycle()) {
        let mut part = part.clone();
        part.id = format!("20261120T2000{index:02}Z-node-shard1of2");
        keep(&home, &part);
    }
    for index in [17, 18, 35] {
        let file = format!("parts/20261120T2000{index}Z-node-shard1of2/run.json");
        std::fs::write(home.path().join(file), "{").unwrap();
    }
    let (code, _, err) = plimsoll(home.path(), &["merge", "parts"]);
    assert_ne!(code, Some(0), "{err}");
    assert!(err.contains("20261120T200017Z"), "{err}");
    assert!(!err.contains("20261120T200018Z"), "{err}");
}
