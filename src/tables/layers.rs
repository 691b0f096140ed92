//! The history and the layers of an image.

use super::table::{Cell, CellMark, Column, Table, TableNote};
use crate::record::{BlobRecord, CaseRecord, LayerContents, Weight};
use crate::summary::wording::one_line;
use crate::units::{Bytes, Count, Quantity, Unit, human_count};

/// Longest instruction in characters, because a RUN line may contain a whole script.
const INSTRUCTION_CHARS: usize = 240;

/// How many names the row of a layer of a run shows.
const NAMED: usize = 3;

/// The history of the image, the base first; `None` without an image.
pub(crate) fn history_table(case: &CaseRecord) -> Option<Table> {
    let image = case.image.as_ref()?;
    let rows = (1..)
        .zip(&image.history)
        .map(|(number, (bytes, instruction))| {
            vec![
                number_cell(number),
                Cell::text(one_line(instruction, INSTRUCTION_CHARS)),
                bytes_cell(*bytes),
            ]
        });
    Some(Table {
        title: case.id.to_string(),
        columns: vec![
            number_column("entry"),
            Column::text("instruction", "instruction"),
            Column::values("unpacked", "unpacked", Unit::Bytes, None),
        ],
        rows: rows.collect(),
        notes: vec![whole(
            "From the image's own history, the base's layers first.",
        )],
    })
}

/// The inspected layers, lowest first; `None` if none was inspected.
pub(crate) fn layers_table(case: &CaseRecord) -> Option<Table> {
    if case.layers.is_empty() {
        return None;
    }
    let mut table = layers_of(case.id.as_str(), &case.layers, NAMED);
    let packed = blobs(case);
    let at = PACKED_AT;
    table
        .columns
        .insert(at, Column::values("packed", "packed", Unit::Bytes, None));
    for (number, row) in table.rows.iter_mut().enumerate() {
        let blob = packed.get(number);
        row.insert(
            at,
            blob.map_or_else(Cell::missing, |blob| bytes_cell(blob.bytes)),
        );
    }
    table.notes.push(whole(
        "Of the first image that kept the contract, the lowest layer first.",
    ));
    Some(table)
}

/// The column of the packed sizes, after number and bytes.
const PACKED_AT: usize = 2;

/// The layers of any image, each with at most `most` names.
pub(super) fn layers_of(title: &str, layers: &[LayerContents], most: usize) -> Table {
    let rows = layers.iter().enumerate().map(|(at, layer)| {
        vec![
            number_cell(at + 1),
            bytes_cell(layer.bytes),
            Cell::value(human_count(layer.files), Quantity::Count(layer.files)),
            Cell::text(heaviest(layer, most)),
        ]
    });
    Table {
        title: title.to_owned(),
        columns: vec![
            number_column("layer"),
            Column::values("bytes", "file bytes", Unit::Bytes, None),
            Column::values("files", "files", Unit::Count, None),
            Column::text("heaviest", "heaviest files and folders"),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

fn whole(text: &str) -> TableNote {
    TableNote {
        mark: CellMark::Whole,
        text: text.to_owned(),
    }
}

/// Packed layers of the last image, if they match these layers.
fn blobs(case: &CaseRecord) -> &[BlobRecord] {
    let manifest = case
        .image
        .as_ref()
        .and_then(|image| image.manifest.as_ref());
    match manifest {
        Some(manifest) if manifest.layers.len() == case.layers.len() => &manifest.layers,
        _ => &[],
    }
}

fn heaviest(layer: &LayerContents, most: usize) -> String {
    let mut names: Vec<&Weight> = layer
        .heaviest_files
        .iter()
        .chain(&layer.heaviest_folders)
        .collect();
    names.sort_by(|left, right| {
        right
            .bytes
            .cmp(&left.bytes)
            .then(left.path.cmp(&right.path))
    });
    let named = names.iter().take(most);
    let named: Vec<String> = named
        .map(|weight| format!("{} {}", weight.path, weight.bytes))
        .collect();
    named.join(", ")
}

/// Each cell has its own unit, because layers differ by orders of magnitude.
fn bytes_cell(bytes: Bytes) -> Cell {
    Cell::value(bytes.to_string(), Quantity::Bytes(bytes))
}

fn number_column(title: &str) -> Column {
    Column {
        unit: Some(Unit::Count),
        ..Column::text(title, title)
    }
}

fn number_cell(number: usize) -> Cell {
    Cell::value(number.to_string(), Quantity::Count(Count(number as u64)))
}
