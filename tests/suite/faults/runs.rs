//! A disk that is full for one file of a run, at a point that no call of an engine marks: the
//! first save of the record, and the comparison of `ab`.
//!
//! Each test starts itself again, as those of `full_file` do.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::full_file::{self, control};
use super::table;
use crate::pipeline::GOOD;
use crate::pipeline::home::Home;

/// A command, and one file that it cannot write.
pub(super) struct FullRun {
    /// The test, below `faults::`.
    pub test: &'static str,
    command: &'static str,
    file: &'static str,
    begins: &'static str,
    /// Checks what the command leaves, and what it prints.
    check: fn(&Home, &FullRun, &str),
}

macro_rules! full_runs {
    ($($test:ident, $command:literal, $file:literal, $begins:literal, $check:expr;)*) => {
        $(
            #[test]
            fn $test() {
                compare(concat!("runs::", stringify!($test)));
            }
        )*

        /// In the order of the table.
        pub(super) fn all() -> Vec<FullRun> {
            vec![$(FullRun {
                test: concat!("runs::", stringify!($test)),
                command: $command,
                file: $file,
                begins: $begins,
                check: $check,
            }),*]
        }
    };
}

full_runs! {
    first_save, "run app --rounds 1 --warmup 0", "run.json", "{\n  \"schema_version\"", has_no_run;
    comparison_csv, "ab HEAD~1 --warmup 0", "comparison.csv", "base_run,", has_the_rest;
    comparison_json, "ab HEAD~1 --warmup 0", "comparison.json", "{\n  \"alpha\"", has_the_rest;
}

fn compare(test: &str) {
    let all = all();
    let one = all.iter().find(|one| one.test == test).unwrap();
    if full_file::is_inside() {
        println!("\noutcome: {}", inside(one));
    } else {
        table::compare_rows(&[row(one)]);
    }
}

/// The row of a command, run in another process with the library.
pub(super) fn row(one: &FullRun) -> String {
    let outcome = full_file::outside(one.test);
    let FullRun {
        command,
        file,
        test,
        ..
    } = one;
    format!("| `{command}`: {file} | {outcome} | `faults::{test}` |")
}

/// A repository whose last commit makes a variant worse.
fn repository() -> Home {
    let home = Home::new(&[("good", GOOD)]);
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(home.path())
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(["-c", "init.defaultBranch=main"])
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "first"]);
    let worse = format!("{GOOD}RUN more\n");
    fs::write(home.path().join("app/Dockerfile.good"), worse).unwrap();
    git(&["commit", "-q", "-a", "-m", "worse"]);
    home
}

/// Runs the command with one file that cannot be written.
fn inside(one: &FullRun) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().start_paused(true).build().unwrap();
    let home = repository();
    fs::write(control(), one.begins).unwrap();
    let words: Vec<&str> = one.command.split(' ').collect();
    let (outcome, printed) = runtime.block_on(home.run(&words));
    // There is space again.
    fs::remove_file(control()).unwrap();
    let failure = outcome.unwrap_err();
    let said = failure.to_string();
    let file = format!("/{}`\n", one.file);
    for part in [
        "error: failed to write `",
        &file,
        "\n  caused by: No space left on device (os error 28)\n",
        "\n  hint: free space on that disk",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    (one.check)(&home, one, &printed);
    assert_eq!(home.engine.leftovers(), Vec::<String>::new());
    let begun = walkdir::WalkDir::new(home.results())
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(".writing-"))
        .count();
    assert_eq!((failure.exit as u8, begun), (1, 0), "{said}");
    format!("{} | none | {begun}", failure.exit as u8)
}

/// Nothing was measured, so no folder of a run stays.
fn has_no_run(home: &Home, _: &FullRun, printed: &str) {
    assert_eq!(home.folders(), Vec::<std::path::PathBuf>::new());
    assert_eq!(printed, "");
}

/// The other files are there, the comparison is printed, and it can be made again.
fn has_the_rest(home: &Home, one: &FullRun, printed: &str) {
    let folder = home.folders().pop().unwrap();
    for file in [
        "comparison.md",
        "comparison.csv",
        "comparison.json",
        "comparison.svg",
        "comparison.html",
        "report.html",
        "base/run.json",
        "head/report.html",
    ] {
        assert_eq!(folder.join(file).is_file(), file != one.file, "{file}");
    }
    assert!(printed.contains("RUN more"), "{printed}");
    let again = folder.join("again.html");
    let output = compared_again(home.path(), &folder, &again);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let page = fs::read_to_string(again).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>"));
}

/// As the hint says.
fn compared_again(home: &Path, folder: &Path, file: &Path) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .arg("--home")
        .arg(home)
        .arg("compare")
        .arg(folder)
        .args(["--format", "html", "--out"])
        .arg(file)
        .output()
        .unwrap()
}
