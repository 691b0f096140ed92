//! Distribution as tables: packed sizes, pushes, pulls over each link, and the cost of deploys.
//!
//! Links are never mixed. A run without pushes and pulls has none of these tables.

pub(crate) mod deploys;
mod phrases;
pub(crate) mod pulls;
pub(crate) mod services;
pub(crate) mod sizes;

use super::table::Table;
use crate::record::RunRecord;
use crate::summary::Analysis;
use crate::summary::distribution::pulled_links;
use crate::summary::series::distributed;

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
