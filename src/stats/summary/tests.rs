//! Hand-computed values, reference values, and properties.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

fn set(values: &[f64]) -> SampleSet {
    SampleSet::new(values.to_vec()).unwrap()
}

#[test]
fn one_sample_is_its_own_median_and_says_no_more() {
    let summary = Summary::of_timed(&set(&[7.0]));
    assert_eq!((summary.n, summary.median, summary.mad), (1, 7.0, 0.0));
    assert_eq!((summary.min, summary.max, summary.mean), (7.0, 7.0, 7.0));
    assert_eq!(summary.interval, None);
    assert_eq!(summary.p95, None);
    assert!(summary.outliers.is_empty() && !summary.spread());
}

#[test]
fn by_hand() {
    // Sorted 2 4 4 5 7 20: median (4 + 5) / 2, deviations 0.5 0.5 0.5 2.5 2.5 15.5,
    // MAD (0.5 + 2.5) / 2, mean 42 / 6; score of 20: 0.6745 * 15.5 / 1.5 = 6.97.
    let summary = Summary::of_timed(&set(&[20.0, 4.0, 2.0, 7.0, 5.0, 4.0]));
    assert_eq!((summary.median, summary.mad, summary.mean), (4.5, 1.5, 7.0));
    assert_eq!(summary.outliers, [0]);
    assert_eq!((summary.min, summary.max), (2.0, 20.0));
}

#[test]
fn an_exact_metric_keeps_an_observed_value() {
    let same = Summary::of_exact(&set(&[10.0, 10.0]));
    assert!(!same.spread());
    let differing = Summary::of_exact(&set(&[12.0, 10.0]));
    assert_eq!(differing.median, 10.0);
    assert!(differing.spread());
    let many = Summary::of_exact(&set(&[1.0; 30]));
    assert_eq!((many.interval, many.p95), (None, None));
}

#[test]
fn an_outlier_moves_the_mean_but_not_the_median() {
    let calm = Summary::of_timed(&set(&[1.0, 2.0, 3.0, 4.0, 5.0]));
    let wild = Summary::of_timed(&set(&[1.0, 2.0, 3.0, 4.0, 500.0]));
    assert_eq!(calm.median, wild.median);
    assert_eq!(wild.n, 5, "marked, never dropped");
    assert_eq!(wild.outliers, [4]);
}

#[test]
fn a_ratio_needs_a_divisor() {
    assert_eq!(ratio_of_medians(&set(&[1.0]), &set(&[0.0])), None);
    let ratio = ratio_of_medians(&set(&[1.0, 3.0]), &set(&[4.0])).unwrap();
    assert_eq!((ratio.ratio.get(), ratio.interval), (0.5, None));
}

#[test]
fn reference_values_of_scipy() {
    // numpy 2.4.6, scipy 1.17.1: np.median, scipy.stats.median_abs_deviation, and
    // scipy.stats.bootstrap(method="percentile", n_resamples=200000, rng=1).
    let x = set(&[
        10.12, 10.34, 9.87, 10.05, 11.20, 10.41, 10.22, 9.95, 10.60, 10.08,
    ]);
    let y = set(&[20.3, 21.1, 19.8, 20.9, 22.4, 20.0, 20.6]);
    let near = |left: f64, right: f64, tolerance: f64| (left - right).abs() <= tolerance;
    let summary = Summary::of_timed(&x);
    assert!(near(summary.median, 10.17, 1e-12));
    assert!(near(summary.mad, 0.195, 1e-12));
    assert!(near(summary.mean, 10.284, 1e-12));
    // scipy: [10.015, 10.47]. The resampled median is discrete and both ends are atoms
    // whose tail is 2.7 %; 4 999 resamples know a tail to 0.2 points, so the next atom
    // inwards (10.035, 10.41) is as good an answer.
    let interval = summary.interval.unwrap();
    assert!(
        (10.015 - 1e-9..=10.035 + 1e-9).contains(&interval.lower),
        "{interval:?}"
    );
    assert!(
        (10.41 - 1e-9..=10.47 + 1e-9).contains(&interval.upper),
        "{interval:?}"
    );
    let ratio = ratio_of_medians(&x, &y).unwrap();
    assert!(near(ratio.ratio.get(), 0.493_689_320_388, 1e-9));
    let interval = ratio.interval.unwrap();
    assert!(near(interval.lower, 0.477_725, 2e-3), "{interval:?}");
    assert!(near(interval.upper, 0.517, 2e-3), "{interval:?}");
    // np.percentile(np.arange(1, 21) ** 1.5, 95)
    let p95 = Summary::of_timed(&set(&(1..=20)
        .map(|i| f64::from(i).powf(1.5))
        .collect::<Vec<_>>()))
    .p95;
    assert!(near(p95.unwrap(), 83.150_261_885_909, 1e-9));
}

