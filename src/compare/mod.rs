//! Compares two runs: improvements and regressions, their certainty, and their causes.
//!
//! Pure. Cases are matched by id and metrics by link. The verdicts are those of
//! [`crate::stats::compare`], over all comparable metrics of both runs as one family. A pair that
//! cannot be compared is reported with the [`Rule`] that prevents it.

mod app_cases;
mod budget;
mod cause;
mod conditions;
mod rule;
mod series;
mod sides;
mod traits;
mod unmatched;

use std::collections::BTreeSet;

pub(crate) use budget::threshold_of;
pub use budget::{
    Baselines, BudgetLine, BudgetOutcome, Evidence, check, concerned, tightest_limit, unlike,
};
pub use cause::{Cause, causes};
pub use conditions::{caveats, unfinished};
pub use rule::{Difference, Rule};
pub use sides::{Side, side_of, terms_of};
pub use traits::{CaseTraits, RunTraits};
pub use unmatched::{UnmatchedBudget, unmatched};

use crate::record::{AbRecord, CaseId, CaseRecord, Disposition, Kind, Link, Metric, RunRecord};
use crate::stats::{self, ALPHA, Design, JointTest, Pair, Threshold, Verdict};
use crate::units::Quantity;
use app_cases::apps;
use series::SeriesSamples;

/// The settings of a comparison.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The change of a timed metric up to which it counts as the same.
    pub timed: Threshold,
    /// The same for an exact metric.
    pub exact: Threshold,
    /// Waived rules.
    pub waived: BTreeSet<Rule>,
    /// The compared metrics; all if empty.
    pub metrics: BTreeSet<Metric>,
    /// The level of the joint test and of the intervals.
    pub alpha: f64,
    /// How the rounds of base and head are paired.
    pub design: Design,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            timed: Threshold::TIMED,
            exact: Threshold::EXACT,
            waived: BTreeSet::new(),
            metrics: BTreeSet::new(),
            alpha: ALPHA,
            design: Design::Independent,
        }
    }
}

impl Terms {
    fn admit(&self, metric: Metric) -> bool {
        self.metrics.is_empty() || self.metrics.contains(&metric)
    }

    /// The differences that are not waived.
    fn in_force(&self, mut found: Vec<Difference>) -> Vec<Difference> {
        found.retain(|difference| !self.waived.contains(&difference.rule));
        found
    }
}

/// The comparison of two runs.
#[derive(Debug, Clone)]
pub struct RunComparison<'a> {
    /// The baseline run.
    pub base: &'a RunRecord,
    /// The compared run.
    pub head: &'a RunRecord,
    /// The settings.
    pub terms: Terms,
    /// Differences between the runs as a whole.
    pub differences: Vec<Difference>,
    /// Each metric of each case in both runs, in the order of head.
    pub lines: Vec<Line<'a>>,
    /// Cases that only base has.
    pub gone: Vec<&'a CaseId>,
    /// Cases that only head has.
    pub new: Vec<&'a CaseId>,
}

/// One metric of one case in both runs.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    /// The case.
    pub case: &'a CaseId,
    /// The metric.
    pub metric: Metric,
    /// The link, for a metric over a link.
    pub link: Option<Link>,
    /// The median of base's samples, if there are any.
    pub base: Option<Quantity>,
    /// The median of head's samples.
    pub head: Option<Quantity>,
    /// The outcome.
    pub outcome: LineOutcome<'a>,
}

/// The outcome of a line.
#[derive(Debug, Clone)]
pub enum LineOutcome<'a> {
    /// Both sides have comparable samples.
    Judged(stats::Comparison),
    /// It worked in base and fails in head, in all or some rounds.
    Broke {
        /// Why.
        reason: &'a str,
    },
    /// It failed in base and works in head.
    Fixed {
        /// Why it failed.
        reason: &'a str,
    },
    /// It fails in head as head's scenario expects.
    Expected {
        /// The failure.
        reason: &'a str,
    },
    /// It has a value in base and none in head, without a recorded failure.
    NotMeasured {
        /// The reason that head records.
        reason: &'a str,
    },
    /// The two sides are not comparable.
    NotComparable(Vec<Difference>),
}

