//! docs/FAULTS.md.

use std::fs;
use std::path::{Path, PathBuf};

use super::stage::{Case, Outcome, outcome};
use super::{cases, disk, full_file, outputs, runs};

/// Faults that only real engines, links and disks show: what the test proves, and its name.
const REAL: &[(&str, &str, &str)] = &[
    (
        "plimsoll killed while it brings a base into the registry",
        "`clean` removes rooms, registry and names; the machine is as it was",
        "live_run::killed::killed_while_a_base_is_brought_into_the_registry",
    ),
    (
        "plimsoll killed while a room builds",
        "the same, and the command of the build ends",
        "live_run::killed::killed_while_a_room_builds",
    ),
    (
        "plimsoll killed in a pull",
        "the same, and the record can be gone on with",
        "live_run::killed::killed_in_a_pull",
    ),
    (
        "plimsoll killed on the user's engine",
        "`clean` removes containers, images and records; a dry run removes none",
        "live_run::crash::clean_removes_what_a_killed_run_left",
    ),
    (
        "owner of two rooms killed",
        "the rooms end with it; `clean` removes the rest",
        "cleanroom::traces::the_rooms_of_a_killed_owner_end_and_clean_removes_the_rest",
    ),
    (
        "Ctrl-C in a build",
        "the command ends, the record stays, `--resume` completes it",
        "live_run::signals::ctrl_c_in_a_build_keeps_what_there_is_and_resume_completes_it",
    ),
    (
        "SIGTERM in a build",
        "the same",
        "live_run::signals::sigterm_in_a_build_does_the_same",
    ),
    (
        "Ctrl-C in a pull",
        "the rooms are closed, `--resume` opens others",
        "live_run::severed::ctrl_c_in_a_pull_closes_the_rooms_and_resume_opens_others",
    ),
    (
        "pulling engine killed in a pull",
        "everything else is measured, and each figure that is missing has its reason",
        "live_run::severed::without_its_pulling_engine_a_run_measures_the_rest",
    ),
    (
        "link cut at each attempt of a pull",
        "the engine gives up, holds nothing, and the next pull is whole",
        "registry::faults::an_engine_that_is_cut_off_again_and_again_gives_up_and_the_server_goes_on",
    ),
    (
        "link cut once in a pull",
        "the engine goes on by a range, and the ledger shows it",
        "registry::faults::after_one_cut_the_engine_resumes_and_the_counter_shows_it",
    ),
    (
        "corrupt blob in the registry",
        "the pull is refused, and nothing of it is kept",
        "registry::faults::a_blob_that_was_altered_on_disk_is_refused",
    ),
    (
        "disk of the registry full: uploads",
        "507 with the reason; no file stays",
        "registry::full::a_full_disk_refuses_an_upload_and_keeps_nothing_of_it",
    ),
    (
        "disk of the registry full: a push",
        "the engine reports the registry's words",
        "registry::full::a_push_to_a_full_registry_fails_with_its_message",
    ),
    (
        "disk of the pulling engine full",
        "the pull fails with the reason; the engine holds nothing",
        "registry::full::an_image_larger_than_the_disk_of_the_pulling_engine_is_reported",
    ),
    (
        "a build, a container and a prune of somebody else during a run",
        "none of them is touched",
        "live_run::foreign::a_run_and_a_clean_leave_what_is_not_theirs",
    ),
    (
        "variants that fail in each phase",
        "each is DNF with its reason, and the others are measured",
        "live_run::failing::what_fails_is_dnf_with_its_reason_and_its_sibling_is_measured",
    ),
    (
        "a build is dropped",
        "its command is killed",
        "live_engine::builds::dropping_a_build_kills_its_command",
    ),
    (
        "engine stalls in the body of any call",
        "the call ends with its deadline and a reason",
        "docker_fake::stalls::calls_whose_answers_stall_end_with_a_reason",
    ),
    (
        "engine stalls in one of several calls of a verb: image, history, lists, prune",
        "the same",
        "docker_fake::stalls::each_part_of_a_call_may_stall",
    ),
    (
        "engine stalls in the body of an export",
        "all readers end, and the connection is left",
        "docker_fake::stalls::an_export_that_stalls_ends_for_everybody_who_reads_it",
    ),
    (
        "engine stalls in a build",
        "the build is left with its caller",
        "docker_fake::streams::a_build_that_stalls_is_left_when_the_caller_leaves",
    ),
    (
        "connection breaks off in each body",
        "no answer that is cut short counts",
        "docker_fake::streams::a_connection_that_breaks_off_is_no_end",
    ),
    (
        "engine gone in a push or a pull",
        "the error says that it is unreachable",
        "docker_fake::travels::an_engine_that_goes_away_in_a_push_or_a_pull_is_unreachable",
    ),
    (
        "an app floods its log without an end of a line",
        "a few lines are kept, each cut",
        "docker_fake::streams::a_log_that_floods_is_cut",
    ),
];

