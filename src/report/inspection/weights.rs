//! What is wasted, and where the bytes of the final tree lie.

use super::super::notes::one_line;
use super::super::table::{Cell, Column, Table, TableNote};
use super::inspection_view::{InspectionView, more_note};
use super::stack::{bytes_cell, count_cell};
use crate::inspection::{Inspection, WasteCause};
use crate::units::{Bytes, Count, Unit, human_count};

/// Rows that fit one screen.
const WASTE_ROWS: usize = 4;
const HEAVY_ROWS: usize = 6;
/// Columns of all others than the path.
const OTHERS_OF_WASTE: usize = 70;
const OTHERS_OF_HEAVY: usize = 40;

/// What is wasted by one cause, the largest first.
pub(super) fn waste(image: &Inspection, view: InspectionView) -> Table {
    let room = view.room(OTHERS_OF_WASTE);
    let groups = &image.waste.groups;
    let rows = groups.iter().take(view.rows(WASTE_ROWS)).map(|group| {
        vec![
            bytes_cell(group.bytes),
            count_cell(group.files),
            path_cell(&group.path, group.is_folder, room),
            Cell::text(words(group.cause)),
            number_cell(group.written_by),
            number_cell(group.hidden_by),
        ]
    });
    let mut notes = Vec::new();
    let others = groups.iter().skip(view.rows(WASTE_ROWS));
    let more: Vec<Bytes> = others.map(|group| group.bytes).collect();
    if !more.is_empty() {
        let count = more.len();
        let bytes: Bytes = more.into_iter().sum();
        notes.push(TableNote::whole(format!(
            "{count} more rows with {bytes}; --all shows them and each file."
        )));
    }
    Table {
        title: format!("Waste: {} that a later layer hides", image.waste.bytes),
        columns: vec![
            Column::values("bytes", "wasted", Unit::Bytes, None),
            Column::values("files", "files", Unit::Count, None),
            Column::text("path", "path"),
            Column::text("cause", "why"),
            Column::text("written_by", "written by layer"),
            Column::text("hidden_by", "hidden by layer"),
        ],
        rows: rows.collect(),
        notes,
    }
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
            Cell::text(words(file.cause)),
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

/// Where the bytes of the final tree lie.
pub(super) fn heaviest(image: &Inspection, view: InspectionView) -> Table {
    let room = view.room(OTHERS_OF_HEAVY);
    let shown = image.heaviest.iter().take(view.rows(HEAVY_ROWS));
    let cut = { image.heaviest.iter().skip(view.rows(HEAVY_ROWS)) }
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
    Table {
        title: "Heaviest files and folders of the final tree, none within another".to_owned(),
        columns: vec![
            Column::values("bytes", "bytes", Unit::Bytes, None),
            Column::values("files", "files", Unit::Count, None),
            Column::text("path", "path"),
            Column::text("layer", "written by layer"),
        ],
        rows: rows.collect(),
        notes: more_note(" files", cut, image.unlisted_heavy_files)
            .into_iter()
            .collect(),
    }
}

/// Why bytes are wasted.
pub(super) fn words(cause: WasteCause) -> &'static str {
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

/// The end of a path says more than its beginning.
fn ending(path: &str, room: usize) -> String {
    let length = path.chars().count();
    match length > room {
        true => format!(
            "…{}",
            path.chars().skip(length + 1 - room).collect::<String>()
        ),
        false => path.to_owned(),
    }
}

fn number_cell(number: u32) -> Cell {
    Cell::text(number.to_string())
}
