//! The table cell of a derived figure.

use super::notes::Notes;
use super::table::{Cell, Content};
use crate::summary::figure::{Absence, Figure};
use crate::summary::scale::Scale;

impl Absence {
    /// Its cell, with its reason as a note.
    pub(crate) fn cell(&self, notes: &mut Notes) -> Cell {
        let mut cell = Cell::of(Content::Absent {
            word: self.word,
            status: self.status,
        });
        let reason = self.reason.as_deref();
        if let Some(reason) = reason.filter(|reason| *reason != self.word) {
            cell.notes.push(notes.number(reason));
        }
        cell
    }
}

/// The cell of a figure.
pub(super) fn cell(figure: &Figure, scale: Scale, notes: &mut Notes) -> Cell {
    match figure {
        Ok(quantity) => Cell::value(scale.number(*quantity), *quantity),
        Err(absence) => absence.cell(notes),
    }
}
