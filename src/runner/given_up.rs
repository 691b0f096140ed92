//! Cases that are not visited any more.

use super::bench::{Bench, World};
use crate::compare::Side;
use crate::record::{CaseId, Disposition};

impl<W: World> Bench<W> {
    /// Whether a case is not visited any more: it failed, or it works, which a counted visit
    /// has shown, and has nothing to be compared with, because it failed in the other revision.
    pub(super) fn is_given_up(&self, id: &CaseId) -> bool {
        let failed = |id: &CaseId| matches!(self.disposition(id), Some(Disposition::Failed { .. }));
        let mut cases = self.record.cases.iter();
        let other = match &self.record.ab {
            Some(_) => cases
                .find(|case| case.id == *id)
                .and_then(Side::counterpart),
            None => None,
        };
        let works = || {
            let mut samples = self.record.samples.iter();
            samples.any(|sample| sample.case == *id && sample.outcome.counted().is_some())
        };
        failed(id) || (other.as_ref().is_some_and(failed) && works())
    }
}
