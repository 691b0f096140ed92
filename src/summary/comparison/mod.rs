//! A comparison of two runs in words: changes, their certainty, their causes; and budgets.

pub(crate) mod budgets;
pub(crate) mod lines;
pub(crate) mod power;
pub(crate) mod words;

pub use budgets::JudgedBudgets;

pub(crate) use budgets::{BudgetWords, limit, unmatched_sentence, word};
pub(crate) use lines::{line_sentence, summary};
pub(crate) use words::{change, instruction, reason_word, with_unit};
