//! How many bytes the packed layers of an image may unpack to.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Most bytes that packed ones unpack to: a multiple of their number, and what is left of a
/// budget that all layers of an image share. What gzip makes of zeros is 1,030 times smaller.
const MOST_UNPACKED_TIMES: u64 = 1_100;
const SHARED_BYTES: u64 = 256 << 20;

/// Unpacked bytes that all layers may have together beyond a multiple of their packed ones.
#[derive(Debug)]
pub(super) struct UnpackBudget(AtomicU64);

impl Default for UnpackBudget {
    fn default() -> Self {
        Self(AtomicU64::new(SHARED_BYTES))
    }
}

impl UnpackBudget {
    fn take(&self, bytes: u64) -> bool {
        let take = |left: u64| left.checked_sub(bytes);
        self.0.fetch_update(Relaxed, Relaxed, take).is_ok()
    }
}

/// A reader that fails once it gave more bytes than so many packed ones can hold.
pub(super) struct Bounded<'a, R> {
    reader: R,
    left: u64,
    budget: &'a UnpackBudget,
}

impl<'a, R> Bounded<'a, R> {
    pub(super) fn of(reader: R, packed: u64, budget: &'a UnpackBudget) -> Self {
        Self {
            reader,
            left: packed.saturating_mul(MOST_UNPACKED_TIMES),
            budget,
        }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(into)?;
        let over = (read as u64).saturating_sub(self.left);
        self.left = self.left.saturating_sub(read as u64);
        if over > 0 && !self.budget.take(over) {
            let problem = format!("it unpacks to more than {MOST_UNPACKED_TIMES} times its size");
            return Err(io::Error::other(problem));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_layers_share_what_they_may_unpack_to_beyond_their_size() {
        let budget = UnpackBudget(AtomicU64::new(1_000));
        let read = |bytes, packed| {
            let mut layer = Bounded::of(io::repeat(0).take(bytes), packed, &budget);
            io::copy(&mut layer, &mut io::sink()).is_ok()
        };
        assert!(read(600, 0));
        assert!(read(MOST_UNPACKED_TIMES + 400, 1));
        assert!(read(MOST_UNPACKED_TIMES, 1));
        assert!(!read(1, 0), "the budget is used up");
    }
}
