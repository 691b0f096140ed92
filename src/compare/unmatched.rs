//! Budgets that match no case of a run. Without a report they would pass silently.

use super::app_cases::apps;
use super::budget::{concerns, is_of};
use crate::record::{CaseRecord, Disposition, Measurand, RunRecord, ScenarioRecord};
use crate::scenario::Budget;

/// A budget that matches no case of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct UnmatchedBudget<'a> {
    /// The budget.
    pub budget: &'a Budget,
    /// Its scenario; `None` for a budget on all scenarios.
    pub scenario: Option<&'a str>,
    /// Why it matches none.
    pub why: String,
}

/// The budgets of a run's scenarios, and of `more`, that match no case.
pub fn unmatched<'a>(run: &'a RunRecord, more: &'a [Budget]) -> Vec<UnmatchedBudget<'a>> {
    let own = run.scenarios.iter().flat_map(|scenario| {
        let budgets = scenario.budgets.iter();
        budgets.map(move |budget| (Some(scenario), budget))
    });
    let all = own.chain(more.iter().map(|budget| (None, budget)));
    all.filter_map(|(scenario, budget)| {
        let why = why(run, scenario, budget)?;
        Some(UnmatchedBudget {
            budget,
            scenario: scenario.map(|scenario| scenario.name.as_str()),
            why,
        })
    })
    .collect()
}

fn why(run: &RunRecord, scenario: Option<&ScenarioRecord>, budget: &Budget) -> Option<String> {
    if Measurand::of_id(&budget.metric).is_none() {
        let known = "this version of plimsoll does not know the metric";
        return Some(known.to_owned());
    }
    let of_scenario = |case: &&CaseRecord| scenario.is_none_or(|one| one.name == case.scenario);
    let named: Vec<_> = apps(run)
        .filter(of_scenario)
        .filter(|case| is_of(budget, &case.variant, &case.strategy))
        .collect();
    if named.iter().any(|case| concerns(budget, case)) {
        return None;
    }
    // The first excluded part gives the reason.
    let absent = named.iter().find_map(|case| match &case.disposition {
        Disposition::NotApplicable { reason } => Some((case, "not applicable", reason)),
        Disposition::NotAvailable { reason } => Some((case, "not available", reason)),
        _ => None,
    });
    if let Some((case, word, reason)) = absent {
        return Some(format!("{} is {word}: {reason}", case.id));
    }
    let patterns = [("variant", &budget.variant), ("strategy", &budget.strategy)];
    let patterns = patterns.into_iter().filter_map(|(key, glob)| {
        let glob = glob.as_ref()?;
        Some(format!("`{key} = \"{glob}\"`"))
    });
    let patterns: Vec<_> = patterns.collect();
    let of = scenario.map(|one| format!(" of `{}`", one.name));
    let of = of.unwrap_or_default();
    let only = run.plan.only.as_ref();
    let only = only.map(|glob| format!("; the run was limited by `--only {glob}`"));
    let shard = run.plan.shard.as_ref();
    let shard = shard.map(|one| format!("; the run is part {}/{}", one.index, one.count));
    let only = format!("{}{}", only.unwrap_or_default(), shard.unwrap_or_default());
    Some(match patterns.is_empty() {
        true => format!("the run has no variant{of}{only}"),
        false => format!(
            "no variant{of} in this run matches {}{only}",
            patterns.join(" and ")
        ),
    })
}
