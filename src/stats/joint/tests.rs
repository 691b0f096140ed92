//! Reference values are what `python3 src/stats/joint/reference.py` prints (NumPy 2.4.6).

use super::super::{Direction, SampleSet};
use super::*;

/// The values of reference.py: Lehmer's generator.
fn values(seed: u64, metrics: usize, rounds: usize) -> Vec<Vec<f64>> {
    let mut state = seed;
    let mut next = || {
        state = state * 48_271 % 2_147_483_647;
        100.0 + (state % 1000) as f64 / 50.0
    };
    (0..metrics)
        .map(|_| (0..rounds).map(|_| next()).collect())
        .collect()
}

/// Sets with their rounds; what is no number is missing.
fn sets(values: &[Vec<f64>]) -> Vec<SampleSet> {
    let set = |row: &Vec<f64>| {
        let taken = (1..).zip(row.iter().copied());
        SampleSet::of_rounds(taken.filter(|(_, value)| !value.is_nan()).collect()).unwrap()
    };
    values.iter().map(set).collect()
}

/// More is worse.
fn candidate<'a>((base, head): (&'a SampleSet, &'a SampleSet)) -> Candidate<'a> {
    Candidate {
        base,
        head,
        direction: Direction::Lower,
        group: 0,
    }
}

/// Each metric for itself.
fn tested(base: &[Vec<f64>], head: &[Vec<f64>], design: Design) -> Vec<Option<Tested>> {
    tested_in(base, head, design, |at| at)
}

fn tested_in(
    base: &[Vec<f64>],
    head: &[Vec<f64>],
    design: Design,
    group: fn(usize) -> usize,
) -> Vec<Option<Tested>> {
    let (base, head) = (sets(base), sets(head));
    let of_group = |(at, sides)| Candidate {
        group: group(at),
        ..candidate(sides)
    };
    let pairs: Vec<_> = base.iter().zip(&head).enumerate().map(of_group).collect();
    let plan = JointTest {
        alpha: 0.05,
        seed: 1,
        design,
    };
    test(&pairs, &plan)
}

fn assert_p(found: &[Option<Tested>], alone: [f64; 5], adjusted: [f64; 5]) {
    for (found, (p, adjusted)) in found.iter().zip(alone.into_iter().zip(adjusted)) {
        let found = found.unwrap();
        assert!((found.p - p).abs() < 1e-12, "{found:?}: {p}");
        assert!(
            (found.adjusted_p - adjusted).abs() < 1e-12,
            "{found:?}: {adjusted}"
        );
    }
}

/// Student's t of the logarithms, by its formula.
fn t_of(base: &[f64], head: &[f64], design: Design) -> f64 {
    let ln = |values: &[f64]| values.iter().map(|value| value.ln()).collect::<Vec<_>>();
    let (base, head) = (ln(base), ln(head));
    let n = base.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let variance = |values: &[f64]| {
        let mean = mean(values);
        values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / (n - 1.0)
    };
    let error = match design {
        Design::Independent => (variance(&base) + variance(&head)) / n,
        Design::Paired => {
            let pairs = base.iter().zip(&head);
            variance(&pairs.map(|(base, head)| head - base).collect::<Vec<_>>()) / n
        }
    };
    (mean(&head) - mean(&base)) / error.sqrt()
}

/// Six rounds a side, of which two metrics changed.
fn changed() -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let (base, mut head) = (values(1, 5, 6), values(2, 5, 6));
    head[0].iter_mut().for_each(|value| *value *= 1.3);
    head[1].iter_mut().for_each(|value| *value *= 1.1);
    (base, head)
}

#[test]
fn two_samples_as_numpy_has_them() {
    let (mut base, mut head) = changed();
    assert_p(
        &tested(&base, &head, Design::Independent),
        [
            0.0013528138528138528,
            0.017586580086580088,
            1.0,
            0.07169913419913419,
            0.3787878787878788,
        ],
        [
            0.0013528138528138528,
            0.07169913419913419,
            1.0,
            0.20698051948051946,
            0.679112554112554,
        ],
    );
    head[2][1] = f64::NAN;
    head[2][4] = f64::NAN;
    base[0][3] = f64::NAN;
    assert_p(
        &tested(&base, &head, Design::Independent),
        [
            0.0013528138528138528,
            0.017586580086580088,
            1.0,
            0.07169913419913419,
            0.3787878787878788,
        ],
        [
            0.0027056277056277055,
            0.08252164502164501,
            1.0,
            0.1975108225108225,
            0.6939935064935066,
        ],
    );
    let whole = values(1, 5, 6);
    let short: Vec<_> = whole.iter().map(|row| row[..5].to_vec()).collect();
    assert_p(
        &tested(&short, &values(3, 5, 7), Design::Independent),
        [
            1.0,
            1.0,
            0.47348484848484845,
            0.33459595959595956,
            0.5681818181818181,
        ],
        [1.0, 1.0, 1.0, 0.9722222222222222, 1.0],
    );
}

