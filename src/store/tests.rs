//! Run folders against a real file system.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::{JOURNAL_FILE, RECORD_FILE, RecordWriter, RunFolder, StoreError, resolve};
use crate::record::{
    BuildRecord, Calibration, CaseRecord, Conditions, Disposition, EngineFacts, HostFacts,
    ImageStore, Metric, Outcome, PlanRecord, RunRecord, RunState, SCHEMA_VERSION, Sample,
    ToolFacts, VisitConditions, case_id,
};
use crate::units::{Bytes, Count, Nanos};

const UTC: &str = "2026-11-20T20:40:00Z";

fn record(id: &str) -> RunRecord {
    let word = || "x".to_owned();
    RunRecord {
        schema_version: SCHEMA_VERSION,
        id: id.to_owned(),
        commands: vec![vec!["plimsoll".to_owned()]],
        state: RunState::Running,
        started_at: UTC.to_owned(),
        finished_at: None,
        revision: None,
        ab: None,
        tool: ToolFacts {
            version: word(),
            optimised: false,
        },
        plan: PlanRecord {
            profile: word(),
            seed: 1,
            warmup_rounds: 0,
            rounds: 1,
            visits_done: 0,
            only: None,
            shard: None,
            bases: "auto".to_owned(),
            reach: crate::record::Reach::Bridge,
            engine: Default::default(),
            skipped: Vec::new(),
            links: Vec::new(),
            build_deadline_ns: Nanos(1),
            call_deadline_ns: Nanos(1),
            order: Vec::new(),
        },
        engine: EngineFacts {
            name: word(),
            version: word(),
            api_version: word(),
            api_range: None,
            store: ImageStore::Unknown,
            driver: word(),
            backing: None,
            builder: word(),
            own_frontend: false,
            platform: word(),
            cgroup_version: word(),
            runtime: word(),
            data_root: None,
            kernel: word(),
            endpoint: word(),
        },
        distribution: None,
        host: HostFacts {
            os: word(),
            kernel: word(),
            cpu: word(),
            cpus: Count(1),
            memory_bytes: Bytes(1),
            load: None,
            virtualisation: None,
        },
        calibration: Calibration {
            ping_ns: Nanos(1),
            clock_resolution_ns: Nanos(1),
            probe_interval_ns: Nanos(1),
        },
        scenarios: Vec::new(),
        parts: Vec::new(),
        bases: Vec::new(),
        cases: Vec::new(),
        samples: Vec::new(),
        builds: Vec::new(),
        conditions: Vec::new(),
        warnings: Vec::new(),
    }
}

fn results() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let items = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = items
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn run(results: &TempDir, utc: &str) -> RunFolder {
    let folder = RunFolder::create(results.path(), utc, "node-go").unwrap();
    folder.save_record(&record(&folder.id())).unwrap();
    folder
}

#[test]
fn folders_are_unique_within_a_second_and_latest_follows() {
    let results = results();
    let deep = results.path().join("new/results");
    let first = RunFolder::create(&deep, UTC, "node-go").unwrap();
    let second = RunFolder::create(&deep, UTC, "node-go").unwrap();
    assert_eq!(first.id(), "20261120T204000Z-node-go");
    assert_eq!(second.id(), "20261120T204000Z-node-go-2");
    assert_eq!(names(&deep), [first.id(), second.id(), "latest".to_owned()]);
    let latest = fs::read_link(deep.join("latest")).unwrap();
    assert_eq!(latest, Path::new(&second.id()));
    // Neither has a record yet: there is nothing to read under that name.
    assert!(resolve(&deep, "latest").is_err());
    first.save_record(&record(&first.id())).unwrap();
    assert_eq!(resolve(&deep, "latest").unwrap(), first.path());
    for bad in ["", "a/b", "..", ".x"] {
        let error = RunFolder::create(&deep, UTC, bad).unwrap_err();
        assert!(matches!(error, StoreError::Name { .. }), "{bad}");
    }
}

