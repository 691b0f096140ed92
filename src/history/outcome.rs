//! What is found of a trend: changes of level, the outcome of the newest run, drift.

use crate::stats::{Interval, Verdict, VerdictReason};
use crate::units::{Count, Quantity, Ratio};

/// A change of level between two comparable runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrendChange {
    /// The index of the first point of the new level.
    pub at: usize,
    /// The index of the last point of the old level.
    pub after: usize,
    /// The median of the old level.
    pub before: Quantity,
    /// The median of the new level.
    pub now: Quantity,
    /// New / old.
    pub effect: Option<Ratio>,
    /// The probability of such a change by chance, over all positions; `None` for exact metrics.
    pub p: Option<f64>,
    /// Whether it is an improvement.
    pub better: bool,
}

/// The baseline of the newest run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrendBaseline {
    /// The median of the medians; for an exact metric the lower of the middle two.
    pub value: Quantity,
    /// The number of runs.
    pub runs: usize,
}

/// A verdict with its figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: VerdictReason,
    /// Newest / baseline.
    pub effect: Option<Ratio>,
    /// The 95 % interval of the factor; `None` for exact metrics and for few runs.
    pub interval: Option<Interval>,
    /// The p value of the distance, adjusted over all trends.
    pub adjusted_p: Option<f64>,
}

/// The outcome of the newest point.
#[derive(Debug, Clone, PartialEq)]
pub enum TrendOutcome<'a> {
    /// There are runs to compare with.
    Judged(Judgement),
    /// It has less than half as many samples as earlier runs, so their spread does not apply to
    /// it.
    Thin {
        /// Newest / baseline.
        effect: Option<Ratio>,
        /// Its samples.
        n: Count,
        /// The samples of the median earlier run.
        usual: Count,
    },
    /// It failed in at least one round, and earlier runs did not.
    Broke {
        /// Why.
        reason: &'a str,
    },
    /// It works, and earlier runs failed.
    Fixed {
        /// Why they did.
        reason: &'a str,
    },
    /// It failed, as did earlier runs.
    Failing {
        /// Why.
        reason: &'a str,
    },
    /// There are earlier runs, but none is comparable.
    NotComparable,
    /// It is the first run.
    First,
    /// The newest run of its scenario lacks it.
    Past,
}

/// The word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrendStanding {
    /// Worse than the baseline, or it fails now.
    Worse,
    /// Better, or it works again.
    Better,
    /// The runs are inconclusive.
    Inconclusive,
    /// It fails, as earlier runs did.
    Failing,
    /// Nothing comparable.
    NotComparable,
    /// Like the baseline.
    Same,
    /// The first run of its kind.
    First,
    /// Not in the newest run.
    Past,
}

impl TrendStanding {
    /// All, in display order.
    pub const ALL: [Self; 8] = [
        Self::Worse,
        Self::Better,
        Self::Inconclusive,
        Self::Failing,
        Self::NotComparable,
        Self::Same,
        Self::First,
        Self::Past,
    ];

    /// The word in all formats.
    pub fn word(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Inconclusive => "inconclusive",
            Self::Failing => "still fails",
            Self::NotComparable => "not comparable",
            Self::Same => "same",
            Self::First => "first",
            Self::Past => "not in the newest run",
        }
    }

    /// The standing of a verdict.
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Worse => Self::Worse,
            Verdict::Better => Self::Better,
            Verdict::Same => Self::Same,
            Verdict::Inconclusive => Self::Inconclusive,
        }
    }
}

impl TrendOutcome<'_> {
    /// The word for it.
    pub fn standing(&self) -> TrendStanding {
        match self {
            Self::Judged(judgement) => TrendStanding::of(judgement.verdict),
            Self::Thin { .. } => TrendStanding::Inconclusive,
            Self::Broke { .. } => TrendStanding::Worse,
            Self::Fixed { .. } => TrendStanding::Better,
            Self::Failing { .. } => TrendStanding::Failing,
            Self::NotComparable => TrendStanding::NotComparable,
            Self::First => TrendStanding::First,
            Self::Past => TrendStanding::Past,
        }
    }
}

/// The drift between the first and the last runs of an era.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Last / first: for a timed metric the median ratio of all pairs of runs, for an exact one
    /// the ratio of the lower medians.
    pub effect: Option<Ratio>,
    /// The number of runs on each side.
    pub runs: usize,
    /// The verdict, as for two runs with these runs as samples.
    pub verdict: Verdict,
}
