//! The parts of a joined run: their cases and machines.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::notes::plural;
use super::table::{Cell, CellMark, Column, Table, TableNote};
use crate::record::{PartRecord, RunRecord};

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

/// The cases of each part except its floor, in the order of the record.
fn apps(record: &RunRecord) -> Vec<Vec<&str>> {
    let places = record.parts_by_case();
    let mut apps = vec![Vec::new(); record.parts.len()];
    for case in record.cases.iter().filter(|case| case.strategy != "floor") {
        if let Some(&at) = places.get(&case.id) {
            apps[at].push(case.id.as_str());
        }
    }
    apps
}

/// The note for a scenario whose cases were measured on several machines.
pub(super) fn apart_note(analysis: &Analysis<'_>, scenario: &str) -> Option<TableNote> {
    let mut parts: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for case in analysis.cases_of(scenario) {
        if let Some(at) = analysis.part_of(&case.id) {
            parts.entry(at).or_default().push(&case.variant);
        }
    }
    let words = |(at, names): (&usize, &Vec<&str>)| {
        let part = analysis.record.parts[*at].name();
        format!("{} in part {part}", names.join(", "))
    };
    (parts.len() > 1).then(|| TableNote {
        mark: CellMark::Whole,
        text: format!(
            "Measured on different machines, so that times and memory compare within a part only: {}.",
            parts.iter().map(words).collect::<Vec<_>>().join("; ")
        ),
    })
}

/// The same as JSON.
pub(super) fn parts_json(record: &RunRecord) -> Value {
    let one = |(part, cases): (&PartRecord, Vec<&str>)| {
        json!({
            "part": part.name(),
            "run": part.run,
            "started_at": part.started_at,
            "finished_at": part.finished_at,
            "engine": part.engine,
            "host": part.host,
            "cases": cases,
        })
    };
    record.parts.iter().zip(apps(record)).map(one).collect()
}

/// The distinct texts of all parts that measured something; of the run if it has no parts.
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
