//! The parts of a joined run as a table, and the note on their machines.

use super::table::{Cell, CellMark, Column, Table, TableNote};
use crate::record::RunRecord;
use crate::summary::Analysis;
use crate::summary::parts::{apart_words, apps};
use crate::summary::wording::plural;

/// A row for each part; `None` for a run that was not joined.
pub fn parts_table(record: &RunRecord) -> Option<Table> {
    if record.parts.is_empty() {
        return None;
    }
    let rows = record.parts.iter().zip(apps(record)).map(|(part, cases)| {
        let measured = match cases.is_empty() {
            true => "nothing".to_owned(),
            false => cases.join(" "),
        };
        [
            part.name(),
            part.host.words(),
            format!("{}, {}", part.engine.words(), part.engine.store_words()),
            part.started_at.clone(),
            measured,
        ]
        .map(Cell::text)
        .to_vec()
    });
    Some(Table {
        title: format!("Joined from {}", plural(record.parts.len(), "part")),
        columns: vec![
            Column::text("part", "part"),
            Column::text("host", "machine"),
            Column::text("engine", "engine"),
            Column::text("started_at", "begun"),
            Column::text("cases", "measured"),
        ],
        rows: rows.collect(),
        notes: vec![TableNote {
            mark: CellMark::Whole,
            text: "Times of different parts were measured on different machines: they are not \
                   compared. Sizes and other exact figures are."
                .to_owned(),
        }],
    })
}

/// The note for a scenario whose cases were measured on several machines.
pub(super) fn apart_note(analysis: &Analysis<'_>, scenario: &str) -> Option<TableNote> {
    apart_words(analysis, scenario).map(TableNote::whole)
}
