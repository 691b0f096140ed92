use std::f64::consts::TAU;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

fn placed(before: &[f64], value: f64) -> Placement {
    let before = SampleSet::new(before.to_vec()).unwrap();
    let newcomer = Newcomer {
        before: &before,
        value,
        direction: Direction::Lower,
        threshold: Threshold::TIMED,
        group: 0,
    };
    place(&[newcomer], 0.05)[0]
}

/// Around 100, by about 1 %.
const BEFORE: [f64; 10] = [
    100.0, 101.0, 99.0, 100.5, 99.5, 101.5, 98.5, 100.2, 99.8, 100.1,
];

#[test]
fn by_hand() {
    // numpy 2.4.6, scipy 1.17.1; x = np.log(before); d = the fifteenth smallest of the 45
    // abs(xi - xj); q = 2.2219 * 10 / 13.8 * d; e = q * np.sqrt(1 + np.pi / 20)
    // z = np.log(110) - np.median(x); 2 * t.sf(z / e, 7); np.exp(z -+ e * t.isf(.025, 7))
    let found = placed(&BEFORE, 110.0);
    assert_eq!(
        (found.verdict, found.reason),
        (Verdict::Worse, VerdictReason::IntervalBeyond)
    );
    let interval = found.interval.unwrap();
    assert!(
        (found.p.unwrap() - 1.276089613621464e-05).abs() < 1e-12,
        "{found:?}"
    );
    assert!(
        (interval.lower - 1.0768870561033834).abs() < 1e-9,
        "{found:?}"
    );
    assert!(
        (interval.upper - 1.1224865244133475).abs() < 1e-9,
        "{found:?}"
    );
    assert_eq!(found.effect.map(Ratio::get), Some(110.0 / 100.05));
    assert_eq!(placed(&BEFORE, 91.0).verdict, Verdict::Better);
    let same = placed(&BEFORE, 100.5);
    assert_eq!(
        (same.verdict, same.reason),
        (Verdict::Same, VerdictReason::IntervalWithin)
    );
    let open = placed(&BEFORE, 104.5);
    assert_eq!(open.reason, VerdictReason::IntervalTooWide);
}

#[test]
fn what_cannot_be_decided_is_inconclusive() {
    let few = placed(&BEFORE[..5], 200.0);
    assert_eq!(few.reason, VerdictReason::TooFewForInterval);
    assert_eq!((few.effect.map(Ratio::get), few.p), (Some(2.0), None));
    let zero = placed(&BEFORE, 0.0);
    assert_eq!(
        (zero.verdict, zero.reason),
        (Verdict::Inconclusive, VerdictReason::NoRatio)
    );
    let zeros = placed(&[0.0; 8], 1.0);
    assert_eq!((zeros.reason, zeros.effect), (VerdictReason::NoRatio, None));
    let restless = [50.0, 150.0, 80.0, 120.0, 60.0, 140.0, 100.0, 90.0];
    assert_eq!(placed(&restless, 130.0).reason, VerdictReason::MaybeChance);
}

#[test]
fn what_never_varied_differs_by_anything() {
    let same = placed(&[7.0; 6], 7.0);
    assert_eq!((same.verdict, same.p), (Verdict::Same, Some(1.0)));
    assert_eq!(placed(&[7.0; 6], 7.2).verdict, Verdict::Same);
    let worse = placed(&[7.0; 6], 8.0);
    assert_eq!((worse.verdict, worse.p), (Verdict::Worse, Some(0.0)));
}

#[test]
fn an_outlier_or_a_level_that_moved_hides_nothing() {
    let mut before = BEFORE;
    before[3] = 300.0;
    assert_eq!(placed(&before, 112.0).verdict, Verdict::Worse);
    // Four runs after a step by 12 %, the fifth is still worse than the median of ten.
    let mut before = BEFORE;
    for value in &mut before[6..] {
        *value *= 1.12;
    }
    assert_eq!(placed(&before, 112.5).verdict, Verdict::Worse);
}

