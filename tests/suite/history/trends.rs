//! Eras, change points, baselines and drift, without any file.

use plimsoll::compare::Rule;
use plimsoll::history::{DigestError, InOrder, TrendOutcome, TrendStanding, in_order};
use plimsoll::record::{BaseRecord, Outcome, RunState};
use plimsoll::stats::{Threshold, Verdict};
use plimsoll::units::{Bytes, Count, Quantity};

use super::*;

fn dnf(reason: &str) -> Outcome {
    Outcome::Dnf {
        reason: reason.to_owned(),
    }
}

fn places(trend: &Trend<'_>) -> Vec<usize> {
    trend.changes.iter().map(|change| change.at).collect()
}

#[test]
fn a_step_is_a_change_point_and_the_newest_is_worse() {
    let runs = digests(&days(&[(16, 10_000, 95), (4, 12_000, 95)]));
    let found = all(&runs, &TrendTerms::default());
    let build = of(&found, Metric::BuildCold);
    assert_eq!(places(build), [16]);
    let change = build.changes[0];
    assert_eq!((change.after, change.better), (15, false));
    assert!(
        (change.effect.unwrap().get() - 1.2).abs() < 0.01,
        "{change:?}"
    );
    assert!(change.p.unwrap() < 0.05);
    assert_eq!(build.outcome.standing(), TrendStanding::Worse);
    // Seven of the ten before it are of the old level.
    let baseline = build.baseline.unwrap();
    assert_eq!(baseline.runs, 10);
    assert!(baseline.value.base_value() < 10.5, "{baseline:?}");
    let size = of(&found, Metric::SizeUnpacked);
    assert_eq!(
        (places(size), size.outcome.standing()),
        (vec![], TrendStanding::Same)
    );
}

#[test]
fn each_change_of_a_size_is_a_change_point_to_the_byte() {
    let mut records = days(&[
        (3, 10_000, 95),
        (1, 10_000, 96),
        (2, 10_000, 95),
        (3, 10_000, 90),
    ]);
    records[8]
        .samples
        .retain(|sample| sample.metric != Metric::SizeUnpacked);
    records[8].values(VARIANT, Metric::SizeUnpacked, &[90 * MB + 1; 6]);
    let runs = digests(&records);
    let strict = TrendTerms {
        exact: Threshold::NONE,
        ..TrendTerms::default()
    };
    let found = all(&runs, &strict);
    let size = of(&found, Metric::SizeUnpacked);
    assert_eq!(places(size), [3, 4, 6, 8]);
    let reported: Vec<bool> = size.changes.iter().map(|change| change.better).collect();
    assert_eq!(reported, [false, true, true, false]);
    // Against the median of all before it, which is 95 MB.
    assert_eq!(size.outcome.standing(), TrendStanding::Better);
    let last_two = TrendTerms {
        window: 2,
        exact: Threshold::NONE,
        ..TrendTerms::default()
    };
    let found = all(&runs, &last_two);
    assert_eq!(
        of(&found, Metric::SizeUnpacked).outcome.standing(),
        TrendStanding::Worse
    );
    let coarse = TrendTerms {
        exact: Threshold::of(0.02).unwrap(),
        ..TrendTerms::default()
    };
    let found = all(&runs, &coarse);
    assert_eq!(places(of(&found, Metric::SizeUnpacked)), [6]);
}

#[test]
fn runs_of_another_machine_are_never_mixed_in() {
    let mut records = days(&[(12, 10_000, 95), (12, 14_000, 95)]);
    for run in &mut records[12..] {
        run.host.cpu = "Model Y".to_owned();
    }
    let runs = digests(&records);
    let found = all(&runs, &TrendTerms::default());
    let build = of(&found, Metric::BuildCold);
    // No change point: nothing is computed across the border.
    assert_eq!((build.eras(), places(build)), (2, vec![]));
    assert_eq!(build.points[12].border[0].rule, Rule::Host);
    assert!(
        build.points[12].border[0].what.contains("Model X, 8 GB"),
        "{build:?}"
    );
    assert!(build.baseline.unwrap().value.base_value() > 13.5);
    assert_ne!(build.outcome.standing(), TrendStanding::Worse);
    assert!(build.drift.unwrap().effect.unwrap().get() < 1.05);
    // What an image weighs does not depend on the machine.
    let size = of(&found, Metric::SizeUnpacked);
    assert_eq!((size.eras(), size.baseline.unwrap().runs), (1, 10));
    // Waived, it is a change like any other.
    let waived = TrendTerms {
        waived: [Rule::Host].into(),
        ..TrendTerms::default()
    };
    let found = all(&runs, &waived);
    let build = of(&found, Metric::BuildCold);
    assert_eq!((build.eras(), places(build)), (1, vec![12]));
}

