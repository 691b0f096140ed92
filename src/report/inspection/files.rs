//! Files of layers as a table.

use super::super::table::{Cell, Column, Table};
use super::inspection_view::{InspectionView, more_note};
use super::stack::bytes_cell;
use super::weights::words;
use crate::inspection::{FileKind, FileList, ListedFile};
use crate::units::{Count, Unit};

/// Rows without `--all`.
const ROWS: usize = 1_000;

/// A row for each file.
pub fn file_table(list: &FileList, view: InspectionView) -> Table {
    let shown = list.files.iter().take(view.rows(ROWS));
    let rows = shown.map(|file| {
        let (mode, owner) = (file.mode, file.owner);
        vec![
            Cell::text(file.layer.to_string()),
            bytes_cell(file.bytes),
            Cell::text(mode.map_or_else(String::new, |mode| format!("{mode:04o}"))),
            Cell::text(owner.map_or_else(String::new, |(user, group)| format!("{user}:{group}"))),
            Cell::text(path_of(file)),
            Cell::text(remark(file)),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let cut = Count((list.files.len() - rows.len()) as u64);
    let notes = more_note("", cut, list.more);
    Table {
        title: format!("Files in the layers of {}", list.image),
        columns: vec![
            Column::text("layer", "layer"),
            Column::values("bytes", "bytes", Unit::Bytes, None),
            Column::text("mode", "mode"),
            Column::text("owner", "owner"),
            Column::text("path", "path"),
            Column::text("remark", "remark"),
        ],
        rows,
        notes: notes.into_iter().collect(),
    }
}

fn path_of(file: &ListedFile) -> String {
    match (&file.kind, &file.target) {
        (FileKind::Folder | FileKind::OpaqueFolder, _) => format!("{}/", file.path),
        (_, Some(target)) => format!("{} -> {target}", file.path),
        _ => file.path.clone(),
    }
}

fn remark(file: &ListedFile) -> String {
    if let Some((by, cause)) = file.hidden {
        return format!("{} by layer {by}", words(cause));
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
