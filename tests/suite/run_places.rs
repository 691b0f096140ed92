//! What stands where a run, or a file of the user, is expected.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use plimsoll::record::{
    Conditions, ContractRecord, Disposition, Metric, RunRecord, RunState, VisitConditions,
};
use plimsoll::scenario::parse_ready;
use plimsoll::units::{Bytes, Ratio};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use crate::reports::builder::{Build, four_variants};

fn keep(home: &TempDir, name: &str, record: &RunRecord) {
    let folder = home.path().join("results").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let text = serde_json::to_string(record).unwrap();
    std::fs::write(folder.join("run.json"), text).unwrap();
}

fn program(home: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    program
        .arg("--home")
        .arg(home)
        .args(arguments)
        .current_dir(home);
    program.env_remove("PLIMSOLL_HOME");
    program
}

fn ended(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn plimsoll(home: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    ended(program(home, arguments).output().unwrap())
}

/// Ends it where it waits for a writer: no run of it takes a tenth of this.
fn without_hanging(home: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut child = program(home, arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("{arguments:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    ended(child.wait_with_output().unwrap())
}

fn pipe(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_refused_at_once() {
    let home = tempfile::tempdir().unwrap();
    keep(&home, "20261119T200000Z-good", &four_variants());
    pipe(&home.path().join("results/20261120T200000Z-pipe/run.json"));
    let run = "20261120T200000Z-pipe";
    let file = format!("results/{run}/run.json");
    for command in [
        ["report", run].as_slice(),
        &["check", run],
        &["check", "20261119T200000Z-good", "--baseline", run],
        &["compare", "20261119T200000Z-good", run],
        &["claims", run],
        &["merge", run],
        &["history", "results"],
        &[
            "run",
            "--resume",
            &format!("results/{run}"),
            "--host",
            "unix:///nowhere",
        ],
        &["report", &file],
    ] {
        let (code, _, err) = without_hanging(home.path(), command);
        assert!(code.is_some(), "{command:?}");
        if command[0] != "history" {
            assert_ne!(code, Some(0), "{command:?}: {err}");
        }
        if !["run", "history"].contains(&command[0]) && command[1] != file {
            assert!(err.contains("a named pipe"), "{command:?}: {err}");
        }
    }
    // The configuration, the index of the history, an ignore file, and a list of bases.
    pipe(&home.path().join("plimsoll.toml"));
    let (code, _, err) = without_hanging(home.path(), &["check", "20261119T200000Z-good"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("a named pipe"), "{err}");
    std::fs::remove_file(home.path().join("plimsoll.toml")).unwrap();
    let index = home.path().join("results/.plimsoll-history");
    let _ = std::fs::remove_file(&index);
    pipe(&index);
    without_hanging(home.path(), &["history", "results"]);
    pipe(&home.path().join("app/.dockerignore"));
    std::fs::write(home.path().join("app/Dockerfile"), "FROM scratch\n").unwrap();
    std::fs::create_dir(home.path().join("scenarios")).unwrap();
    let scenario = "schema = 1\nname = \"app\"\ntitle = \"t\"\n[app]\nname = \"app\"\npath = \"app\"\n\
        [contract]\nport = 80\npath = \"/\"\nbody-contains = \"ok\"\n\
        [[variant]]\nname = \"a\"\nstrategy = \"a\"\ntitle = \"a\"\ndockerfile = \"Dockerfile\"\n";
    std::fs::write(home.path().join("scenarios/app.toml"), scenario).unwrap();
    let (code, _, err) = without_hanging(home.path(), &["list"]);
    assert_ne!(code, Some(0));
    assert!(
        err.contains(".dockerignore") && err.contains("a named pipe"),
        "{err}"
    );
}

#[test]
fn a_run_that_is_not_finished_is_compared_with_a_note() {
    let home = tempfile::tempdir().unwrap();
    let whole = four_variants();
    let mut cut = whole.clone();
    cut.state = RunState::Interrupted;
    keep(&home, "20261119T200000Z-whole", &whole);
    keep(&home, "20261120T200000Z-cut", &cut);
    let runs = ["20261119T200000Z-whole", "20261120T200000Z-cut"];
    let note = "head is not finished: it was interrupted, with ";
    let (_, out, err) = plimsoll(
        home.path(),
        &["compare", runs[0], runs[1], "--format", "md"],
    );
    assert!(out.contains(note) && err.contains(note), "{out}{err}");
    let (_, json, _) = plimsoll(
        home.path(),
        &["compare", runs[0], runs[1], "--format", "json"],
    );
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["caveats"][0].as_str().unwrap().starts_with(note));
    let note = "is not finished: it was interrupted";
    let (_, out, err) = plimsoll(home.path(), &["check", runs[1]]);
    assert!(out.contains(note) && !err.contains(note), "{out}{err}");
    let (_, _, err) = plimsoll(home.path(), &["check", runs[1], "--format", "junit"]);
    assert!(err.contains(note), "{err}");
    let (_, out, err) = plimsoll(home.path(), &["compare", runs[0], runs[0]]);
    assert!(
        !out.contains("not finished") && !err.contains("not finished"),
        "{out}{err}"
    );
}

#[test]
fn a_head_without_any_value_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let whole = four_variants();
    let mut gone = whole.clone();
    gone.samples.clear();
    for case in &mut gone.cases {
        case.disposition = Disposition::NotAvailable {
            reason: "the base is gone".to_owned(),
        };
    }
    keep(&home, "20261119T200000Z-whole", &whole);
    keep(&home, "20261120T200000Z-gone", &gone);
    let runs = ["20261119T200000Z-whole", "20261120T200000Z-gone"];
    let (code, _, err) = plimsoll(home.path(), &["compare", runs[0], runs[1]]);
    assert_eq!(code, Some(1), "{err}");
    let said = "head has no value of any metric that base has";
    assert!(
        err.contains(said) && err.contains("the base is gone"),
        "{err}"
    );
}

fn busy(run: &mut RunRecord, load: f64, pressure: f64, free: u64) {
    let at = Conditions {
        load_per_cpu_ratio: Ratio::of(load, 1.0),
        memory_available_bytes: Some(Bytes(free)),
        memory_pressure_ratio: Ratio::of(pressure, 1.0),
    };
    let visit = VisitConditions {
        case: run.cases[0].id.clone(),
        round: 1,
        before: at,
        after: at,
    };
    run.conditions = vec![visit; 3];
}

#[test]
fn a_comparison_of_unlike_contracts_says_so() {
    let base = four_variants();
    let mut head = base.clone();
    let contract = |text: &str| ContractRecord::of(&parse_ready(text).unwrap());
    head.scenarios[0].contract = Some(contract("http://:80/"));
    // What says nothing is over HTTP.
    assert_eq!(plimsoll::compare::caveats(&base, &head), [] as [String; 0]);
    head.scenarios[0].contract = Some(contract("healthy"));
    let said = plimsoll::compare::caveats(&base, &head);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("is `http` in base and `healthy` in head"),
        "{said:?}"
    );
}

#[test]
fn a_comparison_under_unlike_load_says_so() {
    let mut base = four_variants();
    base.host.memory_bytes = Bytes(1_000);
    let notes = |base: &RunRecord, head: &RunRecord| plimsoll::compare::caveats(base, head);
    assert_eq!(notes(&base, &base), [] as [String; 0]);
    let mut head = base.clone();
    busy(&mut base, 0.1, 0.0, 900);
    // Of a run without the facts nothing is said.
    assert_eq!(notes(&base, &head), [] as [String; 0]);
    busy(&mut head, 0.4, 0.02, 500);
    assert_eq!(notes(&base, &head), [] as [String; 0]);
    busy(&mut head, 2.1, 0.2, 50);
    let said = notes(&base, &head);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said[0].contains("0.10 in base and 2.10 in head"),
        "{said:?}"
    );
    assert!(
        said[1].contains("0 % of the time in base and 20 % in head"),
        "{said:?}"
    );
    assert!(
        said[2].contains("90 % of it was free in base and 5 % in head"),
        "{said:?}"
    );
    let home = tempfile::tempdir().unwrap();
    keep(&home, "20261119T200000Z-base", &base);
    keep(&home, "20261120T200000Z-head", &head);
    let runs = ["compare", "20261119T200000Z-base", "20261120T200000Z-head"];
    let (_, out, _) = plimsoll(home.path(), &runs);
    assert!(out.contains("were not busy alike"), "{out}");
}

#[test]
fn trackers_take_one_metric_and_no_empty_file() {
    let home = tempfile::tempdir().unwrap();
    let mut run = four_variants();
    keep(&home, "20261119T200000Z-slow", &run);
    run.values("single-stage", Metric::ServeRps, &[500; 6]);
    keep(&home, "20261120T200000Z-served", &run);
    let report = |run: &str, more: &[&str]| {
        let arguments = [&["report", run, "--format"], more].concat();
        plimsoll(home.path(), &arguments)
    };
    let bigger = "github-action-benchmark-bigger";
    let (code, out, err) = report("20261119T200000Z-slow", &[bigger]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    assert!(
        err.contains("no metric of which more is better") && err.contains("[load]"),
        "{err}"
    );
    assert_eq!(report("20261120T200000Z-served", &[bigger]).0, Some(0));
    for format in [
        "github-action-benchmark",
        "bencher",
        "hyperfine",
        "go-benchmark",
        "open-metrics",
    ] {
        let one = [format, "--metric", "build.cold"];
        let (code, out, err) = report("20261120T200000Z-served", &one);
        assert_eq!(code, Some(0), "{format}: {err}");
        let named = out.replace(['-', '_'], ".");
        assert!(
            named.contains("build.cold") && !named.contains("size.unpacked"),
            "{format}: {out}"
        );
        let none = [format, "--metric", "push.time"];
        let (code, out, err) = report("20261120T200000Z-served", &none);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{format}: {err}");
        assert!(err.contains("there is no sample of push.time"), "{err}");
    }
    let (code, _, err) = report(
        "20261120T200000Z-served",
        &[bigger, "--metric", "build.cold"],
    );
    assert_eq!(code, Some(2), "{err}");
}
