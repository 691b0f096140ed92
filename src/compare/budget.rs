//! Checks a run against its budgets: absolute budgets by the run only, relative budgets by a
//! baseline.
//!
//! A limit on a timed metric is broken only if the interval of the median lies beyond it,
//! or, against a baseline, if [`crate::stats::compare`] calls it worse by more than the
//! limit. A difference that may be chance is inconclusive.

use globset::Glob;

use super::app_cases::apps;
use super::series::{self, SeriesSamples};
use super::{Difference, Rule, seed_of, traits};
use crate::record::{CaseId, CaseRecord, Disposition, Kind, Link, Measurand, Metric, RunRecord};
use crate::scenario::{Budget, Limit};
use crate::stats::{
    self, ALPHA, Interval, JointTest, Level, MIN_FOR_INTERVAL, Pair, SampleSet, Summary, Threshold,
    VerdictReason,
};
use crate::units::{Quantity, Ratio, native, quantity_of};

/// The baselines of relative budgets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Baselines<'a> {
    /// For `worse-by`.
    pub baseline: Option<&'a RunRecord>,
    /// For `drift`.
    pub pinned: Option<&'a RunRecord>,
}

/// The outcome of a budget on one metric of one case.
#[derive(Debug, Clone)]
pub struct BudgetLine<'a> {
    /// The budget.
    pub budget: &'a Budget,
    /// The case.
    pub case: &'a CaseId,
    /// The metric, or the other measure of the budget.
    pub metric: Measurand,
    /// The link, for a metric over a link.
    pub link: Option<Link>,
    /// The median of the run's samples, or the figure.
    pub value: Option<Quantity>,
    /// The median of the baseline, for a relative budget.
    pub baseline: Option<Quantity>,
    /// The distance of the value from the limit or the baseline, if both exist.
    pub evidence: Option<Evidence>,
    /// The outcome.
    pub outcome: BudgetOutcome<'a>,
}

/// The distance of a value from the absolute limit, or from the baseline of a relative limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// The ratio of the two; for an exact metric that of the worst value.
    pub factor: Ratio,
    /// Its interval, for a timed value with enough samples.
    pub interval: Option<Interval>,
}

impl Evidence {
    /// Evidence without an interval.
    pub fn exact(value: f64, of: f64) -> Option<Self> {
        let factor = Ratio::of(value, of)?;
        Some(Self {
            factor,
            interval: None,
        })
    }
}

/// The outcome of a budget.
#[derive(Debug, Clone, PartialEq)]
pub enum BudgetOutcome<'a> {
    /// The value is within the limit.
    Within,
    /// The value exceeds the limit.
    Broken,
    /// The case or the metric failed: without a value the budget is broken.
    Failed {
        /// Why.
        reason: &'a str,
    },
    /// It failed as its scenario expects: there is nothing to check.
    Expected {
        /// The failure.
        reason: &'a str,
    },
    /// The samples are inconclusive.
    Inconclusive(VerdictReason),
    /// There is no baseline.
    NoBaseline,
    /// The baseline is not comparable.
    NotComparable(Vec<Difference>),
    /// The run did not measure it.
    NotMeasured,
}

impl BudgetLine<'_> {
    /// Whether it breaks a hard budget.
    pub fn breaks(&self) -> bool {
        let broken = matches!(
            self.outcome,
            BudgetOutcome::Broken | BudgetOutcome::Failed { .. }
        );
        broken && !self.budget.soft
    }

    /// Whether it is inconclusive.
    pub fn is_open(&self) -> bool {
        !matches!(
            self.outcome,
            BudgetOutcome::Within
                | BudgetOutcome::Broken
                | BudgetOutcome::Failed { .. }
                | BudgetOutcome::Expected { .. }
        )
    }
}

