//! The answer of a run in one screen: a row per variant, the best of each column marked, which
//! variants no other beats in everything, and up to three sentences.

mod order;
mod sentences;
mod sides;
mod table;

use super::analysis::Analysis;
use super::table::Table;
use crate::record::{Metric, RunRecord};

/// What a scenario of a run comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// A row per variant.
    pub table: Table,
    /// What it comes to, the most telling first.
    pub sentences: Vec<String>,
}

/// The answer for a scenario. Rows are sorted by what is preferred, the most wanted first;
/// the smallest first where nothing is.
pub fn answer(record: &RunRecord, scenario: &str, preferred: &[Metric]) -> Answer {
    let analysis = Analysis::of(record);
    let sides = sides::Sides::of(&analysis, scenario);
    let order = order::order(&sides, preferred);
    Answer {
        table: table::table(&sides, &order),
        sentences: sentences::sentences(&sides),
    }
}
