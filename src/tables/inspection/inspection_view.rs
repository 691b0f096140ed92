//! How much of an inspection is shown, and what is said of the rest.

use super::super::table::TableNote;
use super::cut::beginning;
use crate::summary::wording::one_line;
use crate::units::{Count, human_count};

/// How much of an inspection is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InspectionView {
    /// Everything, or what fits one screen.
    pub is_whole: bool,
    /// Columns of the terminal, where it is one.
    pub width: Option<u16>,
}

/// Columns where there is no terminal.
const COLUMNS: usize = 140;
/// Columns from which on nothing is left out or abbreviated.
const NARROW: usize = 100;
/// A text column has at least so many characters.
const LEAST_CHARS: usize = 24;

impl InspectionView {
    /// Characters that a text may have next to `others` columns where there is no terminal.
    /// Where there is one, the text is shortened once the other columns are known.
    pub(crate) fn room(self, others: usize) -> usize {
        match (self.is_whole, self.width) {
            (false, None) => COLUMNS.saturating_sub(others).max(LEAST_CHARS),
            _ => usize::MAX,
        }
    }

    /// Columns of the terminal that texts are shortened to.
    pub(crate) fn screen(self) -> Option<usize> {
        let width = self.width.filter(|_| !self.is_whole);
        width.map(usize::from)
    }

    /// Whether the terminal has less columns than usual texts need.
    pub(crate) fn is_narrow(self) -> bool {
        self.screen().is_some_and(|width| width < NARROW)
    }

    /// A text that is next to one that needs more room: at most this share of the terminal.
    pub(crate) fn part(self, text: &str, of: usize) -> String {
        match self.screen() {
            Some(width) => beginning(&one_line(text, usize::MAX), width / of),
            None => text.to_owned(),
        }
    }

    /// How many rows of so many are shown.
    pub(crate) fn rows(self, most: usize) -> usize {
        if self.is_whole { usize::MAX } else { most }
    }
}

/// The name of an image, with what selected it in its archive.
pub(super) fn image_name(image: &str, selected: Option<&str>) -> String {
    match selected {
        Some(selected) => format!("{image} ({selected})"),
        None => image.to_owned(),
    }
}

/// What is said of rows that are not shown. `cut` of them `--all` shows; `unlisted` are in no
/// list, because there are too many.
pub(super) fn more_note(what: &str, cut: Count, unlisted: Count) -> Option<TableNote> {
    let note = match (cut, unlisted) {
        (Count(0), Count(0)) => return None,
        (cut, Count(0)) => format!("{} more{what}; --all shows them.", human_count(cut)),
        (Count(0), more) => format!("{} more{what} are too many to list.", human_count(more)),
        (cut, more) => format!(
            "{} more{what}; --all shows {} of them.",
            human_count(cut + more),
            human_count(cut)
        ),
    };
    Some(TableNote::whole(note))
}
