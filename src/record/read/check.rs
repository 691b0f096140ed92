//! Whether a record agrees with itself.

use std::collections::BTreeSet;

use super::places::Spot;
use crate::record::{CaseId, RunRecord, Sample, Shard, case_id};
use crate::units::Quantity;

/// What is wrong, and where.
pub(super) struct Fault {
    pub(super) spot: Option<Spot>,
    pub(super) what: String,
}

fn fault_at(spot: Spot, what: String) -> Option<Fault> {
    Some(Fault {
        spot: Some(spot),
        what,
    })
}

/// Beyond this a whole number has no f64 of its own, and no measurement comes near it.
const MOST: f64 = 9_007_199_254_740_992.0;

/// The first fault, if there is any.
pub(super) fn fault(record: &RunRecord) -> Option<Fault> {
    let cases: BTreeSet<&CaseId> = record.cases.iter().map(|case| &case.id).collect();
    of_shard(record)
        .or_else(|| of_scenarios(record))
        .or_else(|| of_parts(record, &cases))
        .or_else(|| of_cases(record))
        .or_else(|| of_samples(record, &cases))
        .or_else(|| of_builds(record, &cases))
        .or_else(|| of_order(record, &cases))
        .or_else(|| of_conditions(record, &cases))
}

fn of_shard(record: &RunRecord) -> Option<Fault> {
    let shard = record.plan.shard.as_ref()?;
    let (index, count) = (shard.index, shard.count);
    let what = || format!("plan.shard is {index}/{count}, and there is no such");
    shard.shard().is_none().then(|| Fault {
        spot: None,
        what: what(),
    })
}

fn of_order(record: &RunRecord, cases: &BTreeSet<&CaseId>) -> Option<Fault> {
    let mut order = record.plan.order.iter().flatten();
    let id = order.find(|id| !cases.contains(id))?;
    let what = format!("plan.order visits `{id}`, which is not among the cases");
    Some(Fault { spot: None, what })
}

fn of_scenarios(record: &RunRecord) -> Option<Fault> {
    let mut seen = BTreeSet::new();
    let mut scenarios = record.scenarios.iter();
    let at = scenarios.position(|scenario| !seen.insert(&scenario.name))?;
    let name = &record.scenarios[at].name;
    fault_at(
        Spot::Scenario(at),
        format!("the scenario `{name}` is there a second time"),
    )
}

fn of_parts(record: &RunRecord, cases: &BTreeSet<&CaseId>) -> Option<Fault> {
    let mut seen = BTreeSet::new();
    for (at, part) in record.parts.iter().enumerate() {
        let name = part.name();
        let what = if Shard::of(part.index, part.count).is_none() {
            format!("there is no part {name}")
        } else if let Some(id) = part.cases.iter().find(|id| !cases.contains(id)) {
            format!("part {name} measured `{id}`, which is not among the cases")
        } else if let Some(id) = part.cases.iter().find(|id| !seen.insert(*id)) {
            format!("`{id}` is in part {name}, and in one before it")
        } else {
            continue;
        };
        return fault_at(Spot::Part(at), what);
    }
    None
}

fn of_cases(record: &RunRecord) -> Option<Fault> {
    let mut seen = BTreeSet::new();
    let scenarios: BTreeSet<&str> = record
        .scenarios
        .iter()
        .map(|scenario| scenario.name.as_str())
        .collect();
    let parts = record.parts_by_case();
    for (at, case) in record.cases.iter().enumerate() {
        let id = &case.id;
        let what = if !seen.insert(id) {
            format!("the case `{id}` is there a second time")
        } else if *id != case_id(&case.scenario, &case.variant) {
            let named = case_id(&case.scenario, &case.variant);
            format!("the case `{id}` is of scenario and variant `{named}`")
        } else if case.strategy != "floor" && !scenarios.contains(case.scenario.as_str()) {
            format!("the case `{id}` is of a scenario that the record does not have")
        } else if !record.parts.is_empty() && !parts.contains_key(id) {
            format!("no part measured the case `{id}`")
        } else {
            continue;
        };
        return fault_at(Spot::Case(at), what);
    }
    None
}

fn of_samples(record: &RunRecord, cases: &BTreeSet<&CaseId>) -> Option<Fault> {
    let rounds = record.plan.warmup_rounds.saturating_add(record.plan.rounds);
    let mut counted = BTreeSet::new();
    for (at, sample) in record.samples.iter().enumerate() {
        let (case, metric, round) = (&sample.case, sample.metric, sample.round);
        let what = if !cases.contains(case) {
            format!("a sample of `{case}`, which is not among the cases")
        } else if !(1..=rounds).contains(&round) {
            format!("a sample of round {round}, of {rounds}")
        } else if let Some(what) = of_value(sample) {
            what
        } else if sample.outcome.counted().is_some()
            && !counted.insert((case, metric, sample.link, round))
        {
            format!("{metric} of `{case}` counts twice in round {round}")
        } else {
            continue;
        };
        return fault_at(Spot::Sample(at), what);
    }
    None
}

fn of_value(sample: &Sample) -> Option<String> {
    let (case, metric) = (&sample.case, sample.metric);
    if sample.link.is_some() && !metric.is_linked() {
        return Some(format!(
            "{metric} of `{case}` has a link, and goes over none"
        ));
    }
    let value = sample.outcome.value()?;
    if value.unit() != metric.unit() {
        return Some(format!(
            "{metric} of `{case}` is in `{}`, and measured in `{}`",
            key(value),
            metric.unit()
        ));
    }
    let number = match value {
        Quantity::Bytes(bytes) => bytes.0 as f64,
        Quantity::Time(nanos) => nanos.0 as f64,
        Quantity::Count(count) => count.0 as f64,
        Quantity::Ratio(ratio) => ratio.get(),
        Quantity::Rate(rate) => rate.get(),
    };
    (!(0.0..=MOST).contains(&number))
        .then(|| format!("{metric} of `{case}` is {number}, which nothing can be"))
}

/// As the file names the unit.
fn key(value: Quantity) -> &'static str {
    match value {
        Quantity::Bytes(_) => "bytes",
        Quantity::Time(_) => "ns",
        Quantity::Count(_) => "count",
        Quantity::Ratio(_) => "ratio",
        Quantity::Rate(_) => "per_second",
    }
}

fn of_conditions(record: &RunRecord, cases: &BTreeSet<&CaseId>) -> Option<Fault> {
    let mut visits = record.conditions.iter();
    let visit = visits.find(|visit| !cases.contains(&visit.case))?;
    let case = &visit.case;
    let what = format!("conditions of a visit to `{case}`, which is not among the cases");
    Some(Fault { spot: None, what })
}

fn of_builds(record: &RunRecord, cases: &BTreeSet<&CaseId>) -> Option<Fault> {
    let mut builds = record.builds.iter();
    let at = builds.position(|build| !cases.contains(&build.case))?;
    let case = &record.builds[at].case;
    fault_at(
        Spot::Build(at),
        format!("a build of `{case}`, which is not among the cases"),
    )
}