/// The short form of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Head is worse or fails.
    Worse,
    /// Head is better, or works again.
    Better,
    /// The samples are inconclusive.
    Inconclusive,
    /// The two sides are not comparable.
    NotComparable,
    /// Head is like base, or fails as its scenario expects.
    Same,
}

impl Standing {
    /// All, in display order.
    pub const ALL: [Self; 5] = [
        Self::Worse,
        Self::Better,
        Self::Inconclusive,
        Self::NotComparable,
        Self::Same,
    ];

    /// The word in all formats.
    pub fn word(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Inconclusive => "inconclusive",
            Self::NotComparable => "not comparable",
            Self::Same => "same",
        }
    }
}

impl Line<'_> {
    /// The standing of the outcome.
    pub fn standing(&self) -> Standing {
        match &self.outcome {
            LineOutcome::Broke { .. } => Standing::Worse,
            LineOutcome::Fixed { .. } => Standing::Better,
            LineOutcome::Expected { .. } => Standing::Same,
            LineOutcome::NotMeasured { .. } => Standing::Inconclusive,
            LineOutcome::NotComparable(_) => Standing::NotComparable,
            LineOutcome::Judged(comparison) => match comparison.verdict {
                Verdict::Worse => Standing::Worse,
                Verdict::Better => Standing::Better,
                Verdict::Same => Standing::Same,
                Verdict::Inconclusive => Standing::Inconclusive,
            },
        }
    }

    /// Whether it is inconclusive with an estimate beyond the threshold or without one, so that
    /// more rounds may show a change.
    pub fn may_matter(&self, terms: &Terms) -> bool {
        let judged = match &self.outcome {
            LineOutcome::Judged(judged) => judged,
            LineOutcome::NotMeasured { .. } => return true,
            _ => return false,
        };
        let factor = terms.timed.factor();
        let is_small = judged.effect.is_some_and(|effect| {
            self.metric.kind() == Kind::Timed && (1.0 / factor..=factor).contains(&effect.get())
        });
        judged.verdict == Verdict::Inconclusive && !is_small
    }

    /// The size of the change in either direction: the absolute logarithm of the factor. A
    /// failure is the largest change.
    pub fn distance(&self) -> f64 {
        match &self.outcome {
            LineOutcome::Judged(comparison) => match comparison.effect {
                Some(effect) if effect.get() > 0.0 => effect.get().ln().abs(),
                _ => f64::MAX,
            },
            LineOutcome::Broke { .. } | LineOutcome::Fixed { .. } => f64::MAX,
            LineOutcome::Expected { .. }
            | LineOutcome::NotMeasured { .. }
            | LineOutcome::NotComparable(_) => 0.0,
        }
    }
}

impl RunComparison<'_> {
    /// The number of lines with this standing.
    pub fn count(&self, standing: Standing) -> usize {
        let lines = self.lines.iter();
        lines.filter(|line| line.standing() == standing).count()
    }

    /// Whether a case is on one side only, so that it is not compared.
    pub fn has_one_sided(&self) -> bool {
        !self.gone.is_empty() || !self.new.is_empty()
    }
}

impl<'a> RunComparison<'a> {
    /// The same with the variants that an A/B run did not measure because one side lacks them.
    pub fn with_one_sided(mut self, ab: &'a AbRecord) -> Self {
        self.gone.extend(&ab.only_base);
        self.new.extend(&ab.only_head);
        self
    }
}

