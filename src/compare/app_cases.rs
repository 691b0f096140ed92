//! The cases that two runs are compared by.

use crate::record::{CaseRecord, RunRecord};

/// The cases of scenarios, without the floor.
pub(super) fn apps(record: &RunRecord) -> impl Iterator<Item = &CaseRecord> {
    record.cases.iter().filter(|case| case.strategy != "floor")
}
