//! Two sides: one comparison for each pair of sets, judged as a family.
//!
//! A verdict needs effect and evidence. A timed metric is better or worse only if its
//! factor ([`super::hodges_lehmann`]) lies beyond the threshold, its interval excludes that
//! nothing changed, and so does the joint test of the family ([`super::joint`]). It is the
//! same only if the whole interval lies within the threshold. Exact metrics are compared
//! exactly and take no part in the family.

use super::hodges_lehmann::{Factor, factor};
use super::joint::{self, Candidate, Design, JointTest, Tested};
use super::signed_ranks;
use super::summary::Level;
use super::verdict::{Threshold, TimedEvidence, Verdict, VerdictReason, judge, judge_exact};
use super::{Direction, Interval, Kind, MIN_FOR_INTERVAL, SampleSet};
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
    /// Pairs of the same metric: their spreads inform each other.
    pub group: usize,
}

/// What is said of one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// What it comes to.
    pub verdict: Verdict,
    /// Why.
    pub reason: VerdictReason,
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
    /// How likely chance alone gives so large a difference of this metric; `None` below 4
    /// rounds a side and for exact metrics.
    pub p: Option<f64>,
    /// The same for the largest difference in the family.
    pub adjusted_p: Option<f64>,
    /// What these rounds could show of it; `None` where there is no test.
    pub power: Option<Power>,
    /// Whether an exact metric differs within a side: a warning.
    pub spread: bool,
}

/// What the rounds of a comparison can show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// The factor that these rounds find in four of five comparisons, from their spread, the
    /// threshold and the size of the family. `None` where so few rounds can show nothing.
    pub detectable: Option<Ratio>,
    /// Of an open verdict: rounds a side after which it is to be expected, if spread and
    /// effect stay as they are. `None` where more than 10 000 would be needed.
    pub rounds_to_settle: Option<usize>,
}

/// Compares all pairs as one family, in their order. Each interval is of the level
/// `1 - alpha` of the test.
pub fn compare(pairs: &[Pair<'_>], test: &JointTest) -> Vec<Comparison> {
    let of_kind = |pair: &&Pair<'_>| pair.kind == Kind::Timed;
    let timed_pairs = pairs.iter().filter(of_kind);
    let family: Vec<_> = timed_pairs
        .map(|pair| Candidate {
            base: pair.base,
            head: pair.head,
            direction: pair.direction,
            group: pair.group,
        })
        .collect();
    let mut tested = joint::test(&family, test).into_iter();
    pairs
        .iter()
        .map(|pair| match pair.kind {
            Kind::Exact => exact(pair),
            Kind::Timed => timed(pair, tested.next().flatten(), test),
        })
        .collect()
}

fn timed(pair: &Pair<'_>, tested: Option<Tested>, test: &JointTest) -> Comparison {
    let alpha = test.alpha;
    let (sizes, factor) = match test.design {
        Design::Independent => (
            (pair.base.len(), pair.head.len()),
            factor(pair.base, pair.head, alpha),
        ),
        Design::Paired => {
            let pairs = joint::paired_logarithms(pair.base, pair.head).unwrap_or_default();
            let factor = signed_ranks::factor(&pairs, alpha);
            ((pairs.len(), pairs.len()), factor)
        }
    };
    let evidence = TimedEvidence {
        sizes,
        factor,
        adjusted_p: tested.map(|tested| tested.adjusted_p),
        least_p: tested.map(|tested| tested.least_p),
        alpha,
    };
    let (verdict, reason) = judge(&evidence, pair.threshold, pair.direction);
    Comparison {
        verdict,
        reason,
        n_base: pair.base.len(),
        n_head: pair.head.len(),
        effect: factor.and_then(|factor| Ratio::of(factor.estimate, 1.0)),
        interval: factor
            .and_then(|factor| factor.interval)
            .filter(|interval| interval.upper.is_finite()),
        p: tested.map(|tested| tested.p),
        adjusted_p: evidence.adjusted_p,
        power: tested.map(|tested| power(pair, &tested, factor, verdict, test)),
        spread: false,
    }
}

/// The fewest rounds a side, or pairs, with which a verdict is possible.
pub fn least_rounds(design: Design, alpha: f64) -> usize {
    match design {
        Design::Independent => MIN_FOR_INTERVAL,
        Design::Paired => signed_ranks::least_pairs(alpha),
    }
}

fn power(
    pair: &Pair<'_>,
    tested: &Tested,
    factor: Option<Factor>,
    verdict: Verdict,
    test: &JointTest,
) -> Power {
    let precision = &tested.precision;
    let threshold = pair.threshold.factor().ln();
    let can_show = tested.least_worse_p <= test.alpha
        && factor.is_some_and(|factor| factor.interval.is_some());
    let open = factor.filter(|factor| {
        verdict == Verdict::Inconclusive && factor.estimate > 0.0 && factor.estimate.is_finite()
    });
    Power {
        detectable: precision
            .detectable(threshold)
            .filter(|_| can_show)
            .and_then(|factor| Ratio::of(factor, 1.0)),
        rounds_to_settle: open
            .and_then(|factor| precision.rounds_to_settle(factor.estimate.ln(), threshold))
            .map(|rounds| rounds.max(least_rounds(test.design, test.alpha))),
    }
}

fn exact(pair: &Pair<'_>) -> Comparison {
    let (base, head) = (pair.base, pair.head);
    let (verdict, reason) = judge_exact(base, head, pair.threshold, pair.direction);
    let middle = |set: &SampleSet| Level::of(set, Kind::Exact).median;
    Comparison {
        verdict,
        reason,
        n_base: base.len(),
        n_head: head.len(),
        effect: Ratio::of(middle(head), middle(base)),
        interval: None,
        p: None,
        adjusted_p: None,
        power: None,
        spread: base.min() < base.max() || head.min() < head.max(),
    }
}

#[cfg(test)]
mod tests;
