use super::*;

const NONE: [usize; 0] = [];

fn found(values: &[f64]) -> Vec<usize> {
    let points = ChangePoints::default().of_timed(values, Threshold::TIMED);
    points.iter().map(|point| point.at).collect()
}

/// Twenty values around 100 in an order of no meaning, all different.
const LEVEL: [f64; 20] = [
    100.1, 99.2, 101.4, 98.7, 100.6, 99.9, 100.3, 101.1, 98.9, 99.5, 100.8, 99.1, 100.2, 101.3,
    99.7, 98.8, 100.5, 100.0, 99.4, 101.0,
];

fn levels(parts: &[(usize, f64)]) -> Vec<f64> {
    let level = |(length, factor): &(usize, f64)| {
        let factor = *factor;
        LEVEL
            .iter()
            .cycle()
            .take(*length)
            .map(move |value| value * factor)
            .collect::<Vec<_>>()
    };
    // Nothing is tied: later values are a little larger.
    let all = parts.iter().flat_map(level).enumerate();
    all.map(|(at, value)| value + at as f64 * 1e-9).collect()
}

#[test]
fn a_p_value_by_hand() {
    // 6 and 6, wholly apart: 2 / C(12, 6) of one split, 11 splits, half of the level.
    let values = levels(&[(6, 1.0), (6, 1.2)]);
    let points = ChangePoints::default().of_timed(&values, Threshold::TIMED);
    assert_eq!(points.len(), 1);
    assert_eq!(points[0].at, 6);
    assert!((points[0].p.unwrap() - 2.0 / 924.0 * 11.0 * 2.0).abs() < 1e-12);
    // Inside: 4 of 20, 2 / C(20, 4) of one stretch; 19 x 18 / 2 stretches, half of the level.
    let values = levels(&[(8, 1.0), (4, 1.2), (8, 1.0)]);
    let best = scan::most_telling(&values, &mut Counted::default()).unwrap();
    assert_eq!((best.begin, best.end), (8, 12));
    assert!(
        (best.p - 2.0 / 4_845.0 * 19.0 * 18.0).abs() < 1e-12,
        "{best:?}"
    );
}

#[test]
fn how_many_runs_it_takes() {
    // 5 and 6: 2 / C(11, 5) x 10 x 2 = 0.087.
    assert_eq!(found(&levels(&[(5, 1.0), (6, 1.2)])), NONE);
    assert_eq!(found(&levels(&[(6, 1.0), (6, 1.2)])), [6]);
    assert_eq!(found(&levels(&[(10, 1.0), (3, 1.2)])), NONE);
    assert_eq!(found(&levels(&[(11, 1.0), (4, 1.2)])), [11]);
    assert_eq!(found(&levels(&[(19, 1.0), (3, 1.2)])), NONE);
    assert_eq!(found(&levels(&[(20, 1.0), (3, 1.2)])), [20]);
    assert_eq!(found(&levels(&[(150, 1.0), (3, 0.8)])), [150]);
    assert_eq!(found(&levels(&[(150, 1.0), (2, 0.8)])), NONE);
}

#[test]
fn a_level_that_came_back_is_seen() {
    // ruptures 1.1.10, on the same values: Pelt(model="l2").fit(x).predict(pen=50)
    // -> [20, 30, 50]; [15, 30, 40, 60]; with their last ends, which are no changes.
    assert_eq!(found(&levels(&[(20, 1.0), (10, 1.2), (20, 1.0)])), [20, 30]);
    let steps = [(15, 1.0), (15, 1.2), (10, 0.9), (20, 1.1)];
    assert_eq!(found(&levels(&steps)), [15, 30, 40]);
}

#[test]
fn outliers_and_slight_changes_are_none() {
    let mut values = levels(&[(40, 1.0)]);
    values[10] = 500.0;
    values[11] = 400.0;
    values[39] = 900.0;
    assert_eq!(found(&values), NONE);
    // Shown without doubt, but by 3 %.
    let slight = levels(&[(20, 1.0), (20, 1.03)]);
    assert_eq!(found(&slight), NONE);
    let none = ChangePoints::default().of_timed(&slight, Threshold::NONE);
    assert_eq!(none.len(), 1);
    assert!((none[0].effect.unwrap().get() - 1.03).abs() < 1e-6);
}

#[test]
fn short_constant_and_zero_series_are_no_trouble() {
    assert_eq!(found(&[]), NONE);
    assert_eq!(found(&[1.0]), NONE);
    assert_eq!(found(&[1.0, 2.0]), NONE);
    assert_eq!(found(&[5.0; 60]), NONE);
    let zeros: Vec<f64> = [0.0; 10].into_iter().chain([7.0; 10]).collect();
    let points = ChangePoints::default().of_timed(&zeros, Threshold::TIMED);
    assert_eq!(
        (points.len(), points[0].at, points[0].effect),
        (1, 10, None)
    );
}

#[test]
fn ties_are_counted_as_they_are() {
    // scipy 1.17.1: mannwhitneyu([1] * 8 + [2] * 2, [2] * 3 + [3] * 7,
    //     method=PermutationMethod(n_resamples=10**9)).pvalue -> 0.0001082508822446903
    let values: Vec<f64> = [1, 1, 1, 2, 1, 1, 2, 1, 1, 1, 2, 3, 3, 2, 3, 3, 2, 3, 3, 3]
        .map(f64::from)
        .to_vec();
    let points = ChangePoints::default().of_timed(&values, Threshold::TIMED);
    assert_eq!((points.len(), points[0].at), (1, 10));
    let expected = 0.000_108_250_882_244_690_3 * 19.0 * 2.0;
    assert!(
        (points[0].p.unwrap() - expected).abs() < 1e-12,
        "{points:?}"
    );
}

#[test]
fn long_series_take_the_normal_approximation() {
    let values = levels(&[(1_500, 1.0), (600, 1.1), (1_400, 1.0)]);
    assert_eq!(found(&values), [1_500, 2_100]);
}

#[test]
fn each_change_of_an_exact_value_is_one() {
    let exact = |value: f64| ExactRange {
        min: value,
        middle: value,
        max: value,
    };
    let values = [10.0, 10.0, 11.0, 11.0, 11.0, 10.0, 10.0, 0.0, 0.0].map(exact);
    let places = |found: &[ChangePoint]| found.iter().map(|p| p.at).collect::<Vec<_>>();
    let changes = exact_changes(&values, Threshold::NONE);
    assert_eq!(places(&changes), [2, 5, 7]);
    assert_eq!(changes[0].effect.map(Ratio::get), Some(1.1));
    assert_eq!(changes[2].effect.map(Ratio::get), Some(0.0));
    let slight = exact_changes(&values, Threshold::of(0.2).unwrap());
    assert_eq!(places(&slight), [7]);
    // Ranges that meet are no change.
    let wide = |min: f64, max: f64| ExactRange {
        min,
        middle: min,
        max,
    };
    let spread = [wide(10.0, 12.0), wide(11.0, 13.0), wide(14.0, 14.0)];
    assert_eq!(places(&exact_changes(&spread, Threshold::NONE)), [2]);
    assert!(exact_changes(&[], Threshold::NONE).is_empty());
}
