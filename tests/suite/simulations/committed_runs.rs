//! Verdicts on committed runs, in which nothing changed from round to round.

use std::fs;

use plimsoll::compare::{LineOutcome, RunComparison, Standing, Terms, compare};
use plimsoll::record::{Metric, RunRecord};
use plimsoll::units::Quantity;

use super::noise::committed;

/// A run with some of its rounds, counted from the first that is no warm-up.
pub(super) fn rounds(run: &RunRecord, wanted: std::ops::RangeInclusive<u32>) -> RunRecord {
    let mut part = run.clone();
    let warmups = run.plan.warmup_rounds;
    let is_wanted = |round: u32| round > warmups && wanted.contains(&(round - warmups));
    part.samples.retain(|sample| is_wanted(sample.round));
    part
}

/// The one phase of the committed runs that failed in one round of several: npm tripped over its
/// own cache. A round that fails where others worked is worse, as it is in any two runs.
const FAILED_ONCE: (&str, &str) = (
    "technique-secrets/copied-file",
    "rebuild.dependency.cold-mounts",
);

/// What is worse, except for that phase.
fn worse(comparison: &RunComparison<'_>) -> Vec<String> {
    let lines = comparison.lines.iter();
    let worse = lines.filter(|line| line.standing() == Standing::Worse);
    worse
        .filter(|line| {
            let is_known = (line.case.as_str(), line.metric.id()) == FAILED_ONCE;
            !(is_known && matches!(line.outcome, LineOutcome::Broke { .. }))
        })
        .map(|line| format!("{} {} {:?}", line.case, line.metric, line.outcome))
        .collect()
}

#[test]
fn rounds_of_one_run_are_not_worse_than_others() {
    let files = committed();
    assert!(files.len() >= 27, "{}", files.len());
    for file in files {
        let mut run: RunRecord = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        // What accounts for a change is not asked here, and it is most of a record.
        run.builds.clear();
        let all = run.plan.rounds;
        let parts = [rounds(&run, 1..=3), rounds(&run, 4..=all)];
        let singles: Vec<_> = (1..=all).map(|round| rounds(&run, round..=round)).collect();
        let next = singles.iter().zip(singles.iter().cycle().skip(1));
        for (base, head) in next.chain([(&parts[0], &parts[1])]) {
            for (base, head) in [(base, head), (head, base)] {
                let found = worse(&compare(base, head, Terms::default()));
                assert!(found.is_empty(), "{}: {found:?}", file.display());
            }
        }
    }
}

#[test]
fn a_tripled_build_is_worse_in_a_whole_run() {
    let file = committed().remove(0);
    let base: RunRecord = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let mut head = base.clone();
    for sample in &mut head.samples {
        let of_case = sample.case.as_str() == "node/distroless";
        if of_case && sample.metric == Metric::BuildCold {
            let plimsoll::record::Outcome::Ok { value } = &mut sample.outcome else {
                continue;
            };
            if let Quantity::Time(time) = value {
                time.0 *= 3;
            }
        }
    }
    let comparison = compare(&base, &head, Terms::default());
    assert!(comparison.lines.len() > 100);
    let worse = comparison
        .lines
        .iter()
        .filter(|line| line.standing() == Standing::Worse);
    let worse: Vec<_> = worse
        .map(|line| (line.case.as_str(), line.metric))
        .collect();
    assert_eq!(worse, [("node/distroless", Metric::BuildCold)]);
}
