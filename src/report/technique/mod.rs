//! What a technique does: each variant with it against the one without.
//!
//! An effect is told only where it is shown: of timed metrics by an interval that leaves
//! out 1, of exact ones by the values, of facts by the words. Else it says "no effect", or
//! that there are too few samples.

mod files;
mod line;
mod table;

use super::analysis::Analysis;
use super::table::Table;
use crate::record::RunRecord;

pub use files::effects_csv;
pub(super) use files::effects_json_of;
pub(super) use line::{Line, lines};
pub(super) use table::effect_table_of;

/// The effect of a scenario's technique as a table: a row per variant and metric. None
/// where the scenario is about no technique.
pub fn effect_table(record: &RunRecord, scenario: &str) -> Option<Table> {
    effect_table_of(&Analysis::of(record), scenario)
}
