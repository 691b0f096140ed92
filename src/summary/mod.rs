//! What a run, a comparison or a history says, without its form: figures, series, findings,
//! warnings, verdicts on claims, effects of techniques, and sentences about them.
//!
//! Pure functions of the record (METHODOLOGY, rule 11): the same record gives the same results on
//! every machine. A failed case has only its reason and no number (rule 1). Tables, files, charts
//! and the page are made from this module; nothing here knows a format.

pub(crate) mod analysis;
pub(crate) mod answer;
mod budgets;
pub(crate) mod change;
pub(crate) mod claims;
pub(crate) mod comparison;
pub(crate) mod distribution;
mod entry;
pub(crate) mod exact_text;
pub(crate) mod figure;
pub(crate) mod findings;
pub(crate) mod history;
pub(crate) mod missing;
mod observed;
pub(crate) mod order;
pub(crate) mod parts;
pub(crate) mod posture;
pub(crate) mod reasons;
pub(crate) mod run_words;
pub(crate) mod scale;
pub(crate) mod series;
pub(crate) mod steps;
pub(crate) mod stock;
pub(crate) mod technique;
pub(crate) mod warning;
pub(crate) mod wording;

pub use analysis::Analysis;
pub use budgets::check_budgets;
pub use claims::{ClaimResult, ClaimVerdict, claim_results};
pub use comparison::JudgedBudgets;
pub use entry::{Counts, EntryStanding, MetricSummary, Reason, Series, Subject};
pub use findings::{Finding, Sentence, findings};
pub use history::HistoryPage;
pub use order::Grouping;
pub use warning::{Warning, warnings};
