//! Run files that are old, new, cut short or edited; and runs with nothing in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll::record::{
    Disposition, Link, Metric, Outcome, RunRecord, ShardBy, ShardRecord, case_id,
};
use plimsoll::units::{Bytes, Quantity, Ratio};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::reports::builder::{Build, MS, four_variants, run};

/// Keeps a text as the record of a run `name` in `home`.
fn keep(home: &TempDir, name: &str, text: &str) -> PathBuf {
    let folder = home.path().join("results").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("run.json");
    std::fs::write(&file, text).unwrap();
    file
}

fn text_of(record: &RunRecord) -> String {
    serde_json::to_string_pretty(record).unwrap()
}

fn plimsoll(home: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .arg("--home")
        .arg(home)
        .args(arguments)
        .env_remove("PLIMSOLL_HOME")
        .current_dir(home)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code();
    (code, text(output.stdout), text(output.stderr))
}

/// What each form of each command is asked for.
const COMMANDS: [&[&str]; 18] = [
    &["report", "--format", "table"],
    &["report", "--format", "md"],
    &["report", "--format", "csv"],
    &["report", "--format", "json"],
    &["report", "--format", "github-action-benchmark"],
    &["report", "--format", "bencher"],
    &["report", "--format", "hyperfine"],
    &["report", "--format", "go-benchmark"],
    &["report", "--format", "open-metrics"],
    &["claims", "--format", "table"],
    &["claims", "--format", "csv"],
    &["claims", "--format", "json"],
    &["check", "--format", "table"],
    &["check", "--format", "json"],
    &["check", "--format", "junit"],
    &["check", "--format", "step-summary"],
    &["list", "--format", "json", "--runs"],
    &["list", "--runs"],
];

#[test]
fn every_committed_run_is_read_whatever_it_was_written_by() {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let files = WalkDir::new(results).into_iter().map(Result::unwrap);
    let mut oldest = false;
    let mut read = 0;
    for file in files.filter(|file| file.file_name() == "run.json") {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let record = RunRecord::read(&text);
        let record = record.unwrap_or_else(|error| panic!("{}: {error}", file.path().display()));
        assert!(!record.samples.is_empty());
        // From before distribution, posture, budgets and shards were recorded.
        oldest |= !text.contains("\"distribution\"") && !text.contains("\"posture\"");
        read += 1;
    }
    assert!(read >= 6 && oldest, "{read} {oldest}");
}

type Edit = fn(&mut RunRecord);

/// What a hand can do to a record that is still of its form, and what is said of it.
const EDITS: [(&str, &str, Edit); 15] = [
    (
        "case",
        "the case `node/single-stage` is there a second time",
        |record| {
            let again = record
                .cases
                .iter()
                .find(|case| case.variant == "single-stage");
            record.cases.push(again.unwrap().clone());
        },
    ),
    (
        "case",
        "the case `node/other` is of scenario and variant `node/single-stage`",
        |record| {
            let case = record
                .cases
                .iter_mut()
                .find(|case| case.variant == "single-stage");
            case.unwrap().id = case_id("node", "other");
        },
    ),
    (
        "case",
        "is of a scenario that the record does not have",
        |record| {
            record.scenarios.clear();
        },
    ),
    (
        "scenario",
        "the scenario `node` is there a second time",
        |record| {
            record.scenarios.push(record.scenarios[0].clone());
        },
    ),
    (
        "sample",
        "a sample of `node/nobody`, which is not among the cases",
        |record| {
            record.samples[5].case = case_id("node", "nobody");
        },
    ),
    ("sample", "a sample of round 0, of 7", |record| {
        record.samples[5].round = 0
    }),
    ("sample", "a sample of round 8, of 7", |record| {
        record.samples[5].round = 8
    }),
    (
        "sample",
        "size.unpacked of `node/single-stage` is in `ns`, and measured in `bytes`",
        |record| {
            record.samples[0].outcome = Outcome::Ok {
                value: Quantity::Time(plimsoll::units::Nanos(1)),
            };
        },
    ),
    ("sample", "which nothing can be", |record| {
        record.samples[0].outcome = Outcome::Ok {
            value: Quantity::Bytes(Bytes(u64::MAX)),
        };
    }),
    (
        "sample",
        "waste.efficiency of `node/single-stage` is -0.5, which nothing can be",
        |record| {
            record.samples[0].metric = Metric::WasteEfficiency;
            record.samples[0].outcome = Outcome::Ok {
                value: Quantity::Ratio(Ratio::of(-1.0, 2.0).unwrap()),
            };
        },
    ),
    ("sample", "counts twice in round 1", |record| {
        record.samples.push(record.samples[0].clone());
    }),
    ("sample", "has a link, and goes over none", |record| {
        record.samples[0].link = Some(Link::LOOPBACK);
    }),
    (
        "build",
        "a build of `node/nobody`, which is not among the cases",
        |record| {
            record.cold_build("nobody", 1, &[]);
        },
    ),
    (
        "plan",
        "plan.order visits `node/nobody`, which is not among the cases",
        |record| record.plan.order[0].push(case_id("node", "nobody")),
    ),
    (
        "plan",
        "plan.shard is 3/2, and there is no such",
        |record| {
            record.plan.shard = Some(ShardRecord {
                index: 3,
                count: 2,
                by: ShardBy::Variant,
                all: Vec::new(),
            });
        },
    ),
];

