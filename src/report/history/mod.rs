//! The trend of each metric over many runs, as tables and files.

mod details;
mod files;
mod spark;
mod table;
pub(super) mod words;

pub use details::trend_table;
pub use files::{history_csv, history_json};
pub use table::history_table;
pub(super) use table::{in_order, summary};

use crate::history::{Trend, TrendTerms};

/// The input of a history report.
#[derive(Debug, Clone, Copy)]
pub struct HistoryPage<'a> {
    /// The source of the runs: a folder or a branch.
    pub source: &'a str,
    /// The number of runs.
    pub runs: usize,
    /// Skipped files with the reasons.
    pub left_out: &'a [(String, String)],
    /// The settings of the history.
    pub terms: &'a TrendTerms,
    /// The trends.
    pub trends: &'a [Trend<'a>],
}
