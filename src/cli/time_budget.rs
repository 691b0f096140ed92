//! How many rounds fit into a time.

use super::pace::Elapsed;
use crate::record::RunRecord;
use crate::runner::Pace;
use crate::units::Nanos;

/// As many of the planned rounds as fit; the first one in any case.
pub(super) struct TimeBudget {
    budget: Nanos,
    elapsed: Elapsed,
    /// When this round began.
    began: Nanos,
    /// The longest round so far.
    longest: Nanos,
}

impl TimeBudget {
    pub(super) fn new(budget: Nanos, elapsed: Elapsed) -> Self {
        Self {
            budget,
            elapsed,
            began: Nanos(0),
            longest: Nanos(0),
        }
    }
}

impl Pace for TimeBudget {
    fn begins(&mut self) {
        self.began = (self.elapsed)();
    }

    fn is_enough(&mut self, _: &mut RunRecord) -> bool {
        let now = (self.elapsed)();
        self.longest = self.longest.max(now.saturating_sub(self.began));
        now.0.saturating_add(self.longest.0) > self.budget.0
    }

    fn more(&mut self, _: &mut RunRecord) -> u32 {
        0
    }
}
