//! How much of an inspection is shown, and what is said of the rest.

use super::super::table::TableNote;
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
const COLUMNS: u16 = 140;
/// A text column has at least so many characters.
const LEAST_CHARS: usize = 24;

impl InspectionView {
    /// Characters that a text may have next to `others` columns of the terminal.
    pub(super) fn room(self, others: usize) -> usize {
        if self.is_whole {
            return usize::MAX;
        }
        let width = usize::from(self.width.unwrap_or(COLUMNS));
        width.saturating_sub(others).max(LEAST_CHARS)
    }

    /// How many rows of so many are shown.
    pub(super) fn rows(self, most: usize) -> usize {
        if self.is_whole { usize::MAX } else { most }
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