/// Checks a run against the budgets on metrics: those of its scenarios, and `more` on all of its
/// cases. Budgets on derived figures and facts are checked by `check_budgets` of
/// [`crate::report`].
pub fn check<'a>(
    run: &'a RunRecord,
    against: Baselines<'a>,
    more: &'a [Budget],
    waived: &std::collections::BTreeSet<Rule>,
) -> Vec<BudgetLine<'a>> {
    let mut lines = Vec::new();
    let samples = series::of_run(run);
    for (case, budget) in concerned(run, more) {
        lines.extend(lines_of(case, budget, &samples));
    }
    for (limit, baseline) in [
        (Against::Baseline, against.baseline),
        (Against::Pinned, against.pinned),
    ] {
        relative(run, baseline, limit, waived, &samples, &mut lines);
    }
    lines
}

/// Each case with each budget that applies to it.
pub fn concerned<'a>(
    run: &'a RunRecord,
    more: &'a [Budget],
) -> impl Iterator<Item = (&'a CaseRecord, &'a Budget)> {
    apps(run).flat_map(move |case| {
        let scenario = run.scenarios.iter().find(|one| one.name == case.scenario);
        let own = scenario.into_iter().flat_map(|one| &one.budgets);
        let budgets = own.chain(more).filter(|budget| concerns(budget, case));
        budgets.map(move |budget| (case, budget))
    })
}

/// The differences that prevent a comparison of a case in this metric, except waived ones.
pub fn unlike(
    base: (&RunRecord, &CaseRecord),
    head: (&RunRecord, &CaseRecord),
    metric: Metric,
    waived: &std::collections::BTreeSet<Rule>,
) -> Vec<Difference> {
    let found = traits::between_cases(base, head).into_iter();
    found
        .filter(|one| one.touches(metric) && !waived.contains(&one.rule))
        .collect()
}

/// The kind of baseline of a relative limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    Baseline,
    Pinned,
}

/// The share of a relative limit.
fn share(limit: Limit) -> Option<(Against, Ratio)> {
    match limit {
        Limit::WorseBy(share) => Some((Against::Baseline, share)),
        Limit::Drift(share) => Some((Against::Pinned, share)),
        Limit::AtMost(_) | Limit::AtLeast(_) => None,
    }
}

pub(super) fn concerns(budget: &Budget, case: &CaseRecord) -> bool {
    let runs = matches!(
        case.disposition,
        Disposition::Qualified | Disposition::Failed { .. } | Disposition::Pending
    );
    runs && is_of(budget, &case.variant, &case.strategy)
}

/// Whether a budget applies to a variant with this name and strategy.
pub(super) fn is_of(budget: &Budget, variant: &str, strategy: &str) -> bool {
    let matches = |glob: &Option<String>, name: &str| match glob {
        None => true,
        Some(glob) => Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(name)),
    };
    matches(&budget.variant, variant) && matches(&budget.strategy, strategy)
}

/// The tightest absolute limit that hard budgets set on a metric of a variant: the least
/// `at-most`, else the greatest `at-least`.
pub fn tightest_limit<'b>(
    budgets: impl IntoIterator<Item = &'b Budget>,
    (variant, strategy): (&str, &str),
    (metric, link): (Metric, Option<Link>),
) -> Option<Quantity> {
    let over = |budget: &Budget| {
        let named = budget.link.as_ref();
        named.is_none_or(|name| link.is_some_and(|link| link.to_string() == *name))
    };
    let (mut most, mut least) = (None::<Quantity>, None::<Quantity>);
    for budget in budgets {
        let about = budget.metric == metric.id() && over(budget);
        if budget.soft || !about || !is_of(budget, variant, strategy) {
            continue;
        }
        let tighter = |held: Option<Quantity>, one: Quantity, sign: f64| match held {
            Some(held) if sign * native(held) <= sign * native(one) => Some(held),
            _ => Some(one),
        };
        match budget.limit {
            Limit::AtMost(one) => most = tighter(most, one, 1.0),
            Limit::AtLeast(one) => least = tighter(least, one, -1.0),
            Limit::WorseBy(_) | Limit::Drift(_) => {}
        }
    }
    most.or(least)
}

