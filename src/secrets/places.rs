//! Ranges of a text that are taken: a find that overlaps one is the same secret again.

use std::collections::BTreeMap;
use std::ops::Range;

/// Ranges, each with its end by its start; none overlaps another.
#[derive(Debug, Default)]
pub struct Places(BTreeMap<usize, usize>);

impl Places {
    /// Whether a byte of it is taken.
    pub fn overlap(&self, range: &Range<usize>) -> bool {
        // Ends rise with starts, so the last one that begins before its end decides.
        let before = self.0.range(..range.end).next_back();
        before.is_some_and(|(_, end)| *end > range.start)
    }

    /// Takes a range, if no byte of it is taken.
    pub fn take(&mut self, range: Range<usize>) -> bool {
        let free = !self.overlap(&range);
        if free {
            self.0.insert(range.start, range.end);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_is_not_taken_again() {
        let mut places = Places::default();
        assert!(places.take(10..20) && places.take(30..40) && places.take(20..30));
        for range in [5..11, 19..21, 12..13, 0..100, 39..50] {
            assert!(!places.take(range.clone()), "{range:?}");
        }
        assert!(places.take(0..10) && places.take(40..41));
    }
}