#[test]
fn what_contradicts_the_rest_is_refused_with_its_place() {
    let good = four_variants();
    assert_eq!(RunRecord::read(&text_of(&good)).unwrap(), good);
    for (where_, words, edit) in EDITS {
        let mut bad = good.clone();
        edit(&mut bad);
        let text = text_of(&bad);
        let error = RunRecord::read(&text).unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(error.hint().contains("edited or damaged"));
        let Some((line, column)) = error.place() else {
            assert_eq!(where_, "plan", "{words}");
            continue;
        };
        // The place is where an entry of the list begins.
        let line = text.lines().nth(line - 1).unwrap();
        assert_eq!(&line[column - 1..], "{", "{words}");
    }
}

#[test]
fn what_the_form_does_not_hold_is_refused_with_its_place() {
    let good = text_of(&four_variants());
    let edits = [
        (
            "\"seed\": 42",
            "\"seed\": \"42\"",
            "invalid type: string \"42\", expected u64",
        ),
        (
            "\"seed\": 42",
            "\"seed\": 42, \"sede\": 1",
            "unknown field `sede`",
        ),
        (
            "\"ns\": 45000000000",
            "\"ns\": -1",
            "invalid value: integer `-1`, expected u64",
        ),
        (
            "\"ns\": 45000000000",
            "\"ns\": 1.5",
            "invalid type: floating point `1.5`, expected u64",
        ),
        ("\"ns\": 45000000000", "\"ns\": NaN", "expected value"),
        ("\"ns\": 45000000000", "\"ns\": Infinity", "expected value"),
        (
            "\"ns\": 45000000000",
            "\"ratio\": 1e999",
            "number out of range",
        ),
        (
            "\"ns\": 45000000000",
            "\"hours\": 1",
            "unknown variant `hours`",
        ),
        (
            "\"size.own\"",
            "\"size.mine\"",
            "unknown variant `size.mine`",
        ),
    ];
    for (old, new, words) in edits {
        assert!(good.contains(old), "{old}");
        let bad = good.replacen(old, new, 1);
        let error = RunRecord::read(&bad).unwrap_err();
        assert!(error.to_string().contains(words), "{new}: {error}");
        let before = &bad[..bad.find(new).unwrap()];
        let line = before.matches('\n').count() + 1;
        // What is known by its tag is read whole first: its fault is reported at its end.
        let reported = error.place().unwrap().0;
        assert!((line..line + 4).contains(&reported), "{new}: {error}");
    }
}

#[test]
fn a_file_is_reported_as_cut_short_wherever_it_ends() {
    let good = text_of(&run());
    for end in (0..good.len()).step_by(97) {
        let error = RunRecord::read(&good[..end]).unwrap_err();
        assert!(error.hint().contains("cut short"), "{end}: {error}");
        let lines = good[..end].matches('\n').count() + 1;
        assert_eq!(error.place().map(|(line, _)| line), Some(lines), "{error}");
    }
}

