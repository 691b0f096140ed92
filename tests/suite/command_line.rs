//! The real binary where it needs no engine: help, wrong usage, closed pipes, hints.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use regex::Regex;
use walkdir::WalkDir;

fn plimsoll(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command
        .args(["--home", env!("CARGO_MANIFEST_DIR")])
        .args(arguments)
        .env_remove("PLIMSOLL_HOME")
        // Nothing listens there.
        .env("DOCKER_HOST", "unix:///nowhere/plimsoll.sock")
        .stdin(Stdio::null());
    command
}

fn ended(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = plimsoll(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn every_command_has_a_help() {
    let commands = [
        "run",
        "plan",
        "merge",
        "list",
        "claims",
        "report",
        "compare",
        "check",
        "history",
        "inspect",
        "doctor",
        "bases",
        "clean",
        "registry",
        "schema",
        "completions",
        "man",
    ];
    for command in commands {
        let (code, out, err) = ended(&[command, "--help"]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{command}");
        assert!(out.contains(&format!("Usage: plimsoll {command}")), "{out}");
    }
    let (code, out, _) = ended(&["--help"]);
    assert_eq!(code, Some(0));
    for command in commands {
        assert!(out.contains(command), "{command} in {out}");
    }
}

#[test]
fn an_unknown_scenario_is_a_usage_error_that_suggests_a_similar_name() {
    let (code, out, err) = ended(&["list", "nod"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("did you mean `node`?"), "{err}");
}

#[test]
fn without_an_engine_the_error_contains_its_address() {
    let (code, _, err) = ended(&["run", "go"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("/nowhere/plimsoll.sock"), "{err}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let shell = |arguments: &[&str]| {
        let mut child = plimsoll(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closed before a byte is read.
        drop(child.stdout.take());
        child.wait_with_output().unwrap()
    };
    for arguments in [
        &["list"][..],
        &["schema", "run"],
        &["man"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let output = shell(arguments);
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), err.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

/// Types of errors in a source file that have a hint.
fn hinted(text: &str) -> Vec<String> {
    let error =
        r"thiserror::Error\)\]\s*(?:#\[error\([^\n]*\)\]\s*)?pub (?:enum|struct) (\w+) \{([^}]*)";
    let has_method = |name: &str| {
        let mut blocks = text.split("\nimpl ");
        blocks.any(|block| {
            block.starts_with(&format!("{name} {{")) && block.contains("pub fn hint(&self)")
        })
    };
    let found = Regex::new(error).unwrap();
    let found = found.captures_iter(text);
    found
        .filter(|one| one[2].contains("pub hint: Option<String>") || has_method(&one[1]))
        .map(|one| one[1].to_owned())
        .collect()
}

/// `src/cli/hints.rs` finds the hint of a cause wherever it is in the chain.
#[test]
fn each_error_that_has_a_hint_is_known_to_the_command_line() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let list = fs::read_to_string(source.join("cli/hints.rs")).unwrap();
    let mut all = Vec::new();
    for entry in WalkDir::new(source) {
        let entry = entry.unwrap();
        if entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "rs")
        {
            all.extend(hinted(&fs::read_to_string(entry.path()).unwrap()));
        }
    }
    assert!(all.len() >= 18, "{all:?}");
    all.retain(|name| !list.contains(&format!("text_of::<{name}>(")));
    assert!(all.is_empty(), "not in src/cli/hints.rs: {all:?}");
}

/// A committed run, so that the program itself is asked.
#[test]
fn two_runs_are_compared_and_the_exit_code_says_what_came_of_it() {
    let run = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/results/reference-2026-11-20-2cpu-vm"
    );
    let (code, out, err) = ended(&["compare", run, run]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("same"), "{out}");
    // A day later, in a clean room, five rounds: no timed verdict, some sizes differ by bytes.
    let other = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/results/reference-2026-11-21-clean-room-2cpu-vm"
    );
    let (code, out, _) = ended(&["compare", run, other, "--exit-zero", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, Some(0));
    assert_eq!(json["differences"][0]["rule"], "engine", "{out}");
    assert!(json["counts"]["not_comparable"].as_u64() > Some(100));
    let (code, ..) = ended(&[
        "compare",
        run,
        other,
        "--fail-on-inconclusive",
        "--exact-threshold",
        "1%",
    ]);
    assert_eq!(code, Some(0), "no size moved by a per cent");
    let (code, ..) = ended(&["compare", run, other, "--fail-on-inconclusive"]);
    assert_eq!(code, Some(0), "sizes differ by some bytes");
    let strict = ["--fail-on-inconclusive", "--exact-threshold", "0"];
    let (code, ..) = ended(&[&["compare", run, other], &strict[..]].concat());
    assert_eq!(code, Some(4), "three sizes differ within a run");
    let (code, _, err) = ended(&["compare", run, "no-such-run"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(
        err.contains("failed to find the run `no-such-run`"),
        "{err}"
    );
    let (code, _, err) = ended(&["compare", run, other, "--allow", "moon"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("expected one of: platform, store"), "{err}");
}

#[test]
fn a_report_goes_to_a_file_and_the_page_opens_where_something_can() {
    let run = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/results/reference-2026-11-21-2cpu-vm/technique-strip"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    let file = file.to_str().unwrap();
    let (code, out, err) = ended(&["report", run, "--format", "html", "--out", file]);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(err.contains(&format!("written to {file}")), "{err}");
    let page = std::fs::read_to_string(file).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    // Of the same run, so that the shorter leaves nothing of the longer.
    let (code, ..) = ended(&["report", run, "--format", "csv", "--out", file]);
    assert_eq!(code, Some(0));
    assert!(std::fs::read_to_string(file).unwrap().starts_with("run,"));
    let nowhere = folder.path().join("none/page.html");
    let (code, _, err) = ended(&["report", run, "--out", nowhere.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("hint: does the folder") && err.contains("exist?"),
        "{err}"
    );
    let (code, _, err) = ended(&["report", run, "--open", "--format", "csv"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("leave --format out"), "{err}");
    let (code, _, err) = ended(&["report", run, run, "results", "--open"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("--open --out page.html"), "{err}");
    // Nothing is found on an empty path.
    let opened = plimsoll(&["report", run, "--open", "--out", file])
        .env("PATH", folder.path())
        .output()
        .unwrap();
    let err = String::from_utf8(opened.stderr).unwrap();
    assert_eq!(opened.status.code(), Some(1));
    assert!(
        err.contains("hint: open ") && err.contains("page.html in a browser"),
        "{err}"
    );
}

/// A committed run, so that the program itself is asked.
#[test]
fn a_report_of_one_metric_and_options_that_would_do_nothing() {
    let run = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/results/reference-2026-11-20-2cpu-vm"
    );
    let (code, out, err) = ended(&["report", run, "--metric", "build.cold", "--format", "md"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(
        out.matches("build.cold").count(),
        4,
        "a title and a note for each scenario: {out}"
    );
    let slim = out.find("| single-stage-slim ").unwrap();
    assert!(
        slim < out.find("| debian-distro-node ").unwrap(),
        "the best first: {out}"
    );
    let grouped = [
        "report",
        run,
        "--metric",
        "build.cold",
        "--group-by",
        "strategy",
    ];
    assert_eq!(ended(&grouped).0, Some(0));
    let (code, out, _) = ended(&["report", run, "--metric", "build.cold", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, Some(0));
    let summaries = json["summaries"].as_array().unwrap();
    assert!(!summaries.is_empty());
    assert!(summaries.iter().all(|one| one["metric"] == "build.cold"));
    let other = run.replace("2026-11-20-2cpu-vm", "2026-11-21-clean-room-2cpu-vm");
    let (_, out, _) = ended(&[
        "report", run, &other, "--metric", "size.own", "--format", "json",
    ]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["runs"].as_array().unwrap().len(), 2);
    for report in json["reports"].as_array().unwrap() {
        let summaries = report["summaries"].as_array().unwrap();
        assert!(!summaries.is_empty());
        assert!(summaries.iter().all(|one| one["metric"] == "size.own"));
    }
    for (arguments, said) in [
        (
            vec!["--metric", "build.cold", "--format", "html"],
            "--metric is for",
        ),
        (
            vec!["--metric", "pull.cold"],
            "there is no sample of pull.cold",
        ),
        (vec!["--group-by", "strategy"], "--group-by is for charts"),
        (
            vec!["--chart", "node-*", "--format", "csv"],
            "--chart is for",
        ),
        (
            vec!["--chart", "moon", "--format", "svg", "--out", "/nowhere"],
            "there are: node-choice",
        ),
    ] {
        let mut whole = vec!["report", run];
        whole.extend(&arguments);
        let (code, out, err) = ended(&whole);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}