type Samples<'a> = std::collections::BTreeMap<series::Key<'a>, SeriesSamples<'a>>;

/// A line for each link, with absolute limits judged.
fn lines_of<'a>(
    case: &'a CaseRecord,
    budget: &'a Budget,
    samples: &Samples<'a>,
) -> Vec<BudgetLine<'a>> {
    // Derived figures are judged elsewhere, and a newer catalogue may have unknown metrics.
    let Ok(metric) = budget.metric.parse::<Metric>() else {
        return Vec::new();
    };
    let of_metric = samples
        .range((case.id.as_str(), metric, None)..)
        .take_while(|(key, _)| (key.0, key.1) == (case.id.as_str(), metric));
    let of_case = of_metric.filter(|(key, _)| {
        let over = |link: &String| key.2.is_some_and(|one| one.to_string() == *link);
        budget.link.as_ref().is_none_or(over)
    });
    let mut lines: Vec<_> = of_case
        .map(|(key, series)| BudgetLine {
            budget,
            case: &case.id,
            metric: Measurand::Metric(metric),
            link: key.2,
            value: match case.disposition {
                Disposition::Failed { .. } => None,
                _ => series.set().map(|set| median(set, metric)),
            },
            baseline: None,
            evidence: series
                .set()
                .and_then(|set| evidence(set, metric.kind(), budget.limit)),
            outcome: absolute(case, metric, series, budget.limit),
        })
        .collect();
    if lines.is_empty() {
        let outcome = match &case.disposition {
            Disposition::Failed { reason } if case.expects_to_fail(reason).is_some() => {
                BudgetOutcome::Expected { reason }
            }
            Disposition::Failed { reason } => BudgetOutcome::Failed { reason },
            _ => BudgetOutcome::NotMeasured,
        };
        lines.push(BudgetLine {
            budget,
            case: &case.id,
            metric: Measurand::Metric(metric),
            link: None,
            value: None,
            baseline: None,
            evidence: None,
            outcome,
        });
    }
    lines
}

/// Judges an absolute limit; a relative one has no baseline yet.
fn absolute<'a>(
    case: &'a CaseRecord,
    metric: Metric,
    series: &SeriesSamples<'a>,
    limit: Limit,
) -> BudgetOutcome<'a> {
    // A failure breaks the budget, whether of the whole case or of one round.
    let failed = match &case.disposition {
        Disposition::Failed { reason } => Some(reason.as_str()),
        _ => series.failure(case, metric),
    };
    if let Some(reason) = failed {
        return match case.expects(metric, reason) {
            Some(_) => BudgetOutcome::Expected { reason },
            None => BudgetOutcome::Failed { reason },
        };
    }
    let Some(set) = series.set() else {
        return BudgetOutcome::NotMeasured;
    };
    match limit {
        // Negation turns a lower limit into an upper limit.
        Limit::AtMost(most) => beyond(set, metric.kind(), native(most), 1.0),
        Limit::AtLeast(least) => beyond(set, metric.kind(), -native(least), -1.0),
        Limit::WorseBy(_) | Limit::Drift(_) => BudgetOutcome::NoBaseline,
    }
}

/// The median as in reports.
fn median(set: &SampleSet, metric: Metric) -> Quantity {
    let level = Level::of(set, metric.kind());
    quantity_of(metric.unit(), level.median)
}

/// The value as a factor of an absolute limit.
fn evidence(set: &SampleSet, kind: Kind, limit: Limit) -> Option<Evidence> {
    let (limit, worst) = match limit {
        Limit::AtMost(most) => (native(most), set.max()),
        Limit::AtLeast(least) => (native(least), set.min()),
        Limit::WorseBy(_) | Limit::Drift(_) => return None,
    };
    if kind == Kind::Exact {
        return Evidence::exact(worst, limit);
    }
    let summary = Summary::of_timed(set);
    let interval = summary.interval.map(|interval| Interval {
        lower: interval.lower / limit,
        upper: interval.upper / limit,
        ..interval
    });
    Some(Evidence {
        factor: Ratio::of(summary.median, limit)?,
        interval,
    })
}

