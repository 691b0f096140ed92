//! What a comparison says, and why.

use super::hodges_lehmann::Factor;
use super::mann_whitney::MIN_FOR_TEST;
use super::{Direction, Interval, MIN_FOR_INTERVAL, SampleSet};

/// The change, as a factor in either direction, up to which two values count as the same.
/// `0.05` lets 1.05 times as much pass and 1 / 1.05 times: so head against base and base
/// against head give mirrored verdicts, and a threshold of 1 or more has a meaning both ways.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Threshold {
    relative: f64,
    /// A difference of exact values that counts as the same, as far as it is a small share.
    least: f64,
}

impl Threshold {
    /// Any difference counts.
    pub const NONE: Self = Self {
        relative: 0.0,
        least: 0.0,
    };

    /// 0.1 %: for exact metrics. The same source built twice differs by some bytes: times in
    /// headers, what a compressor makes of them.
    pub const EXACT: Self = Self {
        relative: 0.001,
        least: 0.0,
    };

    /// 5 %: for timed metrics.
    pub const TIMED: Self = Self {
        relative: 0.05,
        least: 0.0,
    };

    /// A relative change; `None` where it is negative or not finite.
    pub fn of(relative: f64) -> Option<Self> {
        (relative.is_finite() && relative >= 0.0).then_some(Self {
            relative,
            least: 0.0,
        })
    }

    /// The largest factor that passes.
    pub fn factor(self) -> f64 {
        1.0 + self.relative
    }

    /// The same, and a difference of exact values of up to `least`, in their base unit, passes
    /// too. A threshold of none stays one.
    pub fn or_at_least(self, least: f64) -> Self {
        match self == Self::NONE {
            true => self,
            false => Self { least, ..self },
        }
    }

    /// Whether exact values as far apart as `low` and `high` count as different, where values
    /// of one side are up to `spread` apart.
    pub(super) fn is_beyond(self, low: f64, high: f64, spread: f64) -> bool {
        // A product and not a quotient: a threshold of none compares the values themselves.
        let differs = high > low * self.factor();
        match self == Self::NONE {
            true => differs,
            false => differs && high - low > spread.max(self.least.min(low * MOST_OF_LEAST)),
        }
    }
}

/// The share up to which a difference counts as the same for its small size alone.
const MOST_OF_LEAST: f64 = 0.005;

/// What a comparison says of head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Better than base, by more than the threshold.
    Better,
    /// Within the threshold of base: shown, not merely not refuted.
    Same,
    /// Worse than base, by more than the threshold.
    Worse,
    /// The samples show neither.
    Inconclusive,
}

/// The reason for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerdictReason {
    /// Better, worse: the whole interval lies beyond the threshold.
    IntervalBeyond,
    /// Better, worse: the estimate lies beyond the threshold, and interval and test exclude
    /// that nothing changed. How much it changed may be less than the threshold.
    EstimateBeyond,
    /// Same: the whole interval lies within the threshold.
    IntervalWithin,
    /// Better, worse: exact values differ by more than the threshold.
    Differ,
    /// Same: exact values are equal.
    Equal,
    /// Same: exact values differ by no more than the threshold.
    WithinThreshold,
    /// Inconclusive: exact values differ within a side, by as much as the sides differ.
    RangesOverlap,
    /// Inconclusive: a side has fewer than [`MIN_FOR_TEST`] samples.
    TooFewForTest,
    /// Inconclusive: a side has fewer than [`MIN_FOR_INTERVAL`] samples.
    TooFewForInterval,
    /// Inconclusive: a quotient of these samples has no meaning (negative values, or half
    /// zeros and half divisions by zero).
    NoRatio,
    /// Inconclusive: the estimate lies within the threshold and the interval does not.
    IntervalTooWide,
    /// Inconclusive: the estimate lies beyond the threshold, but it may be chance.
    MaybeChance,
    /// Inconclusive: fewer than half as many samples as the earlier runs have.
    FewerSamples,
    /// As [`VerdictReason::MaybeChance`], and with so few rounds no difference is too large for
    /// chance at this level: it takes more of them.
    TooFewRounds,
}