const HEAD: &str = "\
# Faults

What a run keeps, leaves and touches when something breaks. Tests make this page: \
`PLIMSOLL_BLESS=1 cargo test --test suite faults::table` writes it, and each test compares its \
own row.

## Faults of a whole run

Each fault strikes one call of a run of two rounds on fake engines, mostly in the second round. \
Then the test looks at the results, runs `plimsoll clean --run RUN --yes`, and lets a run that \
did not complete go on with `plimsoll run --resume`. Killed means that nothing of plimsoll runs \
on after the call. The rows of `disk` use real file systems of some megabytes, in a mount \
namespace; they need root. In the rows of `full_file`, the disk is full for one file and no other: \
a library that is loaded before the C library lets its writes fail. These tests also check that \
the error names the file and a command, and that the command completes the run or its reports.

| column | meaning |
|---|---|
| exit | the exit code, or `killed` |
| saved | samples in run.json and run.journal when the fault struck |
| lost | those of them that the record does not hold in the end |
| resumed | whether the run had to go on with `--resume` |
| values, reasons | samples in the end with a value, and with a reason instead. An undisturbed run on the user's engine has 57 and 24, since it measures no pulls |
| silent | planned samples with neither |
| left | containers, networks, images, cache records and unfinished files of the run, once it had ended |
| after `clean` | the same after `clean`, and after the run that went on |
| touched | images, containers, networks, cache records and files of others that are gone or altered |

| fault | exit | saved | lost | resumed | values | reasons | silent | left | after `clean` | touched | test |
|---|---|---|---|---|---|---|---|---|---|---|---|
";

const OUTPUTS_HEAD: &str = "
## Outputs of commands on a full disk

`RUN`, `PROJECT`, `parts` and the image are only read. `FILE` and the chart in `DIR` are there \
already, and the writes of the file fail as in the rows of `full_file`. Where a file is named after \
the command, only its writes fail, and the other files are written. The other commands print to \
`/dev/full`. These tests also check that the error names the file as the user does, or standard \
output, and says what to do.

| command | exit | FILE | unfinished files | test |
|---|---|---|---|---|
";

const REAL_HEAD: &str = "
## Faults of real engines, links and disks

These tests take a Docker engine (`PLIMSOLL_LIVE=1`), except those of `docker_fake`, which drive \
the real adapter against a server that fails by script.

| fault | what the test shows | test |
|---|---|---|
";

/// What may stay, and why.
const STAYS: &[(&str, &str)] = &[(
    "cases::foreign_build",
    "Records of the build cache that cannot be distinguished from those of somebody else's build at \
         the same time stay. A warning gives their number.",
)];

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FAULTS.md")
}

fn blesses() -> bool {
    std::env::var_os("PLIMSOLL_BLESS").is_some()
}

fn row(case: &Case, outcome: &str) -> String {
    let note = STAYS.iter().position(|(test, _)| *test == case.test);
    let note = note.map_or(String::new(), |at| format!(" ({})", at + 1));
    format!(
        "| {}{note} | {outcome} | `faults::{}` |",
        case.fault, case.test
    )
}

/// Holds an outcome to what is true of all.
fn check(case: &Case, outcome: &Outcome) {
    let stays = STAYS.iter().any(|(test, _)| *test == case.test);
    let left = if stays { 0 } else { outcome.left_after_clean };
    let all = (outcome.lost, outcome.silent, left, outcome.touched);
    assert_eq!(all, (0, 0, 0, 0), "{}: {outcome:?}", case.fault);
}

fn compare_row(case: &Case, outcome: &str) {
    compare_rows(&[row(case, outcome)]);
}

/// Compares rows with those of the page.
pub(super) fn compare_rows(rows: &[String]) {
    let page = fs::read_to_string(path()).unwrap_or_default();
    for row in rows {
        println!("{row}");
        let found = page.lines().any(|line| line == row);
        assert!(found || blesses(), "not in docs/FAULTS.md: {row}");
    }
}

