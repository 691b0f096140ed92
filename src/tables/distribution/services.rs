//! The registry storage of services that share a base: a row per variant.

use super::super::figure_cell::cell;
use super::super::metric_table::{head_columns, pending_note, row_head, table_title};
use super::super::notes::Notes;
use super::super::table::{Cell, Column, Table};
use crate::record::{CaseRecord, ScenarioRecord};
use crate::summary::Analysis;
use crate::summary::distribution::{SplitImage, figure_of, part, stock_of_run, stock_of_scenario};
use crate::summary::figure::{Figure, scale_of};
use crate::summary::order::sorted_cases;
use crate::summary::scale::Scale;
use crate::summary::stock::Stock;
use crate::summary::wording::plural;
use crate::units::{Bytes, Count, Quantity, Ratio, Unit, human_count, human_ratio};

const HEADS: [(&str, &str); 4] = [
    ("base_layers", "base layers"),
    ("own_layers", "own layers"),
    ("stored_once", "stored, base once"),
    ("stored_whole", "each whole"),
];

/// A row per variant: the packed layers of the base once and everything else once per service,
/// compared with separate images.
pub(crate) fn table(analysis: &Analysis<'_>, scenario: &ScenarioRecord) -> Table {
    let services = scenario.deploy.services;
    let cases = sorted_cases(analysis, &scenario.name);
    let mut notes = Notes::default();
    notes.whole(format!(
        "{} services built as this variant: the packed layers of the base once, own layers and config for each. They \
         are taken to share nothing but the base. Each whole: as many times config and layers.",
        human_count(services)
    ));
    stock_note(analysis, scenario, &mut notes);
    pending_note(&cases, &mut notes);
    let figures: Vec<[Figure; 4]> = cases
        .iter()
        .map(|case| figures_of(analysis, case, services))
        .collect();
    let mut columns = head_columns();
    let mut scales = Vec::new();
    for (at, (key, title)) in HEADS.into_iter().enumerate() {
        let scale = scale_of(Unit::Bytes, figures.iter().map(|row| &row[at]));
        let unit = scale.symbol();
        columns.push(Column::values(key, title, Unit::Bytes, unit));
        scales.push(scale);
    }
    columns.push(Column::values(
        "once_to_whole",
        "once / whole",
        Unit::Ratio,
        None,
    ));
    let mut rows = Vec::new();
    for (case, figures) in cases.iter().zip(&figures) {
        rows.push(row(analysis, case, figures, &scales, &mut notes));
    }
    let what = format!(
        "{} in one registry",
        plural(usize::try_from(services.0).unwrap_or(usize::MAX), "service")
    );
    Table {
        title: table_title(analysis, &scenario.name, &what),
        columns,
        rows,
        notes: notes.finish(analysis.record),
    }
}

fn row(
    analysis: &Analysis<'_>,
    case: &CaseRecord,
    figures: &[Figure; 4],
    scales: &[Scale],
    notes: &mut Notes,
) -> Vec<Cell> {
    let mut row = row_head(case, notes);
    for (figure, scale) in figures.iter().zip(scales) {
        row.push(cell(figure, *scale, notes));
    }
    let without_base = part(analysis, case).is_ok_and(|split_image| split_image.base.is_none());
    if without_base {
        let note = "no base of its Dockerfile lies below this image: nothing is shared";
        row[2].notes.push(notes.number(note));
    }
    let [_, _, Ok(Quantity::Bytes(once)), Ok(Quantity::Bytes(whole))] = figures else {
        row.push(Cell::missing());
        return row;
    };
    let ratio = Ratio::of(once.0 as f64, whole.0 as f64);
    row.push(ratio.map_or_else(Cell::missing, |ratio| {
        Cell::value(human_ratio(ratio), Quantity::Ratio(ratio))
    }));
    row
}

/// In the order of [`HEADS`].
fn figures_of(analysis: &Analysis<'_>, case: &CaseRecord, services: Count) -> [Figure; 4] {
    let split_image = part(analysis, case);
    let figure = |of: fn(&SplitImage<'_>, Count) -> Option<Bytes>| {
        let split_image = split_image.as_ref().map_err(Clone::clone)?;
        figure_of(of(split_image, services))
    };
    [
        figure(|split_image, _| Some(split_image.base_bytes)),
        figure(|split_image, _| Some(split_image.own_bytes)),
        figure(|split_image, services| split_image.once(services)),
        figure(|split_image, services| split_image.each_whole(services)),
    ]
}

/// The exact storage in the registry of the run.
fn stock_note(analysis: &Analysis<'_>, scenario: &ScenarioRecord, notes: &mut Notes) {
    let stock = stock_of_scenario(analysis, &scenario.name);
    if !stock.has_any() {
        return;
    }
    let words = |stock: &Stock| {
        format!(
            "{} stored once, {} if each were stored whole ({}, {} and {} bytes; manifests left out)",
            stock.once,
            stock.whole,
            plural(stock.images, "image"),
            stock.once.0,
            stock.whole.0
        )
    };
    notes.whole(format!(
        "All variants of this scenario in one registry: {}.",
        words(&stock)
    ));
    if analysis.record.scenarios.len() > 1 {
        let run = stock_of_run(analysis);
        notes.whole(format!("All variants of this run: {}.", words(&run)));
    }
}
