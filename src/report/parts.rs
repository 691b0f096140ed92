//! Which part of a joined run measured what, and on what.

use serde_json::{Value, json};

use super::notes::plural;
use super::table::{Cell, Column, Mark, Note, Table};
use crate::record::{PartRecord, RunRecord};

/// A row for each part; none where the run was made in one piece.
pub fn parts_table(record: &RunRecord) -> Option<Table> {
    if record.parts.is_empty() {
        return None;
    }
    let rows = record.parts.iter().map(|part| {
        let cases: Vec<&str> = apps(record, part).collect();
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
        notes: vec![Note {
            mark: Mark::Whole,
            text: "Times of different parts were measured on different machines: they are not \
                   compared. Sizes and other exact figures are."
                .to_owned(),
        }],
    })
}

/// The cases of a part but for its floor, in the order of the record.
fn apps<'a>(record: &'a RunRecord, part: &'a PartRecord) -> impl Iterator<Item = &'a str> {
    let cases = record.cases.iter();
    cases
        .filter(|case| case.strategy != "floor" && part.cases.contains(&case.id))
        .map(|case| case.id.as_str())
}

/// What stands under a table of a scenario whose cases were measured apart.
pub(super) fn apart_note(record: &RunRecord, scenario: &str) -> Option<Note> {
    let of_part = |part: &PartRecord| {
        let of_scenario = record.cases.iter().filter(|case| case.scenario == scenario);
        let mine = of_scenario.filter(|case| part.cases.contains(&case.id));
        let names: Vec<&str> = mine.map(|case| case.variant.as_str()).collect();
        (!names.is_empty()).then(|| format!("{} in part {}", names.join(", "), part.name()))
    };
    let parts: Vec<String> = record.parts.iter().filter_map(of_part).collect();
    (parts.len() > 1).then(|| Note {
        mark: Mark::Whole,
        text: format!(
            "Measured on different machines, so that times and memory compare within a part only: {}.",
            parts.join("; ")
        ),
    })
}

/// The same for machines.
pub(super) fn parts_json(record: &RunRecord) -> Value {
    let one = |part: &PartRecord| {
        json!({
            "part": part.name(),
            "run": part.run,
            "started_at": part.started_at,
            "finished_at": part.finished_at,
            "engine": part.engine,
            "host": part.host,
            "cases": apps(record, part).collect::<Vec<_>>(),
        })
    };
    record.parts.iter().map(one).collect()
}

/// Words of each part that measured anything, each once; of the run where it has no parts.
pub(super) fn of_each<'a>(
    record: &'a RunRecord,
    own: impl Fn(&'a RunRecord) -> String,
    words: impl Fn(&'a PartRecord) -> String,
) -> String {
    if record.parts.is_empty() {
        return own(record);
    }
    let measured = record.parts.iter().filter(|part| !part.cases.is_empty());
    let mut all: Vec<String> = Vec::new();
    for words in measured.map(words) {
        if !all.contains(&words) {
            all.push(words);
        }
    }
    all.join("; ")
}
