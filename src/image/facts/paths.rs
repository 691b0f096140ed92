//! The paths that a fact lists.

use crate::units::Count;

/// Paths that are listed of a fact.
const MOST_PATHS: usize = 1_000;

/// The paths of a fact: the first of them, and how many more there are.
#[derive(Default)]
pub(super) struct Paths {
    shown: Vec<String>,
    more: u64,
}

impl Paths {
    pub(super) fn add(&mut self, path: impl FnOnce() -> String) {
        match self.shown.len() {
            ..MOST_PATHS => self.shown.push(path()),
            _ => self.more += 1,
        }
    }

    /// The listed paths, and how many more there are.
    pub(super) fn split(self) -> (Vec<String>, Count) {
        (self.shown, Count(self.more))
    }
}