#[test]
fn each_rule_that_affects_a_metric_separates_its_runs() {
    type Edit = fn(&mut RunRecord);
    let edits: [(Rule, Edit); 6] = [
        (Rule::Platform, |run| {
            run.cases[0].platform = "linux/arm64".to_owned()
        }),
        (Rule::Store, |run| run.engine.driver = "btrfs".to_owned()),
        (Rule::StandIn, |run| run.stand_in(VARIANT, "node:20-slim")),
        (Rule::Host, |run| run.host.cpus = Count(4)),
        (Rule::Engine, |run| run.engine.version = "26.1".to_owned()),
        (Rule::Tool, |run| run.tool.optimised = false),
    ];
    for (rule, edit) in edits {
        let mut records = days(&[(8, 10_000, 95)]);
        edit(&mut records[7]);
        let runs = digests(&records);
        for trend in all(&runs, &TrendTerms::default()) {
            let apart = trend.outcome == TrendOutcome::NotComparable;
            assert_eq!(apart, rule.touches(trend.metric), "{rule} {}", trend.metric);
            assert_eq!(
                trend.points[7].border.is_empty(),
                !apart,
                "{rule} {}",
                trend.metric
            );
        }
    }
}

#[test]
fn machines_that_take_turns_make_two_eras() {
    let mut records = days(&[(24, 10_000, 95)]);
    for (at, run) in (0..).zip(&mut records) {
        if at % 2 == 1 {
            let slow = day(at + 1, 20_000, 95);
            (run.samples, run.host.cpu) = (slow.samples, "Model Y".to_owned());
        }
    }
    let runs = digests(&records);
    let found = all(&runs, &TrendTerms::default());
    let build = of(&found, Metric::BuildCold);
    assert_eq!((build.eras(), places(build)), (2, vec![]));
    let eras: Vec<usize> = build.points.iter().map(|point| point.era).collect();
    assert_eq!(eras[..4], [0, 1, 0, 1]);
    assert!(build.baseline.unwrap().value.base_value() > 19.0);
    assert_eq!(build.baseline.unwrap().runs, 10);
    // Each change of the machine is reported.
    assert!(
        build.points[1..]
            .iter()
            .all(|point| point.border.len() == 1)
    );
}

#[test]
fn a_changed_base_separates_runs_even_if_a_run_between_them_names_no_base() {
    let base = |run: &mut RunRecord, layers: &str| {
        run.cases[0].bases.push("node:20-slim".to_owned());
        run.bases.push(BaseRecord {
            manifest_digest: None,
            reference: "node:20-slim".to_owned(),
            resolved: "node:20-slim".to_owned(),
            image_id: "sha256:1".to_owned(),
            repo_digests: Vec::new(),
            diff_ids: vec![layers.to_owned()],
            unpacked_bytes: Bytes(75 * MB),
            stand_in: None,
        });
    };
    let mut records = days(&[(5, 10_000, 95)]);
    base(&mut records[0], "sha256:a");
    base(&mut records[2], "sha256:b");
    base(&mut records[4], "sha256:a");
    let runs = digests(&records);
    let found = all(&runs, &TrendTerms::default());
    let size = of(&found, Metric::SizeUnpacked);
    let eras: Vec<usize> = size.points.iter().map(|point| point.era).collect();
    // The second names none and goes with the first; the fourth with the third; the fifth
    // is built on what the first was.
    assert_eq!(eras, [0, 0, 1, 1, 0]);
    assert_eq!(size.points[2].border, []);
    assert_eq!(size.baseline.unwrap().runs, 2);
}

