//! The effect of a technique: each variant with it compared with the one without.
//!
//! An effect is reported only if the samples show it: for timed metrics an interval that excludes
//! 1, for exact metrics different values, for facts different texts. Otherwise the report says
//! "no effect", or that there are too few samples.

mod files;
mod line;
mod table;

use super::analysis::Analysis;
use super::table::Table;
use crate::record::RunRecord;

pub use files::effects_csv;
pub(super) use files::effects_json_of;
pub(super) use line::{EffectLine, lines};
pub(super) use table::effect_table_of;

/// The effect of a scenario's technique as a table: a row per variant and metric. `None` if the
/// scenario is not about a technique.
pub fn effect_table(record: &RunRecord, scenario: &str) -> Option<Table> {
    effect_table_of(&Analysis::of(record), scenario)
}
