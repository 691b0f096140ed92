//! Each rule, at its border.

use super::*;
use crate::stats::Design;

fn set(values: &[f64]) -> SampleSet {
    SampleSet::new(values.to_vec()).unwrap()
}

/// `n` values, each 0.1 % above the one before, from `from` on.
fn close(from: f64, n: i32) -> SampleSet {
    let values = (0..n).map(|i| from * (1.0 + 0.001 * f64::from(i)));
    SampleSet::new(values.collect()).unwrap()
}

fn test() -> JointTest {
    JointTest::independent(ALPHA, 1)
}

fn one(base: &SampleSet, head: &SampleSet, kind: Kind, threshold: Threshold) -> Comparison {
    let pair = Pair {
        base,
        head,
        kind,
        direction: Direction::Lower,
        threshold,
        group: 0,
    };
    let back = Pair {
        base: head,
        head: base,
        ..pair
    };
    let (found, turned) = (compare(&[pair], &test())[0], compare(&[back], &test())[0]);
    let mirrored = match found.verdict {
        Verdict::Better => Verdict::Worse,
        Verdict::Worse => Verdict::Better,
        verdict => verdict,
    };
    assert_eq!((turned.verdict, turned.reason), (mirrored, found.reason));
    let upwards = Pair {
        direction: Direction::Higher,
        ..pair
    };
    assert_eq!(compare(&[upwards], &test())[0].verdict, mirrored);
    found
}

fn said(base: &SampleSet, head: &SampleSet) -> (Verdict, VerdictReason) {
    let found = one(base, head, Kind::Timed, Threshold::TIMED);
    (found.verdict, found.reason)
}

fn exactly(base: &[f64], head: &[f64], threshold: f64) -> (Verdict, VerdictReason, bool) {
    let threshold = Threshold::of(threshold).unwrap();
    let found = one(&set(base), &set(head), Kind::Exact, threshold);
    (found.verdict, found.reason, found.spread)
}

#[test]
fn effect_and_evidence() {
    let base = close(100.0, 10);
    let worse = one(&base, &close(120.0, 10), Kind::Timed, Threshold::TIMED);
    assert_eq!(
        (worse.verdict, worse.reason),
        (Verdict::Worse, VerdictReason::IntervalBeyond)
    );
    assert!((worse.effect.unwrap().get() - 1.2).abs() < 1e-9);
    assert_eq!((worse.n_base, worse.n_head, worse.spread), (10, 10, false));
    assert_eq!(worse.adjusted_p, worse.p);
    assert_eq!(
        said(&base, &close(101.0, 10)),
        (Verdict::Same, VerdictReason::IntervalWithin),
        "shown to differ, but by less than counts"
    );
    assert_eq!(
        said(&base, &close(105.2, 10)),
        (Verdict::Worse, VerdictReason::EstimateBeyond)
    );
    assert_eq!(
        said(&base, &close(104.9, 10)),
        (Verdict::Inconclusive, VerdictReason::IntervalTooWide)
    );
    let wild = set(&[60.0, 90.0, 100.0, 110.0, 120.0, 150.0, 170.0, 200.0]);
    assert_eq!(
        said(&base, &wild),
        (Verdict::Inconclusive, VerdictReason::MaybeChance)
    );
}

#[test]
fn few_samples_say_nothing() {
    let far = |n| said(&close(100.0, 9), &close(200.0, n));
    let inconclusive = |reason| (Verdict::Inconclusive, reason);
    assert_eq!(far(1), inconclusive(VerdictReason::TooFewForTest));
    assert_eq!(far(3), inconclusive(VerdictReason::TooFewForTest));
    assert_eq!(far(4), inconclusive(VerdictReason::TooFewForInterval));
    assert_eq!(far(5), inconclusive(VerdictReason::TooFewForInterval));
    assert_eq!(far(6), (Verdict::Worse, VerdictReason::IntervalBeyond));
    let four = one(
        &close(100.0, 4),
        &close(200.0, 4),
        Kind::Timed,
        Threshold::TIMED,
    );
    assert_eq!(four.effect.map(|ratio| ratio.get().round()), Some(2.0));
    assert!(four.p.is_some() && four.interval.is_none());
}

