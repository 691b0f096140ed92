//! By what factor head lies above base where each round has both.
//!
//! The median of the Walsh averages (of each two differences, and of each with itself) is the
//! estimator of Hodges and Lehmann for pairs; its interval turns the signed-rank test of
//! Wilcoxon around (Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods" (2014),
//! sections 3.2 and 3.3). What a round does to both sides does not widen it.

use super::hodges_lehmann::Factor;
use super::{Interval, MIN_FOR_INTERVAL, normal};

/// Pairs up to which the distribution of the ranks' sum is counted out.
const MOST_EXACT: usize = 64;

/// The factor of logarithms of head / base, with its interval of the level `1 - alpha`; `None`
/// without a pair.
pub(super) fn factor(differences: &[f64], alpha: f64) -> Option<Factor> {
    let pairs = differences.len();
    let mut averages: Vec<f64> = (0..pairs)
        .flat_map(|one| (one..pairs).map(move |other| (one, other)))
        .map(|(one, other)| f64::midpoint(differences[one], differences[other]))
        .collect();
    averages.sort_unstable_by(f64::total_cmp);
    let all = averages.len();
    let middle = averages.get(all.checked_sub(1)? / 2)?;
    let estimate = f64::midpoint(*middle, averages[all / 2]).exp();
    let interval = outside(pairs, alpha).map(|outside| Interval {
        lower: averages[outside].exp(),
        upper: averages[all - 1 - outside].exp(),
        level: 1.0 - alpha,
    });
    Some(Factor { estimate, interval })
}

/// The fewest pairs that have an interval of this level.
pub(super) fn least_pairs(alpha: f64) -> usize {
    (MIN_FOR_INTERVAL..MOST_EXACT)
        .find(|pairs| outside(*pairs, alpha).is_some())
        .unwrap_or(MOST_EXACT)
}

/// How many averages lie outside the interval at each end: the largest count for which the sum
/// of the ranks is below it with a probability of at most `alpha / 2`.
fn outside(pairs: usize, alpha: f64) -> Option<usize> {
    if pairs < MIN_FOR_INTERVAL {
        return None;
    }
    let most = pairs * (pairs + 1) / 2;
    if pairs > MOST_EXACT {
        let count = pairs as f64;
        let deviation = (count * (count + 1.0) * (2.0 * count + 1.0) / 24.0).sqrt();
        let end = most as f64 / 2.0 - normal::upper_quantile(alpha / 2.0) * deviation - 0.5;
        return (end >= 0.0).then_some(end as usize);
    }
    // Each rank is in the sum or not, with a chance of one half.
    let mut chances = vec![0.0; most + 1];
    chances[0] = 1.0;
    for rank in 1..=pairs {
        for sum in (0..=most).rev() {
            let with = if sum >= rank {
                chances[sum - rank]
            } else {
                0.0
            };
            chances[sum] = f64::midpoint(chances[sum], with);
        }
    }
    let mut below = 0.0;
    let first = chances.iter().position(|chance| {
        below += chance;
        below > alpha / 2.0
    })?;
    first.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_values_of_another_implementation() {
        // Walsh averages and the sums of all 2^8 sets of ranks, counted out in Python.
        let differences = [0.10, 0.12, 0.07, 0.15, 0.09, 0.11, 0.20, 0.05];
        let found = factor(&differences, 0.05).unwrap();
        let interval = found.interval.unwrap();
        for (found, expected) in [
            (found.estimate.ln(), 0.1075),
            (interval.lower.ln(), 0.07),
            (interval.upper.ln(), 0.155),
        ] {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn the_ends_are_those_of_tables() {
        // Hollander, Wolfe and Chicken, table A.4, two-sided 5 %: averages left out at each end.
        for (pairs, expected) in [
            (5, None),
            (6, Some(0)),
            (8, Some(3)),
            (10, Some(8)),
            (20, Some(52)),
        ] {
            assert_eq!(outside(pairs, 0.05), expected, "{pairs}");
        }
        // The approximation goes on where counting ends.
        let (counted, near) = (outside(64, 0.05).unwrap(), outside(65, 0.05).unwrap());
        assert!((20..40).contains(&(near - counted)), "{counted} {near}");
    }

    #[test]
    fn what_a_round_does_to_both_sides_widens_nothing() {
        let found = factor(&[0.2; 6], 0.05).unwrap();
        let interval = found.interval.unwrap();
        assert!((found.estimate.ln() - 0.2).abs() < 1e-12);
        assert!((interval.upper - interval.lower).abs() < 1e-12);
        assert!(factor(&[], 0.05).is_none());
    }
}
