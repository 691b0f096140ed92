//! Two runs beside each other: what changed, how sure that is, and why.

mod files;
mod table;
mod words;

pub use files::{comparison_csv, comparison_json};
pub use table::comparison_table;
