//! The two sides that are tested against each other, and how their rounds belong together.

use crate::stats::{Direction, SampleSet};

/// How the rounds of the two sides belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// Two runs: any round may change sides.
    Independent,
    /// Both sides were measured in each round: they change sides within it.
    Paired,
}

/// What is to be tested.
#[derive(Debug, Clone, Copy)]
pub(in crate::stats) struct Candidate<'a> {
    pub(in crate::stats) base: &'a SampleSet,
    pub(in crate::stats) head: &'a SampleSet,
    pub(in crate::stats) direction: Direction,
    /// The same for the same metric of other cases.
    pub(in crate::stats) group: usize,
}
