//! Commands that read records: of an older version, which masked nothing, or from elsewhere.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use plimsoll::record::{CaseId, CaseRecord, Outcome, RunRecord, Texts, case_id};
use plimsoll::units::Quantity;

use crate::page::planted::planted_with;
use crate::plants::{HOSTILE, assert_inert, assert_secretless, in_files, secrets};
use crate::reports::builder::four_variants;
use crate::reports::large::furnished;

/// Every command that reads records, in every form; `A` and `B` are runs.
const COMMANDS: &[&[&str]] = &[
    &["report", "A", "--format", "table"],
    &["report", "A", "--format", "md"],
    &["report", "A", "--format", "csv"],
    &["report", "A", "--format", "json"],
    &["report", "A", "--format", "html", "--out", "page.html"],
    &[
        "report",
        "A",
        "B",
        "--format",
        "html",
        "--out",
        "pages.html",
    ],
    &["report", "A", "B", "--format", "md"],
    &["report", "A", "--format", "github-action-benchmark"],
    &["report", "A", "--format", "github-action-benchmark-bigger"],
    &["report", "A", "--format", "bencher"],
    &["report", "A", "--format", "hyperfine"],
    &["report", "A", "--format", "go-benchmark"],
    &["report", "A", "--format", "open-metrics"],
    &["report", "A", "--format", "svg", "--out", "charts"],
    &["report", "A", "--write"],
    &["report", "A"],
    &["claims", "A", "--format", "table"],
    &["claims", "A", "--format", "md"],
    &["claims", "A", "--format", "csv"],
    &["claims", "A", "--format", "json"],
    &["check", "A", "--format", "table"],
    &["check", "A", "--format", "md"],
    &["check", "A", "--format", "json"],
    &["check", "A", "--format", "junit"],
    &["check", "A", "--format", "annotations"],
    &["check", "A", "--format", "step-summary"],
    &["check", "A", "--format", "comment"],
    &["compare", "A", "B", "--format", "table", "--all"],
    &["compare", "A", "B", "--format", "md", "--all"],
    &["compare", "A", "B", "--format", "csv"],
    &["compare", "A", "B", "--format", "json"],
    &["compare", "A", "B", "--format", "html"],
    &["compare", "A", "B", "--format", "svg"],
    &["compare", "A", "B", "--format", "annotations"],
    &["history", "--format", "table"],
    &["history", "--format", "md"],
    &["history", "--format", "csv"],
    &["history", "--format", "json"],
    &["history", "--format", "html"],
    &["list", "--runs"],
    &["list", "--runs", "--format", "json"],
    &["merge", "A", "B"],
    &["clean", "--dry-run"],
    &["clean", "--dry-run", "--format", "json"],
    &["doctor"],
    &["doctor", "--format", "json"],
];

/// Keeps both records and asks every command; each must print something, and `check` holds
/// for all of it and for every file that is written. Gives the number of files.
fn ask_all(records: [&RunRecord; 2], check: fn(&str, &str)) -> usize {
    let home = tempfile::tempdir().unwrap();
    for (name, record) in ["A", "B"].iter().zip(records) {
        let folder = home.path().join("results").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("run.json"), serde_json::to_vec(record).unwrap()).unwrap();
    }
    for arguments in COMMANDS {
        let output = plimsoll(home.path(), arguments);
        let [out, err] = output.map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(!out.is_empty() || !err.is_empty(), "{arguments:?}");
        // Nothing of this is a fault of the command line.
        assert!(!err.contains("Usage:"), "{arguments:?}: {err}");
        check(&format!("stdout of {arguments:?}"), &out);
        check(&format!("stderr of {arguments:?}"), &err);
    }
    // The records themselves are what was kept above.
    for name in ["A", "B"] {
        std::fs::remove_file(home.path().join("results").join(name).join("run.json")).unwrap();
    }
    in_files(home.path(), check)
}

/// What breaks a budget and fails, so that every form has something to say.
fn failing(record: &mut RunRecord) {
    let budget = serde_json::json!({ "metric": "size.unpacked", "limit": { "at-most": { "bytes": 1 } }, "why": "small" });
    for scenario in &mut record.scenarios {
        scenario
            .budgets
            .push(serde_json::from_value(budget.clone()).unwrap());
    }
}

/// The same with every time tripled.
fn slower(record: &RunRecord) -> RunRecord {
    let mut slower = record.clone();
    for sample in &mut slower.samples {
        if let Outcome::Ok {
            value: Quantity::Time(time),
        } = &mut sample.outcome
        {
            time.0 *= 3;
        }
    }
    slower
}