/// Compares head with base.
pub fn compare<'a>(base: &'a RunRecord, head: &'a RunRecord, terms: Terms) -> RunComparison<'a> {
    let differences = traits::between(base, head);
    let (old, new) = (series::of_run(base), series::of_run(head));
    let mut lines = Vec::new();
    let mut judged = Vec::new();
    for case in apps(head) {
        let Some(before) = apps(base).find(|before| before.id == case.id) else {
            continue;
        };
        let unlike = terms.in_force(traits::between_cases((base, before), (head, case)));
        for key in series::keys(&old, &new, &case.id) {
            let (metric, link) = (key.1, key.2);
            if !terms.admit(metric) {
                continue;
            }
            let touched = unlike
                .iter()
                .filter(|difference| difference.touches(metric))
                .cloned()
                .collect();
            let both = Both {
                cases: [before, case],
                series: [old.get(&key), new.get(&key)],
                metric,
            };
            let Some(outcome) = both.outcome(touched) else {
                continue;
            };
            let [base, head] = both.sets();
            let comparable = matches!(&outcome, LineOutcome::NotComparable(why) if why.is_empty());
            if let (true, Some(base), Some(head)) = (comparable, base, head) {
                judged.push((lines.len(), pair(metric, base, head, &terms)));
            }
            let [base, head] = both.middles();
            let line = Line {
                case: &case.id,
                metric,
                link,
                base,
                head,
                outcome,
            };
            lines.push(line);
        }
    }
    let test = JointTest {
        alpha: terms.alpha,
        seed: seed_of(base, head),
        design: terms.design,
    };
    judge(&mut lines, &judged, &test);
    RunComparison {
        base,
        head,
        differences,
        lines,
        gone: only_in(base, head),
        new: only_in(head, base),
        terms,
    }
}

/// All comparisons as one family, each with the index of its line.
fn judge(lines: &mut [Line<'_>], judged: &[(usize, Pair<'_>)], test: &JointTest) {
    let pairs: Vec<Pair<'_>> = judged.iter().map(|(_, pair)| *pair).collect();
    for ((at, _), comparison) in judged.iter().zip(stats::compare(&pairs, test)) {
        lines[*at].outcome = LineOutcome::Judged(comparison);
    }
}

/// The cases that only one run has.
fn only_in<'a>(run: &'a RunRecord, other: &RunRecord) -> Vec<&'a CaseId> {
    apps(run)
        .map(|case| &case.id)
        .filter(|id| apps(other).all(|case| case.id != **id))
        .collect()
}

fn pair<'s>(
    metric: Metric,
    base: &'s stats::SampleSet,
    head: &'s stats::SampleSet,
    terms: &Terms,
) -> Pair<'s> {
    let kind = metric.kind();
    Pair {
        base,
        head,
        kind,
        direction: metric.direction(),
        threshold: match kind {
            Kind::Timed => terms.timed,
            Kind::Exact => exact_threshold(metric, terms.exact),
        },
        group: metric as usize,
    }
}

/// The difference in packed bytes that counts as the same. The same tree packed twice has
/// different times in its headers: up to 4.4 kB in the committed runs. For small images the
/// tolerance is smaller: [`Threshold::or_at_least`].
const COMPRESSED_BYTES: f64 = 8192.0;

/// The threshold of an exact metric; `wanted` is the general one.
pub(crate) fn exact_threshold(metric: Metric, wanted: Threshold) -> Threshold {
    match metric {
        Metric::SizeTransfer
        | Metric::PushBytes
        | Metric::PullColdBytes
        | Metric::PullBaseBytes
        | Metric::PullUpdateBytes
            // An explicit threshold is used unchanged.
            if wanted == Threshold::EXACT =>
        {
            wanted.or_at_least(COMPRESSED_BYTES)
        }
        _ => wanted,
    }
}

/// The seed of the resampling in comparisons.
pub(crate) fn seed_of(base: &RunRecord, head: &RunRecord) -> u64 {
    base.plan.seed.rotate_left(1) ^ head.plan.seed
}