#[test]
fn pairs_as_numpy_has_them() {
    let (mut base, mut head) = changed();
    assert_p(
        &tested(&base, &head, Design::Paired),
        [0.01953125, 0.09765625, 1.0, 0.0390625, 0.390625],
        [0.01953125, 0.25390625, 1.0, 0.078125, 0.64453125],
    );
    head[2][1] = f64::NAN;
    head[2][4] = f64::NAN;
    base[0][3] = f64::NAN;
    assert_p(
        &tested(&base, &head, Design::Paired),
        [0.0390625, 0.09765625, 1.0, 0.0390625, 0.390625],
        [0.0390625, 0.21484375, 1.0, 0.05859375, 0.78125],
    );
}

#[test]
fn draws_come_close_to_all_arrangements() {
    // Each that is looked at stands for its mirror image, too. 14 pairs and splits of 8 and 8
    // are listed, 17 pairs and splits of 9 and 9 are drawn.
    let arrangements = |rounds, design| {
        let (base, head) = (values(5, 2, rounds), values(6, 2, rounds));
        let least = tested(&base, &head, design)[0].unwrap().least_p;
        let is_worse = t_of(&base[0], &head[0], design) > 0.0;
        let share = if is_worse {
            WORSE_SHARE
        } else {
            1.0 - WORSE_SHARE
        };
        (1.0 / least / share).round() as usize
    };
    assert_eq!(arrangements(8, Design::Independent), 12_870);
    assert_eq!(arrangements(9, Design::Independent), 2 * MOST_ARRANGEMENTS);
    assert_eq!(arrangements(14, Design::Paired), 16_384);
    assert_eq!(arrangements(17, Design::Paired), 2 * MOST_ARRANGEMENTS);
    // One metric of normal noise: p is close to that of Student's t.
    for design in [Design::Independent, Design::Paired] {
        let (base, mut head) = (values(7, 1, 24), values(8, 1, 24));
        head[0].iter_mut().for_each(|value| *value *= 1.03);
        let found = tested(&base, &head, design)[0].unwrap();
        let t = t_of(&base[0], &head[0], design);
        let share = if t > 0.0 {
            WORSE_SHARE
        } else {
            1.0 - WORSE_SHARE
        };
        let student = student::two_sided(t, found.precision.degrees) / 2.0 / share;
        assert!(
            (found.p - student).abs() < 0.02,
            "{design:?} {found:?} {student}"
        );
    }
}

#[test]
fn zeros_gaps_and_constants_have_a_p_value_and_few_rounds_none() {
    let one = |base: &[f64], head: &[f64]| {
        tested(&[base.to_vec()], &[head.to_vec()], Design::Independent)[0].map(|found| found.p)
    };
    assert_eq!(one(&[5.0; 6], &[5.0; 6]), Some(1.0));
    assert_eq!(one(&[0.0; 6], &[0.0; 6]), Some(1.0));
    assert_eq!(one(&[0.0; 6], &[3.0; 6]), Some(1.0 / 924.0 / WORSE_SHARE));
    assert_eq!(one(&[2.0; 6], &[3.0; 6]), Some(1.0 / 924.0 / WORSE_SHARE));
    assert_eq!(one(&[2.0, -1.0, 2.0, 2.0], &[3.0; 4]), None);
    assert_eq!(one(&[2.0; 3], &[3.0; 9]), None);
    assert_eq!(one(&[2.0; 4], &[3.0; 4]), Some(1.0 / 70.0 / WORSE_SHARE));
    // The pairs have too few rounds in common.
    let set = |rounds: std::ops::Range<u32>| {
        SampleSet::of_rounds(rounds.map(|round| (round, 1.0)).collect()).unwrap()
    };
    let plan = JointTest {
        design: Design::Paired,
        ..JointTest::independent(0.05, 1)
    };
    assert_eq!(test(&[candidate((&set(0..6), &set(3..9)))], &plan), [None]);
    assert_eq!(test(&[], &plan), []);
}

