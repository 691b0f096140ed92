//! Layers and instructions in one table, as the config's history links them.

use super::super::table::{Cell, Column, Table, TableNote};
use super::cut::beginning;
use super::fitted::{Elastic, fitted};
use super::inspection_view::InspectionView;
use crate::inspection::{HistoryInstruction, InspectedLayer, Inspection};
use crate::summary::wording::{one_line, plural};
use crate::units::{Bytes, Count, Quantity, Unit, human_count};

/// Columns of the numbers where there is no terminal.
const NUMBERS: usize = 62;

/// Some layers with the instruction that made them, or an instruction without a layer.
struct Row {
    number: String,
    layers: Vec<usize>,
    instruction: String,
    is_layer: bool,
}

/// The layers; `most` of them next to the base's.
pub(super) fn stack(image: &Inspection, view: InspectionView, most: usize) -> Table {
    let (rows, notes) = rows(image, view, most);
    let has_packed = image.layers.iter().any(|one| one.packed_bytes.is_some());
    let mut columns = vec![
        Column {
            unit: None,
            ..Column::text("layer", "layer")
        },
        Column::values("bytes", "unpacked", Unit::Bytes, None),
    ];
    if has_packed {
        columns.push(Column::values("packed", "packed", Unit::Bytes, None));
    }
    columns.extend([
        Column::values("added", "added", Unit::Count, None),
        Column::values("changed", "changed", Unit::Count, None),
        Column::values("removed", "removed", Unit::Count, None),
        Column::values("hides", "hides", Unit::Bytes, None),
    ]);
    if view.is_whole {
        columns.push(Column::text("digest", "digest"));
    }
    columns.push(Column::text("instruction", "instruction"));
    let room = view.room(NUMBERS + if has_packed { 10 } else { 0 });
    let cells = |row: Row| {
        let of = |each: fn(&InspectedLayer) -> u64| -> u64 {
            let values = row.layers.iter().map(|at| each(&image.layers[*at]));
            values.fold(0, u64::saturating_add)
        };
        let bytes = |each| value(row.is_layer, bytes_cell(Bytes(of(each))));
        let count = |each| value(row.is_layer, count_cell(Count(of(each))));
        let mut cells = vec![Cell::text(row.number.clone()), bytes(|one| one.bytes.0)];
        if has_packed {
            let packed = row.layers.iter().map(|at| image.layers[*at].packed_bytes);
            let packed = packed.collect::<Option<Vec<_>>>();
            let packed = packed
                .filter(|_| row.is_layer)
                .map(|all| all.into_iter().sum());
            cells.push(packed.map_or_else(Cell::missing, bytes_cell));
        }
        cells.extend([
            count(|one| one.added.0),
            count(|one| one.changed.0),
            count(|one| one.removed.0),
            bytes(|one| one.hides_bytes.0),
        ]);
        if view.is_whole {
            let digest = row.layers.first().map(|at| &image.layers[*at].digest);
            cells.push(Cell::text(digest.map_or("", |digest| digest.as_str())));
        }
        cells.push(Cell::text(one_line(&row.instruction, room)));
        cells
    };
    let table = Table {
        title: "Layers and the instructions that made them".to_owned(),
        columns,
        rows: rows.into_iter().map(cells).collect(),
        notes,
    };
    fitted(
        table,
        view,
        Elastic {
            key: "instruction",
            cut: beginning,
            spare: &[&["packed"], &["added", "changed", "removed"], &["hides"]],
        },
    )
}

