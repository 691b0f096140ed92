//! Each rule, at its border.

use super::*;

fn set(values: &[f64]) -> SampleSet {
    SampleSet::new(values.to_vec()).unwrap()
}

/// `n` values, each 0.1 % above the one before, from `from` on.
fn close(from: f64, n: i32) -> SampleSet {
    let values = (0..n).map(|i| from * (1.0 + 0.001 * f64::from(i)));
    SampleSet::new(values.collect()).unwrap()
}

fn one(base: &SampleSet, head: &SampleSet, kind: Kind, threshold: Threshold) -> Comparison {
    let pair = Pair {
        base,
        head,
        kind,
        direction: Direction::Lower,
        threshold,
    };
    let back = Pair {
        base: head,
        head: base,
        ..pair
    };
    let (found, turned) = (compare(&[pair], ALPHA)[0], compare(&[back], ALPHA)[0]);
    let mirrored = match found.verdict {
        Verdict::Better => Verdict::Worse,
        Verdict::Worse => Verdict::Better,
        verdict => verdict,
    };
    assert_eq!((turned.verdict, turned.grounds), (mirrored, found.grounds));
    let upwards = Pair {
        direction: Direction::Higher,
        ..pair
    };
    assert_eq!(compare(&[upwards], ALPHA)[0].verdict, mirrored);
    found
}

fn said(base: &SampleSet, head: &SampleSet) -> (Verdict, Grounds) {
    let found = one(base, head, Kind::Timed, Threshold::TIMED);
    (found.verdict, found.grounds)
}

fn exactly(base: &[f64], head: &[f64], threshold: f64) -> (Verdict, Grounds, bool) {
    let threshold = Threshold::of(threshold).unwrap();
    let found = one(&set(base), &set(head), Kind::Exact, threshold);
    (found.verdict, found.grounds, found.spread)
}

#[test]
fn effect_and_evidence() {
    let base = close(100.0, 10);
    let worse = one(&base, &close(120.0, 10), Kind::Timed, Threshold::TIMED);
    assert_eq!(
        (worse.verdict, worse.grounds),
        (Verdict::Worse, Grounds::IntervalBeyond)
    );
    assert!((worse.effect.unwrap().get() - 1.2).abs() < 1e-9);
    assert_eq!((worse.n_base, worse.n_head, worse.spread), (10, 10, false));
    assert_eq!(worse.adjusted_p, worse.test.map(|test| test.p));
    assert_eq!(
        said(&base, &close(101.0, 10)),
        (Verdict::Same, Grounds::IntervalWithin),
        "shown to differ, but by less than counts"
    );
    assert_eq!(
        said(&base, &close(105.2, 10)),
        (Verdict::Worse, Grounds::EstimateBeyond)
    );
    assert_eq!(
        said(&base, &close(104.9, 10)),
        (Verdict::Inconclusive, Grounds::IntervalTooWide)
    );
    let wild = set(&[60.0, 90.0, 100.0, 110.0, 120.0, 150.0, 170.0, 200.0]);
    assert_eq!(
        said(&base, &wild),
        (Verdict::Inconclusive, Grounds::MaybeChance)
    );
}

#[test]
fn few_samples_say_nothing() {
    let far = |n| said(&close(100.0, 9), &close(200.0, n));
    let inconclusive = |grounds| (Verdict::Inconclusive, grounds);
    assert_eq!(far(1), inconclusive(Grounds::TooFewForTest));
    assert_eq!(far(3), inconclusive(Grounds::TooFewForTest));
    assert_eq!(far(4), inconclusive(Grounds::TooFewForInterval));
    assert_eq!(far(5), inconclusive(Grounds::TooFewForInterval));
    assert_eq!(far(6), (Verdict::Worse, Grounds::IntervalBeyond));
    let four = one(
        &close(100.0, 4),
        &close(200.0, 4),
        Kind::Timed,
        Threshold::TIMED,
    );
    assert_eq!(four.effect.map(|ratio| ratio.get().round()), Some(2.0));
    assert!(four.test.is_some() && four.interval.is_none());
}

