//! Disks that are full or read-only: real ones, of some megabytes, in a mount namespace.
//!
//! Each test starts itself again in a namespace of its own, which takes root. The mounts are
//! seen by that process alone, and end with it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cases::LONG;
use super::stage::{Case, Of, Outcome, Stage, Then, at, struck};
use super::table;
use crate::pipeline::GOOD;
use crate::pipeline::home::Home;

/// Set in the namespace.
const INSIDE: &str = "PLIMSOLL_FAULTS_INSIDE";

type Repair = fn(&Stage);

macro_rules! disks {
    ($($test:ident, $fault:literal, $act:expr, $repair:expr $(, $dockerfile:expr)?;)*) => {
        $(
            #[test]
            fn $test() {
                table::compare_disk(concat!("disk::", stringify!($test)));
            }
        )*

        pub(super) fn all() -> Vec<(Case, Repair)> {
            vec![$((Case {
                test: concat!("disk::", stringify!($test)),
                fault: $fault,
                dockerfile: [GOOD $(, $dockerfile)?].last().unwrap(),
                scenario: "",
                of: Of::Host,
                strike: at("build", "rebuild-source", 3),
                then: Then::Meanwhile(|stage| Box::pin(async { $act(stage) })),
            }, $repair as Repair)),*]
        }
    };
}

disks! {
    full, "disk full: run.json and all others", fill, empty;
    full_journal, "disk full: the journal", fill, empty, &LONG;
    full_page, "disk full: the page", fill_except_for_the_record, empty;
    full_charts, "disk full: the charts", |stage: &Stage| {
        let charts = charts(stage);
        fs::create_dir_all(&charts).unwrap();
        mount(&charts, "size=64k");
        fill_folder(&charts, 0);
    }, |stage| shell("umount", &[charts(stage).to_str().unwrap()]);
    read_only, "the folder of results becomes read-only", |stage: &Stage| {
        // Over the other: the lock of the run is open for writing, so that one stays as it is.
        let folder = results(stage);
        let folder = folder.to_str().unwrap();
        shell("mount", &["--bind", folder, folder]);
        shell("mount", &["-o", "remount,ro,bind", folder]);
    }, |stage| shell("umount", &[results(stage).to_str().unwrap()]);
}

fn results(stage: &Stage) -> PathBuf {
    stage.home.path().join("results")
}

fn charts(stage: &Stage) -> PathBuf {
    stage.folder().unwrap().join("charts")
}

fn shell(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}");
}

fn mount(folder: &Path, options: &str) {
    let folder = folder.to_str().unwrap();
    shell("mount", &["-t", "tmpfs", "-o", options, "tmpfs", folder]);
}

/// Fills the file system of a folder, except for so many bytes.
fn fill_folder(folder: &Path, free: u64) {
    let path = folder.join("filler");
    let mut file = File::create(&path).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(free)).unwrap();
}

fn fill(stage: &Stage) {
    fill_folder(&results(stage), 0);
}

/// Room for the record and the tables, and not for the page.
fn fill_except_for_the_record(stage: &Stage) {
    let page = stage.folder().unwrap().join("report.html");
    let _ = fs::remove_file(page);
    fill_folder(&results(stage), 200 << 10);
}

fn empty(stage: &Stage) {
    fs::remove_file(results(stage).join("filler")).unwrap();
}

/// Whether this process may make namespaces and mount in them.
pub(super) fn can_mount() -> bool {
    let unshare = Command::new("unshare").args(["--mount", "true"]).status();
    unshare.is_ok_and(|status| status.success())
}

/// The outcome of a test, run in a namespace of its own.
pub(super) fn outside(test: &str) -> String {
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private"])
        .arg(std::env::current_exe().unwrap())
        .env(INSIDE, "1");
    restarted(&mut command, test)
}

/// The outcome of a test, which this command runs in another process.
pub(super) fn restarted(command: &mut Command, test: &str) -> String {
    let output = command
        .args(["--exact", "--nocapture", "--test-threads", "1"])
        .arg(format!("faults::{test}"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{words}");
    let row = text.lines().find_map(|line| line.strip_prefix("outcome: "));
    row.unwrap_or_else(|| panic!("{text}\n{words}")).to_owned()
}

pub(super) fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs a case on a disk of its own.
pub(super) fn inside(case: &Case, repair: Repair) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().start_paused(true).build().unwrap();
    let home = Home::new(&[("good", case.dockerfile)]);
    let disk = home.path().join("results");
    fs::create_dir(&disk).unwrap();
    mount(&disk, "size=8m");
    let stage = Stage::of(home, Of::Host);
    let outcome = runtime.block_on(struck(stage, case, repair));
    let said = &outcome.said;
    let reasons = ["No space left on device", "Read-only file system"];
    assert!(reasons.iter().any(|words| said.contains(words)), "{said}");
    assert!(said.contains("failed to write `"), "{said}");
    shell("umount", &["--lazy", disk.to_str().unwrap()]);
    outcome
}
