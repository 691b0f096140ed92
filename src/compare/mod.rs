//! Two runs side by side: what became better or worse, how sure that is, and why.
//!
//! Pure. Cases meet by their id and metrics by their link. The verdicts are those of
//! [`crate::stats::compare`], over all comparable metrics of both runs as one family. What
//! cannot be compared is told with the [`Rule`] that says so.

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
use series::Series;

/// How two runs are to be compared.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The change of a timed metric up to which it counts as the same.
    pub timed: Threshold,
    /// The same of an exact one.
    pub exact: Threshold,
    /// Rules that are not to hold.
    pub waived: BTreeSet<Rule>,
    /// The metrics that count; all where none is named.
    pub metrics: BTreeSet<Metric>,
    /// The level of the joint test, and what each interval leaves out.
    pub alpha: f64,
    /// How the rounds of base and head belong together.
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

    /// Those that are not waived.
    fn in_force(&self, mut found: Vec<Difference>) -> Vec<Difference> {
        found.retain(|difference| !self.waived.contains(&difference.rule));
        found
    }
}

/// What two runs say of one another.
#[derive(Debug, Clone)]
pub struct RunComparison<'a> {
    /// What is compared with.
    pub base: &'a RunRecord,
    /// What is compared.
    pub head: &'a RunRecord,
    /// How.
    pub terms: Terms,
    /// What is unlike between them as wholes.
    pub differences: Vec<Difference>,
    /// Each metric of each case that is in both, in the order of head.
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
    /// The link, of what goes over one.
    pub link: Option<Link>,
    /// The middle of base's samples, where there are any.
    pub base: Option<Quantity>,
    /// The middle of head's.
    pub head: Option<Quantity>,
    /// What is said of it.
    pub outcome: Outcome<'a>,
}

/// What is said of a line.
#[derive(Debug, Clone)]
pub enum Outcome<'a> {
    /// Both sides have samples that may be compared.
    Judged(stats::Comparison),
    /// It worked in base, and does not in head, or not in every round.
    Broke {
        /// Why.
        reason: &'a str,
    },
    /// It did not work in base, and does in head.
    Mended {
        /// Why it did not.
        reason: &'a str,
    },
    /// It does not work in head, as head's scenario expects.
    Expected {
        /// The failure.
        reason: &'a str,
    },
    /// It has a value in base and none in head, and nothing says that it failed.
    NotMeasured {
        /// Why, as head says it.
        reason: &'a str,
    },
    /// The two are unlike.
    NotComparable(Vec<Difference>),
}

/// The word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Head is worse, or broke.
    Worse,
    /// Head is better, or works again.
    Better,
    /// The samples do not tell.
    Inconclusive,
    /// The two are unlike.
    NotComparable,
    /// Head is as base, or fails as its scenario expects.
    Same,
}

impl Standing {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 5] = [
        Self::Worse,
        Self::Better,
        Self::Inconclusive,
        Self::NotComparable,
        Self::Same,
    ];

    /// The word in every form.
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
    /// The word for its outcome.
    pub fn standing(&self) -> Standing {
        match &self.outcome {
            Outcome::Broke { .. } => Standing::Worse,
            Outcome::Mended { .. } => Standing::Better,
            Outcome::Expected { .. } => Standing::Same,
            Outcome::NotMeasured { .. } => Standing::Inconclusive,
            Outcome::NotComparable(_) => Standing::NotComparable,
            Outcome::Judged(comparison) => match comparison.verdict {
                Verdict::Worse => Standing::Worse,
                Verdict::Better => Standing::Better,
                Verdict::Same => Standing::Same,
                Verdict::Inconclusive => Standing::Inconclusive,
            },
        }
    }

    /// Whether it is open and the best guess lies beyond the threshold, or there is none: more
    /// rounds may show a change that counts.
    pub fn may_matter(&self, terms: &Terms) -> bool {
        let judged = match &self.outcome {
            Outcome::Judged(judged) => judged,
            Outcome::NotMeasured { .. } => return true,
            _ => return false,
        };
        let factor = terms.timed.factor();
        let is_small = judged.effect.is_some_and(|effect| {
            self.metric.kind() == Kind::Timed && (1.0 / factor..=factor).contains(&effect.get())
        });
        judged.verdict == Verdict::Inconclusive && !is_small
    }

    /// How far it went, whichever way: the distance of the factor from 1 on a scale of
    /// logarithms. What broke went farthest.
    pub fn distance(&self) -> f64 {
        match &self.outcome {
            Outcome::Judged(comparison) => match comparison.effect {
                Some(effect) if effect.get() > 0.0 => effect.get().ln().abs(),
                _ => f64::MAX,
            },
            Outcome::Broke { .. } | Outcome::Mended { .. } => f64::MAX,
            Outcome::Expected { .. } | Outcome::NotMeasured { .. } | Outcome::NotComparable(_) => {
                0.0
            }
        }
    }
}