#[test]
fn failures_are_reported_even_if_the_runs_are_not_comparable() {
    let failed = |run: &mut RunRecord| {
        run.cases[0].disposition = Disposition::Failed {
            reason: "exited with code 3".to_owned(),
        };
    };
    let standing = |records: &[RunRecord]| {
        let runs = digests(records);
        let found = all(&runs, &TrendTerms::default());
        of(&found, Metric::BuildCold).outcome.standing()
    };
    let mut records = days(&[(9, 10_000, 95)]);
    failed(&mut records[8]);
    assert_eq!(standing(&records), TrendStanding::Worse);
    // Elsewhere too.
    records[8].host.cpu = "Model Y".to_owned();
    assert_eq!(standing(&records), TrendStanding::Worse);
    records[8].host.cpu = "Model X".to_owned();
    // The runs before failed as well, all of those that are looked at.
    let mut all_failed = days(&[(14, 10_000, 95)]);
    all_failed[3..].iter_mut().for_each(failed);
    assert_eq!(standing(&all_failed), TrendStanding::Failing);
    let mut fixed = days(&[(14, 10_000, 95)]);
    fixed[..13].iter_mut().for_each(failed);
    assert_eq!(standing(&fixed), TrendStanding::Better);
    // One round of the newest, and none before.
    let mut once = days(&[(9, 10_000, 95)]);
    once[8].sample(VARIANT, Metric::BuildCold, dnf("no space left"));
    assert_eq!(standing(&once), TrendStanding::Worse);
    once[4].sample(VARIANT, Metric::BuildCold, dnf("no space left"));
    assert_ne!(standing(&once), TrendStanding::Worse);
    // A failed run is a gap in the level, not a part of it.
    let mut gap = days(&[(10, 10_000, 95), (10, 12_000, 95)]);
    failed(&mut gap[4]);
    let runs = digests(&gap);
    let found = all(&runs, &TrendTerms::default());
    let build = of(&found, Metric::BuildCold);
    assert_eq!((places(build), build.points[4].values), (vec![10], None));
}

#[test]
fn few_runs_and_few_samples_leave_it_open() {
    let outcome = |records: &[RunRecord]| {
        let runs = digests(records);
        let found = all(&runs, &TrendTerms::default());
        of(&found, Metric::BuildCold).outcome.standing()
    };
    assert_eq!(outcome(&days(&[(1, 10_000, 95)])), TrendStanding::First);
    let few = days(&[(5, 10_000, 95), (1, 20_000, 95)]);
    assert_eq!(outcome(&few), TrendStanding::Inconclusive);
    let enough = days(&[(6, 10_000, 95), (1, 20_000, 95)]);
    assert_eq!(outcome(&enough), TrendStanding::Worse);
    // One sample against six a run.
    let mut thin = enough.clone();
    let mut kept = 0;
    thin[6].samples.retain(|sample| {
        kept += usize::from(sample.metric == Metric::BuildCold);
        sample.metric != Metric::BuildCold || kept == 1
    });
    assert_eq!(outcome(&thin), TrendStanding::Inconclusive);
    let runs = digests(&thin);
    let found = all(&runs, &TrendTerms::default());
    let of_build = &of(&found, Metric::BuildCold).outcome;
    let TrendOutcome::Thin { n, usual, .. } = of_build else {
        panic!("{of_build:?}")
    };
    assert_eq!((*n, *usual), (Count(1), Count(6)));
}

#[test]
fn what_the_newest_run_left_out_is_not_judged() {
    let mut records = days(&[(8, 10_000, 95)]);
    for run in &mut records[..7] {
        run.case("old", Disposition::Qualified);
        run.values("old", Metric::BuildCold, &[5_000 * MS; 6]);
    }
    let runs = digests(&records);
    let found = all(&runs, &TrendTerms::default());
    let old = found
        .iter()
        .find(|trend| trend.case.as_str() == "node/old")
        .unwrap();
    assert_eq!((&old.outcome, old.points.len()), (&TrendOutcome::Past, 7));
}

#[test]
fn slow_growth_is_reported_as_drift() {
    // A hundredth a run: none differs from the ten before it beyond the threshold of 10 %.
    let creeping = (1..=30).map(|at| day(at, 10_000 + 100 * u64::from(at), 95));
    let creeping: Vec<RunRecord> = creeping.collect();
    let terms = TrendTerms {
        timed: Threshold::of(0.1).unwrap(),
        ..TrendTerms::default()
    };
    let runs = digests(&creeping);
    let found = all(&runs, &terms);
    let build = of(&found, Metric::BuildCold);
    assert_ne!(build.outcome.standing(), TrendStanding::Worse);
    let drift = build.drift.unwrap();
    assert_eq!((drift.runs, drift.verdict), (10, Verdict::Worse));
    // 10.55 s on average at first, 12.55 s at last.
    assert!(
        (drift.effect.unwrap().get() - 1.19).abs() < 0.01,
        "{drift:?}"
    );
    let still = digests(&days(&[(30, 10_000, 95)]));
    let found = all(&still, &TrendTerms::default());
    assert_eq!(
        of(&found, Metric::BuildCold).drift.unwrap().verdict,
        Verdict::Same
    );
}

