//! Verdicts on runs that were made for this: many rounds in which nothing changed, and the same
//! with a change that is known. The table of their README is written by
//! `PLIMSOLL_BLESS=1 cargo test --test suite simulations::measured`.

use std::fs;
use std::path::PathBuf;

use plimsoll::compare::{LineOutcome, RunComparison, Standing, Terms, compare};
use plimsoll::record::{CaseId, Kind, Metric, RunRecord};
use plimsoll::runner::FLOOR_CASE;

use super::committed_runs::rounds;
use super::region;

/// Rounds a side: those of a run with the default profile.
const ROUNDS: u32 = 6;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("results/verdicts-2026-11-30-2cpu-vm")
}

fn run(name: &str) -> RunRecord {
    let text = fs::read(folder().join(name).join("run.json")).unwrap();
    let mut run: RunRecord = serde_json::from_slice(&text).unwrap();
    // What accounts for a change is not asked here.
    run.builds.clear();
    run
}

/// The rounds of each case for themselves, cut in the same way.
fn pairs_of_cases(run: &RunRecord) -> Vec<(RunRecord, RunRecord)> {
    let cases = run.cases.iter();
    let of_apps = cases.filter(|case| case.variant != FLOOR_CASE);
    let of_case = |id: &CaseId| pairs(&only(run, id.as_str(), id));
    of_apps.flat_map(|case| of_case(&case.id)).collect()
}

/// The rounds of a run in blocks, and of these each two neighbours: no round is in two pairs.
fn pairs(run: &RunRecord) -> Vec<(RunRecord, RunRecord)> {
    let block = |at: u32| rounds(run, at * ROUNDS + 1..=(at + 1) * ROUNDS);
    (0..run.plan.rounds / (2 * ROUNDS))
        .map(|pair| (block(2 * pair), block(2 * pair + 1)))
        .collect()
}

/// A run of one of its cases, under the name of another.
fn only(run: &RunRecord, case: &str, name: &CaseId) -> RunRecord {
    let mut part = run.clone();
    part.samples.retain(|sample| sample.case.as_str() == case);
    for sample in &mut part.samples {
        sample.case = name.clone();
    }
    part.cases.retain(|found| found.id == *name);
    assert_eq!(part.cases.len(), 1);
    part
}

/// The metrics with a verdict, and those of them that changed.
struct Found {
    timed: usize,
    changed: Vec<(Metric, Standing)>,
}

fn found(comparison: &RunComparison<'_>) -> Found {
    let judged: Vec<_> = comparison
        .lines
        .iter()
        .filter(|line| matches!(line.outcome, LineOutcome::Judged(_)))
        .collect();
    assert_eq!(judged.len(), comparison.lines.len());
    let timed = judged
        .iter()
        .filter(|line| line.metric.kind() == Kind::Timed);
    let changed = judged
        .iter()
        .map(|line| (line.metric, line.standing()))
        .filter(|(_, standing)| matches!(standing, Standing::Worse | Standing::Better));
    Found {
        timed: timed.count(),
        changed: changed.collect(),
    }
}

/// What comparisons of one kind came to.
struct Row {
    subject: &'static str,
    all: Vec<Found>,
}

impl Row {
    fn with(&self, metric: Option<Metric>, wanted: &[Standing]) -> usize {
        let is_meant = |(found, standing): &(Metric, Standing)| {
            metric.is_none_or(|metric| metric == *found) && wanted.contains(standing)
        };
        self.all
            .iter()
            .filter(|one| one.changed.iter().any(is_meant))
            .count()
    }

    fn timed(&self) -> String {
        let counts = || self.all.iter().map(|one| one.timed);
        let (least, most) = (counts().min().unwrap(), counts().max().unwrap());
        match least == most {
            true => most.to_string(),
            false => format!("{least} to {most}"),
        }
    }
}

/// Compares the two sides of each pair.
fn judged(subject: &'static str, pairs: &[(RunRecord, RunRecord)]) -> Row {
    let terms = Terms::default;
    let all = pairs
        .iter()
        .map(|(base, head)| found(&compare(base, head, terms())));
    Row {
        subject,
        all: all.collect(),
    }
}

fn rows() -> [Row; 3] {
    let run = run("small");
    let blocks = pairs(&run);
    let name = &run.cases.iter().find(|case| case.variant == "as-it-is");
    let name = &name.unwrap().id;
    let side = |run, variant: &str| only(run, &format!("verdicts/{variant}"), name);
    let changed: Vec<_> = blocks
        .iter()
        .map(|(base, head)| (side(base, "as-it-is"), side(head, "modified")))
        .collect();
    [
        judged("nothing", &blocks),
        judged(
            "nothing, one variant of node or go each",
            &pairs_of_cases(&self::run("node-go")),
        ),
        judged("the build step and the bytes", &changed),
    ]
}

#[test]
fn unchanged_rounds_raise_no_alarm_and_a_known_change_is_found() {
    use Standing::Worse;
    let rows = rows();
    for row in &rows {
        for (at, one) in row.all.iter().enumerate() {
            println!(
                "{}, {}: {} timed, {:?}",
                row.subject,
                at + 1,
                one.timed,
                one.changed
            );
        }
    }
    let [unchanged, variants, changed] = &rows;
    assert!(unchanged.all.len() >= 20, "{}", unchanged.all.len());
    assert!(unchanged.with(None, &[Worse]) <= 1);
    assert!(variants.all.len() >= 6, "{}", variants.all.len());
    assert_eq!(variants.with(None, &[Worse]), 0);
    assert!(changed.all.len() >= 20);
    assert!(changed.with(Some(Metric::BuildCold), &[Worse]) >= 18);
    assert!(changed.with(Some(Metric::SizeUnpacked), &[Worse]) >= 18);
    compare_table(&rows);
}

const MARKS: [&str; 2] = [
    "<!-- measured: tests/suite/simulations/measured.rs -->\n",
    "<!-- end of measured -->\n",
];

fn compare_table(rows: &[Row; 3]) {
    let mut table = "| changed between the sides | comparisons | timed metrics in each | any worse | any worse or better | `build.cold` worse | `size.unpacked` worse |\n|---|---|---|---|---|---|---|\n".to_owned();
    for row in rows {
        let worse = |metric| row.with(metric, &[Standing::Worse]);
        table.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            row.subject,
            row.all.len(),
            row.timed(),
            worse(None),
            row.with(None, &[Standing::Worse, Standing::Better]),
            worse(Some(Metric::BuildCold)),
            worse(Some(Metric::SizeUnpacked)),
        ));
    }
    region::hold(&folder().join("README.md"), MARKS, &table);
}
