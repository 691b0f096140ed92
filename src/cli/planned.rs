//! The shards of a plan.

use crate::record::{CaseId, Shard};
use crate::runner::Portion;
use crate::units::{Nanos, TimeScale};

/// Cases that the name of a job lists.
const NAMED_CASES: usize = 3;

/// A shard and what it has to do.
pub(super) struct Planned {
    pub(super) shard: Shard,
    pub(super) portion: Portion,
}

impl Planned {
    /// `1/4 node/slim, node/alpine and 3 more`.
    pub(super) fn name(&self) -> String {
        let cases: Vec<&str> = self.portion.cases.iter().map(CaseId::as_str).collect();
        let named = cases[..cases.len().min(NAMED_CASES)].join(", ");
        match cases.len().saturating_sub(NAMED_CASES) {
            0 => format!("{} {named}", self.shard),
            more => format!("{} {named} and {more} more", self.shard),
        }
    }
}

/// A time in the unit that suits it.
pub(super) fn duration(time: Nanos) -> String {
    TimeScale::for_value(time).format(time)
}
