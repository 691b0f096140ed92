//! Who decides how long a run is.

use crate::record::RunRecord;

/// Decides with the record so far how many rounds there are. It may note in the record what
/// made it decide so.
pub trait Pace: Send {
    /// Called as a round begins, warm-ups included.
    fn begins(&mut self);

    /// Asked after each counted round: whether it is the last, whatever is planned.
    fn is_enough(&mut self, record: &mut RunRecord) -> bool;

    /// Asked once all planned rounds are done: how many more there are.
    fn more(&mut self, record: &mut RunRecord) -> u32;
}
