//! The claims as a table.

use super::analysis::Analysis;
use super::claims::{ClaimResult, results};
use super::notes::{Notes, plural};
use super::scale::Scale;
use super::table::{Align, Cell, Column, Content, Table};
use crate::record::Metric;
use crate::units::{Quantity, Unit, human_ratio};

pub(super) fn claims_of(analysis: &Analysis<'_>) -> Table {
    let record = analysis.record;
    let results = results(analysis);
    let several_scenarios = record.scenarios.len() > 1;
    let metrics = metric_ids(&results);
    let unit = common_unit(&results);
    let scale = unit
        .map(|unit| Scale::for_values(unit, results.iter().filter_map(|result| result.measured)));
    let mut notes = Notes::default();
    let mut rows = Vec::new();
    for result in &results {
        let mut variant = Cell::text(&result.claim.variant);
        variant.stand_in = result.measured.is_some() && !result.stand_ins.is_empty();
        if variant.stand_in {
            notes.stand_ins(result.stand_ins);
        }
        let mut row = Vec::new();
        if several_scenarios {
            row.push(Cell::text(&result.scenario.name));
        }
        row.push(variant);
        if metrics.len() > 1 {
            row.push(Cell::text(series_name(result)));
        }
        row.push(Cell::text(&result.claim.claimed));
        row.push(measured_cell(result, scale, &mut notes));
        row.push(match result.ratio {
            Some(ratio) => Cell::value(human_ratio(ratio), Quantity::Ratio(ratio)),
            None => Cell::missing(),
        });
        row.push(Cell::text(&result.claim.source));
        row.push(Cell::text(result.claim.note.clone().unwrap_or_default()));
        rows.push(row);
    }
    for source in record
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.sources)
    {
        if results
            .iter()
            .any(|result| result.claim.source == source.id)
        {
            notes.whole_once(format!("{}: {}", source.id, source.title));
        }
    }
    let measured = results
        .iter()
        .filter(|result| result.measured.is_some())
        .count();
    Table {
        title: format!(
            "Claimed against measured ({}), {measured} of {}",
            metrics.join(", "),
            plural(results.len(), "claim")
        ),
        columns: heads(several_scenarios, metrics.len() > 1, unit, scale),
        rows,
        notes: notes.finish(record),
    }
}

fn heads(scenario: bool, metric: bool, unit: Option<Unit>, scale: Option<Scale>) -> Vec<Column> {
    let mut heads = Vec::new();
    if scenario {
        heads.push(Column::text("scenario", "scenario"));
    }
    heads.push(Column::text("variant", "variant"));
    if metric {
        heads.push(Column::text("metric", "metric"));
    }
    let mut measured = Column::text("measured", "measured");
    measured.unit = unit;
    measured.printed_unit = scale.and_then(Scale::symbol);
    for mut column in [Column::text("claimed", "claimed"), measured] {
        column.align = Align::Right;
        heads.push(column);
    }
    heads.push(Column::values(
        "measured_to_claimed",
        "measured / claimed",
        Unit::Ratio,
        None,
    ));
    heads.push(Column::text("source", "source"));
    heads.push(Column::text("note", "note"));
    heads
}

fn measured_cell(result: &ClaimResult<'_>, scale: Option<Scale>, notes: &mut Notes) -> Cell {
    if let Some(measured) = result.measured {
        let text = match scale {
            Some(scale) => scale.number(measured),
            // Several units in one column: each value names its own.
            None => Scale::for_value(measured).with_unit(measured),
        };
        return Cell::value(text, measured);
    }
    let word = match result.status {
        "dnf" => "DNF",
        "invalid" => "invalid",
        "not-applicable" => "n/a",
        "not-run" => "not run",
        _ => "–",
    };
    let mut cell = Cell::of(Content::Absent {
        word,
        status: result.status,
    });
    if let Some(reason) = result.reason.as_deref().filter(|reason| *reason != word) {
        cell.notes.push(notes.number(reason));
    }
    cell
}

/// The metrics that claims are held against, each once.
fn metric_ids(results: &[ClaimResult<'_>]) -> Vec<String> {
    let mut ids: Vec<String> = results.iter().map(series_name).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// `size.unpacked`, `pull.cold over 100mbit`.
fn series_name(result: &ClaimResult<'_>) -> String {
    let metric = &result.claim.metric;
    match result.link {
        Some(link) => format!("{metric} over {link}"),
        None => metric.clone(),
    }
}

fn common_unit(results: &[ClaimResult<'_>]) -> Option<Unit> {
    let mut units = results
        .iter()
        .filter_map(|result| result.metric)
        .map(Metric::unit);
    let first = units.next()?;
    units.all(|unit| unit == first).then_some(first)
}
