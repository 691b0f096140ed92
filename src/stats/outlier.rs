//! Outliers: marked, never dropped.

use super::SampleSet;
use super::quantile::quantile;

/// A modified Z-score above this marks an outlier.
pub const OUTLIER_THRESHOLD: f64 = 3.5;

/// Below this many samples nothing can be told to lie outside: among three, two
/// that happen to be close make an outlier of any third.
pub const MIN_FOR_OUTLIERS: usize = 5;

/// Makes the MAD an estimate of the standard deviation for normal data.
const MAD_TO_SIGMA: f64 = 0.6745;

/// The median of the absolute deviations from the median, unscaled.
pub(super) fn median_absolute_deviation(set: &SampleSet, median: f64) -> f64 {
    let mut deviations: Vec<f64> = set.taken().iter().map(|v| (v - median).abs()).collect();
    deviations.sort_by(f64::total_cmp);
    quantile(&deviations, 0.5)
}

/// Places (in order of taking) of the samples whose modified Z-score exceeds
/// [`OUTLIER_THRESHOLD`]: Iglewicz and Hoaglin, "How to Detect and Handle
/// Outliers", ASQC (1993), section 3.3.
///
/// Where the MAD is zero (more than half of the samples agree) the score has no
/// meaning and nothing is marked; minimum and maximum still tell.
pub(super) fn outliers(set: &SampleSet, median: f64, mad: f64) -> Vec<usize> {
    if set.len() < MIN_FOR_OUTLIERS || mad == 0.0 {
        return Vec::new();
    }
    let far = |value: f64| MAD_TO_SIGMA * (value - median).abs() / mad > OUTLIER_THRESHOLD;
    (0..set.len()).filter(|&i| far(set.taken()[i])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(values: &[f64]) -> Vec<usize> {
        let set = SampleSet::new(values.to_vec()).unwrap();
        let median = quantile(set.sorted(), 0.5);
        outliers(&set, median, median_absolute_deviation(&set, median))
    }

    #[test]
    fn far_values_are_marked_by_their_place() {
        // scipy 1.17: median 3.26, median_abs_deviation 0.055; scores of the first two
        // are 14.2 and 8.1, of all others below 1.3.
        let data = [2.1, 2.6, 3.16, 3.2, 3.25, 3.28, 3.3, 3.31, 3.36, 3.27];
        assert_eq!(marked(&data), [0, 1]);
    }

    #[test]
    fn the_threshold_is_a_border() {
        // Median 0, MAD 1: a score of 3.5 is a value of 3.5 / 0.6745 = 5.18903...
        assert!(marked(&[-1.0, -1.0, 0.0, 1.0, 5.189]).is_empty());
        assert_eq!(marked(&[-1.0, -1.0, 0.0, 1.0, 5.190]), [4]);
    }

    #[test]
    fn few_or_equal_samples_mark_nothing() {
        assert!(marked(&[1.0, 1.1, 100.0]).is_empty());
        assert!(marked(&[5.0, 5.0, 5.0, 5.0, 500.0]).is_empty());
    }
}
