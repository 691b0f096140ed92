//! Outliers: marked, never dropped.

use super::SampleSet;
use super::quantile::quantile;

/// A modified Z-score above this marks an outlier.
pub const OUTLIER_THRESHOLD: f64 = 3.5;

/// Below this many samples nothing can be called an outlier: among three, two
/// that happen to be close make an outlier of any third.
pub const MIN_FOR_OUTLIERS: usize = 5;

/// Makes the MAD an estimate of the standard deviation for normal data.
const MAD_TO_SIGMA: f64 = 0.6745;

/// The median of the absolute deviations from the median, unscaled.
pub(super) fn median_absolute_deviation(set: &SampleSet, median: f64) -> f64 {
    let mut deviations: Vec<f64> = set.sorted().iter().map(|v| (v - median).abs()).collect();
    // Of sorted values they fall and then rise, which this sort joins in one walk.
    deviations.sort_by(f64::total_cmp);
    quantile(&deviations, 0.5)
}

/// Places (in order of taking) of the samples whose modified Z-score exceeds
/// [`OUTLIER_THRESHOLD`]: Iglewicz and Hoaglin, "How to Detect and Handle
/// Outliers", ASQC (1993), section 3.3.
///
/// Where the MAD is zero (more than half of the samples agree) the score has no
/// meaning and nothing is marked; minimum and maximum still show it.
pub(super) fn outliers(set: &SampleSet, median: f64, mad: f64) -> Vec<usize> {
    if set.len() < MIN_FOR_OUTLIERS || mad == 0.0 {
        return Vec::new();
    }
    let far = |value: f64| MAD_TO_SIGMA * (value - median).abs() / mad > OUTLIER_THRESHOLD;
    (0..set.len()).filter(|&i| far(set.taken()[i])).collect()
}

/// Tukey's fences: "Exploratory Data Analysis" (1977), section 2D; with the quartiles of
/// type 7 for his hinges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fences {
    /// Ends of the inner fences: 1.5 interquartile ranges beyond the quartiles.
    pub inner: (f64, f64),
    /// Ends of the outer fences: 3 interquartile ranges beyond the quartiles.
    pub outer: (f64, f64),
}

impl Fences {
    /// The fences of a set; `None` below [`MIN_FOR_OUTLIERS`] samples.
    pub fn of(set: &SampleSet) -> Option<Self> {
        let (low, high) = (quantile(set.sorted(), 0.25), quantile(set.sorted(), 0.75));
        let range = high - low;
        let at = |ranges: f64| (low - ranges * range, high + ranges * range);
        (set.len() >= MIN_FOR_OUTLIERS).then(|| Self {
            inner: at(1.5),
            outer: at(3.0),
        })
    }

    /// Where a value lies.
    pub fn mark(&self, value: f64) -> Option<OutlierMark> {
        let without = |(low, high): (f64, f64)| value < low || value > high;
        match (without(self.inner), without(self.outer)) {
            (_, true) => Some(OutlierMark::FarOut),
            (true, false) => Some(OutlierMark::Outside),
            (false, false) => None,
        }
    }
}

/// A mark by Tukey's fences, in his words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlierMark {
    /// Beyond an inner fence.
    Outside,
    /// Beyond an outer fence.
    FarOut,
}

/// Places (in order of taking) of the samples beyond the fences, with their marks. Unlike
/// the score, fences mark also where more than half of the samples agree.
pub(super) fn marks(set: &SampleSet) -> Vec<(usize, OutlierMark)> {
    let Some(fences) = Fences::of(set) else {
        return Vec::new();
    };
    let marked = |(at, value): (usize, &f64)| Some((at, fences.mark(*value)?));
    (0..).zip(set.taken()).filter_map(marked).collect()
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

    #[test]
    fn fences_stand_by_the_quartiles() {
        // numpy 2.4.6: np.percentile([1, 14, 2, 3, 4, 5, 2, 8, -4], [25, 75]) -> 2, 5
        let values = vec![1.0, 14.0, 2.0, 3.0, 4.0, 5.0, 2.0, 8.0, -4.0];
        let set = SampleSet::new(values).unwrap();
        let fences = Fences::of(&set).unwrap();
        assert_eq!((fences.inner, fences.outer), ((-2.5, 9.5), (-7.0, 14.0)));
        assert_eq!(
            marks(&set),
            [(1, OutlierMark::Outside), (8, OutlierMark::Outside)]
        );
        assert_eq!(fences.mark(14.1), Some(OutlierMark::FarOut));
        assert_eq!((fences.mark(9.5), fences.mark(-2.5)), (None, None));
    }

    #[test]
    fn fences_mark_where_the_score_cannot() {
        let set = |values: &[f64]| SampleSet::new(values.to_vec()).unwrap();
        assert_eq!(
            marks(&set(&[5.0, 5.0, 5.0, 5.0, 5.1])),
            [(4, OutlierMark::FarOut)]
        );
        assert!(marks(&set(&[5.0; 9])).is_empty());
        assert!(marks(&set(&[1.0, 1.1, 100.0])).is_empty());
    }
}
