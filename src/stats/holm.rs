//! Many comparisons at once.

/// The p values of one family, adjusted by Holm, "A simple sequentially rejective
/// multiple test procedure", Scandinavian Journal of Statistics 6 (1979): held against a
/// level, they keep the chance of any false find in the family below it, however they
/// depend on each other. What has no p value is no part of the family.
pub fn holm(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut tests: Vec<(usize, f64)> = (0..).zip(p_values).filter_map(present).collect();
    tests.sort_by(|(_, left), (_, right)| left.total_cmp(right));
    let mut adjusted = vec![None; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, &(at, p)) in tests.iter().enumerate() {
        // Never below that of a smaller p.
        largest = largest.max(p * (tests.len() - rank) as f64).min(1.0);
        adjusted[at] = Some(largest);
    }
    adjusted
}

fn present((at, p): (usize, &Option<f64>)) -> Option<(usize, f64)> {
    p.map(|p| (at, p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_values_of_statsmodels() {
        // statsmodels 0.15.0; p.adjust(p, "holm") of R counts NA out of the family too:
        // multipletests([0.01, 0.04, 0.03, 0.005, 0.5, 0.03], method="holm")[1]
        let p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.03].map(Some);
        let expected = [0.05, 0.12, 0.12, 0.03, 0.5, 0.12];
        let adjusted = holm(&p);
        for (adjusted, expected) in adjusted.iter().zip(expected) {
            assert!((adjusted.unwrap() - expected).abs() < 1e-12, "{adjusted:?}");
        }
        let with_gaps = holm(&[Some(0.02), None, Some(0.6), None, Some(0.7)]);
        assert_eq!(with_gaps, [Some(0.06), None, Some(1.0), None, Some(1.0)]);
        assert!(holm(&[]).is_empty());
    }
}
