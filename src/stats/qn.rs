//! A standard deviation that outliers and a level that moved do not blow up.
//!
//! Rousseeuw and Croux, "Alternatives to the median absolute deviation", Journal of the
//! American Statistical Association 88 (1993): the estimator Qn, with their factors for few
//! values (Croux and Rousseeuw, "Time-efficient algorithms for two highly robust estimators
//! of scale", COMPSTAT 1992). It takes the distances of all pairs, so where half of the
//! values lie on one level and half on another, it still shows how far they spread on each.

/// Makes it an estimate of the standard deviation for normal data.
const TO_SIGMA: f64 = 2.2219;

/// The factors of 2 to 9 values.
const FEW: [f64; 8] = [0.399, 0.994, 0.512, 0.844, 0.611, 0.857, 0.669, 0.872];

/// The deviation; `None` below two values.
pub(super) fn qn(values: &[f64]) -> Option<f64> {
    let n = values.len();
    if n < 2 {
        return None;
    }
    let of_first = |at: usize| values[at + 1..].iter().map(move |v| (v - values[at]).abs());
    let mut distances: Vec<f64> = (0..n).flat_map(of_first).collect();
    let half = n / 2 + 1;
    let rank = half * (half - 1) / 2 - 1;
    let (_, distance, _) = distances.select_nth_unstable_by(rank, f64::total_cmp);
    let factor = match FEW.get(n - 2) {
        Some(factor) => *factor,
        None if n % 2 == 1 => n as f64 / (n as f64 + 1.4),
        None => n as f64 / (n as f64 + 3.8),
    };
    Some(TO_SIGMA * factor * *distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(qn(&[1.0]), None);
        assert_eq!(qn(&[5.0; 7]), Some(0.0));
        // Of five, half is 3: the third of the ten distances 1 1 1 1 2 2 2 3 3 4.
        let found = qn(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((found - 2.2219 * 0.844).abs() < 1e-12, "{found}");
        // Of ten, half is 6: the fifteenth of 45; nine 1s, eight 2s: 2. 10 / 13.8.
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        let found = qn(&ten).unwrap();
        assert!((found - 2.2219 * 10.0 / 13.8 * 2.0).abs() < 1e-12);
    }

    #[test]
    fn two_levels_spread_as_one() {
        let level = [1.00, 1.01, 1.02, 1.03, 1.04];
        let one = qn(&level).unwrap();
        let both: Vec<f64> = level.into_iter().chain(level.map(|v| v + 5.0)).collect();
        let two = qn(&both).unwrap();
        assert!(two < 3.0 * one && two > 0.0, "{one} {two}");
    }
}