#[test]
fn a_large_family_takes_more_samples() {
    let (base, head) = (close(100.0, 6), close(200.0, 6));
    let pair = Pair {
        base: &base,
        head: &head,
        kind: Kind::Timed,
        direction: Direction::Lower,
        threshold: Threshold::TIMED,
    };
    // 2 / binomial(12, 6) = 0.002165: 23 of them stay below 0.05.
    let enough = compare(&[pair; 23], ALPHA);
    assert!(enough.iter().all(|found| found.verdict == Verdict::Worse));
    let short = compare(&[pair; 24], ALPHA);
    assert_eq!(short[0].grounds, Grounds::TooFewForFamily);
    assert!(
        short
            .iter()
            .all(|found| found.verdict == Verdict::Inconclusive)
    );
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
    let mixed = [vec![pair; 23], vec![exact, few]].concat();
    let mixed = compare(&mixed, ALPHA);
    assert_eq!(mixed[0].verdict, Verdict::Worse);
    assert_eq!((mixed[23].test, mixed[23].adjusted_p), (None, None));
    assert_eq!(mixed[23].verdict, Verdict::Worse);
    assert_eq!(mixed[24].adjusted_p, None);
}

#[test]
fn constants_and_zeros() {
    assert_eq!(
        said(&set(&[5.0; 6]), &set(&[5.0; 6])),
        (Verdict::Same, Grounds::IntervalWithin)
    );
    assert_eq!(
        said(&set(&[5.0; 6]), &set(&[6.0; 6])),
        (Verdict::Worse, Grounds::IntervalBeyond)
    );
    assert_eq!(
        said(&set(&[0.0; 6]), &set(&[0.0; 6])),
        (Verdict::Same, Grounds::IntervalWithin)
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
        (Verdict::Inconclusive, Grounds::NoRatio)
    );
    // One stop that came out as 0 does not decide.
    let mut stops = close(1.0, 10).taken().to_vec();
    stops[3] = 0.0;
    let same = one(&close(1.0, 10), &set(&stops), Kind::Timed, Threshold::TIMED);
    assert_eq!(same.verdict, Verdict::Same);
}

#[test]
fn exact_metrics_are_compared_exactly() {
    let differ = (Verdict::Worse, Grounds::Differ, false);
    assert_eq!(
        exactly(&[10.0], &[10.0], 0.0),
        (Verdict::Same, Grounds::Equal, false)
    );
    // The last byte that a float tells apart.
    let most = 9_007_199_254_740_992.0;
    assert_eq!(exactly(&[most - 1.0], &[most], 0.0), differ);
    assert_eq!(exactly(&[0.0], &[1.0], 0.0), differ);
    assert_eq!(
        exactly(&[0.0], &[0.0], 0.1),
        (Verdict::Same, Grounds::Equal, false)
    );
    assert_eq!(
        exactly(&[100.0], &[125.0], 0.25),
        (Verdict::Same, Grounds::WithinThreshold, false)
    );
    assert_eq!(exactly(&[100.0], &[125.1], 0.25), differ);
}

#[test]
fn a_spread_is_a_warning_and_ranges_decide() {
    let overlap = (Verdict::Inconclusive, Grounds::RangesOverlap, true);
    assert_eq!(exactly(&[10.0, 12.0], &[11.0, 13.0], 0.0), overlap);
    assert_eq!(exactly(&[10.0, 12.0], &[12.0], 0.0), overlap);
    assert_eq!(exactly(&[10.0, 12.0], &[10.0, 12.0], 0.0), overlap);
    assert_eq!(
        exactly(&[10.0, 12.0], &[13.0, 14.0], 0.0),
        (Verdict::Worse, Grounds::Differ, true)
    );
    assert_eq!(exactly(&[10.0, 12.0], &[13.0, 14.0], 0.1), overlap);
    assert_eq!(
        exactly(&[100.0, 101.0], &[101.0, 102.0], 0.05),
        (Verdict::Same, Grounds::WithinThreshold, true)
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
    let mut turned = close(100.0, 9).taken().to_vec();
    turned.reverse();
    let head = close(103.0, 8);
    let compared = |base: &SampleSet| one(base, &head, Kind::Timed, Threshold::TIMED);
    assert_eq!(compared(&close(100.0, 9)), compared(&set(&turned)));
}