impl RunComparison<'_> {
    /// How many lines have this standing.
    pub fn count(&self, standing: Standing) -> usize {
        let lines = self.lines.iter();
        lines.filter(|line| line.standing() == standing).count()
    }

    /// Whether a case is on one side only: it is compared with nothing.
    pub fn has_one_sided(&self) -> bool {
        !self.gone.is_empty() || !self.new.is_empty()
    }
}

impl<'a> RunComparison<'a> {
    /// The same with the variants that an A/B run did not measure, since one side lacks them.
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
            let comparable = matches!(&outcome, Outcome::NotComparable(why) if why.is_empty());
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

/// All comparisons together, each for the line of its number.
fn judge(lines: &mut [Line<'_>], judged: &[(usize, Pair<'_>)], test: &JointTest) {
    let pairs: Vec<Pair<'_>> = judged.iter().map(|(_, pair)| *pair).collect();
    for ((at, _), comparison) in judged.iter().zip(stats::compare(&pairs, test)) {
        lines[*at].outcome = Outcome::Judged(comparison);
    }
}

/// The cases of one run that the other does not have.
fn only_in<'a>(run: &'a RunRecord, other: &RunRecord) -> Vec<&'a CaseId> {
    apps(run)
        .map(|case| &case.id)
        .filter(|id| apps(other).all(|case| case.id != **id))
        .collect()
}

/// The cases of scenarios: all but the floor's.
fn apps(record: &RunRecord) -> impl Iterator<Item = &CaseRecord> {
    record.cases.iter().filter(|case| case.strategy != "floor")
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
    }
}

/// Bytes by which what a compressor wrote may differ and count as the same. The same tree
/// packed twice has other times in its headers: up to 4.4 kB in the committed runs. Of a small
/// image less is tolerated: [`Threshold::or_at_least`].
const COMPRESSED_BYTES: f64 = 8192.0;

/// The threshold of an exact metric, where `wanted` is that of all.
pub(crate) fn exact_threshold(metric: Metric, wanted: Threshold) -> Threshold {
    match metric {
        Metric::SizeTransfer
        | Metric::PushBytes
        | Metric::PullColdBytes
        | Metric::PullBaseBytes
        | Metric::PullUpdateBytes
            // Who gives a threshold means it.
            if wanted == Threshold::EXACT =>
        {
            wanted.or_at_least(COMPRESSED_BYTES)
        }
        _ => wanted,
    }
}

/// The seed of what is drawn to compare two runs.
pub(crate) fn seed_of(base: &RunRecord, head: &RunRecord) -> u64 {
    base.plan.seed.rotate_left(1) ^ head.plan.seed
}

/// A metric of a case in both runs, base first.
struct Both<'a, 's> {
    cases: [&'a CaseRecord; 2],
    series: [Option<&'s Series<'a>>; 2],
    metric: Metric,
}

impl<'a, 's> Both<'a, 's> {
    /// The samples. Rule 1: a case that failed has no number, whatever it left.
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

    /// What head fails of, where base does not, or less.
    fn broke(&self) -> Option<&'a str> {
        self.fresh(1).filter(|_| {
            let [old, new] = self.series;
            let more = new
                .zip(old)
                .is_some_and(|(new, old)| new.fails_more(old, self.cases, self.metric));
            more || self.fresh(0).is_none()
        })
    }

    /// What is to be said, where there is something; not comparable for no reason is to be judged.
    fn outcome(&self, touched: Vec<Difference>) -> Option<Outcome<'a>> {
        let ([before, case], metric, [old, new]) = (self.cases, self.metric, self.series);
        match self.sets() {
            [Some(_), Some(_)] => Some(match self.broke() {
                Some(reason) => Outcome::Broke { reason },
                None => Outcome::NotComparable(touched),
            }),
            [Some(_), None] => match reason_of(case, metric, new) {
                Some(reason) => Some(failure(case, metric, reason)),
                // Without a reason the run left it out.
                None => absence(case, new).map(|reason| Outcome::NotMeasured { reason }),
            },
            [None, Some(_)] => {
                let reason = reason_of(before, metric, old);
                reason.map(|reason| Outcome::Mended { reason })
            }
            [None, None] => None,
        }
    }
}

/// The samples of a case that did not fail as a whole.
fn works<'s>(case: &CaseRecord, series: Option<&'s Series<'_>>) -> Option<&'s stats::SampleSet> {
    match case.disposition {
        Disposition::Failed { .. } => None,
        _ => series?.set(),
    }
}

/// A failure of head: worse, unless its scenario is there to show it.
fn failure<'a>(case: &CaseRecord, metric: Metric, reason: &'a str) -> Outcome<'a> {
    match case.expects(metric, reason) {
        Some(_) => Outcome::Expected { reason },
        None => Outcome::Broke { reason },
    }
}

/// Why a metric that did not fail has no value.
fn absence<'a>(case: &'a CaseRecord, series: Option<&Series<'a>>) -> Option<&'a str> {
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
    series: Option<&Series<'a>>,
) -> Option<&'a str> {
    if let Disposition::Failed { reason } = &case.disposition {
        return Some(reason);
    }
    series?.failure(case, metric)
}
