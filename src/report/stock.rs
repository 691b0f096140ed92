//! The registry storage of a set of images.

use crate::units::Bytes;

/// Sums over images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stock {
    /// The number of images.
    pub(super) images: usize,
    /// Bytes with each blob counted once.
    pub(super) once: Bytes,
    /// Bytes of all images, with shared blobs counted for each.
    pub(super) whole: Bytes,
}

impl Stock {
    /// Whether there is any image; without one the sum is missing, not 0.
    pub(super) fn has_any(&self) -> bool {
        self.images > 0
    }
}
