//! Files of layers as a table.

use std::collections::BTreeSet;

use super::super::table::{Cell, Column, Table};
use super::cut::ending;
use super::fitted::{Elastic, fitted};
use super::inspection_view::{InspectionView, image_name, more_note};
use super::stack::bytes_cell;
use super::weights::{path_cell, words};
use crate::inspection::{FileKind, FileList, Inspection, ListedFile, NameChange, RemovedName};
use crate::units::{Count, Unit};

/// Rows without `--all`.
const ROWS: usize = 1_000;

/// A row for each file, and for each name that a layer removes and no other row names.
pub fn file_table(list: &FileList, view: InspectionView) -> Table {
    let whiteouts = { list.files.iter() }.filter(|file| file.kind == FileKind::Whiteout);
    let whiteouts: BTreeSet<(u32, &str)> = whiteouts
        .map(|file| (file.layer, file.path.as_str()))
        .collect();
    let is_named = |name: &RemovedName| whiteouts.contains(&(name.layer, name.path.as_str()));
    let removed: Vec<_> = { list.removed.iter() }
        .filter(|name| !is_named(name))
        .collect();
    let all = list.files.len() + removed.len();
    let rows = list.files.iter().map(|file| {
        let (mode, owner) = (file.mode, file.owner);
        vec![
            Cell::text(file.layer.to_string()),
            bytes_cell(file.bytes),
            Cell::text(mode.map_or_else(String::new, |mode| format!("{mode:04o}"))),
            Cell::text(owner.map_or_else(String::new, |(user, group)| format!("{user}:{group}"))),
            Cell::text(file.change.map_or("", NameChange::name)),
            Cell::text(path_of(file)),
            Cell::text(view.part(&remark(file, view), 4)),
        ]
    });
    let removed = removed.into_iter().map(|name| {
        vec![
            Cell::text(name.layer.to_string()),
            Cell::missing(),
            Cell::text(""),
            Cell::text(""),
            Cell::text(NameChange::Removed.name()),
            Cell::text(name.path.as_str()),
            Cell::text(""),
        ]
    });
    let rows: Vec<_> = rows.chain(removed).take(view.rows(ROWS)).collect();
    let cut = Count((all - rows.len()) as u64);
    let notes = more_note("", cut, list.more);
    let image = image_name(&list.image, list.selected.as_deref());
    let table = Table {
        title: format!("Files in the layers of {image}"),
        columns: vec![
            Column::text("layer", "layer"),
            Column::values("bytes", "bytes", Unit::Bytes, None),
            Column::text("mode", "mode"),
            Column::text("owner", "owner"),
            Column::text("change", "change"),
            Column::text("path", "path"),
            Column::text("remark", "remark"),
        ],
        rows,
        notes: notes.into_iter().collect(),
    };
    let elastic = Elastic {
        key: "path",
        cut: ending,
        spare: &[&["owner"], &["mode"], &["bytes"]],
    };
    fitted(table, view, elastic)
}

/// A row for each name that a layer adds, changes or removes.
pub(super) fn layer_names(image: &Inspection) -> Option<Table> {
    let rows = image.layers.iter().flat_map(|layer| {
        NameChange::ALL.into_iter().flat_map(move |change| {
            layer.names.of(change).iter().map(move |path| {
                vec![
                    Cell::text(layer.number.to_string()),
                    Cell::text(change.name()),
                    path_cell(path, false, usize::MAX),
                ]
            })
        })
    });
    let rows: Vec<_> = rows.collect();
    let more = image.layers.iter().map(|layer| layer.names.more).sum();
    (!rows.is_empty()).then(|| Table {
        title: "Names that each layer adds, changes and removes".to_owned(),
        columns: vec![
            Column::text("layer", "layer"),
            Column::text("change", "change"),
            Column::text("path", "path"),
        ],
        rows,
        notes: more_note("", Count(0), more).into_iter().collect(),
    })
}

fn path_of(file: &ListedFile) -> String {
    match (&file.kind, &file.target) {
        (FileKind::Folder | FileKind::OpaqueFolder, _) => format!("{}/", file.path),
        (_, Some(target)) => format!("{} -> {target}", file.path),
        _ => file.path.clone(),
    }
}

fn remark(file: &ListedFile, view: InspectionView) -> String {
    if let Some((by, cause)) = file.hidden {
        return format!("{} by layer {by}", words(cause, view));
    }
    let remark = match file.kind {
        FileKind::File | FileKind::Folder | FileKind::Link => "",
        FileKind::OpaqueFolder => "hides what is below",
        FileKind::HardLink => "hard link to a lower layer",
        FileKind::Special => "device or pipe",
        FileKind::Whiteout => "removes it",
    };
    remark.to_owned()
}
