//! Conditions that weaken a comparison of two runs: unfinished runs, and differences in machine
//! load.

use crate::record::{Conditions, RunRecord, RunState, ScenarioRecord, VisitConditions};
use crate::scenario::ContractKind;

/// A larger difference in load per CPU is reported: half of a CPU.
const UNLIKE_LOAD: f64 = 0.5;
/// A larger difference in the share of time that tasks wait for memory is reported.
const UNLIKE_PRESSURE: f64 = 0.05;
/// Less available memory than this share is reported, because the page cache shrinks.
const LOW_MEMORY: f64 = 0.1;

/// Sentences about conditions that weaken a comparison of two runs.
pub fn caveats(base: &RunRecord, head: &RunRecord) -> Vec<String> {
    let sides = [("base", base), ("head", head)];
    let mut found: Vec<String> = sides
        .iter()
        .filter_map(|(side, run)| unfinished(run).map(|why| format!("{side} {why}")))
        .collect();
    found.extend(other_contracts(base, head));
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let both = |of: fn(&Conditions) -> Option<f64>| Some((middle(base, of)?, middle(head, of)?));
    if let Some((old, new)) = both(|at| at.load_per_cpu_ratio.map(|load| load.get()))
        && (old - new).abs() > UNLIKE_LOAD
    {
        found.push(format!(
            "the machines were not busy alike: the median load per CPU before a visit was {old:.2} in base \
             and {new:.2} in head, so times may differ for that alone"
        ));
    }
    if let Some((old, new)) = both(|at| at.memory_pressure_ratio.map(|share| share.get()))
        && (old - new).abs() > UNLIKE_PRESSURE
    {
        found.push(format!(
            "memory was not short alike: tasks waited for it {} of the time in base and {} in head, \
             so times may differ for that alone",
            percent(old),
            percent(new)
        ));
    }
    let low = |run: &RunRecord| {
        // Several machines have no common memory size.
        if !run.parts.is_empty() {
            return None;
        }
        let all = run.host.memory_bytes.0 as f64;
        let least = |at: &VisitConditions| {
            let both = [at.before, at.after].into_iter();
            let free = both.filter_map(|at| at.memory_available_bytes);
            free.map(|bytes| bytes.0 as f64).reduce(f64::min)
        };
        let least = run.conditions.iter().filter_map(least).reduce(f64::min)?;
        (all > 0.0).then_some(least / all)
    };
    if let (Some(old), Some(new)) = (low(base), low(head))
        && (old < LOW_MEMORY) != (new < LOW_MEMORY)
    {
        found.push(format!(
            "memory was not short alike: at the least, {} of it was free in base and {} in head",
            percent(old),
            percent(new)
        ));
    }
    found
}

/// Scenarios whose contracts differ, so that "ready" has another meaning.
fn other_contracts(base: &RunRecord, head: &RunRecord) -> Vec<String> {
    let mut found = Vec::new();
    for scenario in &head.scenarios {
        let mut before = base.scenarios.iter();
        let before = before.find(|before| before.name == scenario.name);
        let kinds = before.map(|before| (kind(before), kind(scenario)));
        if let Some((old, new)) = kinds.filter(|(old, new)| old != new) {
            found.push(format!(
                "the contract of `{}` is `{}` in base and `{}` in head, so start.ready and what \
                 follows it mean different things",
                scenario.name,
                old.name(),
                new.name()
            ));
        }
    }
    found
}

/// Runs without recorded kinds have HTTP contracts.
fn kind(scenario: &ScenarioRecord) -> ContractKind {
    let contract = scenario.contract.as_ref();
    contract.map_or(ContractKind::Http, |contract| contract.kind)
}

/// Why a run is incomplete: `is not finished (interrupted): …`.
pub fn unfinished(run: &RunRecord) -> Option<String> {
    let word = match run.state {
        RunState::Complete => return None,
        RunState::Interrupted => "it was interrupted",
        RunState::Running => "it is still running, or its process died",
    };
    let plan = &run.plan;
    let all = plan.warmup_rounds.saturating_add(plan.rounds);
    Some(format!(
        "is not finished: {word}, with {} of {all} rounds done",
        plan.rounds_done()
    ))
}

/// The median over the visits of a run, before each.
fn middle(run: &RunRecord, of: fn(&Conditions) -> Option<f64>) -> Option<f64> {
    let mut values: Vec<f64> = run
        .conditions
        .iter()
        .filter_map(|visit| of(&visit.before))
        .collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