/// The same with ids of cases that are made of the planted names, as a reader asks for.
fn consistent(record: &mut RunRecord) {
    let of = |case: &CaseRecord| (case.id.clone(), case_id(&case.scenario, &case.variant));
    let ids: BTreeMap<CaseId, CaseId> = record.cases.iter().map(of).collect();
    let renew = |id: &mut CaseId| {
        if let Some(new) = ids.get(id) {
            *id = new.clone();
        }
    };
    record.cases.iter_mut().for_each(|case| renew(&mut case.id));
    record
        .samples
        .iter_mut()
        .for_each(|sample| renew(&mut sample.case));
    record
        .builds
        .iter_mut()
        .for_each(|build| renew(&mut build.case));
    record.plan.order.iter_mut().flatten().for_each(renew);
    record
        .parts
        .iter_mut()
        .flat_map(|part| &mut part.cases)
        .for_each(renew);
    if let Some(shard) = &mut record.plan.shard {
        shard.all.iter_mut().for_each(renew);
    }
    // The names of these have a form of their own.
    let clean = four_variants();
    record.started_at = clean.started_at;
    record.finished_at = clean.finished_at;
}

fn plimsoll(home: &Path, arguments: &[&str]) -> [Vec<u8>; 2] {
    let output = output_of(home, arguments);
    [output.stdout, output.stderr]
}

/// What a command in this home came to, without an engine.
pub(super) fn output_of(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .arg("--home")
        .arg(home)
        .args(arguments)
        .env_remove("PLIMSOLL_HOME")
        .env("DOCKER_HOST", "unix:///nowhere/plimsoll.sock")
        .env("XDG_CACHE_HOME", home)
        .stdin(Stdio::null())
        .current_dir(home)
        .output()
        .unwrap()
}

#[test]
fn no_command_prints_a_secret_of_a_record() {
    let mut record = four_variants();
    furnished(&mut record);
    failing(&mut record);
    let plants = secrets();
    let mut planted = 0;
    record.each_text(&mut |text| {
        let plant = &plants[planted % plants.len()];
        // One after another, and each also where its value stands without its name.
        let bare = &plants[(planted + 1) % plants.len()].secret;
        text.push_str(&format!(" {} {bare}", plant.text));
        planted += 1;
    });
    assert!(planted > 100, "{planted}");
    // A name must stay equal to itself, wherever it stands: one kind of secret for each name.
    let mut names = BTreeMap::new();
    record.each_name(&mut |name| {
        let next = plants[names.len() % plants.len()].text.clone();
        let plant = names.entry(name.clone()).or_insert(next);
        name.push_str(&format!(" {plant}"));
    });
    assert!(names.len() > 15, "{names:?}");
    let files = ask_all([&record, &slower(&record)], assert_secretless);
    assert!(files > 5, "{files}");
}

#[test]
fn no_command_prints_what_acts_on_a_terminal() {
    let (mut record, planted) = planted_with(HOSTILE);
    assert!(planted > 150, "{planted}");
    failing(&mut record);
    consistent(&mut record);
    let text = serde_json::to_string(&record).unwrap();
    RunRecord::read(&text).unwrap_or_else(|error| panic!("{error}"));
    let files = ask_all([&record, &slower(&record)], assert_inert);
    assert!(files > 5, "{files}");
}

#[test]
fn no_comment_mentions_anybody_or_an_issue() {
    let (mut record, planted) = planted_with(" @plimsoll-team #4711 ![x](http://h)");
    assert!(planted > 150, "{planted}");
    failing(&mut record);
    consistent(&mut record);
    // Code is shown as it is, and mentions nobody: spans, and blocks between fences.
    fn check(place: &str, text: &str) {
        let is_markdown = [
            ".md",
            "\"md\"]",
            "comment\"]",
            "step-summary\"]",
            "\"--all\"]",
        ];
        if !is_markdown.iter().any(|end| place.ends_with(end))
            || place.contains("table")
            || place.starts_with("stderr")
        {
            return;
        }
        let span = regex::Regex::new("`[^`]*`").unwrap();
        for (at, part) in text.split("```").enumerate() {
            let text = span.replace_all(part, "");
            for live in ["@plimsoll-team", "#4711", "![x]("] {
                assert!(
                    at % 2 == 1 || !text.contains(live),
                    "{place}: {live} in {text}"
                );
            }
        }
        SEEN.fetch_add(
            text.matches("@<!-- -->plimsoll-team").count(),
            Ordering::Relaxed,
        );
    }
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    ask_all([&record, &slower(&record)], check);
    let seen = SEEN.load(Ordering::Relaxed);
    assert!(seen > 50, "{seen}");
}

#[test]
fn no_cell_of_a_csv_file_is_a_formula() {
    let (mut record, _) = planted_with("");
    record.each_text(&mut |text| text.insert_str(0, "=HYPERLINK(1)"));
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("results/A");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("run.json"),
        serde_json::to_vec(&record).unwrap(),
    )
    .unwrap();
    plimsoll(home.path(), &["report", "A", "--write"]);
    let mut seen = 0;
    for file in ["samples.csv", "steps.csv", "summary.csv"] {
        let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
        for row in reader.records() {
            for cell in &row.unwrap() {
                assert!(!cell.starts_with('='), "{file}: {cell}");
                seen += usize::from(cell.starts_with("'=HYPERLINK(1)"));
            }
        }
    }
    assert!(seen > 10, "{seen}");
}
