//! One image by itself: what it weighs, who wrote it, what is wasted, and what it contains.

mod files;
mod gate;
mod growth;
mod packages;
mod sbom;
mod stack;
mod summary;
mod weights;

pub use files::file_table;
pub use gate::{gate_annotations, gate_junit, gate_sarif, gate_table};
pub use growth::growth_tables;
pub use packages::{package_table, packages_json};
pub use sbom::{Sbom, SbomError, sbom};

use serde_json::Value;

use super::layers::layers_of;
use super::table::{Note, Table};
use crate::inspection::{Inspection, Judged};
use crate::record::LayerContents;
use crate::units::{Count, human_count};

/// How much of an inspection is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InspectionView {
    /// Everything, or what fits one screen.
    pub is_whole: bool,
    /// Columns of the terminal, where it is one.
    pub width: Option<u16>,
}

/// Columns where there is no terminal.
const COLUMNS: u16 = 140;
/// A text column has at least so many characters.
const LEAST_CHARS: usize = 24;

impl InspectionView {
    /// Characters that a text may have next to `others` columns of the terminal.
    fn room(self, others: usize) -> usize {
        if self.is_whole {
            return usize::MAX;
        }
        let width = usize::from(self.width.unwrap_or(COLUMNS));
        width.saturating_sub(others).max(LEAST_CHARS)
    }

    /// How many rows of so many are shown.
    fn rows(self, most: usize) -> usize {
        if self.is_whole { usize::MAX } else { most }
    }
}

/// What is said of rows that are not shown. `cut` of them `--all` shows; `unlisted` are in no
/// list, because there are too many.
fn more_note(what: &str, cut: Count, unlisted: Count) -> Option<Note> {
    let note = match (cut, unlisted) {
        (Count(0), Count(0)) => return None,
        (cut, Count(0)) => format!("{} more{what}; --all shows them.", human_count(cut)),
        (Count(0), more) => format!("{} more{what} are too many to list.", human_count(more)),
        (cut, more) => format!(
            "{} more{what}; --all shows {} of them.",
            human_count(cut + more),
            human_count(cut)
        ),
    };
    Some(Note::whole(note))
}

/// What it is, its layers with their instructions, its waste, and where its bytes lie.
pub fn inspection_tables(image: &Inspection, view: InspectionView) -> Vec<Table> {
    let mut tables = vec![summary::summary(image, view), stack::stack(image, view)];
    if !image.waste.groups.is_empty() {
        tables.push(weights::waste(image, view));
    }
    if view.is_whole && !image.waste.groups.is_empty() {
        tables.push(weights::wasted_folders(image));
        tables.push(weights::wasted_files(image));
    }
    if !image.heaviest.is_empty() {
        tables.push(weights::heaviest(image, view));
    }
    if view.is_whole {
        let layers: Vec<LayerContents> = { image.layers.iter() }
            .map(|layer| LayerContents {
                bytes: layer.bytes,
                files: layer.files,
                heaviest_files: layer.heaviest_files.clone(),
                heaviest_folders: layer.heaviest_folders.clone(),
            })
            .collect();
        let mut table = layers_of("Layers and what is heaviest in them", &layers);
        table.notes.push(Note::whole("The lowest layer first."));
        tables.push(table);
    }
    tables
}

/// The same for machines, in base units, with the conditions under `conditions`. Nothing is
/// cut.
///
/// # Errors
/// None that an inspection can cause: its keys are texts.
pub fn inspection_json(image: &Inspection, judged: &[Judged]) -> serde_json::Result<Value> {
    let mut json = serde_json::to_value(image)?;
    json["conditions"] = gate::gate_json(judged);
    Ok(json)
}