#[test]
fn files_are_replaced_as_a_whole_without_leftovers() {
    let results = results();
    let folder = RunFolder::create(results.path(), UTC, "n").unwrap();
    folder.write("report.md", b"a longer text").unwrap();
    folder.write("report.md", b"short").unwrap();
    folder.write("charts/size.svg", b"<svg/>").unwrap();
    assert_eq!(fs::read(folder.path().join("report.md")).unwrap(), b"short");
    assert_eq!(names(folder.path()), [".lock", "charts", "report.md"]);

    // A folder in the place of the file makes the rename fail, also for root.
    let error = folder.write("charts", b"x").unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("failed to write `") && text.ends_with("/charts`"),
        "{text}"
    );
    assert_eq!(names(folder.path()), [".lock", "charts", "report.md"]);
    assert!(folder.write("../out", b"x").is_err());
    assert!(folder.write("/out", b"x").is_err());
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_with_a_hint() {
    // `/proc` refuses root too, whom no permission bit stops.
    let error = RunFolder::create(Path::new("/proc/results"), UTC, "n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to create the run folder `/proc/results`"
    );
    assert!(error.hint().unwrap().contains("--out"));

    let results = results();
    fs::write(results.path().join("file"), "").unwrap();
    let error = RunFolder::open(&results.path().join("file")).unwrap_err();
    assert!(
        matches!(error, StoreError::Read { source, .. } if source.kind() == ErrorKind::NotADirectory)
    );
}

#[test]
fn a_record_comes_back_as_it_was() {
    let results = results();
    let folder = run(&results, UTC);
    let again = RunFolder::open(folder.path()).unwrap();
    assert_eq!(again.load_record().unwrap(), record(&folder.id()));
}

#[test]
fn a_broken_record_is_located_and_a_foreign_version_is_named() {
    let results = results();
    let folder = run(&results, UTC);
    let path = folder.path().join(RECORD_FILE);
    let whole = fs::read_to_string(&path).unwrap();
    let shown = path.display();

    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = folder.load_record().unwrap_err();
    let lines = whole[..whole.len() / 2].lines().count();
    let text = error.to_string();
    let prefix = format!("failed to read the run record `{shown}:{lines}:");
    assert!(text.starts_with(&prefix), "{text}");
    assert!(error.hint().is_some());

    fs::write(&path, whole.replace("\"samples\"", "\"smaples\"")).unwrap();
    assert!(matches!(
        folder.load_record(),
        Err(StoreError::Record { .. })
    ));

    let newer = whole.replace(
        "\"schema_version\": 1",
        "\"schema_version\": 99, \"more\": 1",
    );
    fs::write(&path, newer).unwrap();
    let error = folder.load_record().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("failed to read the run record `{shown}`")
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        cause,
        format!("its schema_version is 99, known is {SCHEMA_VERSION}")
    );
    assert!(error.hint().unwrap().contains("newer"));
    fs::remove_file(&path).unwrap();
    assert!(matches!(folder.load_record(), Err(StoreError::Read { .. })));
}

#[test]
fn a_run_is_found_by_every_name_of_it() {
    let results = results();
    let dir = results.path();
    let error = resolve(dir, "latest").unwrap_err();
    let shown = dir.display();
    assert_eq!(
        error.to_string(),
        format!("failed to find the run `latest`: `{shown}` holds no runs")
    );
    assert!(error.hint().unwrap().contains("plimsoll run"));

    let old = run(&results, UTC);
    let new = run(&results, "2026-11-21T00:00:00Z");
    fs::create_dir(dir.join("reference-x")).unwrap();
    fs::copy(
        new.path().join(RECORD_FILE),
        dir.join("reference-x").join(RECORD_FILE),
    )
    .unwrap();
    let record = old.path().join(RECORD_FILE);
    for name in [
        old.id().as_str(),
        old.path().to_str().unwrap(),
        record.to_str().unwrap(),
    ] {
        assert_eq!(resolve(dir, name).unwrap(), old.path(), "{name}");
    }
    assert_eq!(resolve(dir, "latest").unwrap(), new.path());
    // A pointer to nothing, or none, falls back to the newest name.
    fs::remove_file(dir.join("latest")).unwrap();
    assert_eq!(resolve(dir, "latest").unwrap(), new.path());
    symlink("gone", dir.join("latest")).unwrap();
    assert_eq!(resolve(dir, "latest").unwrap(), new.path());

    let text = resolve(dir, "nope").unwrap_err().to_string();
    let (new, old) = (new.id(), old.id());
    assert_eq!(
        text,
        format!("failed to find the run `nope`: `{shown}` holds `{new}`, `{old}`, `reference-x`")
    );
}

