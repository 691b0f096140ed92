//! The trend of each metric over many runs, as tables.

mod details;
mod spark;
mod table;

pub use details::trend_table;
pub use table::history_table;