/// A metric of a case in both runs, base first.
struct Both<'a, 's> {
    cases: [&'a CaseRecord; 2],
    series: [Option<&'s SeriesSamples<'a>>; 2],
    metric: Metric,
}

impl<'a, 's> Both<'a, 's> {
    /// The samples. Rule 1: a failed case has no number, even if it has samples.
    fn sets(&self) -> [Option<&'s stats::SampleSet>; 2] {
        let of = |side: usize| works(self.cases[side], self.series[side]);
        [of(0), of(1)]
    }

    fn middles(&self) -> [Option<Quantity>; 2] {
        let sets = self.sets();
        let of = |side: usize| {
            sets[side]
                .and(self.series[side])
                .and_then(|series| series.middle(self.metric))
        };
        [of(0), of(1)]
    }

    /// A failure of one side that its scenario does not expect.
    fn fresh(&self, side: usize) -> Option<&'a str> {
        let (case, metric) = (self.cases[side], self.metric);
        let reason = self.series[side].and_then(|series| series.failure(case, metric));
        reason.filter(|reason| case.expects(metric, reason).is_none())
    }

    /// The failure of head that base does not have, or has less often.
    fn broke(&self) -> Option<&'a str> {
        self.fresh(1).filter(|_| {
            let [old, new] = self.series;
            let more = new
                .zip(old)
                .is_some_and(|(new, old)| new.fails_more(old, self.cases, self.metric));
            more || self.fresh(0).is_none()
        })
    }

    /// The outcome if it needs no statistics; an empty "not comparable" means that it is judged.
    fn outcome(&self, touched: Vec<Difference>) -> Option<LineOutcome<'a>> {
        let ([before, case], metric, [old, new]) = (self.cases, self.metric, self.series);
        match self.sets() {
            [Some(_), Some(_)] => Some(match self.broke() {
                Some(reason) => LineOutcome::Broke { reason },
                None => LineOutcome::NotComparable(touched),
            }),
            [Some(_), None] => match reason_of(case, metric, new) {
                Some(reason) => Some(failure(case, metric, reason)),
                // Without a reason, the run did not measure it.
                None => absence(case, new).map(|reason| LineOutcome::NotMeasured { reason }),
            },
            [None, Some(_)] => {
                let reason = reason_of(before, metric, old);
                reason.map(|reason| LineOutcome::Fixed { reason })
            }
            [None, None] => None,
        }
    }
}

/// The samples of a case that did not fail as a whole.
fn works<'s>(
    case: &CaseRecord,
    series: Option<&'s SeriesSamples<'_>>,
) -> Option<&'s stats::SampleSet> {
    match case.disposition {
        Disposition::Failed { .. } => None,
        _ => series?.set(),
    }
}

/// A failure of head: worse, unless its scenario expects it.
fn failure<'a>(case: &CaseRecord, metric: Metric, reason: &'a str) -> LineOutcome<'a> {
    match case.expects(metric, reason) {
        Some(_) => LineOutcome::Expected { reason },
        None => LineOutcome::Broke { reason },
    }
}

/// Why a metric that did not fail has no value.
fn absence<'a>(case: &'a CaseRecord, series: Option<&SeriesSamples<'a>>) -> Option<&'a str> {
    match &case.disposition {
        Disposition::NotAvailable { reason } | Disposition::NotApplicable { reason } => {
            Some(reason)
        }
        Disposition::Pending => Some("not visited yet"),
        Disposition::Qualified | Disposition::Failed { .. } => series?.absence(),
    }
}

/// Why a case, or a metric of it, has no value: only a failure counts.
fn reason_of<'a>(
    case: &'a CaseRecord,
    metric: Metric,
    series: Option<&SeriesSamples<'a>>,
) -> Option<&'a str> {
    if let Disposition::Failed { reason } = &case.disposition {
        return Some(reason);
    }
    series?.failure(case, metric)
}
