//! One image by itself: what it weighs, who wrote it, what is wasted, and what it contains.

mod files;
mod gate;
mod growth;
mod inspection_view;
mod packages;
mod sbom;
mod stack;
mod summary;
mod weights;

pub use files::file_table;
pub use gate::{gate_annotations, gate_junit, gate_sarif, gate_table};
pub use growth::growth_tables;
pub use inspection_view::InspectionView;
pub use packages::{package_table, packages_json};
pub use sbom::{Sbom, SbomError, sbom};

use serde_json::Value;

use super::layers::layers_of;
use super::table::{Table, TableNote};
use crate::inspection::{Inspection, Judged};
use crate::record::LayerContents;

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
        let title = "Layers and what is heaviest in them";
        let mut table = layers_of(title, &layers, usize::MAX);
        table
            .notes
            .push(TableNote::whole("The lowest layer first."));
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