#[test]
fn what_is_no_run_is_refused_with_the_reason() {
    let why = |edit: fn(&mut RunRecord)| {
        let mut run = day(1, 10_000, 95);
        edit(&mut run);
        RunDigest::of(&run).map(|run| run.started_at)
    };
    assert_eq!(why(|_| ()), Ok("2026-01-01T20:00:00Z".to_owned()));
    // Another zone, and parts of a second.
    let zoned = why(|run| run.started_at = "2026-01-02T01:30:00.25+05:30".to_owned());
    assert_eq!(zoned, Ok("2026-01-01T20:00:00Z".to_owned()));
    assert_eq!(
        why(|run| run.state = RunState::Running),
        Err(DigestError::Unfinished)
    );
    assert_eq!(why(|run| run.samples.clear()), Err(DigestError::Empty));
    assert_eq!(why(|run| run.cases.clear()), Err(DigestError::Empty));
    let time = why(|run| run.started_at = "yesterday".to_owned()).unwrap_err();
    assert_eq!(time.to_string(), "its started_at is no time: `yesterday`");
    let unit = why(|run| {
        let value = Quantity::Bytes(Bytes(1));
        run.samples[0].outcome = Outcome::Ok { value };
    });
    assert_eq!(
        unit.unwrap_err().to_string(),
        "round 1 of build.cold of `node/slim` has a value in bytes, not in s"
    );
}

#[test]
fn runs_are_sorted_by_time_and_copies_are_reported() {
    let of = |at: u32| RunDigest::of(&day(at, 10_000, 95)).unwrap();
    let InOrder { runs: kept, copies } = in_order(vec![
        ("c", of(3)),
        ("a", of(1)),
        ("again", of(3)),
        ("b", of(2)),
    ]);
    let names: Vec<&str> = kept.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(copies, [("again", "run-003".to_owned())]);
}

#[test]
fn a_run_of_two_revisions_is_no_part_of_a_history() {
    let mut run = day(1, 10_000, 95);
    let revision = |name: &str| plimsoll::record::Revision {
        commit: "0123456789abcdef".to_owned(),
        name: name.to_owned(),
        dirty: false,
    };
    let one = plimsoll::units::Ratio::of(1.0, 1.0).unwrap();
    run.ab = Some(plimsoll::record::AbRecord {
        base: revision("main"),
        head: revision("HEAD"),
        terms: plimsoll::record::AbTerms {
            timed: one,
            exact: one,
            metrics: Vec::new(),
            waived: Vec::new(),
        },
        planned_looks: vec![8],
        looks: Vec::new(),
        only_base: Vec::new(),
        only_head: Vec::new(),
        ended: None,
    });
    let refused = plimsoll::history::RunDigest::of(&run).unwrap_err();
    assert!(refused.to_string().contains("two revisions"), "{refused}");
    run.ab = None;
    assert!(plimsoll::history::RunDigest::of(&run).is_ok());
}

#[test]
fn the_parts_of_a_joined_run_do_not_count_in_addition_to_it() {
    let parts = crate::merging::two();
    let mut whole = plimsoll::merge::merge(&parts, &Default::default()).unwrap();
    whole.id = "20261120T203000Z-node-merged".to_owned();
    let named = |run: &RunRecord| (run.id.clone(), RunDigest::of(run).unwrap());
    let both = vec![named(&parts[0]), named(&parts[1]), named(&whole)];
    let InOrder { runs, copies } = in_order(both);
    assert_eq!(copies.len(), 2);
    assert!(copies.iter().all(|(_, id)| *id == whole.id), "{copies:?}");
    let runs: Vec<RunDigest> = runs.into_iter().map(|(_, run)| run).collect();
    assert_eq!(runs.len(), 1);
    let found = all(&runs, &TrendTerms::default());
    assert!(!found.is_empty());
    assert!(
        found
            .iter()
            .all(|trend| trend.outcome == TrendOutcome::First)
    );
}
