//! Tables of text and values, and their Markdown and terminal form.
//!
//! Three rules apply: a missing value is empty, never 0; a failed case has only its reason and no
//! number (METHODOLOGY, rule 1); and results with a stand-in base are marked. The width of a
//! terminal is an argument.

mod answer;
mod budgets;
pub(crate) mod claims;
pub(crate) mod comparison;
pub(crate) mod distribution;
mod figure_cell;
pub(crate) mod floor;
mod history;
pub(crate) mod inspection;
pub(crate) mod layers;
pub(crate) mod main_table;
pub(crate) mod metric_cell;
pub(crate) mod metric_table;
pub(crate) mod notes;
mod one_metric;
mod parts;
pub(crate) mod posture;
pub(crate) mod render;
pub(crate) mod runs;
pub(crate) mod steps;
mod table;
mod technique;

pub use answer::{Answer, answer};
pub use budgets::budget_table;
pub use claims::claims;
pub use comparison::comparison_table;
pub use distribution::distribution_tables;
pub use floor::floor_table;
pub use history::{history_table, trend_table};
pub use inspection::{
    InspectionView, file_table, gate_table, growth_tables, inspection_tables, package_table,
};
pub use main_table::{Columns, table, terminal_tables};
pub use one_metric::one_metric_tables;
pub use parts::parts_table;
pub use render::markdown_lines;
pub use runs::{claims_of_all, claims_of_several, runs_overview, runs_table};
pub use table::{Align, Cell, CellMark, Column, Content, Table, TableNote};
pub use technique::effect_table;
