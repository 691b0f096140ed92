//! Collects the notes of a table; equal texts share a number.

use super::table::{CellMark, TableNote};
use crate::record::RunRecord;
use crate::summary::wording::one_line;

/// A longer note is truncated; the list of failures and the files have the full text.
const NOTE_CHARS: usize = 240;

/// Notes under construction.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    whole: Vec<String>,
    stand_ins: Vec<String>,
    numbered: Vec<String>,
}

impl Notes {
    /// A note on the whole table.
    pub(crate) fn whole(&mut self, text: impl Into<String>) {
        self.whole.push(text.into());
    }

    /// Adds a note on the whole table, unless it exists.
    pub(crate) fn whole_once(&mut self, text: String) {
        if !self.whole.contains(&text) {
            self.whole.push(text);
        }
    }

    /// The number of a note on some cells.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        let text = one_line(text, NOTE_CHARS);
        let at = self.numbered.iter().position(|known| *known == text);
        let at = at.unwrap_or_else(|| {
            self.numbered.push(text);
            self.numbered.len() - 1
        });
        u32::try_from(at + 1).unwrap_or(u32::MAX)
    }

    /// Records the bases that stand-ins replace for a marked cell.
    pub(crate) fn stand_ins(&mut self, references: &[String]) {
        self.stand_ins.extend(references.iter().cloned());
        self.stand_ins.sort();
        self.stand_ins.dedup();
    }

    /// All notes: on the table, on stand-ins, then the numbered ones.
    pub(crate) fn finish(self, record: &RunRecord) -> Vec<TableNote> {
        let mut notes: Vec<TableNote> = self
            .whole
            .into_iter()
            .map(|text| TableNote {
                mark: CellMark::Whole,
                text,
            })
            .collect();
        if !self.stand_ins.is_empty() {
            let named: Vec<String> = self
                .stand_ins
                .iter()
                .map(|name| stand_in_name(record, name))
                .collect();
            let text = format!(
                "rests on a stand-in base, not on the registry's image: {}",
                named.join(", ")
            );
            notes.push(TableNote {
                mark: CellMark::StandIn,
                text,
            });
        }
        for (number, text) in (1..).zip(self.numbered) {
            notes.push(TableNote {
                mark: CellMark::Number(number),
                text,
            });
        }
        notes
    }
}

/// `node:20 (as plimsoll.local/node:20)`.
pub(crate) fn stand_in_name(record: &RunRecord, reference: &str) -> String {
    let known = record
        .bases
        .iter()
        .find(|base| base.reference == reference && base.stand_in.is_some());
    match known {
        Some(base) => format!("{reference} (as {})", base.resolved),
        None => reference.to_owned(),
    }
}
