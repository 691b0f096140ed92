//! What `plimsoll merge` of 500 parts with 20 cases each takes: the program itself, its time
//! and the most memory that it held. See benches/README.md. `cargo bench --bench merge`.

#![expect(
    clippy::print_stdout,
    reason = "the result of a bench is what it prints"
)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use plimsoll::record::{CaseId, CaseRecord, RunRecord, ShardBy, ShardRecord, case_id};

const PARTS: u32 = 500;
const CASES: usize = 20;
const MOST_SECONDS: f64 = 10.0;
const MOST_MEGABYTES: f64 = 500.0;
/// `USER_HZ` of Linux, on every architecture that plimsoll is built for.
const TICKS_PER_SECOND: f64 = 100.0;

/// A run that was measured: 14 cases in 7 rounds.
const MEASURED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/results/reference-2026-11-21-clean-room-2cpu-vm/run.json"
);

/// A part of 20 cases: those of the measured run, some of them twice, as scenarios of its own.
fn part(measured: &RunRecord, index: u32, rounds: u32) -> RunRecord {
    let apps: Vec<&CaseRecord> = measured
        .cases
        .iter()
        .filter(|case| case.strategy != "floor")
        .collect();
    let mut part = measured.clone();
    part.id = format!("20261120T200000Z-all-shard{index}of{PARTS}");
    part.plan.warmup_rounds = 0;
    part.plan.rounds = rounds;
    part.plan.visits_done = rounds * CASES as u32;
    part.cases.clear();
    part.samples.clear();
    part.builds.clear();
    part.conditions.clear();
    part.scenarios.clear();
    for at in 0..CASES {
        let (source, copy) = (apps[at % apps.len()], at / apps.len());
        let name = |scenario: &str| format!("{scenario}-{copy}-{index:03}");
        let mut case = source.clone();
        case.scenario = name(&case.scenario);
        case.id = case_id(&case.scenario, &case.variant);
        let wanted = |of: &CaseId, round: u32| *of == source.id && round <= rounds;
        let samples = measured.samples.iter().cloned();
        let samples = samples.filter(|one| wanted(&one.case, one.round));
        part.samples.extend(samples.map(|mut one| {
            one.case = case.id.clone();
            one
        }));
        let builds = measured.builds.iter().cloned();
        let builds = builds.filter(|one| wanted(&one.case, one.round));
        part.builds.extend(builds.map(|mut one| {
            one.case = case.id.clone();
            one
        }));
        if part.scenarios.iter().all(|one| one.name != case.scenario) {
            let mut scenarios = measured.scenarios.iter();
            let mut scenario = scenarios
                .find(|one| one.name == source.scenario)
                .expect("each case has one")
                .clone();
            scenario.name.clone_from(&case.scenario);
            part.scenarios.push(scenario);
        }
        part.cases.push(case);
    }
    let ids = part.cases.iter().map(|case| case.id.clone()).collect();
    part.plan.order = vec![ids; rounds as usize];
    part
}

fn make(folder: &Path, rounds: u32) {
    let text = fs::read_to_string(MEASURED).expect("it is in the repository");
    let measured = RunRecord::read(&text).expect("a record");
    let parts: Vec<RunRecord> = (1..=PARTS)
        .map(|index| part(&measured, index, rounds))
        .collect();
    let cases = parts.iter().flat_map(|part| &part.cases);
    let all: Vec<CaseId> = cases.map(|case| case.id.clone()).collect();
    for (index, mut part) in (1..).zip(parts) {
        part.plan.shard = Some(ShardRecord {
            index,
            count: PARTS,
            by: ShardBy::Variant,
            all: all.clone(),
        });
        let folder = folder.join(&part.id);
        fs::create_dir_all(&folder).expect("a new folder");
        let json = serde_json::to_vec_pretty(&part).expect("plain data");
        fs::write(folder.join("run.json"), json).expect("room for the parts");
    }
}

/// Processor time of the children that have ended, in user mode and in the kernel.
fn cpu_seconds() -> Option<f64> {
    // Fields 16 and 17 of proc_pid_stat(5), in ticks. The name of the program may hold blanks.
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at - 3)?.parse::<f64>().ok();
    Some((ticks(16)? + ticks(17)?) / TICKS_PER_SECOND)
}

/// The most memory that a process has held, in MB, as long as it lives.
fn peak(child: &Child) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024.0 / 1e6)
}

fn main() -> ExitCode {
    let home = tempfile::tempdir().expect("a folder for temporary files");
    // `--profile quick`; `-- --rounds 7` is as long as the default.
    let mut arguments = std::env::args()
        .skip_while(|word| word != "--rounds")
        .skip(1);
    let rounds = arguments
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(1);
    make(&home.path().join("parts"), rounds);
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .arg("--home")
        .arg(home.path())
        .args(["merge", "parts"])
        .current_dir(home.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut most: Option<f64> = None;
    let status = loop {
        // None once it has ended.
        if let Some(now) = peak(&child) {
            most = Some(most.map_or(now, |most| most.max(now)));
        }
        if let Some(status) = child.try_wait().expect("it is our child") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let seconds = begun.elapsed().as_secs_f64();
    let memory = most.map_or_else(
        || "memory unknown".to_owned(),
        |most| format!("{most:.0} MB"),
    );
    let cpu = cpu_seconds().map_or_else(|| "unknown".to_owned(), |cpu| format!("{cpu:.1} s"));
    println!(
        "{PARTS} parts of {CASES} cases in {rounds} rounds: {status}, {seconds:.1} s (at most {MOST_SECONDS}), {memory} (at most {MOST_MEGABYTES} MB), {cpu} of processor time"
    );
    for entry in fs::read_dir(home.path().join("results/latest"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let bytes = entry.metadata().map_or(0, |facts| facts.len());
        println!("{:>12} {}", bytes, entry.file_name().to_string_lossy());
    }
    // A figure that is not known proves nothing.
    let is_small = most.is_some_and(|most| most <= MOST_MEGABYTES);
    match status.success() && seconds <= MOST_SECONDS && is_small {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
