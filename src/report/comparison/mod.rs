//! Reports of a comparison of two runs: changes, their certainty, and their causes.

mod budgets;
mod files;
mod power;
mod table;
pub(super) mod words;

pub(super) use budgets::{BudgetWords, unmatched_sentence};
pub use budgets::{JudgedBudgets, budget_table, budgets_json};
pub use files::{comparison_csv, comparison_json};
pub(super) use table::{comparison_sections, folded, lines_table, summary};
pub use table::{comparison_table, line_sentence};
pub(super) use words::{change, instruction};
