//! The outcomes of budgets in words.

use super::super::change::{bare, factor_text};
use super::words;
use crate::compare::{BudgetLine, BudgetOutcome, Evidence, UnmatchedBudget};
use crate::scenario::{Budget, Limit};
use crate::units::{Ratio, Unit, human_ratio, native, quantity_of as quantity};

/// All budgets of a check.
#[derive(Debug, Clone, Copy)]
pub struct JudgedBudgets<'j, 'a> {
    /// The judged budgets.
    pub lines: &'j [BudgetLine<'a>],
    /// Budgets that match no case.
    pub unmatched: &'j [UnmatchedBudget<'a>],
    /// What weakens the check: an unfinished run, another load of the machine.
    pub caveats: &'j [String],
}

/// `broken`, `broken (soft)`, `no baseline`.
pub(crate) fn word(line: &BudgetLine<'_>) -> &'static str {
    match (&line.outcome, line.budget.soft) {
        (BudgetOutcome::Within, _) => "within",
        (BudgetOutcome::Broken | BudgetOutcome::Failed { .. }, false) => "broken",
        (BudgetOutcome::Broken | BudgetOutcome::Failed { .. }, true) => "broken (soft)",
        (BudgetOutcome::Expected { .. }, _) => "fails as expected",
        (BudgetOutcome::Inconclusive(_), _) => "inconclusive",
        (BudgetOutcome::NoBaseline, _) => "no baseline",
        (BudgetOutcome::NotComparable(_), _) => "not comparable",
        (BudgetOutcome::NotMeasured, _) => "not measured",
    }
}

/// `at most 60.0 MB`, `5 % worse than the baseline`.
pub(crate) fn limit(budget: &Budget) -> String {
    let percent = |share: Ratio| format!("{} %", (share.get() * 1e4).round() / 100.0);
    match budget.limit {
        Limit::AtMost(most) => format!("at most {}", words::with_unit(most)),
        Limit::AtLeast(least) => format!("at least {}", words::with_unit(least)),
        Limit::WorseBy(share) => format!("{} worse than the baseline", percent(share)),
        Limit::Drift(share) => format!("{} worse than the pinned baseline", percent(share)),
    }
}

pub(crate) fn why(line: &BudgetLine<'_>) -> String {
    let own = line.budget.why.as_deref();
    match &line.outcome {
        BudgetOutcome::Within | BudgetOutcome::NotMeasured | BudgetOutcome::NoBaseline => {
            String::new()
        }
        BudgetOutcome::Broken => joined([beyond(line), own.map(str::to_owned)]),
        BudgetOutcome::Failed { reason } => format!("failed: {reason}"),
        BudgetOutcome::Expected { reason } => (*reason).to_owned(),
        BudgetOutcome::Inconclusive(reason) => {
            let reason = words::reason(*reason).to_owned();
            joined([beyond(line), Some(reason)])
        }
        BudgetOutcome::NotComparable(unlike) => {
            let unlike: Vec<_> = unlike.iter().map(|one| one.what.as_str()).collect();
            unlike.join("; ")
        }
    }
}

fn joined(parts: [Option<String>; 2]) -> String {
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.join("; ")
}

/// How far a value exceeds its limit: `3.10 MB over the limit, 1.05x of it`,
/// `1.42x [1.31, 1.55] of the baseline, 1.05x is allowed`.
fn beyond(line: &BudgetLine<'_>) -> Option<String> {
    let evidence = line.evidence.or_else(|| {
        // Against a history, this is the ratio of the medians.
        Evidence::exact(native(line.value?), native(line.baseline?))
    });
    let interval = evidence.and_then(|evidence| evidence.interval);
    let interval = interval.map(|interval| {
        let (lower, upper) = (bare(interval.lower), bare(interval.upper));
        format!(" [{lower}, {upper}]")
    });
    let interval = interval.unwrap_or_default();
    let factor = evidence.map(|evidence| factor_text(evidence.factor, false));
    match line.budget.limit {
        Limit::AtMost(limit) | Limit::AtLeast(limit) => {
            // A limit of 0 has no factor; the excess is the value.
            let (limit, value) = (native(limit), native(line.value?));
            let worst = evidence.map_or(value, |evidence| evidence.factor.get() * limit);
            let unit = line.metric.unit();
            let excess = words::with_unit(quantity(unit, (worst - limit).abs()));
            let side = if worst < limit { "under" } else { "over" };
            let factor = factor.map(|factor| format!(", {factor}{interval} of it"));
            let round = (worst - value).abs() > 0.5 && interval.is_empty() && unit != Unit::Ratio;
            let round = if round { " in its worst round" } else { "" };
            Some(format!(
                "{excess} {side} the limit{}{round}",
                factor.unwrap_or_default()
            ))
        }
        Limit::WorseBy(share) | Limit::Drift(share) => {
            let allowed = Ratio::of(1.0 + share.get(), 1.0).map(human_ratio)?;
            let factor = factor?;
            Some(format!(
                "{factor}{interval} of the baseline, {allowed} is allowed"
            ))
        }
    }
}

/// `size.own of \`node\` checks nothing: no variant in this run matches \`variant = "x"\``.
pub fn unmatched_sentence(unmatched: &UnmatchedBudget<'_>) -> String {
    let of = unmatched.scenario.map(|name| format!(" of `{name}`"));
    format!(
        "the budget{} on {}, {}, checks nothing: {}",
        of.unwrap_or_default(),
        unmatched.budget.metric,
        limit(unmatched.budget),
        unmatched.why
    )
}

/// A budget as one sentence, for formats without columns.
pub trait BudgetWords {
    /// `size.transfer at most 60.0 MB`.
    fn title(&self) -> String;
    /// `node/slim size.transfer is 63.1 MB, at most 60.0 MB: broken`.
    fn sentence(&self) -> String;
}

impl BudgetWords for BudgetLine<'_> {
    fn title(&self) -> String {
        let over = self.link.map(|link| format!(" over {link}"));
        let over = over.unwrap_or_default();
        format!("{}{over} {}", self.metric.id(), limit(self.budget))
    }

    fn sentence(&self) -> String {
        let value = self
            .value
            .map(|value| format!(" is {}", words::with_unit(value)));
        let before = self
            .baseline
            .map(|value| format!(", was {}", words::with_unit(value)));
        let why = Some(why(self)).filter(|why| !why.is_empty());
        format!(
            "{} {}{}{}, {}: {}{}",
            self.case,
            self.metric.id(),
            value.unwrap_or_default(),
            before.unwrap_or_default(),
            limit(self.budget),
            word(self),
            why.map(|why| format!(" ({why})")).unwrap_or_default()
        )
    }
}
