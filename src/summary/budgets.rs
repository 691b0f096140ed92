//! All budgets of a run: [`crate::compare::check`] judges budgets on metrics; budgets on derived
//! figures and on facts are judged here, where these are computed.

use std::collections::BTreeSet;

use super::analysis::Analysis;
use super::change::MeasureChange;
use super::observed::{Measure, Observed};
use crate::compare::{self, Baselines, BudgetLine, BudgetOutcome, Evidence, Rule};
use crate::record::{CaseRecord, Disposition, Kind, Link, Measurand, Metric, RunRecord, Status};
use crate::scenario::{Budget, Limit};
use crate::stats::{MIN_FOR_INTERVAL, SampleSet, VerdictReason, ratio_of_sums};
use crate::units::{Quantity, Ratio, native};

/// Checks a run against the budgets of its scenarios, and against `more` for all of its cases:
/// first budgets on metrics, then the others.
///
/// A derived time is a sum of medians. It breaks an absolute limit if its whole interval lies
/// beyond it, and a relative limit if it lies beyond it and the interval of the change excludes
/// zero. There is no adjustment for multiple tests. Exact values break a limit by their value.
pub fn check_budgets<'a>(
    run: &'a RunRecord,
    against: Baselines<'a>,
    more: &'a [Budget],
    waived: &BTreeSet<Rule>,
) -> Vec<BudgetLine<'a>> {
    let mut lines = compare::check(run, against, more, waived);
    let head = Analysis::of(run);
    let baseline = against.baseline.map(Analysis::of);
    let pinned = against.pinned.map(Analysis::of);
    for (case, budget) in compare::concerned(run, more) {
        let Some(what) = Measurand::of_id(&budget.metric) else {
            continue;
        };
        if matches!(what, Measurand::Metric(_)) {
            continue;
        }
        let base = match budget.limit {
            Limit::WorseBy(_) => baseline.as_ref(),
            Limit::Drift(_) => pinned.as_ref(),
            Limit::AtMost(_) | Limit::AtLeast(_) => None,
        };
        for link in links(&head, what, budget) {
            let subject = BudgetSubject {
                head: &head,
                case,
                what,
                link,
                waived,
            };
            lines.push(subject.line(budget, base));
        }
    }
    lines
}

/// The links that a budget covers; `None` for a measure without a link.
fn links(analysis: &Analysis<'_>, what: Measurand, budget: &Budget) -> Vec<Option<Link>> {
    let named = budget.link.as_ref().and_then(|link| link.parse().ok());
    let links: Vec<Option<Link>> = match (what.is_linked(), named) {
        (true, Some(link)) => vec![Some(link)],
        (true, None) => analysis.links().iter().copied().map(Some).collect(),
        (false, _) => vec![None],
    };
    if links.is_empty() { vec![None] } else { links }
}

/// The subject of a budget: case, measure and link.
struct BudgetSubject<'m, 'a> {
    head: &'m Analysis<'a>,
    case: &'a CaseRecord,
    what: Measurand,
    link: Option<Link>,
    waived: &'m BTreeSet<Rule>,
}

