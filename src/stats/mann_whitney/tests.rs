//! Reference values of SciPy 1.17.1; base is x, head is y.

use super::*;

fn set(values: &[f64]) -> SampleSet {
    SampleSet::new(values.to_vec()).unwrap()
}

fn counted(values: impl Iterator<Item = u32>) -> SampleSet {
    SampleSet::new(values.map(f64::from).collect()).unwrap()
}

/// `round(100 + 7 * sin(1.3 i) + i / 10, 3)` and `round(103 + 9 * cos(0.7 i) + i / 9, 3)`.
const TWENTY: [[f64; 20]; 2] = [
    [
        100.0, 106.845, 103.809, 95.486, 94.216, 102.006, 107.59, 102.934, 95.005, 95.566, 103.941,
        108.007, 101.954, 94.796, 97.166, 105.739, 108.102, 100.94, 94.892, 98.964,
    ],
    [
        112.0, 109.995, 104.752, 98.79, 94.964, 95.127, 99.254, 105.456, 110.869, 112.999, 110.896,
        105.603, 99.66, 95.915, 96.182, 100.387, 106.605, 111.964, 113.995, 111.796,
    ],
];

#[track_caller]
fn check(base: &[f64], head: &[f64], u: f64, p: f64) {
    let (base, head) = (set(base), set(head));
    let pairs = (base.len() * head.len()) as f64;
    for (one, other, u) in [(&base, &head, u), (&head, &base, pairs - u)] {
        let ranks = Ranks::of(one.sorted(), other.sorted());
        assert_eq!(ranks.u(), u);
        assert!(ranks.exact_p().is_some());
        let found = mann_whitney(one, other);
        assert!((found - p).abs() < 1e-12, "{found}");
    }
}

#[test]
fn exact_without_ties() {
    // stats.mannwhitneyu(y, x, method="exact")
    check(
        &[4.1, 4.4, 4.0, 4.3],
        &[4.6, 4.9, 4.5, 4.2],
        14.0,
        0.114_285_714_285_714_28,
    );
    let eight = [10.12, 10.34, 9.87, 10.05, 11.20, 10.41, 10.22, 9.95];
    let ten = [
        10.5, 10.9, 10.31, 10.77, 11.3, 10.44, 10.61, 10.02, 10.83, 10.7,
    ];
    check(&eight, &ten, 64.0, 0.034_279_446_044_151_92);
    let [base, head] = &TWENTY;
    check(base, head, 272.0, 0.052_399_521_872_849_72);
}

#[test]
fn exact_with_ties() {
    // ranks = lambda x, y: stats.rankdata(np.r_[x, y])[len(x):].sum()
    // stats.permutation_test((x, y), ranks, vectorized=False, n_resamples=np.inf)
    check(
        &[1.0, 2.0, 2.0, 3.0, 5.0],
        &[2.0, 3.0, 4.0, 4.0, 5.0, 6.0],
        23.0,
        0.181_818_181_818_181_82,
    );
    check(
        &[12.0, 12.0, 13.0, 14.0, 12.0, 13.0],
        &[13.0, 14.0, 14.0, 15.0, 13.0, 14.0],
        30.5,
        0.067_099_567_099_567_1,
    );
    check(
        &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        &[0.0, 1.0, 1.0, 2.0, 0.0, 1.0, 3.0],
        33.5,
        0.106_060_606_060_606_06,
    );
    check(
        &[1.0, 1.0, 2.0, 2.0],
        &[2.0, 3.0, 3.0, 3.0],
        15.0,
        0.085_714_285_714_285_72,
    );
    check(&[5.0; 6], &[7.0; 6], 36.0, 0.002_164_502_164_502_164_5);
    // The same sum over all itertools.combinations of 10 of the 20 ranks.
    check(
        &[3.0, 3.0, 3.0, 4.0, 4.0, 5.0, 3.0, 4.0, 5.0, 6.0],
        &[4.0, 4.0, 5.0, 5.0, 6.0, 6.0, 4.0, 7.0, 5.0, 6.0],
        79.0,
        0.027_019_420_208_274_7,
    );
    check(&[5.0; 6], &[5.0; 6], 18.0, 1.0);
}

#[test]
fn asymptotic_beyond() {
    // i = np.arange(200); x, y = 1000 + i * 37 % 101, 1004 + i * 53 % 97
    // stats.mannwhitneyu(y, x, method="asymptotic")
    let base = counted((0..200).map(|i| 1_000 + i * 37 % 101));
    let head = counted((0..200).map(|i| 1_004 + i * 53 % 97));
    asymptotic(&base, &head, 20_625.0, 0.589_070_168_126_229_8);
    // x, y = np.arange(300) * 1.0, np.arange(150) * 2.0 + 20.5
    let base = counted(0..300);
    let head = set(&(0..150)
        .map(|i| f64::from(i) * 2.0 + 20.5)
        .collect::<Vec<_>>());
    asymptotic(&base, &head, 25_400.0, 0.025_776_652_824_110_603);
    let same = mann_whitney(&set(&[1.0; 99]), &set(&[1.0; 99]));
    assert_eq!(same, 1.0, "no spread at all");
}

#[track_caller]
fn asymptotic(base: &SampleSet, head: &SampleSet, u: f64, p: f64) {
    let ranks = Ranks::of(base.sorted(), head.sorted());
    assert_eq!((ranks.u(), ranks.exact_p()), (u, None));
    let found = mann_whitney(base, head);
    assert!((found - p).abs() < 1e-12, "{found}");
}
