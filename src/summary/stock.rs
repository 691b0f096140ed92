//! The registry storage of a set of images.

use crate::units::Bytes;

/// Sums over images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stock {
    /// The number of images.
    pub(crate) images: usize,
    /// Bytes with each blob counted once.
    pub(crate) once: Bytes,
    /// Bytes of all images, with shared blobs counted for each.
    pub(crate) whole: Bytes,
}

impl Stock {
    /// Whether there is any image; without one the sum is missing, not 0.
    pub(crate) fn has_any(&self) -> bool {
        self.images > 0
    }
}