impl<'a> BudgetSubject<'_, 'a> {
    fn line(&self, budget: &'a Budget, base: Option<&Analysis<'_>>) -> BudgetLine<'a> {
        let mut line = BudgetLine {
            budget,
            case: &self.case.id,
            metric: self.what,
            link: self.link,
            value: None,
            baseline: None,
            evidence: None,
            outcome: BudgetOutcome::NotMeasured,
        };
        let Some(measure) = Measure::of_id(self.what.id(), self.link) else {
            return line;
        };
        let observed = measure.of(self.head, self.case);
        match &observed.figure {
            Ok(value) => line.value = Some(*value),
            Err(_) => {
                line.outcome = self.absent();
                return line;
            }
        }
        line.outcome = match budget.limit {
            Limit::AtMost(most) | Limit::AtLeast(most) => {
                let sign = match budget.limit {
                    Limit::AtLeast(_) => -1.0,
                    _ => 1.0,
                };
                let (evidence, outcome) = absolute(measure, &observed, most, sign);
                line.evidence = evidence;
                outcome
            }
            Limit::WorseBy(share) | Limit::Drift(share) => {
                let Some(base) = base else {
                    line.outcome = BudgetOutcome::NoBaseline;
                    return line;
                };
                let relative = self.relative(measure, &observed, base, share);
                line.baseline = relative.before;
                line.evidence = relative.evidence;
                relative.outcome
            }
        };
        line
    }

    /// The outcome without a value: a failure breaks the budget, unless it is expected.
    fn absent(&self) -> BudgetOutcome<'a> {
        let record = self.head.record;
        let dnf = || {
            let mut samples = record.samples.iter();
            samples.find(|sample| {
                sample.case == self.case.id
                    && sample.outcome.status() == Status::Dnf
                    && self.is_part(sample.metric)
            })
        };
        let (reason, expected) = match &self.case.disposition {
            Disposition::Failed { reason } => {
                (reason.as_str(), self.case.expects_to_fail(reason).is_some())
            }
            _ => match dnf().and_then(|sample| Some((sample, sample.outcome.reason()?))) {
                Some((sample, reason)) => {
                    (reason, self.case.expects(sample.metric, reason).is_some())
                }
                None => return BudgetOutcome::NotMeasured,
            },
        };
        match expected {
            true => BudgetOutcome::Expected { reason },
            false => BudgetOutcome::Failed { reason },
        }
    }

    /// Whether the figure is derived from a metric.
    fn is_part(&self, metric: Metric) -> bool {
        let started = matches!(metric, Metric::StartCreate | Metric::StartReady);
        metric == self.what.like() || (self.what.is_linked() && started)
    }

    /// Against the same case of a baseline.
    fn relative(
        &self,
        measure: Measure,
        observed: &Observed<'_>,
        base: &Analysis<'_>,
        share: Ratio,
    ) -> Relative<'a> {
        let none = |before, outcome| Relative {
            before,
            evidence: None,
            outcome,
        };
        let mut cases = base.record.cases.iter();
        let Some(old) = cases.find(|case| case.id == self.case.id) else {
            return none(None, BudgetOutcome::NoBaseline);
        };
        let mut before = measure.of(base, old);
        let Ok(value) = before.figure else {
            return none(None, BudgetOutcome::NoBaseline);
        };
        let sides = ((base.record, old), (self.head.record, self.case));
        let unlike = compare::unlike(sides.0, sides.1, self.what.like(), self.waived);
        if !unlike.is_empty() {
            return none(Some(value), BudgetOutcome::NotComparable(unlike));
        }
        // Parts belong to one run; between two runs the rules above apply.
        before.part = observed.part;
        let Some(change) = MeasureChange::of(measure, &before, observed) else {
            return none(Some(value), BudgetOutcome::NoBaseline);
        };
        Relative {
            before: Some(value),
            evidence: change.ratio.map(|ratio| Evidence {
                factor: ratio.ratio,
                interval: change.interval(),
            }),
            outcome: worse_by(measure, &change, share),
        }
    }
}

/// The result of a relative limit.
struct Relative<'a> {
    before: Option<Quantity>,
    evidence: Option<Evidence>,
    outcome: BudgetOutcome<'a>,
}

fn absolute<'a>(
    measure: Measure,
    observed: &Observed<'_>,
    limit: Quantity,
    sign: f64,
) -> (Option<Evidence>, BudgetOutcome<'a>) {
    let Ok(value) = observed.figure else {
        return (None, BudgetOutcome::NotMeasured);
    };
    let exact = Evidence::exact(native(value), native(limit));
    // Negation turns a lower limit into an upper limit.
    let within = sign * native(value) <= sign * native(limit);
    if measure.kind() == Kind::Exact {
        return match within {
            true => (exact, BudgetOutcome::Within),
            false => (exact, BudgetOutcome::Broken),
        };
    }
    // The interval of sum / limit is the interval of the sum, divided by the limit.
    let still = SampleSet::new(vec![native(limit); MIN_FOR_INTERVAL]).ok();
    let ratio = still.and_then(|still| ratio_of_sums(&observed.parts, &[&still]));
    let interval = ratio.and_then(|ratio| ratio.interval);
    let evidence = exact.map(|exact| Evidence { interval, ..exact });
    if within {
        return (evidence, BudgetOutcome::Within);
    }
    let outcome = match interval {
        Some(interval) => {
            let nearest = (sign * interval.lower).min(sign * interval.upper);
            match nearest > sign {
                true => BudgetOutcome::Broken,
                false => BudgetOutcome::Inconclusive(VerdictReason::MaybeChance),
            }
        }
        None => BudgetOutcome::Inconclusive(VerdictReason::TooFewForInterval),
    };
    (evidence, outcome)
}

/// All derived and counted figures are costs: more is worse.
fn worse_by<'a>(measure: Measure, change: &MeasureChange, share: Ratio) -> BudgetOutcome<'a> {
    let (before, after) = (native(change.before), native(change.after));
    let most = 1.0 + share.get();
    if after <= before * most {
        return BudgetOutcome::Within;
    }
    if measure.kind() == Kind::Exact {
        return BudgetOutcome::Broken;
    }
    match change.interval() {
        Some(interval) if interval.lower > 1.0 => BudgetOutcome::Broken,
        Some(_) => BudgetOutcome::Inconclusive(VerdictReason::MaybeChance),
        None => BudgetOutcome::Inconclusive(VerdictReason::TooFewForInterval),
    }
}