#[test]
fn two_writers_of_one_run_are_refused_and_a_dead_one_is_not_missed() {
    let results = results();
    let folder = run(&results, UTC);
    let mut second = RunFolder::open(folder.path()).unwrap();
    let error = second.lock().unwrap_err();
    let pid = std::process::id();
    assert!(
        error
            .to_string()
            .ends_with(&format!("process {pid} writes this run")),
        "{error}"
    );
    // Reading needs no lock.
    second.load_record().unwrap();
    drop(folder);
    // What a process leaves that was killed: a file with its id, and no lock on it.
    fs::write(second.path().join(".lock"), "4194304\n").unwrap();
    second.lock().unwrap();
    second.lock().unwrap();
    let signed = fs::read_to_string(second.path().join(".lock")).unwrap();
    assert_eq!(signed, format!("{pid}\n"));
}

#[test]
fn who_takes_the_lock_removes_what_a_killed_process_was_writing() {
    let dir = tempfile::tempdir().unwrap();
    let run = RunFolder::create(dir.path(), "2001-02-03T04:05:06Z", "x").unwrap();
    let path = run.path().to_owned();
    run.write("charts/a.svg", b"whole").unwrap();
    let unfinished = [path.join(".writing-a"), path.join("charts/.writing-b")];
    for file in &unfinished {
        std::fs::write(file, "cut sho").unwrap();
    }
    drop(run);
    let mut again = RunFolder::open(&path).unwrap();
    assert!(
        unfinished.iter().all(|file| file.exists()),
        "reading removes nothing"
    );
    again.lock().unwrap();
    assert!(!unfinished.iter().any(|file| file.exists()));
    assert!(path.join("charts/a.svg").exists());
}

/// A record of the size at which a journal is kept, after so many visits.
fn large(id: &str, visits: u32) -> RunRecord {
    let mut record = record(id);
    record.warnings.push("x".repeat(600 << 10));
    record.plan.rounds = 1_000;
    record.cases.push(CaseRecord {
        id: case_id("app", "good"),
        scenario: "app".to_owned(),
        app: "app".to_owned(),
        variant: "good".to_owned(),
        title: "x".to_owned(),
        // A case of no scenario.
        strategy: "floor".to_owned(),
        platform: "linux/amd64".to_owned(),
        disposition: Disposition::Qualified,
        dockerfile: None,
        bases: Vec::new(),
        stand_ins: Vec::new(),
        ready_image: None,
        companions: Vec::new(),
        expected_failure: None,
        image: None,
        posture: None,
        layers: Vec::new(),
    });
    for round in 1..=visits {
        visited(&mut record, round);
    }
    record
}

fn visited(record: &mut RunRecord, round: u32) {
    let case = case_id("app", "good");
    record.samples.push(Sample {
        case: case.clone(),
        metric: Metric::BuildCold,
        round,
        order: 1,
        link: None,
        outcome: Outcome::Dnf {
            reason: format!("reason {round}\nof two lines"),
        },
        detail: None,
    });
    record.builds.push(BuildRecord {
        case: case.clone(),
        round,
        metric: Metric::BuildCold,
        steps: Vec::new(),
        cached: Count(1),
        ran: Count(2),
        sent: None,
    });
    record.conditions.push(VisitConditions {
        case,
        round,
        before: Conditions::default(),
        after: Conditions::default(),
    });
    record.plan.visits_done = round;
}

#[test]
fn a_save_costs_the_same_at_the_end_of_a_long_run_as_at_its_start() {
    let results = results();
    let folder = RunFolder::create(results.path(), UTC, "x").unwrap();
    let mut record = large(&folder.id(), 0);
    let mut writer = RecordWriter::new(&folder);
    let whole = writer.save(&record).unwrap();
    let mut costs = Vec::new();
    for round in 1..=500 {
        visited(&mut record, round);
        costs.push(writer.save(&record).unwrap());
    }
    let (first, last) = (costs[0], costs[499]);
    assert!(last < first + first / 10, "{first} and then {last} bytes");
    assert!(costs.iter().sum::<usize>() < 2 * whole, "{costs:?}");
    // What has changed and not only grown is written once.
    record.warnings.push("a warning".to_owned());
    visited(&mut record, 501);
    assert!(writer.save(&record).unwrap() > whole / 2);
    visited(&mut record, 502);
    assert!(writer.save(&record).unwrap() < first + first / 10);
    assert_eq!(folder.load_record().unwrap(), record);
    record.state = RunState::Complete;
    writer.save_whole(&record).unwrap();
    assert!(!folder.path().join(JOURNAL_FILE).exists());
    assert_eq!(folder.load_record().unwrap(), record);
}

