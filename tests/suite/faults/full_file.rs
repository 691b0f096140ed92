//! A disk that is full for one file of a run: each writer alone, and what the error says.
//!
//! Each test starts itself again with a library (full.c) whose `write` fails for what begins as
//! that file does. Once the run is over, there is space again: the file is derived anew with
//! `plimsoll report --write`, or the run goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cases::LONG;
use super::disk::restarted;
use super::stage::{Case, Of, Outcome, Stage, Then, at, struck};
use super::table;
use crate::pipeline::GOOD;

/// Names the file that holds how the file begins which cannot be written.
pub(super) const FULL: &str = "PLIMSOLL_FULL";

/// The file of the library.
pub(super) const LIBRARY: &str = "full.so";

/// A fault of one file.
pub(super) struct FullFile {
    pub case: Case,
    file: &'static str,
    begins: &'static str,
    /// Whether it is derived from the record. Else the run ends.
    is_derived: bool,
}

macro_rules! full_files {
    ($($test:ident, $file:literal, $begins:literal, $is_derived:literal $(, $dockerfile:expr $(, $scenario:expr)?)?;)*) => {
        $(
            #[test]
            fn $test() {
                table::compare_full_file(concat!("full_file::", stringify!($test)));
            }
        )*

        /// In the order of the table.
        pub(super) fn all() -> Vec<FullFile> {
            vec![$(FullFile {
                case: Case {
                    test: concat!("full_file::", stringify!($test)),
                    fault: concat!("disk full: ", $file, " alone"),
                    dockerfile: [GOOD $(, $dockerfile)?].last().unwrap(),
                    scenario: ["" $($(, $scenario)?)?].last().unwrap(),
                    of: Of::Host,
                    strike: at("build", "rebuild-source", 3),
                    then: Then::Meanwhile(|_| Box::pin(async { fs::write(control(), $begins).unwrap() })),
                },
                file: $file,
                begins: $begins,
                is_derived: $is_derived,
            }),*]
        }
    };
}

/// What makes a scenario one about a technique: only those have effects.
const TECHNIQUE: &str = "[[variant]]\nname = \"other\"\nstrategy = \"x\"\ntitle = \"x\"\n\
    dockerfile = \"Dockerfile.good\"\n[technique]\nid = \"x\"\nquestion = \"x\"\n\
    baseline = \"good\"\nshows = [\"size.unpacked\"]\n";

full_files! {
    record, "run.json", "{\n  \"schema_version\"", false;
    journal, "run.journal", "{\"visits_done\"", false, &LONG;
    notes_of_records, "cache-records.json", "[\"record-", false;
    notes_of_visits, "cache-visit.json", "{\"before\"", false;
    summary, "summary.csv", "run,scenario,app,variant,strategy,platform,metric,unit,n,", true;
    samples, "samples.csv", "run,scenario,app,variant,strategy,platform,metric,unit,round,", true;
    steps, "steps.csv", "run,scenario,variant,metric,round,step,", true;
    effects, "effects.csv", "run,scenario,technique,", true, GOOD, TECHNIQUE;
    report, "report.md", "# 2026", true;
    page, "report.html", "<!DOCTYPE html>", true;
    charts, "charts", "<svg", true;
}

/// The file that holds how the file begins which cannot be written; while there is none, each can.
pub(super) fn control() -> PathBuf {
    std::env::var_os(FULL).unwrap().into()
}

pub(super) fn is_inside() -> bool {
    std::env::var_os(FULL).is_some()
}

/// Makes the library in a folder.
pub(super) fn build(folder: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/faults/full.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&folder.join(LIBRARY), &source])
        .arg("-ldl")
        .status()
        .expect("cc is there: cargo links with it");
    assert!(built.success());
}

/// The outcome of a test, run with the library.
pub(super) fn outside(test: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .env("LD_PRELOAD", folder.path().join(LIBRARY))
        .env(FULL, folder.path().join("begins"));
    restarted(&mut command, test)
}

/// Runs a case with one file that cannot be written.
pub(super) fn inside(one: &FullFile) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().start_paused(true).build().unwrap();
    let stage = Stage::new(one.case.dockerfile, one.case.scenario, one.case.of);
    let outcome = runtime.block_on(struck(stage, &one.case, |stage| has_space(stage, one)));
    let said = &outcome.said;
    let remedy = match one.is_derived {
        true => "`plimsoll report RUN --write`",
        false => "plimsoll run --resume ",
    };
    let file = format!("/{}", one.file);
    for words in [
        "No space left on device",
        "failed to write `",
        &file,
        remedy,
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(outcome.ended, "1", "{said}");
    assert_eq!(outcome.resumed, !one.is_derived, "{said}");
    outcome
}

/// There is space again, and what could not be derived is.
fn has_space(stage: &Stage, one: &FullFile) {
    fs::remove_file(control()).unwrap();
    if !one.is_derived {
        return;
    }
    let folder = stage.folder().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .arg("report")
        .arg(&folder)
        .arg("--write")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let path = folder.join(one.file);
    let files = match path.is_dir() {
        true => fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect(),
        false => vec![path],
    };
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with(one.begins), "{}", file.display());
    }
}