#[test]
fn a_family_is_tested_as_one() {
    let (base, head) = (close(100.0, 6), close(200.0, 6));
    let pair = Pair {
        base: &base,
        head: &head,
        kind: Kind::Timed,
        direction: Direction::Lower,
        threshold: Threshold::TIMED,
        group: 0,
    };
    let many = compare(&[pair; 120], &test());
    assert!(many.iter().all(|found| found.verdict == Verdict::Worse));
    // What has no test is no part of the family.
    let lone = set(&[1.0]);
    let exact = Pair {
        kind: Kind::Exact,
        ..pair
    };
    let few = Pair {
        base: &lone,
        ..pair
    };
    let mixed = compare(&[few, exact, pair], &test());
    assert_eq!((mixed[0].p, mixed[0].adjusted_p), (None, None));
    assert_eq!((mixed[1].p, mixed[1].verdict), (None, Verdict::Worse));
    assert_eq!(mixed[2].p, compare(&[pair], &test())[0].p);
    // Of six pairs 1 / 64 / 0.8 is the smallest p: the level of a look may be below it.
    let look = JointTest {
        alpha: 0.015,
        design: Design::Paired,
        ..test()
    };
    assert_eq!(
        compare(&[pair], &look)[0].reason,
        VerdictReason::TooFewRounds
    );
    let wider = JointTest {
        alpha: 0.04,
        ..look
    };
    assert_eq!(compare(&[pair], &wider)[0].verdict, Verdict::Worse);
}

#[test]
fn an_open_verdict_says_how_many_rounds_it_takes() {
    let base = close(100.0, 8);
    let wild = set(&[60.0, 90.0, 100.0, 110.0, 120.0, 150.0, 170.0, 200.0]);
    let found = one(&base, &wild, Kind::Timed, Threshold::TIMED);
    assert_eq!(found.verdict, Verdict::Inconclusive);
    let power = found.power.unwrap();
    assert!(power.detectable.unwrap().get() > 1.3, "{power:?}");
    let rounds = power.rounds_to_settle.unwrap();
    assert!((9..60).contains(&rounds), "{power:?}");
    let same = one(&base, &base, Kind::Timed, Threshold::TIMED)
        .power
        .unwrap();
    assert_eq!(same.rounds_to_settle, None, "it is settled");
    // Smaller changes count as none.
    let detectable = same.detectable.unwrap().get();
    assert!((1.05..1.06).contains(&detectable), "{same:?}");
}

#[test]
fn rounds_without_a_verdict_find_nothing() {
    let few = close(100.0, 4);
    let power = one(&few, &few, Kind::Timed, Threshold::TIMED)
        .power
        .unwrap();
    assert_eq!(power.detectable, None);
    assert_eq!(power.rounds_to_settle, Some(6), "{power:?}");
    // At the level of a look there is an interval from seven pairs on.
    assert_eq!(least_rounds(Design::Independent, ALPHA), 6);
    assert_eq!(least_rounds(Design::Paired, ALPHA), 6);
    assert_eq!(least_rounds(Design::Paired, 0.025), 7);
}

#[test]
fn constants_and_zeros() {
    assert_eq!(
        said(&set(&[5.0; 6]), &set(&[5.0; 6])),
        (Verdict::Same, VerdictReason::IntervalWithin)
    );
    assert_eq!(
        said(&set(&[5.0; 6]), &set(&[6.0; 6])),
        (Verdict::Worse, VerdictReason::IntervalBeyond)
    );
    assert_eq!(
        said(&set(&[0.0; 6]), &set(&[0.0; 6])),
        (Verdict::Same, VerdictReason::IntervalWithin)
    );
    let risen = one(
        &set(&[0.0; 6]),
        &set(&[0.01; 6]),
        Kind::Timed,
        Threshold::TIMED,
    );
    assert_eq!(risen.verdict, Verdict::Worse);
    assert_eq!((risen.effect, risen.interval), (None, None), "by no factor");
    assert_eq!(
        said(&set(&[-1.0; 6]), &set(&[1.0; 6])),
        (Verdict::Inconclusive, VerdictReason::NoRatio)
    );
    // One stop that came out as 0 does not decide.
    let mut stops = close(1.0, 10).taken().to_vec();
    stops[3] = 0.0;
    let same = one(&close(1.0, 10), &set(&stops), Kind::Timed, Threshold::TIMED);
    assert_eq!(same.verdict, Verdict::Same);
}

#[test]
fn exact_metrics_are_compared_exactly() {
    let differ = (Verdict::Worse, VerdictReason::Differ, false);
    assert_eq!(
        exactly(&[10.0], &[10.0], 0.0),
        (Verdict::Same, VerdictReason::Equal, false)
    );
    // The last byte that a float can represent.
    let most = 9_007_199_254_740_992.0;
    assert_eq!(exactly(&[most - 1.0], &[most], 0.0), differ);
    assert_eq!(exactly(&[0.0], &[1.0], 0.0), differ);
    assert_eq!(
        exactly(&[0.0], &[0.0], 0.1),
        (Verdict::Same, VerdictReason::Equal, false)
    );
    assert_eq!(
        exactly(&[100.0], &[125.0], 0.25),
        (Verdict::Same, VerdictReason::WithinThreshold, false)
    );
    assert_eq!(exactly(&[100.0], &[125.1], 0.25), differ);
}

