//! The table of one trend: a row per run.

use super::super::table::{Align, Cell, CellMark, Column, Table, TableNote};
use crate::history::{Point, Trend};
use crate::summary::comparison::with_unit;
use crate::summary::history::words;
use crate::summary::wording::one_line;

/// The most runs that are listed; the files contain all.
const MOST_RUNS: usize = 50;

/// Longest reason in characters.
const REASON_CHARS: usize = 120;

/// A row for each run, the newest last.
pub fn trend_table(trend: &Trend<'_>) -> Table {
    let right = |mut column: Column| {
        column.align = Align::Right;
        column
    };
    let skipped = trend.points.len().saturating_sub(MOST_RUNS);
    let rows = trend.points.iter().enumerate().skip(skipped);
    let mut notes = vec![format!(
        "The newest is {}{}{}.",
        trend.outcome.standing().word(),
        match words::change(trend) {
            none if none.is_empty() => none,
            change => format!(": {change}"),
        },
        match trend.baseline {
            Some(baseline) => format!(
                "; the baseline is {}, by {}",
                with_unit(baseline.value),
                crate::summary::wording::plural(baseline.runs, "run")
            ),
            None => String::new(),
        },
    )];
    if skipped > 0 {
        notes.push(format!(
            "{skipped} runs before these are not listed; CSV and JSON have them."
        ));
    }
    Table {
        title: format!("{} {}", trend.case, words::series(trend)),
        columns: vec![
            Column::text("run", "run"),
            Column::text("started_at", "begun"),
            right(Column::text("value", "median")),
            right(Column::text("mad", "MAD")),
            right(Column::text("n", "n")),
            right(Column::text("era", "era")),
            Column::text("what", "what happened"),
        ],
        rows: rows.map(|(at, point)| row(trend, at, point)).collect(),
        notes: notes
            .into_iter()
            .map(|text| TableNote {
                mark: CellMark::Whole,
                text,
            })
            .collect(),
    }
}

fn row(trend: &Trend<'_>, at: usize, point: &Point<'_>) -> Vec<Cell> {
    let value = |text: Option<String>| text.map_or_else(Cell::missing, Cell::text);
    vec![
        Cell::text(&point.run.id),
        Cell::text(&point.run.started_at),
        value(point.values.map(|values| with_unit(values.median))),
        value(point.values.map(|values| with_unit(values.mad))),
        value(point.values.map(|values| values.n.0.to_string())),
        Cell::text((point.era + 1).to_string()),
        Cell::text(happened(trend, at, point)),
    ]
}

/// A change of level, a border, a failure.
fn happened(trend: &Trend<'_>, at: usize, point: &Point<'_>) -> String {
    let mut parts = Vec::new();
    if let Some(change) = trend.changes.iter().find(|change| change.at == at) {
        let word = if change.better { "better" } else { "worse" };
        let went = words::went(trend.metric, change);
        let levels = (with_unit(change.before), with_unit(change.now));
        parts.push(format!("{word}: {went}, from {} to {}", levels.0, levels.1));
    }
    parts.extend(point.border.iter().map(|one| one.what.clone()));
    if let Some(reason) = point.failure {
        parts.push(format!("DNF: {}", one_line(reason, REASON_CHARS)));
    }
    parts.join("; ")
}
