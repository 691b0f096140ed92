//! What a search comes upon.

/// Something that was found, without the thing itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::image) struct Hit {
    /// What it looks like.
    pub kind: String,
    /// Its first characters.
    pub masked: String,
    /// Whether it was planted.
    pub planted: bool,
}

/// A hit and where in the text it lies.
pub(super) struct PlacedHit {
    pub start: usize,
    pub end: usize,
    pub hit: Hit,
}
