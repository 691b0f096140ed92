//! Many tests at once, of which several may find something.

/// The p values of one family, adjusted by Benjamini and Hochberg, "Controlling the false
/// discovery rate", Journal of the Royal Statistical Society B 57 (1995): of those at most
/// `alpha`, a share of `alpha` is expected to be false. Where nothing changed at all, that is
/// the chance of any find. What has no p value is no part of the family.
pub(super) fn adjusted(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut tests: Vec<(usize, f64)> = (0..)
        .zip(p_values)
        .filter_map(|(at, p)| Some((at, (*p)?)))
        .collect();
    tests.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    let mut adjusted = vec![None; p_values.len()];
    let mut smallest = 1.0_f64;
    for (above, &(at, p)) in tests.iter().enumerate() {
        let rank = tests.len() - above;
        // Never above that of a larger p.
        smallest = smallest.min(p * (tests.len() as f64 / rank as f64));
        adjusted[at] = Some(smallest);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_values_of_scipy() {
        // scipy 1.17.1: false_discovery_control([0.01, 0.04, 0.03, 0.005, 0.5, 0.03])
        let p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.03].map(Some);
        let expected = [0.03, 0.048, 0.045, 0.03, 0.5, 0.045];
        for (adjusted, expected) in adjusted(&p).iter().zip(expected) {
            assert!((adjusted.unwrap() - expected).abs() < 1e-12, "{adjusted:?}");
        }
        let with_gaps = adjusted(&[Some(0.02), None, Some(0.6), None, Some(0.7)]);
        assert_eq!(with_gaps, [Some(0.06), None, Some(0.7), None, Some(0.7)]);
        assert!(adjusted(&[]).is_empty());
    }
}