/// Sparse: neither is on the disk, and neither must come into memory.
#[test]
fn a_record_or_a_journal_of_terabytes_is_refused_and_not_read() {
    let home = tempfile::tempdir().unwrap();
    let record = keep(&home, "run", &text_of(&four_variants()));
    let folder = record.parent().unwrap();
    for name in ["run.journal", "run.json"] {
        let file = std::fs::File::create(folder.join(name)).unwrap();
        file.set_len(2 << 40).unwrap();
        let (code, _, said) = plimsoll(home.path(), &["report", "run"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains(name) && said.contains("it has more than"),
            "{said}"
        );
        std::fs::remove_file(folder.join(name)).unwrap();
    }
}

#[test]
fn commands_go_on_with_the_runs_that_can_be_read() {
    let home = tempfile::tempdir().unwrap();
    let good = text_of(&four_variants());
    keep(&home, "20261120T200000Z-good", &good);
    let cut = keep(&home, "20261120T200001Z-cut", &good[..good.len() / 2]);
    let newer = good.replace("\"schema_version\": 1", "\"schema_version\": 2");
    let newer = keep(&home, "20261120T200002Z-newer", &newer);
    for command in [
        ["report", "results"].as_slice(),
        &["claims", "results"],
        &["list", "--runs"],
        &["list", "--runs", "results", "--format", "json"],
    ] {
        let (code, out, err) = plimsoll(home.path(), command);
        assert_eq!(code, Some(1), "{command:?}: {err}");
        let shown = if command[0] == "list" {
            "20261120T200000Z-good"
        } else {
            "single-stage"
        };
        assert!(out.contains(shown), "{command:?}: {out}");
        for file in [&cut, &newer] {
            let file = file
                .strip_prefix(home.path())
                .unwrap()
                .display()
                .to_string();
            assert!(err.contains(&file), "{command:?}: {err}");
        }
        assert!(err.contains("its schema_version is 2, known is 1"), "{err}");
        assert!(err.contains("update this one"), "{err}");
        assert!(err.contains("cut short"), "{err}");
    }
    // One alone is an error, whoever asks.
    for command in [
        ["report", "20261120T200001Z-cut"].as_slice(),
        &["claims", "20261120T200001Z-cut"],
        &["check", "20261120T200001Z-cut"],
        &["compare", "20261120T200000Z-good", "20261120T200001Z-cut"],
        &["merge", "20261120T200001Z-cut"],
        &[
            "run",
            "--resume",
            "results/20261120T200001Z-cut",
            "--host",
            "unix:///nowhere",
        ],
    ] {
        let (code, out, err) = plimsoll(home.path(), command);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{command:?}: {err}");
        if command[0] != "run" {
            assert!(
                err.contains("20261120T200001Z-cut/run.json:"),
                "{command:?}: {err}"
            );
        }
    }
}

#[test]
fn a_run_without_samples_or_cases_is_a_run_for_every_command() {
    let mut planned = run();
    planned.plan.visits_done = 0;
    planned.plan.order.clear();
    let no_cases = planned.clone();
    planned.case("single-stage", Disposition::Pending);
    planned.claim("single-stage", "~1.2 GB", 1);
    let mut no_scenarios = no_cases.clone();
    no_scenarios.scenarios.clear();
    for (name, record) in [
        ("no-samples", &planned),
        ("no-cases", &no_cases),
        ("no-scenarios", &no_scenarios),
    ] {
        let home = tempfile::tempdir().unwrap();
        keep(&home, "20261120T200000Z-empty", &text_of(record));
        for command in COMMANDS {
            let mut arguments = command.to_vec();
            if command[0] != "list" {
                arguments.push("latest");
            }
            let (code, out, err) = plimsoll(home.path(), &arguments);
            assert_eq!(code, Some(0), "{name} {command:?}: {err}");
            assert!(
                !out.contains("NaN") && !out.contains("inf"),
                "{name} {command:?}: {out}"
            );
            assert!(!err.contains("panicked"), "{err}");
            if command.contains(&"json")
                || command.contains(&"bencher")
                || command.contains(&"hyperfine")
            {
                serde_json::from_str::<serde_json::Value>(&out).unwrap();
            }
            assert!(
                !out.trim().is_empty() || err.contains("there is nothing to show"),
                "{name} {command:?} says nothing"
            );
        }
        let (code, out, err) = plimsoll(home.path(), &["compare", "latest", "latest"]);
        assert_eq!(code, Some(1), "{name}: {err}");
        assert!(err.contains("no metric of a case is in both"), "{err}");
        assert!(!out.trim().is_empty());
    }
}

#[test]
fn no_baseline_is_a_verdict() {
    let home = tempfile::tempdir().unwrap();
    let mut record = run();
    record.case("single-stage", Disposition::Qualified);
    record.values("single-stage", Metric::BuildCold, &[1000 * MS; 6]);
    keep(&home, "20261120T200000Z-node", &text_of(&record));
    std::fs::write(
        home.path().join("plimsoll.toml"),
        "[[budget]]\nmetric = \"build.cold\"\nworse-by = \"5 %\"\n",
    )
    .unwrap();
    // A cache that restored nothing but the folder.
    std::fs::create_dir(home.path().join("restored")).unwrap();
    for baseline in ["main", "results/never-was", "latest-of-main", "restored"] {
        let (code, out, err) = plimsoll(home.path(), &["check", "latest", "--baseline", baseline]);
        assert_eq!(code, Some(0), "{baseline}: {err}");
        assert!(out.contains("no baseline"), "{baseline}: {out}");
        assert!(
            err.contains(&format!("there is no baseline `{baseline}`")),
            "{err}"
        );
    }
    // One that is there and cannot be read is not "none".
    keep(&home, "20261119T200000Z-bad", "{");
    let (code, _, err) = plimsoll(
        home.path(),
        &[
            "check",
            "20261120T200000Z-node",
            "--baseline",
            "20261119T200000Z-bad",
        ],
    );
    assert_eq!(code, Some(1), "{err}");
}
