//! A table cell of a metric: a value with its notes, or the word for its absence.

use super::notes::Notes;
use super::table::{Cell, Content};
use crate::record::{Kind, Status};
use crate::stats::{OUTLIER_THRESHOLD, Summary};
use crate::summary::exact_text::exact_text;
use crate::summary::figure::Absence;
use crate::summary::reasons::reasons_text;
use crate::summary::scale::Scale;
use crate::summary::wording::plural;
use crate::summary::{Analysis, MetricSummary};
use crate::units::{Quantity, human_ratio, quantity_of as quantity};

/// The cell of a metric; `say_n` if the notes of the table do not state n.
pub(crate) fn metric_cell(
    entry: Option<&MetricSummary<'_>>,
    scale: Scale,
    say_n: bool,
    notes: &mut Notes,
) -> Cell {
    let Some(entry) = entry else {
        return Cell::missing();
    };
    match &entry.summary {
        Some(summary) => measured_cell(entry, summary, scale, say_n, notes),
        None => absent_cell(entry, notes),
    }
}

fn measured_cell(
    entry: &MetricSummary<'_>,
    summary: &Summary,
    scale: Scale,
    say_n: bool,
    notes: &mut Notes,
) -> Cell {
    let unit = entry.metric.unit();
    let number = |native: f64| scale.number(quantity(unit, native));
    let interval = summary
        .interval
        .map(|interval| format!("[{}, {}]", number(interval.lower), number(interval.upper)));
    let mut cell = Cell::of(Content::Value {
        text: number(summary.median),
        interval,
        quantity: quantity(unit, summary.median),
    });
    for text in remarks(entry, summary, say_n) {
        cell.notes.push(notes.number(&text));
    }
    cell.notes.sort_unstable();
    cell.notes.dedup();
    cell
}

/// How many samples failed or are invalid, and why.
pub(super) fn lost(entry: &MetricSummary<'_>, summary: &Summary) -> Vec<String> {
    let mut remarks = Vec::new();
    let counts = [
        (entry.counts.dnf, Status::Dnf, "DNF"),
        (entry.counts.invalid, Status::Invalid, "invalid"),
    ];
    for (count, status, word) in counts {
        if count > 0 {
            let reasons = reasons_text(&entry.reasons, status).unwrap_or_default();
            remarks.push(format!(
                "{count} of {} {word}: {reasons}",
                plural(count + summary.n, "sample")
            ));
        }
    }
    remarks
}

/// The notes of a measured value.
fn remarks(entry: &MetricSummary<'_>, summary: &Summary, say_n: bool) -> Vec<String> {
    let mut remarks = lost(entry, summary);
    let timed = entry.metric.kind() == Kind::Timed;
    // For packed bytes, one note of the table replaces a note on most cells.
    if !timed && !entry.metric.is_distribution() && summary.spread() {
        // Exact bytes, because rounded values would often look the same.
        let text = |native| {
            let unit = entry.metric.unit();
            format!("{} {unit}", exact_text(quantity(unit, native)))
        };
        remarks.push(format!(
            "samples of an exact metric differ: {} to {}",
            text(summary.min),
            text(summary.max)
        ));
    }
    if timed && say_n {
        remarks.push(format!("n = {}", summary.n));
    }
    if !summary.outliers.is_empty() {
        let (marked, n) = (summary.outliers.len(), summary.n);
        remarks.push(format!(
            "{marked} of {n} an outlier (modified Z-score > {OUTLIER_THRESHOLD}); it counts"
        ));
    }
    remarks
}

fn absent_cell(entry: &MetricSummary<'_>, notes: &mut Notes) -> Cell {
    Absence::of(entry).cell(notes)
}

/// The ratio of a size; if the size is missing, the same word without its note.
pub(super) fn ratio_cell(
    analysis: &Analysis<'_>,
    entry: Option<&MetricSummary<'_>>,
    size: Option<&Cell>,
) -> Cell {
    if let Some(ratio) = entry.and_then(|entry| analysis.ratio_to_largest(entry)) {
        return Cell::value(human_ratio(ratio.ratio), Quantity::Ratio(ratio.ratio));
    }
    match size.map(|cell| &cell.content) {
        Some(absent @ Content::Absent { .. }) => Cell::of(absent.clone()),
        _ => Cell::missing(),
    }
}
