//! What is wasted, and where the bytes of the final tree lie.

use super::super::table::{Cell, Column, Table, TableNote};
use super::cut::ending;
use super::fitted::{Elastic, fitted};
use super::inspection_view::{InspectionView, more_note};
use super::stack::{bytes_cell, count_cell};
use crate::inspection::{Inspection, WasteCause};
use crate::summary::wording::one_line;
use crate::units::{Bytes, Count, Unit, human_count};

/// Columns of all others than the path where there is no terminal.
const OTHERS_OF_WASTE: usize = 70;
const OTHERS_OF_HEAVY: usize = 40;

/// What is wasted by one cause, the largest first; `most` rows.
pub(super) fn waste(image: &Inspection, view: InspectionView, most: usize) -> Table {
    let room = view.room(OTHERS_OF_WASTE);
    let groups = &image.waste.groups;
    let rows = groups.iter().take(view.rows(most)).map(|group| {
        vec![
            bytes_cell(group.bytes),
            count_cell(group.files),
            path_cell(&group.path, group.is_folder, room),
            Cell::text(words(group.cause, view)),
            number_cell(group.written_by),
            number_cell(group.hidden_by),
        ]
    });
    let mut notes = Vec::new();
    let others = groups.iter().skip(view.rows(most));
    let more: Vec<Bytes> = others.map(|group| group.bytes).collect();
    if !more.is_empty() {
        let count = more.len();
        let bytes: Bytes = more.into_iter().sum();
        notes.push(TableNote::whole(format!(
            "{count} more rows with {bytes}; --all shows them and each file."
        )));
    }
    let [written, hidden] = match view.is_narrow() {
        true => ["written by", "hidden by"],
        false => ["written by layer", "hidden by layer"],
    };
    let table = Table {
        title: format!("Waste: {} that a later layer hides", image.waste.bytes),
        columns: vec![
            Column::values("bytes", "wasted", Unit::Bytes, None),
            Column::values("files", "files", Unit::Count, None),
            Column::text("path", "path"),
            Column::text("cause", "why"),
            Column::text("written_by", written),
            Column::text("hidden_by", hidden),
        ],
        rows: rows.collect(),
        notes,
    };
    let elastic = Elastic {
        key: "path",
        cut: ending,
        spare: &[&["files"]],
    };
    fitted(table, view, elastic)
}

/// What is wasted by folder.
pub(super) fn wasted_folders(image: &Inspection) -> Table {
    let rows = image.waste.folders.iter().map(|folder| {
        vec![
            bytes_cell(folder.bytes),
            count_cell(folder.files),
            path_cell(&folder.path, folder.path != "/", usize::MAX),
        ]
    });
    let more = image.waste.more_folders;
    let notes = (more > Count(0)).then(|| {
        let more = human_count(more);
        TableNote::whole(format!(
            "Folders that lie deeper or are too many to list: {more}."
        ))
    });
    Table {
        title: "Waste by folder".to_owned(),
        columns: vec![
            Column::values("bytes", "wasted", Unit::Bytes, None),
            Column::values("files", "files", Unit::Count, None),
            Column::text("path", "folder with all below it"),
        ],
        rows: rows.collect(),
        notes: notes.into_iter().collect(),
    }
}

/// Each wasted file.
pub(super) fn wasted_files(image: &Inspection) -> Table {
    let rows = image.waste.paths.iter().map(|file| {
        vec![
            bytes_cell(file.bytes),
            path_cell(&file.path, false, usize::MAX),
            Cell::text(words_of(file.cause)),
            number_cell(file.written_by),
            number_cell(file.hidden_by),
        ]
    });
    let notes = more_note("", Count(0), image.waste.more);
    Table {
        title: "Wasted files".to_owned(),
        columns: vec![
            Column::values("bytes", "wasted", Unit::Bytes, None),
            Column::text("path", "path"),
            Column::text("cause", "why"),
            Column::text("written_by", "written by layer"),
            Column::text("hidden_by", "hidden by layer"),
        ],
        rows: rows.collect(),
        notes: notes.into_iter().collect(),
    }
}

/// Where the bytes of the final tree lie; `most` rows.
pub(super) fn heaviest(image: &Inspection, view: InspectionView, most: usize) -> Table {
    let room = view.room(OTHERS_OF_HEAVY);
    let shown = image.heaviest.iter().take(view.rows(most));
    let cut = { image.heaviest.iter().skip(view.rows(most)) }
        .map(|heavy| heavy.files)
        .sum();
    let rows = shown.map(|heavy| {
        let layer = match heavy.layer_bytes == heavy.bytes {
            true => heavy.layer.to_string(),
            false => format!("mostly {}", heavy.layer),
        };
        vec![
            bytes_cell(heavy.bytes),
            count_cell(heavy.files),
            path_cell(&heavy.path, heavy.is_folder, room),
            Cell::text(layer),
        ]
    });
    let layer = match view.is_narrow() {
        true => "layer",
        false => "written by layer",
    };
    let table = Table {
        title: "Heaviest files and folders of the final tree, none within another".to_owned(),
        columns: vec![
            Column::values("bytes", "bytes", Unit::Bytes, None),
            Column::values("files", "files", Unit::Count, None),
            Column::text("path", "path"),
            Column::text("layer", layer),
        ],
        rows: rows.collect(),
        notes: more_note(" files", cut, image.unlisted_heavy_files)
            .into_iter()
            .collect(),
    };
    let elastic = Elastic {
        key: "path",
        cut: ending,
        spare: &[&["files"]],
    };
    fitted(table, view, elastic)
}

/// Why bytes are wasted; abbreviated on a narrow terminal.
pub(super) fn words(cause: WasteCause, view: InspectionView) -> &'static str {
    match cause {
        WasteCause::OwnerChanged if view.is_narrow() => "chown",
        WasteCause::ModeChanged if view.is_narrow() => "chmod",
        WasteCause::CopiedAgain if view.is_narrow() => "again",
        cause => words_of(cause),
    }
}

fn words_of(cause: WasteCause) -> &'static str {
    match cause {
        WasteCause::Removed => "removed",
        WasteCause::Overwritten => "overwritten",
        WasteCause::OwnerChanged => "same content, new owner (chown)",
        WasteCause::ModeChanged => "same content, new mode (chmod)",
        WasteCause::CopiedAgain => "same content, written again",
    }
}

pub(super) fn path_cell(path: &str, is_folder: bool, room: usize) -> Cell {
    let end = if is_folder && !path.ends_with('/') {
        "/"
    } else {
        ""
    };
    Cell::text(ending(&one_line(&format!("{path}{end}"), usize::MAX), room))
}

fn number_cell(number: u32) -> Cell {
    Cell::text(number.to_string())
}
