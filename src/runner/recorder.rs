//! What keeps the record of a run while it goes on.

use std::collections::BTreeSet;
use std::error::Error;

use super::cache::VisitNotes;
use crate::record::RunRecord;

/// Keeps the record. Called between visits, never between two marks.
pub trait Recorder: Send {
    /// Writes everything that is known so far.
    fn save(&mut self, record: &RunRecord) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// The same where what was written before has changed, and not only grown.
    fn save_whole(&mut self, record: &RunRecord) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// Notes the ids of cache records that are ours and not removed yet, so
    /// that a later `clean` finds them should this process die.
    fn note_cache(&mut self, ids: &BTreeSet<String>) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// The ids that an earlier process of this run noted.
    ///
    /// # Errors
    /// Notes that cannot be read. They are kept as they are, and nothing is written over them.
    fn noted_cache(&mut self) -> Result<BTreeSet<String>, Box<dyn Error + Send + Sync>>;

    /// Notes what identifies the records of the visit that begins; `None` once they are noted.
    fn note_visit(
        &mut self,
        notes: Option<&VisitNotes>,
    ) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// What an earlier process of this run noted of a visit that it did not finish.
    fn noted_visit(&mut self) -> Option<VisitNotes>;
}
