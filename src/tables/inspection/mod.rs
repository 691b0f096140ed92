//! One image by itself: what it weighs, who wrote it, what is wasted, and what it contains.

mod cut;
mod files;
mod fitted;
mod gate;
mod growth;
mod inspection_view;
mod packages;
mod screen_rows;
mod stack;
mod summary;
mod weights;

use super::layers::layers_of;
use super::table::{Table, TableNote};
use crate::inspection::Inspection;
use crate::record::LayerContents;
use screen_rows::{SCREEN_LINES, ScreenRows};

pub use files::file_table;
pub use gate::gate_table;
pub use growth::growth_tables;
pub use inspection_view::InspectionView;
pub use packages::package_table;

pub(crate) use gate::verdict;

/// What it is, its layers with their instructions, its waste, and where its bytes lie. On a
/// terminal, so much of it as fits one screen.
pub fn inspection_tables(image: &Inspection, view: InspectionView) -> Vec<Table> {
    let Some(width) = view.screen() else {
        return tables(image, view, &ScreenRows::USUAL);
    };
    let width = u16::try_from(width).ok();
    let fits = |tables: &[Table]| {
        let texts = tables.iter().map(|table| table.terminal(width));
        let text = texts.collect::<Vec<_>>().join("\n");
        text.lines().count() <= SCREEN_LINES
    };
    let mut smaller = { ScreenRows::SMALLER.iter() }.map(|rows| tables(image, view, rows));
    let mut shown = tables(image, view, &ScreenRows::USUAL);
    while !fits(&shown) {
        match smaller.next() {
            Some(tables) => shown = tables,
            None => break,
        }
    }
    shown
}

fn tables(image: &Inspection, view: InspectionView, screen: &ScreenRows) -> Vec<Table> {
    let mut tables = vec![
        summary::summary(image, view, screen),
        stack::stack(image, view, screen.layers),
    ];
    if !image.waste.groups.is_empty() {
        tables.push(weights::waste(image, view, screen.waste));
    }
    if view.is_whole && !image.waste.groups.is_empty() {
        tables.push(weights::wasted_folders(image));
        tables.push(weights::wasted_files(image));
    }
    if !image.heaviest.is_empty() && screen.heaviest > 0 {
        tables.push(weights::heaviest(image, view, screen.heaviest));
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
        tables.extend(files::layer_names(image));
    }
    tables
}