fn beyond<'a>(set: &SampleSet, kind: Kind, limit: f64, sign: f64) -> BudgetOutcome<'a> {
    if kind == Kind::Exact {
        let worst = (sign * set.max()).max(sign * set.min());
        return match worst > limit {
            true => BudgetOutcome::Broken,
            false => BudgetOutcome::Within,
        };
    }
    let summary = Summary::of_timed(set);
    if sign * summary.median <= limit {
        return BudgetOutcome::Within;
    }
    match summary.interval {
        Some(interval) => {
            let nearest = (sign * interval.lower).min(sign * interval.upper);
            match nearest > limit {
                true => BudgetOutcome::Broken,
                false => BudgetOutcome::Inconclusive(VerdictReason::MaybeChance),
            }
        }
        None if set.len() < MIN_FOR_INTERVAL => {
            BudgetOutcome::Inconclusive(VerdictReason::TooFewForInterval)
        }
        None => BudgetOutcome::Inconclusive(VerdictReason::MaybeChance),
    }
}

/// Judges the limits against one baseline, as one family.
fn relative<'a>(
    run: &'a RunRecord,
    baseline: Option<&'a RunRecord>,
    against: Against,
    waived: &std::collections::BTreeSet<Rule>,
    samples: &Samples<'a>,
    lines: &mut [BudgetLine<'a>],
) {
    let Some(baseline) = baseline else { return };
    let before = series::of_run(baseline);
    let mut judged = Vec::new();
    for (at, line) in lines.iter_mut().enumerate() {
        let Some((_, share)) = share(line.budget.limit).filter(|(one, _)| *one == against) else {
            continue;
        };
        let Measurand::Metric(metric) = line.metric else {
            continue;
        };
        let case = |record: &'a RunRecord| apps(record).find(|case| case.id == *line.case);
        let (Some(old), Some(new)) = (case(baseline), case(run)) else {
            continue;
        };
        let key = (line.case.as_str(), metric, line.link);
        let sets = (
            before.get(&key).and_then(SeriesSamples::set),
            samples.get(&key).and_then(SeriesSamples::set),
        );
        let (Some(base), Some(head)) = sets else {
            continue;
        };
        let failed = matches!(old.disposition, Disposition::Failed { .. });
        if failed || line.outcome != BudgetOutcome::NoBaseline {
            continue;
        }
        line.baseline = Some(median(base, metric));
        let unlike = unlike((baseline, old), (run, new), metric, waived);
        if !unlike.is_empty() {
            line.outcome = BudgetOutcome::NotComparable(unlike);
            continue;
        }
        let pair = Pair {
            base,
            head,
            kind: metric.kind(),
            direction: metric.direction(),
            threshold: threshold_of(share),
            group: metric as usize,
        };
        judged.push((at, pair));
    }
    let pairs: Vec<_> = judged.iter().map(|(_, pair)| *pair).collect();
    let test = JointTest::independent(ALPHA, seed_of(baseline, run));
    for ((at, _), comparison) in judged.iter().zip(stats::compare(&pairs, &test)) {
        lines[*at].evidence = comparison.effect.map(|factor| Evidence {
            factor,
            interval: comparison.interval,
        });
        lines[*at].outcome = match comparison.verdict {
            stats::Verdict::Worse => BudgetOutcome::Broken,
            stats::Verdict::Inconclusive => BudgetOutcome::Inconclusive(comparison.reason),
            stats::Verdict::Same | stats::Verdict::Better => BudgetOutcome::Within,
        };
    }
}

/// The threshold of a relative limit, exactly as the budget states it.
pub(crate) fn threshold_of(share: Ratio) -> Threshold {
    Threshold::of(share.get()).unwrap_or(Threshold::NONE)
}