#[test]
fn reference_values_of_a_ratio_of_sums() {
    // Python's random.choices and statistics.median, 200 000 resamples, seed 1.
    let pull = set(&[4.1, 4.4, 4.0, 4.3, 4.9, 4.2, 4.15]);
    let start = set(&[0.51, 0.48, 0.55, 0.50, 0.53, 0.49]);
    let before = set(&[9.8, 10.4, 10.1, 9.9, 11.0, 10.2]);
    let start_before = set(&[0.52, 0.61, 0.50, 0.58, 0.55, 0.54]);
    let ratio = ratio_of_sums(&[&pull, &start], &[&before, &start_before]).unwrap();
    // (4.2 + 0.505) / (10.15 + 0.545)
    assert!((ratio.ratio.get() - 0.439_925_198_69).abs() < 1e-9);
    let interval = ratio.interval.unwrap();
    assert!((interval.lower - 0.417_553).abs() < 2e-3, "{interval:?}");
    assert!((interval.upper - 0.466_223).abs() < 2e-3, "{interval:?}");
    // One part on each side: the ratio of two medians, to the bit.
    let alone = ratio_of_sums(&[&pull], &[&before]);
    assert_eq!(alone, ratio_of_medians(&pull, &before));
    // One set that is too small takes the interval away and leaves the quotient.
    let five = set(&[0.5; 5]);
    let few = ratio_of_sums(&[&pull, &five], &[&before]).unwrap();
    assert_eq!(few.interval, None);
    assert_eq!(ratio_of_sums(&[], &[&before]), None);
    assert_eq!(ratio_of_sums(&[&pull], &[]), None);
}

/// A constant list of seeds: a failure repeats everywhere.
#[test]
fn properties_hold_for_random_sets() {
    for seed in 0..40_u64 {
        println!("seed {seed}");
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let n = rng.random_range(1..=30);
        // Skewed like durations: mostly close, at times far.
        let mut values: Vec<f64> = (0..n)
            .map(|_| 1e9 + rng.random_range(0.0_f64..1e4).powi(2))
            .collect();
        let summary = Summary::of_timed(&set(&values));
        assert!(summary.min <= summary.median && summary.median <= summary.max);
        assert_eq!(summary.interval.is_some(), n >= 6, "seed {seed}");
        assert_eq!(summary.p95.is_some(), n >= 20, "seed {seed}");
        if let Some(interval) = summary.interval {
            assert!(interval.lower <= summary.median && summary.median <= interval.upper);
            assert!(interval.lower >= summary.min && interval.upper <= summary.max);
        }
        let marked = |summary: &Summary, values: &[f64]| {
            let mut marked: Vec<u64> = summary.outliers.iter().map(|&i| values[i] as u64).collect();
            marked.sort_unstable();
            marked
        };
        let before = marked(&summary, &values);
        values.shuffle(&mut rng);
        let again = Summary::of_timed(&set(&values));
        assert_eq!(marked(&again, &values), before, "seed {seed}");
        let unordered = |summary| Summary {
            first: 0.0,
            outliers: Vec::new(),
            marks: Vec::new(),
            ..summary
        };
        assert_eq!(
            unordered(again),
            unordered(summary),
            "seed {seed}: the order of the samples shows"
        );
    }
}

#[test]
fn the_interquartile_range_is_type_7() {
    // R: IQR(1:20, type = 7) -> 9.5
    let twenty = SampleSet::new((1..=20).map(f64::from).collect()).unwrap();
    assert_eq!(Summary::of_timed(&twenty).iqr, 9.5);
    let one = SampleSet::new(vec![7.0]).unwrap();
    assert_eq!(Summary::of_exact(&one).iqr, 0.0);
}
