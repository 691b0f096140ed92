//! Two runs: one comparison for each pair of sets, judged as a family.
//!
//! A verdict needs effect and evidence. A timed metric is better or worse only if its
//! factor ([`super::hodges_lehmann`]) lies beyond the threshold, its interval excludes that
//! nothing changed, and so does the Mann-Whitney test after Holm's adjustment over all tests
//! of the family. It is the same only if the whole interval lies within the threshold.
//! Exact metrics are compared exactly and take no part in the family.

use super::hodges_lehmann::{Factor, factor};
use super::mann_whitney::{MannWhitney, mann_whitney};
use super::verdict::{Evidence, Grounds, Threshold, Verdict, judge, judge_exact};
use super::{Direction, Interval, Kind, SampleSet, holm};
use crate::units::Ratio;

/// The level of the tests, and of what an interval leaves out.
pub const ALPHA: f64 = 0.05;

/// One metric of one case in both runs.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// What it is compared with.
    pub base: &'a SampleSet,
    /// What is compared.
    pub head: &'a SampleSet,
    /// Exact or timed.
    pub kind: Kind,
    /// Which way is better.
    pub direction: Direction,
    /// What counts as the same.
    pub threshold: Threshold,
}

/// What is said of one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// What it comes to.
    pub verdict: Verdict,
    /// Why.
    pub grounds: Grounds,
    /// Samples of base.
    pub n_base: usize,
    /// Samples of head.
    pub n_head: usize,
    /// Head / base: of a timed metric the middle of the quotients of all pairs of samples,
    /// of an exact one that of the lower middles. `None` where that divides by zero.
    pub effect: Option<Ratio>,
    /// The interval of the effect; `None` below 6 samples a side, for exact metrics, and
    /// where an end is a division by zero.
    pub interval: Option<Interval>,
    /// The test; `None` below 4 samples a side and for exact metrics.
    pub test: Option<MannWhitney>,
    /// Its p value, adjusted over the family.
    pub adjusted_p: Option<f64>,
    /// Whether an exact metric differs within a side: a warning.
    pub spread: bool,
}

/// Compares all pairs of a run as one family, in their order. `alpha` is the level of the
/// tests after the adjustment, and each interval's is `1 - alpha`.
pub fn compare(pairs: &[Pair<'_>], alpha: f64) -> Vec<Comparison> {
    let measured: Vec<_> = pairs.iter().map(|pair| Measured::of(pair, alpha)).collect();
    let p_values: Vec<_> = measured
        .iter()
        .map(|measured| measured.test.map(|test| test.p))
        .collect();
    let adjusted = holm::holm(&p_values);
    let tests = p_values.iter().flatten().count();
    pairs
        .iter()
        .zip(measured)
        .zip(adjusted)
        .map(|((pair, measured), adjusted_p)| match pair.kind {
            Kind::Exact => exact(pair),
            Kind::Timed => {
                let evidence = Evidence {
                    sizes: (pair.base.len(), pair.head.len()),
                    factor: measured.factor,
                    adjusted_p,
                    tests,
                    alpha,
                };
                timed(pair, measured.test, &evidence)
            }
        })
        .collect()
}

/// What is known of a pair before the family is.
struct Measured {
    test: Option<MannWhitney>,
    factor: Option<Factor>,
}

impl Measured {
    fn of(pair: &Pair<'_>, alpha: f64) -> Self {
        match pair.kind {
            Kind::Exact => Self {
                test: None,
                factor: None,
            },
            Kind::Timed => Self {
                test: mann_whitney(pair.base, pair.head),
                factor: factor(pair.base, pair.head, alpha),
            },
        }
    }
}

fn timed(pair: &Pair<'_>, test: Option<MannWhitney>, evidence: &Evidence) -> Comparison {
    let (verdict, grounds) = judge(evidence, pair.threshold, pair.direction);
    let factor = evidence.factor;
    Comparison {
        verdict,
        grounds,
        n_base: pair.base.len(),
        n_head: pair.head.len(),
        effect: factor.and_then(|factor| Ratio::of(factor.estimate, 1.0)),
        interval: factor
            .and_then(|factor| factor.interval)
            .filter(|interval| interval.upper.is_finite()),
        test,
        adjusted_p: evidence.adjusted_p,
        spread: false,
    }
}

fn exact(pair: &Pair<'_>) -> Comparison {
    let (base, head) = (pair.base, pair.head);
    let (verdict, grounds) = judge_exact(base, head, pair.threshold, pair.direction);
    let middle = |set: &SampleSet| set.sorted()[(set.len() - 1) / 2];
    Comparison {
        verdict,
        grounds,
        n_base: base.len(),
        n_head: head.len(),
        effect: Ratio::of(middle(head), middle(base)),
        interval: None,
        test: None,
        adjusted_p: None,
        spread: base.min() < base.max() || head.min() < head.max(),
    }
}

#[cfg(test)]
mod tests;