#[test]
fn the_spreads_of_one_metric_inform_each_other() {
    let (base, head) = changed();
    let one_group =
        |base: &[Vec<f64>], head: &[Vec<f64>]| tested_in(base, head, Design::Independent, |_| 7);
    assert_p(
        &one_group(&base, &head),
        [
            0.0013528138528138528,
            0.016233766233766232,
            0.9361471861471861,
            0.052759740259740256,
            0.35579004329004327,
        ],
        [
            0.0013528138528138528,
            0.03382034632034632,
            1.0,
            0.16504329004329002,
            0.6628787878787878,
        ],
    );
    // The less, the more they differ.
    let unlike = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let power = |(row, power): (&Vec<f64>, i32)| row.iter().map(|v| v.powi(power)).collect();
        rows.iter().zip(1..).map(power).collect()
    };
    assert_p(
        &one_group(&unlike(&base), &unlike(&head)),
        [
            0.0013528138528138528,
            0.00946969696969697,
            0.9036796536796535,
            0.052759740259740256,
            0.3612012987012987,
        ],
        [
            0.0027056277056277055,
            0.08387445887445888,
            1.0,
            0.15151515151515152,
            0.6182359307359306,
        ],
    );
    // Four cases say too little.
    let few = tested_in(&base[..4], &head[..4], Design::Independent, |_| 7);
    assert_eq!(few, tested(&base[..4], &head[..4], Design::Independent));
}

#[test]
fn a_change_of_all_cases_is_found() {
    let (base, head) = (values(11, 12, 6), values(12, 12, 6));
    let slower: Vec<Vec<f64>> = head
        .iter()
        .map(|row| row.iter().map(|value| value * 1.5).collect())
        .collect();
    let found = tested_in(&base, &slower, Design::Independent, |_| 0);
    assert!(found.iter().all(|one| one.unwrap().adjusted_p < 0.01));
}

#[test]
fn the_family_costs_one_change_little() {
    // Holm's bound would be 120 / 462.
    let (mut base, mut head) = (values(11, 120, 6), values(12, 120, 6));
    base[50] = vec![100.0, 103.0, 98.0, 101.0, 99.0, 102.0];
    head[50] = base[50].iter().map(|value| value * 3.0).collect();
    let found = tested(&base, &head, Design::Independent);
    let of = |at: usize| found[at].unwrap().adjusted_p;
    assert!(of(50) < 0.01, "{}", of(50));
    let others = (0..120).filter(|at| *at != 50);
    assert!(others.map(of).all(|p| p > 0.05));
}

#[test]
fn many_rounds_are_tested_in_groups() {
    let (base, head) = (values(21, 1, 5_000), values(22, 1, 5_000));
    let found = tested(&base, &head, Design::Independent)[0].unwrap();
    assert!(found.p > 0.05, "{found:?}");
    let slower = vec![head[0].iter().map(|value| value * 1.01).collect()];
    let found = tested(&base, &slower, Design::Independent)[0].unwrap();
    assert!(found.p < 0.001, "{found:?}");
}

#[test]
fn what_rounds_can_show() {
    let (base, head) = (values(31, 1, 10), values(32, 1, 10));
    let few = tested(&base, &head, Design::Independent)[0]
        .unwrap()
        .precision;
    let (base, head) = (values(31, 1, 40), values(32, 1, 40));
    let many = tested(&base, &head, Design::Independent)[0]
        .unwrap()
        .precision;
    let (few_find, many_find) = (few.detectable(0.0).unwrap(), many.detectable(0.0).unwrap());
    assert!(
        many_find < few_find && few_find < 1.12,
        "{few_find} {many_find}"
    );
    // What the rounds find in most comparisons needs no more of them to be settled.
    let effect = few_find.ln();
    assert_eq!(few.rounds_to_settle(effect, 0.01), Some(11));
    let half = few.rounds_to_settle(effect / 3.0, 0.01).unwrap();
    assert!((15..80).contains(&half), "{half}");
    assert_eq!(few.rounds_to_settle(0.0499, 0.05), None);
    // A family asks for more.
    let (base, head) = (values(31, 40, 10), values(32, 40, 10));
    let family = tested(&base, &head, Design::Independent)[0]
        .unwrap()
        .precision;
    assert!(family.detectable(0.0).unwrap() > few_find);
    // However precise, no change within the threshold is found.
    assert!(many.detectable(0.5).unwrap() > 0.5_f64.exp());
}

/// Centring leaves a rest of rounding in equal values; it must not look like a large effect.
#[test]
fn a_metric_that_never_varies_hides_no_other() {
    let mut base = values(9, 2, 6);
    let mut head = values(11, 2, 6);
    for cell in &mut head[0] {
        *cell *= 3.0;
    }
    for constant in (0..400)
        .map(|step| 4096.0 * f64::from(step + 1))
        .chain([0.1, 1e9 + 7.0])
    {
        base[1] = vec![constant; 6];
        head[1] = vec![constant; 6];
        let found = tested(&base, &head, Design::Independent);
        let p = found[0].unwrap().adjusted_p;
        assert!(p < 0.05, "{constant}: {p}");
        assert!(found[1].unwrap().adjusted_p >= 1.0, "{constant}");
    }
}