#[test]
fn a_journal_that_was_cut_anywhere_gives_the_visits_that_were_saved() {
    let results = results();
    let folder = RunFolder::create(results.path(), UTC, "x").unwrap();
    let id = folder.id();
    let mut writer = RecordWriter::new(&folder);
    let mut record = large(&id, 2);
    writer.save(&record).unwrap();
    for round in 3..=5 {
        visited(&mut record, round);
        writer.save(&record).unwrap();
    }
    let path = folder.path().join(JOURNAL_FILE);
    let journal = fs::read(&path).unwrap();
    // Every place around the ends of the lines, and every seventh between them.
    let by_an_end = |cut: usize| {
        let around = cut.saturating_sub(10)..journal.len().min(cut + 10);
        journal[around].contains(&b'\n')
    };
    let places = (0..=journal.len()).rev();
    for cut in places.filter(|cut| cut % 7 == 0 || by_an_end(*cut)) {
        fs::write(&path, &journal[..cut]).unwrap();
        let lines = journal[..cut].iter().filter(|byte| **byte == b'\n').count();
        let known = RunFolder::open(folder.path())
            .unwrap()
            .load_record()
            .unwrap();
        assert_eq!(known.plan.visits_done as usize, 2 + lines, "cut at {cut}");
        assert_eq!(known.samples.len(), 2 + lines, "cut at {cut}");
        assert_eq!(known.builds.len(), 2 + lines, "cut at {cut}");
        assert_eq!(known.conditions.len(), 2 + lines, "cut at {cut}");
    }
    // The process was killed after a whole record and before the journal was removed.
    fs::write(&path, &journal).unwrap();
    folder.save_record(&record).unwrap();
    assert_eq!(folder.load_record().unwrap(), record);
    // Something else is an error, and nothing is taken of it.
    let first = journal.iter().position(|byte| *byte == b'\n').unwrap();
    fs::write(&path, [&journal[..=first], b"{\"x\": 1}\n"].concat()).unwrap();
    let error = folder.load_record().unwrap_err();
    let place = format!("failed to read the journal `{}:2:", path.display());
    assert!(error.to_string().starts_with(&place), "{error}");
    assert!(error.hint().unwrap().contains("--resume"));
}

#[test]
fn a_journal_is_bounded_by_the_size_of_the_record() {
    let results = results();
    let folder = RunFolder::create(results.path(), UTC, "x").unwrap();
    let mut writer = RecordWriter::new(&folder);
    let mut record = large(&folder.id(), 0);
    writer.save(&record).unwrap();
    let length = |name| fs::metadata(folder.path().join(name)).map_or(0, |facts| facts.len());
    let mut largest = 0;
    for round in 1..=12 {
        // The head changes, and a line has all of it.
        record.warnings.push(format!("warning {round}"));
        visited(&mut record, round);
        writer.save(&record).unwrap();
        assert!(length(JOURNAL_FILE) <= 4 * length(RECORD_FILE), "{round}");
        assert_eq!(folder.load_record().unwrap(), record);
        largest = length(JOURNAL_FILE).max(largest);
    }
    assert!(largest > 2 * length(RECORD_FILE), "{largest} bytes");
}

#[test]
fn a_record_that_is_replaced_while_it_is_read_is_read_again() {
    let results = results();
    let folder = RunFolder::create(results.path(), UTC, "x").unwrap();
    let mut writer = RecordWriter::new(&folder);
    let mut record = large(&folder.id(), 2);
    writer.save(&record).unwrap();
    visited(&mut record, 3);
    writer.save(&record).unwrap();
    for appends in [false, true] {
        let mut replaced = 0;
        let read = folder.load_record_with(|| {
            if replaced < 2 {
                replaced += 1;
                let next = record.plan.visits_done + 1;
                visited(&mut record, next);
                writer.save_whole(&record).unwrap();
                if appends {
                    visited(&mut record, next + 1);
                    writer.save(&record).unwrap();
                }
            }
        });
        assert_eq!(read.unwrap(), record);
    }
}
