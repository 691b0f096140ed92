//! What one registry keeps of a set of images.

use crate::units::Bytes;

/// Sums over images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stock {
    /// How many images count.
    pub(super) images: usize,
    /// Each blob once.
    pub(super) once: Bytes,
    /// Each image whole.
    pub(super) whole: Bytes,
}

impl Stock {
    /// Whether there is an image at all: without one there is no sum, and not a sum of 0.
    pub(super) fn has_any(&self) -> bool {
        self.images > 0
    }
}
