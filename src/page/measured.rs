//! All figures of one variant.

use crate::record::{CaseRecord, Disposition};
use crate::stats::Summary;
use crate::summary::scale::Scale;
use crate::summary::{Analysis, EntryStanding, MetricSummary};
use crate::tables::metric_cell::metric_cell;
use crate::tables::notes::Notes;
use crate::tables::{Align, Cell, Column, Content, Table};
use crate::units::{Count, Quantity, Unit, quantity_of as quantity};

/// A row per metric and link that was asked for; none where the case failed as a whole,
/// since none of its numbers counts.
pub(super) fn measured_table(analysis: &Analysis<'_>, case: &CaseRecord) -> Table {
    let mut notes = Notes::default();
    let shown = analysis.entries_of(&case.id).iter().filter(|entry| {
        case.disposition == Disposition::Qualified
            && !matches!(entry.standing, EntryStanding::Missing)
    });
    let rows: Vec<Vec<Cell>> = shown.map(|entry| row(entry, &mut notes)).collect();
    notes.whole("Median [95 % bootstrap interval of it]; n: samples that count; no range where all are alike.");
    let mut range = Column::text("range", "least to most");
    range.align = Align::Right;
    Table {
        title: case.id.to_string(),
        columns: vec![
            Column::text("metric", "metric"),
            Column::text("id", "id"),
            Column::values("median", "median", Unit::Ratio, None),
            Column::values("n", "n", Unit::Count, None),
            range,
        ],
        rows,
        notes: notes.finish(analysis.record),
    }
}

fn row(entry: &MetricSummary<'_>, notes: &mut Notes) -> Vec<Cell> {
    let unit = entry.metric.unit();
    let summary = entry.summary.as_ref();
    let median = summary.map(|summary| quantity(unit, summary.median));
    let scale = median.map_or(
        Scale::for_values(unit, std::iter::empty()),
        Scale::for_value,
    );
    let mut value = metric_cell(Some(entry), scale, false, notes);
    if let Content::Value { text, quantity, .. } = &mut value.content {
        *text = scale.with_unit(*quantity);
    }
    let n = summary.map_or(0, |summary| summary.n);
    vec![
        Cell::text(entry.metric.title()),
        Cell::text(entry.series().to_string()),
        value,
        Cell::value(n.to_string(), Quantity::Count(Count(n as u64))),
        Cell::text(summary.map_or(String::new(), |summary| range_of(summary, unit, scale))),
    ]
}

/// `8.24 to 8.80 s`; nothing where all samples are alike.
fn range_of(summary: &Summary, unit: Unit, scale: Scale) -> String {
    if !summary.spread() {
        return String::new();
    }
    format!(
        "{} to {}",
        scale.number(quantity(unit, summary.min)),
        scale.with_unit(quantity(unit, summary.max))
    )
}