/// Runs a case and compares its row.
pub(super) async fn compare(case: &Case) {
    let outcome = outcome(case).await;
    check(case, &outcome);
    compare_row(case, &outcome.to_string());
}

/// The same of a case that takes a disk.
pub(super) fn compare_disk(test: &str) {
    let all = disk::all();
    let (case, repair) = all.iter().find(|(case, _)| case.test == test).unwrap();
    if disk::is_inside() {
        let outcome = disk::inside(case, *repair);
        check(case, &outcome);
        println!("\noutcome: {outcome}");
    } else if disk::can_mount() {
        compare_row(case, &disk::outside(test));
    } else {
        println!("skipped: it takes root and a mount namespace");
    }
}

/// The same of a case in which the disk is full for one file.
pub(super) fn compare_full_file(test: &str) {
    let all = full_file::all();
    let one = all.iter().find(|one| one.case.test == test).unwrap();
    if full_file::is_inside() {
        let outcome = full_file::inside(one);
        check(&one.case, &outcome);
        println!("\noutcome: {outcome}");
    } else {
        compare_row(&one.case, &full_file::outside(test));
    }
}

/// The page names these tests and no others; blessed, it is written.
#[test]
fn the_page_has_a_row_for_each_fault() {
    if blesses() {
        return write();
    }
    let page = fs::read_to_string(path()).unwrap();
    let disks = disk::all().into_iter().map(|(case, _)| case);
    let files = full_file::all().into_iter().map(|one| one.case);
    let own = cases::all()
        .into_iter()
        .chain(disks)
        .chain(files)
        .map(|case| format!("faults::{}", case.test));
    let real = REAL.iter().map(|(_, _, test)| (*test).to_owned());
    let outputs = vec![outputs::TEST.to_owned(); outputs::count()];
    let runs = runs::all().into_iter();
    let runs = runs.map(|one| format!("faults::{}", one.test));
    let tests: Vec<_> = own.chain(outputs).chain(runs).chain(real).collect();
    let named = |line: &str| Some(line.strip_suffix("` |")?.rsplit_once('`')?.1.to_owned());
    let named = page.lines().filter_map(named);
    let named: Vec<_> = named.filter(|test| test.contains("::")).collect();
    assert_eq!(named, tests, "write it with PLIMSOLL_BLESS=1");
    assert!(page.starts_with(HEAD));
    assert!(page.contains(OUTPUTS_HEAD) && page.contains(REAL_HEAD));
    for (fault, shown, test) in REAL {
        assert!(
            page.contains(&format!("| {fault} | {shown} | `{test}` |")),
            "{fault}"
        );
    }
}

/// The tests that the page names are there.
#[test]
fn each_test_that_is_named_is_there() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    for (_, _, test) in REAL {
        let (module, name) = test.rsplit_once("::").unwrap();
        let file = suite.join(module.replace("::", "/")).with_extension("rs");
        let text = fs::read_to_string(&file).unwrap();
        // In two parts: a module that holds the whole word counts as live.
        let live = ["(NAME,", "(alone NAME,"].map(|form| format!("live!{form}"));
        let forms = [&["fn NAME()".to_owned()], live.as_slice()].concat();
        let there = forms
            .iter()
            .any(|form| text.contains(&form.replace("NAME", name)));
        assert!(there, "{test}");
    }
}

fn write() {
    let mut page = HEAD.to_owned();
    for case in cases::all() {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().start_paused(true).build().unwrap();
        let outcome = runtime.block_on(outcome(&case)).to_string();
        page.push_str(&format!("{}\n", row(&case, &outcome)));
    }
    for (case, _) in disk::all() {
        page.push_str(&format!("{}\n", row(&case, &disk::outside(case.test))));
    }
    for one in full_file::all() {
        let outcome = full_file::outside(one.case.test);
        page.push_str(&format!("{}\n", row(&one.case, &outcome)));
    }
    page.push('\n');
    for (at, (_, words)) in STAYS.iter().enumerate() {
        page.push_str(&format!("{}. {words}\n", at + 1));
    }
    page.push_str(OUTPUTS_HEAD);
    let of_runs = runs::all();
    let of_runs = of_runs.iter().map(runs::row);
    for row in outputs::rows().into_iter().chain(of_runs) {
        page.push_str(&format!("{row}\n"));
    }
    page.push_str(REAL_HEAD);
    for (fault, shown, test) in REAL {
        page.push_str(&format!("| {fault} | {shown} | `{test}` |\n"));
    }
    fs::write(path(), page).unwrap();
}
