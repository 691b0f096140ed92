//! By what factor one set of samples lies above another.
//!
//! The median of the quotients of all pairs is the estimator of Hodges and Lehmann,
//! "Estimates of location based on rank tests", Annals of Mathematical Statistics 34
//! (1963), on the logarithms. Its interval turns the Mann-Whitney test around: it holds
//! the factors that the test, with head divided by them, does not reject (Hollander,
//! Wolfe and Chicken, "Nonparametric Statistical Methods" (2014), section 4.3).
//!
//! Why not the ratio of medians with a bootstrap: its interval covers as well, but it can
//! contradict the test, and it is wider (simulated with numpy, normal and log-normal alike:
//! by 2 % at 6 a side, 11 % at 10, 20 % at 20). This one covers at least its level where
//! the sides differ by a factor, whatever the distribution, and contains 1 if and only if
//! the test (no ties) finds nothing.

use super::normal;
use super::pair_ratios::PairRatios;
use super::rank_sums::RankSums;
use super::{Interval, MIN_FOR_INTERVAL, SampleSet};

/// A factor, head / base. Zeros among the samples can make it 0 or infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Factor {
    pub(super) estimate: f64,
    /// `None` where a side has fewer than [`MIN_FOR_INTERVAL`] samples.
    pub(super) interval: Option<Interval>,
}

/// The factor with its interval of the level `1 - alpha`; `None` where a sample is negative
/// or the middle lies between a zero and a division by zero.
pub(super) fn factor(base: &SampleSet, head: &SampleSet, alpha: f64) -> Option<Factor> {
    if base.min() < 0.0 || head.min() < 0.0 {
        return None;
    }
    let ratios = PairRatios::of(base.sorted(), head.sorted());
    let all = ratios.len();
    let middle = (all - 1) / 2;
    let low = ratios.select(middle);
    let high = if all % 2 == 1 {
        low
    } else {
        ratios.next(middle, low)
    };
    // The middle on the logarithms, so that head / base is one over base / head.
    let estimate = if low == high {
        low
    } else {
        low.sqrt() * high.sqrt()
    };
    if estimate.is_nan() {
        return None;
    }
    let interval = outside(base.len(), head.len(), alpha).map(|outside| Interval {
        lower: ratios.select(outside),
        upper: ratios.select(all - 1 - outside),
        level: 1.0 - alpha,
    });
    Some(Factor { estimate, interval })
}

/// How many of the quotients lie outside the interval at each end: the largest count for
/// which U is below it with a probability of at most `alpha / 2`.
fn outside(base: usize, head: usize, alpha: f64) -> Option<usize> {
    let fewer = base.min(head);
    if fewer < MIN_FOR_INTERVAL {
        return None;
    }
    let Some(sums) = RankSums::untied(fewer, base + head) else {
        let (base, head) = (base as f64, head as f64);
        let deviation = (base * head * (base + head + 1.0) / 12.0).sqrt();
        let end = base * head / 2.0 - normal::upper_quantile(alpha / 2.0) * deviation - 0.5;
        return (end >= 0.0).then_some(end as usize);
    };
    let least = fewer * (fewer + 1);
    let beyond = |u: &usize| sums.at_most(least + 2 * u) > alpha / 2.0;
    let first = (0..=base * head).find(beyond)?;
    first.checked_sub(1)
}

#[cfg(test)]
mod tests;
