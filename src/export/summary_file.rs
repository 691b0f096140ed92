//! `summary.csv`: a row per case, metric and link.

use std::io;
use std::io::Write;

use super::csv_bytes::{CsvLines, in_memory};
use super::native::statistic_text;
use crate::record::{Metric, RunRecord};
use crate::summary::{Analysis, MetricSummary};

/// Statistics in base units (bytes, seconds, counts), empty if missing. `n` is the number of
/// valid samples; `stand_in` lists the bases that a stand-in replaced, separated by spaces.
/// `link` is empty for metrics without a link.
pub fn summary_csv(record: &RunRecord) -> Vec<u8> {
    in_memory(|bytes| write_summary_csv(record, bytes))
}

/// [`summary_csv`], row by row: only the summaries of some cases are in memory at a time.
///
/// # Errors
/// Those of `into`.
pub fn write_summary_csv(record: &RunRecord, into: impl Write) -> io::Result<()> {
    rows(record, |_| true, into)
}

/// The rows of one metric.
pub(super) fn summary_csv_of(record: &RunRecord, metric: Metric) -> Vec<u8> {
    in_memory(|bytes| rows(record, |one| one == metric, bytes))
}

fn rows(record: &RunRecord, wanted: impl Fn(Metric) -> bool, into: impl Write) -> io::Result<()> {
    let head = [
        "run",
        "scenario",
        "app",
        "variant",
        "strategy",
        "platform",
        "metric",
        "unit",
        "n",
        "median",
        "lower",
        "upper",
        "level",
        "min",
        "max",
        "mad",
        "invalid",
        "dnf",
        "ratio_to_largest",
        "stand_in",
        "link",
    ];
    let mut lines = CsvLines::new(into, head)?;
    for analysis in Analysis::in_pieces(record) {
        let entries = analysis.entries().iter();
        for entry in entries.filter(|entry| wanted(entry.metric)) {
            lines.push(row(&analysis, entry))?;
        }
    }
    lines.finish()
}

fn row(analysis: &Analysis<'_>, entry: &MetricSummary<'_>) -> [String; 21] {
    let unit = entry.metric.unit();
    let text = |number: Option<f64>| {
        number
            .map(|number| statistic_text(unit, number))
            .unwrap_or_default()
    };
    let summary = entry.summary.as_ref();
    let interval = summary.and_then(|summary| summary.interval);
    let ratio = analysis
        .ratio_to_largest(entry)
        .map(|ratio| ratio.ratio.get().to_string());
    [
        analysis.record.id.clone(),
        entry.subject.scenario().to_owned(),
        entry.subject.app().to_owned(),
        entry.subject.variant().to_owned(),
        entry.subject.strategy().to_owned(),
        entry.subject.platform().to_owned(),
        entry.metric.id().to_owned(),
        unit.to_string(),
        summary.map_or(0, |summary| summary.n).to_string(),
        text(summary.map(|summary| summary.median)),
        text(interval.map(|interval| interval.lower)),
        text(interval.map(|interval| interval.upper)),
        interval
            .map(|interval| interval.level.to_string())
            .unwrap_or_default(),
        text(summary.map(|summary| summary.min)),
        text(summary.map(|summary| summary.max)),
        text(summary.map(|summary| summary.mad)),
        entry.counts.invalid.to_string(),
        entry.counts.dnf.to_string(),
        ratio.unwrap_or_default(),
        entry.subject.stand_ins().join(" "),
        entry.link.map(|link| link.to_string()).unwrap_or_default(),
    ]
}
