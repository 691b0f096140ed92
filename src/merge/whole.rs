//! Which cases the whole run has, as its parts list them.

use crate::record::CaseId;

/// The cases of all parts, as the first part that was taken in lists them.
#[derive(Debug, Default)]
pub(super) struct Whole {
    /// The run of that part.
    pub(super) run: String,
    pub(super) cases: Vec<CaseId>,
    /// Runs that list other cases, with their lists.
    pub(super) unlike: Vec<(String, Vec<CaseId>)>,
}
