//! The outcomes of budgets as JSON.

use serde_json::{Value, json};

use super::native::{json_suffix, statistic_json};
use crate::compare::{BudgetLine, UnmatchedBudget};
use crate::summary::JudgedBudgets;
use crate::summary::comparison::budgets::why;
use crate::summary::comparison::{limit, word};
use crate::units::native;

impl JudgedBudgets<'_, '_> {
    /// The same as JSON.
    pub fn json(self) -> Value {
        let mut json = budgets_json(self.lines);
        // A budget that matches no case counts as inconclusive.
        let open = self.lines.iter().filter(|line| line.is_open()).count();
        json["open"] = json!(open + self.unmatched.len());
        json["unmatched"] = unmatched_json(self.unmatched);
        json["caveats"] = json!(self.caveats);
        json
    }
}

fn unmatched_json(unmatched: &[UnmatchedBudget<'_>]) -> Value {
    let one = |unmatched: &UnmatchedBudget<'_>| {
        json!({
            "scenario": unmatched.scenario,
            "metric": unmatched.budget.metric,
            "variant": unmatched.budget.variant,
            "strategy": unmatched.budget.strategy,
            "limit": limit(unmatched.budget),
            "why": unmatched.why,
        })
    };
    unmatched.iter().map(one).collect()
}

/// The same as JSON.
pub fn budgets_json(lines: &[BudgetLine<'_>]) -> Value {
    let one = |line: &BudgetLine<'_>| {
        let suffix = json_suffix(line.metric.unit());
        let mut object = json!({
            "outcome": word(line),
            "breaks": line.breaks(),
            "open": line.is_open(),
            "case": line.case,
            "metric": line.metric.id(),
            "link": line.link,
            "limit": limit(line.budget),
            "soft": line.budget.soft,
            "factor_ratio": line.evidence.map(|evidence| evidence.factor),
            "interval": line.evidence.and_then(|evidence| evidence.interval).map(|interval| json!({
                "lower_ratio": interval.lower,
                "upper_ratio": interval.upper,
                "level_ratio": interval.level,
            })),
            "why": why(line),
        });
        for (side, value) in [("baseline", line.baseline), ("value", line.value)] {
            object[format!("{side}_{suffix}")] =
                value.map_or(Value::Null, |value| statistic_json(native(value)));
        }
        object
    };
    json!({
        "broken": lines.iter().filter(|line| line.breaks()).count(),
        "open": lines.iter().filter(|line| line.is_open()).count(),
        "budgets": lines.iter().map(one).collect::<Vec<_>>(),
    })
}