/// The rows, the lowest first, and what was left out of them.
fn rows(image: &Inspection, view: InspectionView, most: usize) -> (Vec<Row>, Vec<TableNote>) {
    let mut notes = Vec::new();
    if view.is_whole {
        return (whole_rows(image), notes);
    }
    let of_base = image.base.as_ref().and_then(|base| base.layers);
    let of_base = of_base.map_or(0, |layers| layers.0 as usize);
    let of_base = of_base.min(image.layers.len());
    let mut rows = Vec::new();
    if of_base > 0 {
        let name = image.base.as_ref().map_or("", |base| &base.reference);
        rows.push(Row {
            number: match of_base {
                1 => "1".to_owned(),
                _ => format!("1–{of_base}"),
            },
            layers: (0..of_base).collect(),
            instruction: format!("base {name}"),
            is_layer: true,
        });
    }
    let single = |at: usize| Row {
        number: (at + 1).to_string(),
        layers: vec![at],
        instruction: instruction_of(image, &image.layers[at]),
        is_layer: true,
    };
    let mut shown: Vec<usize> = (of_base..image.layers.len()).collect();
    if shown.len() > most {
        let effect = |at: &usize| {
            let layer = &image.layers[*at];
            layer.bytes.0.saturating_add(layer.hides_bytes.0)
        };
        shown.sort_by_key(|at| std::cmp::Reverse(effect(at)));
        let others = shown.split_off(most);
        let bytes: Bytes = { others.iter() }.map(|at| image.layers[*at].bytes).sum();
        notes.push(TableNote::whole(format!(
            "{} with {bytes} not shown; --all shows them.",
            plural(others.len(), "lighter layer")
        )));
        shown.sort_unstable();
    }
    rows.extend(shown.into_iter().map(single));
    let without = image.history.iter().filter(|entry| entry.layer.is_none());
    match without.count() {
        0 => {}
        count if count == image.history.len() && !image.layers.is_empty() => {
            notes.push(TableNote::whole(
                "The history does not say which instruction made which layer.",
            ));
        }
        count => notes.push(TableNote::whole(format!(
            "{} made no layer; --all shows them.",
            plural(count, "instruction")
        ))),
    }
    (rows, notes)
}

/// Each layer and each instruction.
fn whole_rows(image: &Inspection) -> Vec<Row> {
    let single = |at: usize, instruction: String| Row {
        number: (at + 1).to_string(),
        layers: vec![at],
        instruction,
        is_layer: true,
    };
    let linked = image.layers.iter().all(|layer| layer.entry.is_some());
    let mut rows = Vec::new();
    if !linked {
        let layers = (0..image.layers.len()).map(|at| single(at, String::new()));
        rows.extend(layers);
    }
    for HistoryInstruction {
        instruction, layer, ..
    } in &image.history
    {
        let layer = layer.and_then(|number| (number as usize).checked_sub(1));
        rows.push(match layer.filter(|at| *at < image.layers.len()) {
            Some(at) => single(at, instruction.clone()),
            None => Row {
                number: "–".to_owned(),
                layers: Vec::new(),
                instruction: instruction.clone(),
                is_layer: false,
            },
        });
    }
    if linked && image.history.is_empty() {
        rows.extend((0..image.layers.len()).map(|at| single(at, String::new())));
    }
    rows
}

/// The instruction of a layer as a Dockerfile has it.
pub(super) fn instruction_of(image: &Inspection, layer: &InspectedLayer) -> String {
    let entry = layer
        .entry
        .and_then(|entry| (entry as usize).checked_sub(1));
    let entry = entry.and_then(|entry| image.history.get(entry));
    entry.map_or_else(String::new, |entry| plain(&entry.instruction))
}

/// An instruction without what builders add to it.
pub(super) fn plain(instruction: &str) -> String {
    let text = instruction.trim();
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
    if let Some(rest) = text.strip_prefix("/bin/sh -c #(nop)") {
        return rest.trim_start().to_owned();
    }
    match text
        .strip_prefix("RUN /bin/sh -c ")
        .or_else(|| text.strip_prefix("/bin/sh -c "))
    {
        Some(command) => format!("RUN {command}"),
        None => text.to_owned(),
    }
}

fn value(is_layer: bool, cell: Cell) -> Cell {
    if is_layer { cell } else { Cell::missing() }
}

pub(super) fn bytes_cell(bytes: Bytes) -> Cell {
    Cell::value(bytes.to_string(), Quantity::Bytes(bytes))
}

pub(super) fn count_cell(count: Count) -> Cell {
    Cell::value(human_count(count), Quantity::Count(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_is_shown_as_a_dockerfile_has_it() {
        for (written, shown) in [
            (
                "RUN /bin/sh -c apt-get update # buildkit",
                "RUN apt-get update",
            ),
            ("COPY /a /b # buildkit", "COPY /a /b"),
            ("/bin/sh -c #(nop)  CMD [\"node\"]", "CMD [\"node\"]"),
            ("/bin/sh -c make", "RUN make"),
            (
                "RUN |1 A=b /bin/sh -c make # buildkit",
                "RUN |1 A=b /bin/sh -c make",
            ),
            ("", ""),
        ] {
            assert_eq!(plain(written), shown);
        }
    }
}
