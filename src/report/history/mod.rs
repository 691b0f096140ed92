//! Many runs over time: how each metric went, for people and for machines.

mod details;
mod files;
mod spark;
mod table;
pub(super) mod words;

pub use details::trend_table;
pub use files::{history_csv, history_json};
pub use table::history_table;
pub(super) use table::{in_order, summary};

use crate::history::{Terms, Trend};

/// What a history is told of.
#[derive(Debug, Clone, Copy)]
pub struct HistoryPage<'a> {
    /// Where the runs are from: a folder, or a branch.
    pub source: &'a str,
    /// How many runs there are.
    pub runs: usize,
    /// Files that are no part of it, with the reasons.
    pub left_out: &'a [(String, String)],
    /// How the history was read.
    pub terms: &'a Terms,
    /// The trends.
    pub trends: &'a [Trend<'a>],
}
