//! The real binary where it needs no engine: help, wrong usage, closed pipes.

use std::process::{Command, Output, Stdio};

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
        "list",
        "claims",
        "report",
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
fn an_unknown_scenario_is_wrong_usage_and_the_near_name_is_told() {
    let (code, out, err) = ended(&["list", "nod"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("did you mean `node`?"), "{err}");
}

#[test]
fn without_an_engine_the_address_is_told() {
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
