//! A section of the page, and its line of the contents.

use maud::Markup;

/// A line of the contents.
pub(super) struct ContentsEntry {
    pub(super) anchor: String,
    pub(super) text: String,
    pub(super) below: Vec<ContentsEntry>,
}

/// A part of the page with its place in the contents.
pub(super) struct Section {
    pub(super) entry: ContentsEntry,
    pub(super) body: Markup,
}
