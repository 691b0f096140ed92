//! Key findings of a run: a few sentences with figures, computed from the data.
//!
//! A rule selects them (docs/REPORT.md): the first two available of effect, size, rebuild, price
//! and ready, and the doubts. Every figure is also in the tables.

mod doubts;
mod effects;
mod extremes;
mod finding;

use super::analysis::Analysis;
use crate::record::RunRecord;

pub use finding::{Finding, Sentence};

/// In order of priority.
const RULES: [fn(&Analysis<'_>) -> Option<Finding>; 5] = [
    effects::shown,
    extremes::smallest,
    extremes::fastest_rebuild,
    effects::price,
    extremes::soonest_ready,
];

/// The number of findings in addition to the doubts.
const MOST: usize = 2;

/// Up to three findings: results and doubts.
pub fn findings(record: &RunRecord) -> Vec<Finding> {
    findings_of(&Analysis::of(record))
}

pub(crate) fn findings_of(analysis: &Analysis<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES
        .iter()
        .filter_map(|rule| rule(analysis))
        .take(MOST)
        .collect();
    findings.push(doubts::doubts(analysis));
    findings
}