#[test]
fn a_spread_is_a_warning_and_ranges_decide() {
    let overlap = (Verdict::Inconclusive, VerdictReason::RangesOverlap, true);
    assert_eq!(exactly(&[10.0, 12.0], &[11.0, 13.0], 0.0), overlap);
    assert_eq!(exactly(&[10.0, 12.0], &[12.0], 0.0), overlap);
    assert_eq!(exactly(&[10.0, 12.0], &[10.0, 12.0], 0.0), overlap);
    assert_eq!(
        exactly(&[10.0, 12.0], &[13.0, 14.0], 0.0),
        (Verdict::Worse, VerdictReason::Differ, true)
    );
    assert_eq!(exactly(&[10.0, 12.0], &[13.0, 14.0], 0.1), overlap);
    // What varies by itself shows no difference of that size.
    let within = (Verdict::Same, VerdictReason::WithinThreshold, true);
    assert_eq!(exactly(&[10.0, 12.0], &[10.0, 12.0], 0.001), within);
    assert_eq!(exactly(&[10.0, 12.0], &[13.0, 14.0], 0.001), overlap);
    assert_eq!(
        exactly(&[10.0, 12.0], &[15.0, 15.5], 0.001),
        (Verdict::Worse, VerdictReason::Differ, true)
    );
    assert_eq!(
        exactly(&[100.0, 101.0], &[101.0, 102.0], 0.05),
        (Verdict::Same, VerdictReason::WithinThreshold, true)
    );
}

#[test]
fn a_threshold_is_finite_and_not_negative() {
    assert_eq!(Threshold::of(0.0), Some(Threshold::NONE));
    assert_eq!(Threshold::of(0.05), Some(Threshold::TIMED));
    for bad in [-0.01, f64::NAN, f64::INFINITY] {
        assert_eq!(Threshold::of(bad), None);
    }
}

#[test]
fn the_order_of_the_samples_does_not_show() {
    let mut turned = close(100.0, 6).taken().to_vec();
    turned.reverse();
    let head = close(103.0, 7);
    let compared = |base: &SampleSet| {
        let found = one(base, &head, Kind::Timed, Threshold::TIMED);
        (
            found.verdict,
            found.effect,
            found.interval,
            found.adjusted_p,
        )
    };
    assert_eq!(compared(&close(100.0, 6)), compared(&set(&turned)));
}

#[test]
fn some_bytes_of_a_compressor_are_no_change_unless_asked_for() {
    let judged = |threshold| {
        one(
            &set(&[2_000_000.0]),
            &set(&[2_004_000.0]),
            Kind::Exact,
            threshold,
        )
        .verdict
    };
    assert_eq!(judged(Threshold::EXACT), Verdict::Worse);
    assert_eq!(judged(Threshold::EXACT.or_at_least(8192.0)), Verdict::Same);
    assert_eq!(judged(Threshold::NONE.or_at_least(8192.0)), Verdict::Worse);
}

#[test]
fn some_bytes_of_a_small_image_are_a_change() {
    let threshold = Threshold::EXACT.or_at_least(8192.0);
    let found = one(&set(&[12_000.0]), &set(&[20_000.0]), Kind::Exact, threshold);
    assert_eq!(found.verdict, Verdict::Worse);
}

/// Rounds that differ by a factor of 4 among themselves, and head a fifth slower in each.
#[test]
fn what_a_round_does_to_both_sides_hides_nothing_of_a_pair() {
    let of_rounds = |factor: f64| {
        let noise = [100.0, 130.0, 400.0, 220.0, 180.0, 310.0];
        let own = [1.0, 1.01, 0.99, 1.0, 1.005, 0.995];
        let values = noise
            .iter()
            .zip(own)
            .map(|(noise, own)| noise * (1.0 + (own - 1.0) * factor) * factor);
        SampleSet::of_rounds((1..).zip(values).collect()).unwrap()
    };
    let (base, head) = (of_rounds(1.0), of_rounds(1.2));
    let judged = |design| {
        let pair = Pair {
            base: &base,
            head: &head,
            kind: Kind::Timed,
            direction: Direction::Lower,
            threshold: Threshold::TIMED,
            group: 0,
        };
        let test = JointTest {
            alpha: 0.05,
            seed: 1,
            design,
        };
        compare(&[pair], &test)[0]
    };
    let paired = judged(Design::Paired);
    assert_eq!(paired.verdict, Verdict::Worse);
    let interval = paired.interval.unwrap();
    assert!(
        1.19 < interval.lower && interval.upper < 1.21,
        "{interval:?}"
    );
    assert_eq!(judged(Design::Independent).verdict, Verdict::Inconclusive);
}
