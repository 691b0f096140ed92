//! Reference values of NumPy 2.4.6: `r = np.sort(np.divide.outer(y, x).ravel())`, the
//! estimate `np.exp(np.median(np.log(r)))`, the interval `r[k - 1], r[m * n - k]` with k as
//! R's `qwilcox(0.025, m, n)`, here by Mann and Whitney's recursion.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::ALPHA;
use super::super::mann_whitney::mann_whitney;
use super::*;

fn set(values: &[f64]) -> SampleSet {
    SampleSet::new(values.to_vec()).unwrap()
}

const EIGHT: [f64; 8] = [10.12, 10.34, 9.87, 10.05, 11.20, 10.41, 10.22, 9.95];
const TEN: [f64; 10] = [
    10.5, 10.9, 10.31, 10.77, 11.3, 10.44, 10.61, 10.02, 10.83, 10.7,
];

#[track_caller]
fn check(found: Factor, estimate: f64, lower: f64, upper: f64) {
    let interval = found.interval.unwrap();
    assert!((found.estimate - estimate).abs() < 1e-12, "{found:?}");
    assert!((interval.lower - lower).abs() < 1e-12, "{found:?}");
    assert!((interval.upper - upper).abs() < 1e-12, "{found:?}");
    assert_eq!(interval.level, 0.95);
}

#[test]
fn reference_values_of_numpy() {
    check(
        factor(&set(&EIGHT), &set(&TEN), ALPHA).unwrap(),
        1.043_081_729_883_772,
        1.007_035_175_879_397,
        1.075_376_884_422_110_5,
    );
    check(
        factor(&set(&EIGHT[..6]), &set(&TEN[..6]), ALPHA).unwrap(),
        1.040_195_093_036_457_2,
        0.990_393_852_065_321_8,
        1.091_185_410_334_346_6,
    );
}

#[test]
fn very_many_pairs() {
    // i = np.arange(400); x, y = 10 + np.sin(i), 11 + np.sin(i * 1.7) + 0.001 * i
    // k - 1 = floor(m * n / 2 - norm.isf(0.025) * sd - 0.5) = 73594
    let i = || (0..400).map(f64::from);
    let base = set(&i().map(|i| 10.0 + i.sin()).collect::<Vec<_>>());
    let head = set(&i()
        .map(|i| 11.0 + (i * 1.7).sin() + 0.001 * i)
        .collect::<Vec<_>>());
    check(
        factor(&base, &head, ALPHA).unwrap(),
        1.119_375_410_215_699,
        1.110_219_983_422_949_4,
        1.128_877_469_484_906_9,
    );
}

#[test]
fn the_ends_are_those_of_r() {
    // R: qwilcox(0.025, m, n) - 1
    let expected = [
        ((6, 6), 5),
        ((6, 9), 10),
        ((7, 7), 8),
        ((8, 10), 17),
        ((10, 10), 23),
        ((12, 30), 109),
        ((20, 20), 127),
    ];
    for ((base, head), places) in expected {
        assert_eq!(outside(base, head, ALPHA), Some(places), "{base} {head}");
        assert_eq!(outside(head, base, ALPHA), Some(places), "{head} {base}");
    }
    assert_eq!(outside(5, 9, ALPHA), None);
    assert_eq!(outside(6, 6, 1e-6), None, "no quotients reach that level");
    // Where counting ends, the approximation takes over and is as good.
    assert_eq!(outside(33, 33, ALPHA), Some(391));
    assert_eq!(outside(34, 34, ALPHA), Some(418));
    assert_eq!(outside(40, 40, ALPHA), Some(595), "596 by counting");
}

#[test]
fn interval_and_test_agree() {
    let mut shown = 0;
    for seed in 0..60_u64 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (base, head) = (rng.random_range(6..=40), rng.random_range(6..=40));
        let shift = rng.random_range(1.0..1.5);
        let mut side = |n: usize, by: f64| {
            let values = (0..n).map(|_| by * rng.random_range(1.0..2.0)).collect();
            SampleSet::new(values).unwrap()
        };
        let (base, head) = (side(base, 1.0), side(head, shift));
        let interval = factor(&base, &head, ALPHA).unwrap().interval.unwrap();
        let excluded = interval.lower > 1.0 || interval.upper < 1.0;
        let p = mann_whitney(&base, &head);
        assert_eq!(excluded, p <= ALPHA, "seed {seed}: {p} {interval:?}");
        shown += u32::from(excluded);
    }
    assert!(
        (10..50).contains(&shown),
        "{shown} of 60: both must be seen"
    );
}

#[test]
fn base_and_head_mirror_each_other() {
    let there = factor(&set(&EIGHT), &set(&TEN), ALPHA).unwrap();
    let back = factor(&set(&TEN), &set(&EIGHT), ALPHA).unwrap();
    assert!((there.estimate * back.estimate - 1.0).abs() < 1e-12);
    let (there, back) = (there.interval.unwrap(), back.interval.unwrap());
    assert!((there.lower * back.upper - 1.0).abs() < 1e-12);
}

#[test]
fn few_constant_and_zero_samples() {
    let few = factor(&set(&[2.0; 3]), &set(&[3.0; 3]), ALPHA).unwrap();
    assert_eq!((few.estimate, few.interval), (1.5, None));
    let zeros = factor(&set(&[0.0; 6]), &set(&[0.0; 6]), ALPHA).unwrap();
    let interval = zeros.interval.unwrap();
    assert_eq!(
        (zeros.estimate, interval.lower, interval.upper),
        (1.0, 1.0, 1.0)
    );
    let from_zero = factor(&set(&[0.0; 6]), &set(&[1.0; 6]), ALPHA).unwrap();
    assert_eq!(from_zero.estimate, f64::INFINITY);
    assert_eq!(factor(&set(&[-1.0; 6]), &set(&[1.0; 6]), ALPHA), None);
    // Half of the quotients 0, half infinite.
    assert_eq!(
        factor(&set(&[0.0, 1.0]), &set(&[0.0]), ALPHA)
            .unwrap()
            .estimate,
        0.0
    );
}
