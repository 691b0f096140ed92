//! Distribution: packed sizes, pushes, pulls over each link, and the cost of deploys.
//!
//! All numbers come from valid samples. Links are never mixed. A run without pushes and pulls has
//! none of these tables.

mod deploys;
mod layers;
mod phrases;
mod proof;
mod pulled_links;
mod pulls;
mod services;
mod sizes;

use layers::{stock_of_run, stock_of_scenario};
use pulled_links::pulled_links;
use serde_json::{Value, json};

use super::analysis::Analysis;
use super::entry::Series;
use super::figure::{Absence, Figure, median, sum};
use super::native::statistic_json;
use super::series::distributed;
use super::stock::Stock;
use super::table::Table;
use crate::record::{CaseRecord, DeployPlan, Derived, Link, Metric, RunRecord, ScenarioRecord};
use crate::units::Bytes;

/// The tables of a scenario: sizes and pushes, pulls and deploys for each link, services
/// that share a base. Empty if the run did not measure distribution.
pub fn distribution_tables(record: &RunRecord, scenario: &str) -> Vec<Table> {
    if !distributed(record) {
        return Vec::new();
    }
    tables_of(&Analysis::of(record), scenario)
}

pub(super) fn tables_of(analysis: &Analysis<'_>, scenario: &str) -> Vec<Table> {
    let known = analysis.record.scenarios.iter();
    let Some(scenario) = known.into_iter().find(|known| known.name == scenario) else {
        return Vec::new();
    };
    if !analysis.distributed() {
        return Vec::new();
    }
    let mut tables = vec![sizes::table(analysis, scenario)];
    for link in pulled_links(analysis) {
        tables.push(pulls::table(analysis, scenario, link));
        tables.push(deploys::table(analysis, scenario, link));
    }
    // Which layers services share is known of images that are built on a base.
    if analysis.is_built(&scenario.name) {
        tables.push(services::table(analysis, scenario));
    }
    tables
}

/// A derived figure of a case, as in the tables of deploys and services, and its parts; empty if
/// it is not a sum.
pub(super) fn derived(
    analysis: &Analysis<'_>,
    case: &CaseRecord,
    derived: Derived,
    link: Option<Link>,
) -> (Figure, Vec<Series>) {
    let scenarios = &analysis.record.scenarios;
    let plan = scenarios
        .iter()
        .find(|scenario| scenario.name == case.scenario)
        .map_or_else(DeployPlan::default, |scenario| scenario.deploy);
    if !analysis.distributed() {
        let absence = Absence::not_derived("this run looked at neither pushes nor pulls");
        return (Err(absence), Vec::new());
    }
    let pull = match derived {
        Derived::ServicesStored => {
            return (services::stored(analysis, case, plan.services), Vec::new());
        }
        Derived::RegistryMoved => {
            let nothing = || Absence::not_derived("nothing was pulled in this run");
            let first = pulled_links(analysis).first().copied();
            let bytes = first.ok_or_else(nothing);
            let moved = bytes.and_then(|link| deploys::moved(analysis, case, plan, link));
            return (moved, Vec::new());
        }
        Derived::DeployFirst => Metric::PullCold,
        Derived::DeploySibling => Metric::PullBase,
        Derived::DeployUpdate => Metric::PullUpdate,
    };
    let Some(link) = link else {
        let absence = Absence::not_derived("it is another over each link, and none is named");
        return (Err(absence), Vec::new());
    };
    if !analysis.links().contains(&link) {
        let absence = Absence::not_run(format!("nothing went over {link} in this run"));
        return (Err(absence), Vec::new());
    }
    let parts = deploys::parts(pull, link);
    let sum = sum(parts.map(|part| median(analysis.at(&case.id, part))));
    (sum, parts.to_vec())
}

/// The packed bytes of an image that belong to its base; `None` if unknown.
pub(super) fn base_share(analysis: &Analysis<'_>, case: &CaseRecord) -> Option<Bytes> {
    let split_image = layers::part(analysis, case).ok()?;
    Some(split_image.base_bytes)
}

/// The number of layers of an image that belong to its base; `None` if unknown.
pub(super) fn base_layers(analysis: &Analysis<'_>, case: &CaseRecord) -> Option<usize> {
    let base = layers::base_of(analysis, case, case.image.as_ref()?).ok()?;
    Some(base.map_or(0, |base| base.diff_ids.len()))
}

/// The same as JSON; null if the run did not measure distribution.
pub(super) fn json_of(analysis: &Analysis<'_>) -> Value {
    if !analysis.distributed() {
        return Value::Null;
    }
    let record = analysis.record;
    let distribution = record.distribution.as_ref();
    json!({
        "links": analysis.links(),
        "puller": distribution.and_then(|distribution| distribution.puller.as_ref()),
        "why_no_puller": distribution.and_then(|distribution| distribution.why_no_puller.as_ref()),
        "stored": stock_json(&stock_of_run(analysis)),
        "scenarios": record
            .scenarios
            .iter()
            .map(|scenario| scenario_json(analysis, scenario))
            .collect::<Vec<_>>(),
    })
}

fn scenario_json(analysis: &Analysis<'_>, scenario: &ScenarioRecord) -> Value {
    let over = |link: Link| {
        let proof = proof::Proof::of(analysis, &scenario.name, link);
        let widest = proof::widest(analysis, &scenario.name, link);
        json!({
            "link": link,
            "pulls": pulls::table(analysis, scenario, link).json(),
            "deploys": deploys::table(analysis, scenario, link).json(),
            "cold_pulls": {
                "accepted": proof.accepted,
                "proven": proof.proven,
                "invalid": proof.invalid,
                "dnf": proof.dnf,
            },
            "widest_iqr_to_median_ratio": widest.map(|widest| statistic_json(widest.ratio.get())),
            "widest_iqr_to_median_case": widest.map(|widest| widest.case.as_str()),
        })
    };
    json!({
        "scenario": scenario.name,
        "deploy": scenario.deploy,
        "sizes": sizes::table(analysis, scenario).json(),
        "links": pulled_links(analysis).into_iter().map(over).collect::<Vec<_>>(),
        "services": services::table(analysis, scenario).json(),
        "stored": stock_json(&stock_of_scenario(analysis, &scenario.name)),
    })
}

fn stock_json(stock: &Stock) -> Value {
    json!({
        "images_count": stock.images,
        "once_bytes": stock.has_any().then_some(stock.once),
        "whole_bytes": stock.has_any().then_some(stock.whole),
    })
}
