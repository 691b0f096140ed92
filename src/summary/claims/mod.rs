//! Compares published figures (claims) with measured ones.

mod claim_context;
mod claim_result;
mod verdict;

use super::analysis::Analysis;
use crate::record::RunRecord;

pub use claim_result::ClaimResult;
pub use verdict::ClaimVerdict;

pub(crate) use claim_result::results;

/// Every claim, in the order of scenarios and of the claims in their files.
pub fn claim_results(record: &RunRecord) -> Vec<ClaimResult<'_>> {
    results(&Analysis::of(record))
}
