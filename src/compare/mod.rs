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
        let Outcome::Judged(judged) = &self.outcome else {
            return false;
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
            Outcome::Expected { .. } | Outcome::NotComparable(_) => 0.0,
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
            let (old, new) = (old.get(&key), new.get(&key));
            let touched: Vec<_> = unlike
                .iter()
                .filter(|difference| difference.touches(metric))
                .cloned()
                .collect();
            let mut line = Line {
                case: &case.id,
                metric,
                link,
                base: works(before, old)
                    .and(old)
                    .and_then(|side| side.middle(metric)),
                head: works(case, new)
                    .and(new)
                    .and_then(|side| side.middle(metric)),
                outcome: Outcome::NotComparable(touched),
            };
            let comparable = matches!(&line.outcome, Outcome::NotComparable(why) if why.is_empty());
            // Rule 1: a case that failed has no number, whatever it left.
            let sides = (works(before, old), works(case, new));
            let fresh = |case: &CaseRecord, side: Option<&Series<'a>>| {
                let reason = side.and_then(|side| side.failure(case, metric));
                reason.filter(|reason| case.expects(metric, reason).is_none())
            };
            let broke = fresh(case, new).filter(|_| fresh(before, old).is_none());
            match sides {
                (Some(_), Some(_)) if broke.is_some() => {
                    if let Some(reason) = broke {
                        line.outcome = Outcome::Broke { reason };
                    }
                }
                (Some(base), Some(head)) => {
                    if comparable {
                        judged.push((lines.len(), pair(metric, base, head, &terms)));
                    }
                }
                (Some(_), None) => match reason_of(case, metric, new) {
                    Some(reason) => line.outcome = failure(case, metric, reason),
                    // It is not there, and nothing says that it failed.
                    None => continue,
                },
                (None, Some(_)) => match reason_of(before, metric, old) {
                    Some(reason) => line.outcome = Outcome::Mended { reason },
                    None => continue,
                },
                (None, None) => continue,
            }
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
/// packed twice has other times in its headers: up to 4.4 kB in the committed runs, whatever
/// the size.
const COMPRESSED_BYTES: f64 = 8192.0;

/// The threshold of an exact metric, where `wanted` is that of all.
pub(crate) fn exact_threshold(metric: Metric, wanted: Threshold) -> Threshold {
    match metric {
        Metric::SizeTransfer
        | Metric::PushBytes
        | Metric::PullColdBytes
        | Metric::PullBaseBytes
        | Metric::PullUpdateBytes => wanted.or_at_least(COMPRESSED_BYTES),
        _ => wanted,
    }
}

/// The seed of what is drawn to compare two runs.
pub(crate) fn seed_of(base: &RunRecord, head: &RunRecord) -> u64 {
    base.plan.seed.rotate_left(1) ^ head.plan.seed
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
