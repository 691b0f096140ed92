//! Runs on a branch of a real repository.

use std::process::Command;

use plimsoll::store::gather_branch;

use super::*;

fn git(repository: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@localhost",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        // No settings of whoever runs the tests.
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A repository whose branch `bench` holds five runs, two of them elsewhere than `runs/`,
/// and whose work tree is on `main` and holds none.
fn repository() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let at = home.path();
    git(at, &["init", "-q", "-b", "main"]);
    fs::write(at.join("README"), "an app\n").unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "-qm", "begin"]);
    git(at, &["checkout", "-q", "--orphan", "bench"]);
    write(&at.join("runs"), &days(&[(3, 10_000, 95)]));
    write(
        &at.join("other runs"),
        &[day(4, 10_000, 95), day(5, 10_000, 95)],
    );
    fs::write(at.join("other runs/run-005/run.json"), "{").unwrap();
    std::os::unix::fs::symlink("run-001/run.json", at.join("runs/run.json")).unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "-qm", "runs"]);
    git(at, &["checkout", "-q", "main"]);
    home
}

#[test]
fn the_tip_of_a_branch_is_read_and_nothing_is_touched() {
    let home = repository();
    let at = home.path();
    let before = (
        git(at, &["status", "--porcelain"]),
        git(at, &["rev-parse", "HEAD"]),
    );
    let read = |under| gather_branch(at, "bench", under, None, &|_| ()).unwrap();
    let whole = read(None);
    let ids = |found: &plimsoll::store::Gathered| {
        let mut ids: Vec<String> = found.runs.iter().map(|(_, run)| run.id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&whole), ["run-001", "run-002", "run-003", "run-004"]);
    assert_eq!(whole.left_out[0].file, "bench:other runs/run-005/run.json");
    assert!(
        whole.left_out[0]
            .reason
            .contains("the text ends in the middle"),
        "{whole:?}"
    );
    assert_eq!((whole.read, read(None).read), (5, 0));
    for under in ["runs", "./runs/", "/runs"] {
        assert_eq!(ids(&read(Some(under))), ["run-001", "run-002", "run-003"]);
    }
    let of_other = read(Some("other runs"));
    assert_eq!((of_other.runs.len(), of_other.left_out.len()), (1, 1));
    assert!(read(Some("nowhere")).runs.is_empty());
    let after = (
        git(at, &["status", "--porcelain"]),
        git(at, &["rev-parse", "HEAD"]),
    );
    assert_eq!((&after, after.0.as_str()), (&before, ""));
    assert!(!at.join("runs").exists());
}

#[test]
fn many_runs_fill_no_pipe() {
    let home = repository();
    let at = home.path();
    git(at, &["checkout", "-q", "bench"]);
    // Ids and answers of far more than what a pipe takes.
    let many: Vec<RunRecord> = (1..=300)
        .map(|number| {
            let mut run = day(number % 28 + 1, 10_000, 95);
            run.id = format!("many-{number}");
            run
        })
        .collect();
    write(&at.join("many"), &many);
    git(at, &["add", "many"]);
    git(at, &["commit", "-qm", "many"]);
    git(at, &["checkout", "-q", "main"]);
    let found = gather_branch(at, "bench", Some("many"), None, &|_| ()).unwrap();
    assert_eq!((found.runs.len(), found.left_out.len()), (300, 0));
}

#[test]
fn a_missing_branch_or_repository_is_reported_with_a_hint() {
    let home = repository();
    let why = |repository: &Path, branch: &str| {
        let error = gather_branch(repository, branch, None, None, &|_| ()).unwrap_err();
        (error.to_string(), error.hint().unwrap().to_owned())
    };
    let (error, hint) = why(home.path(), "nope");
    assert_eq!(
        error,
        "failed to find the branch `nope`: there are `bench`, `main`"
    );
    assert!(hint.contains("git fetch"), "{hint}");
    // Never an option of git.
    for name in ["", "--help", "-q", "main:README", "HEAD^{tree}"] {
        let (error, _) = why(home.path(), name);
        assert!(
            error.starts_with(&format!("failed to find the branch `{name}`")),
            "{error}"
        );
    }
    let empty = tempfile::tempdir().unwrap();
    let (error, hint) = why(empty.path(), "main");
    assert!(
        error.starts_with("failed to read the git repository"),
        "{error}"
    );
    assert!(error.contains("not a git repository"), "{error}");
    assert!(hint.contains("repository"), "{hint}");
}
