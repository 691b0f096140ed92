//! Quantiles by one stated method.

use super::SampleSet;

/// Below this many samples a 95th percentile is little more than the maximum.
pub const MIN_FOR_P95: usize = 20;

/// The quantile at `probability` (0 to 1) by type 7 of Hyndman and Fan, "Sample
/// quantiles in statistical packages", The American Statistician 50 (1996):
/// linear between the order statistics at `(n - 1) p`. It is R's default and
/// numpy's `linear`. The median is its value at 0.5.
pub(super) fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = (sorted.len() - 1) as f64 * probability;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let fraction = position - below as f64;
    sorted[below] + (sorted[above] - sorted[below]) * fraction
}

/// The 95th percentile, where n supports one.
pub(super) fn p95(set: &SampleSet) -> Option<f64> {
    (set.len() >= MIN_FOR_P95).then(|| quantile(set.sorted(), 0.95))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_two_is_their_middle() {
        // A careless method, seen elsewhere: floor(p n) gives the larger of the two.
        assert_eq!(quantile(&[1.0, 2.0], 0.5), 1.5);
        assert_eq!(quantile(&[7.0], 0.5), 7.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), 2.0);
    }

    #[test]
    fn p95_is_type_7_and_needs_twenty() {
        // numpy 2: np.percentile(range(1, 21), 95) -> 19.05
        // R: quantile(1:20, 0.95, type = 7) -> 19.05
        let twenty = SampleSet::new((1..=20).map(f64::from).collect()).unwrap();
        assert!((p95(&twenty).unwrap() - 19.05).abs() < 1e-12);
        let nineteen = SampleSet::new((1..=19).map(f64::from).collect()).unwrap();
        assert_eq!(p95(&nineteen), None);
    }
}