#[test]
fn a_family_asks_for_more() {
    let before = SampleSet::new(BEFORE.to_vec()).unwrap();
    let newcomer = |value, group| Newcomer {
        before: &before,
        value,
        direction: Direction::Lower,
        threshold: Threshold::TIMED,
        group,
    };
    let alone = place(&[newcomer(106.0, 0)], 0.05)[0];
    assert_eq!(alone.verdict, Verdict::Worse);
    let mut family: Vec<_> = (1..=200).map(|group| newcomer(100.0, group)).collect();
    family.push(newcomer(106.0, 0));
    let among = place(&family, 0.05)[200];
    assert_eq!(among.reason, VerdictReason::MaybeChance);
    assert!((among.adjusted_p.unwrap() - 201.0 * alone.p.unwrap()).abs() < 1e-9);
}

/// The rates in docs/STATISTICS.md: false alarms, and how often a slowdown by 10 % is found.
#[test]
fn how_often_it_errs() {
    let rate = |n: usize, factor: f64, noise: f64| {
        let mut rng = ChaCha8Rng::seed_from_u64(n as u64);
        let mut draw = || {
            let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            1.0 + noise * radius * (TAU * rng.random::<f64>()).cos()
        };
        let (mut unlikely, mut changed) = (0, 0);
        for _ in 0..2_000 {
            let before: Vec<f64> = (0..n).map(|_| draw()).collect();
            let found = placed(&before, factor * draw());
            unlikely += usize::from(found.p.unwrap() <= 0.05);
            changed += usize::from(found.verdict == Verdict::Worse);
        }
        (unlikely as f64 / 2_000.0, changed as f64 / 2_000.0)
    };
    for n in [6, 8, 10, 20] {
        let (unlikely, worse) = rate(n, 1.0, 0.03);
        assert!(unlikely < 0.062, "{n}: {unlikely}");
        assert!(worse < 0.035, "{n}: {worse}");
    }
    let (_, found) = rate(10, 1.1, 0.015);
    assert!(found > 0.95, "{found}");
    let (_, found) = rate(10, 1.1, 0.03);
    assert!(found > 0.6, "{found}");
}

/// A normal value.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (TAU * rng.random::<f64>()).cos()
}

/// Histories of 240 trends: 40 cases with six metrics, whose medians vary from run to run as
/// the committed runs let expect (the median CV of their samples, times 1.25 / sqrt(6)), a
/// case more or less than another. How many have any false alarm, and in how many the newest
/// run's `build.cold` of one case, 20 % more, is worse.
fn histories(times: u64, unlike: f64) -> (u64, u64) {
    let deviations = [0.059, 0.074, 0.078, 0.104, 0.134, 0.18].map(|cv| cv * 1.25 / 6.0_f64.sqrt());
    let (mut alarms, mut found) = (0, 0);
    for seed in 0..times {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let trends: Vec<(SampleSet, f64)> = (0..240)
            .map(|at| {
                let deviation = deviations[at % 6] * (unlike * normal(&mut rng)).exp();
                let mut draw = || (deviation * normal(&mut rng)).exp();
                let before = (0..10).map(|_| draw()).collect();
                (SampleSet::new(before).unwrap(), draw())
            })
            .collect();
        let worse = |factor: f64| {
            let newcomers = trends
                .iter()
                .enumerate()
                .map(|(at, (before, value))| Newcomer {
                    before,
                    value: if at == 0 { value * factor } else { *value },
                    direction: Direction::Lower,
                    threshold: Threshold::TIMED,
                    group: at % 6,
                });
            let placed = place(&newcomers.collect::<Vec<_>>(), 0.05);
            placed
                .iter()
                .map(|one| one.verdict == Verdict::Worse)
                .collect::<Vec<_>>()
        };
        alarms += u64::from(worse(1.0).contains(&true));
        found += u64::from(worse(1.2)[0]);
    }
    println!("{times} histories, unlike by {unlike}: {alarms} with false alarms, {found} found");
    (alarms, found)
}

#[test]
fn one_trend_of_240_is_seen_and_nothing_is_not() {
    let (alarms, found) = histories(400, 0.0);
    assert!(alarms <= 20 && found >= 300, "{alarms} {found}");
    // Cases that vary half as much again, or two thirds as much.
    let (alarms, found) = histories(400, 0.3);
    assert!(alarms <= 20 && found >= 240, "{alarms} {found}");
}