/// The evidence for or against a change of a timed metric.
pub(super) struct TimedEvidence {
    pub(super) sizes: (usize, usize),
    pub(super) factor: Option<Factor>,
    pub(super) adjusted_p: Option<f64>,
    /// The smallest p that there is with so many rounds.
    pub(super) least_p: Option<f64>,
    pub(super) alpha: f64,
}

/// The verdict on a timed metric.
pub(super) fn judge(
    evidence: &TimedEvidence,
    threshold: Threshold,
    direction: Direction,
) -> (Verdict, VerdictReason) {
    let inconclusive = |reason| (Verdict::Inconclusive, reason);
    let (base, head) = evidence.sizes;
    if base.min(head) < MIN_FOR_TEST {
        return inconclusive(VerdictReason::TooFewForTest);
    }
    if base.min(head) < MIN_FOR_INTERVAL {
        return inconclusive(VerdictReason::TooFewForInterval);
    }
    let Some(factor) = evidence.factor else {
        return inconclusive(VerdictReason::NoRatio);
    };
    // At a very small alpha even all quotients together are no interval.
    let Some(interval) = factor.interval else {
        return inconclusive(VerdictReason::TooFewRounds);
    };
    let gates = Gates {
        unlikely: evidence.adjusted_p.is_some_and(|p| p <= evidence.alpha),
        hopeless: evidence.least_p.is_none_or(|p| p > evidence.alpha),
    };
    decide(factor.estimate, interval, gates, threshold, direction)
}

/// What the test of a family says of one of its members.
pub(super) struct Gates {
    /// Chance alone would hardly have given it.
    pub(super) unlikely: bool,
    /// No samples of this number could have shown it.
    pub(super) hopeless: bool,
}

/// The verdict on a factor: effect by the estimate, evidence by interval and test.
pub(super) fn decide(
    estimate: f64,
    interval: Interval,
    gates: Gates,
    threshold: Threshold,
    direction: Direction,
) -> (Verdict, VerdictReason) {
    let inconclusive = |reason| (Verdict::Inconclusive, reason);
    let (low, high) = (1.0 / threshold.factor(), threshold.factor());
    if low <= interval.lower && interval.upper <= high {
        return (Verdict::Same, VerdictReason::IntervalWithin);
    }
    if low <= estimate && estimate <= high {
        return inconclusive(VerdictReason::IntervalTooWide);
    }
    let excluded = interval.upper < 1.0 || interval.lower > 1.0;
    if !(gates.unlikely && excluded) {
        return inconclusive(if gates.hopeless {
            VerdictReason::TooFewRounds
        } else {
            VerdictReason::MaybeChance
        });
    }
    let beyond = interval.upper < low || interval.lower > high;
    let reason = if beyond {
        VerdictReason::IntervalBeyond
    } else {
        VerdictReason::EstimateBeyond
    };
    (change(estimate > 1.0, direction), reason)
}

/// The verdict on an exact metric. A side that has a spread stands for all from its least
/// to its largest value, and no difference counts that is within the spread of a side.
pub(super) fn judge_exact(
    base: &SampleSet,
    head: &SampleSet,
    threshold: Threshold,
    direction: Direction,
) -> (Verdict, VerdictReason) {
    let spreads = [base.max() - base.min(), head.max() - head.min()];
    let (narrow, spread) = (spreads[0].min(spreads[1]), spreads[0].max(spreads[1]));
    let (least, most) = (base.min().min(head.min()), base.max().max(head.max()));
    if base.min() == head.max() && base.max() == head.min() {
        (Verdict::Same, VerdictReason::Equal)
    } else if threshold.is_beyond(base.max(), head.min(), spread) {
        (change(true, direction), VerdictReason::Differ)
    } else if threshold.is_beyond(head.max(), base.min(), spread) {
        (change(false, direction), VerdictReason::Differ)
    } else if !threshold.is_beyond(least, most, narrow) {
        (Verdict::Same, VerdictReason::WithinThreshold)
    } else {
        (Verdict::Inconclusive, VerdictReason::RangesOverlap)
    }
}

pub(super) fn change(up: bool, direction: Direction) -> Verdict {
    match (up, direction) {
        (true, Direction::Higher) | (false, Direction::Lower) => Verdict::Better,
        (true, Direction::Lower) | (false, Direction::Higher) => Verdict::Worse,
    }
}
