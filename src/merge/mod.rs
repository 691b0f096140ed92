//! Joins the shards of a run that was split over machines.
//!
//! Pure. What was measured stays as it was; what each part was measured on is kept beside
//! it ([`crate::record::PartRecord`]), since times of two machines are never of one series.

mod alike;
mod join;
mod rule;

use std::collections::BTreeSet;

pub use rule::{MergeError, MergeRule, Refusal};

use crate::record::RunRecord;

/// One run of all parts, in whatever order they come. Its id is the first part's: whoever
/// keeps it names it. What was waived and is unlike stands in its warnings.
///
/// # Errors
/// With all that is unlike between the parts and not waived, and all that is not there.
pub fn merge(parts: &[RunRecord], waived: &BTreeSet<MergeRule>) -> Result<RunRecord, MergeError> {
    let mut parts: Vec<&RunRecord> = parts.iter().collect();
    parts.sort_by_key(|part| part.plan.shard.as_ref().map(|shard| shard.index));
    let found = alike::refusals(&parts);
    let holds = |refusal: &Refusal| refusal.rule.is_some_and(|rule| waived.contains(&rule));
    let (allowed, refused): (Vec<_>, Vec<_>) = found.into_iter().partition(holds);
    if !refused.is_empty() {
        return Err(MergeError { refusals: refused });
    }
    let allowed = allowed.into_iter().map(|refusal| refusal.what);
    join::join(&parts, allowed.collect()).ok_or_else(|| MergeError {
        refusals: vec![Refusal {
            rule: None,
            what: "no part was named".to_owned(),
        }],
    })
}
