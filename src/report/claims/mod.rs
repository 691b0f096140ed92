//! Compares published figures (claims) with measured ones.

mod claim_context;
mod claim_result;
mod json;
mod table;
mod verdict;

use serde_json::Value;

use super::analysis::Analysis;
use super::table::Table;
use crate::record::RunRecord;

pub use claim_result::ClaimResult;
pub(super) use claim_result::results;
pub(super) use json::{claims_json_of, verdicts_json_of};
pub(super) use table::{Heads, claims_of, claims_of_runs, verdicts_of_runs};
pub use verdict::ClaimVerdict;

/// Every claim, in the order of scenarios and of the claims in their files.
pub fn claim_results(record: &RunRecord) -> Vec<ClaimResult<'_>> {
    results(&Analysis::of(record))
}

/// The claims as a table, each with its verdict.
pub fn claims(record: &RunRecord) -> Table {
    claims_of(&Analysis::of(record), Heads::VERDICTS)
}

/// The claims as JSON; figures in bytes or nanoseconds.
pub fn claims_json(record: &RunRecord) -> Value {
    claims_json_of(&Analysis::of(record))
}
