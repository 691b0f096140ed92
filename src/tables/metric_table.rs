//! A table of a scenario: a row per variant, a column per series.

use super::metric_cell::{metric_cell, ratio_cell};
use super::notes::Notes;
use super::table::{Cell, Column, Table};
use crate::record::{CaseRecord, Disposition, Kind, Metric};
use crate::stats::MIN_FOR_INTERVAL;
use crate::summary::order::sorted_cases;
use crate::summary::scale::Scale;
use crate::summary::wording::plural;
use crate::summary::{Analysis, Series};
use crate::units::{Unit, quantity_of as quantity};

/// The contents of a table.
pub(crate) struct TableSpec<'t> {
    /// The part of the title after the name of the scenario.
    pub(crate) what: &'t str,
    /// The columns after variant and strategy.
    pub(crate) series: Vec<Series>,
    /// Whether all times use the unit of the first column, because they are parts of it.
    pub(crate) one_time_unit: bool,
    /// The subject of the note on medians; empty without timed columns.
    pub(crate) timed: &'t str,
    /// More notes on the whole table.
    pub(crate) notes: Vec<String>,
}

/// Without the columns of builds where no variant of the scenario is built.
pub(super) fn metric_table(analysis: &Analysis<'_>, scenario: &str, spec: &TableSpec<'_>) -> Table {
    let record = analysis.record;
    let cases = sorted_cases(analysis, scenario);
    let mut notes = Notes::default();
    let first_time = spec
        .series
        .iter()
        .find(|series| spec.one_time_unit && series.metric.unit() == Unit::Seconds)
        .map(|series| scale_of(analysis, &cases, *series));
    let scale = |series: &Series| match first_time {
        Some(first) if series.metric.unit() == Unit::Seconds => first,
        _ => scale_of(analysis, &cases, *series),
    };
    let is_built = analysis.is_built(scenario);
    let series = spec.series.iter();
    let series = series.filter(|series| is_built || !series.metric.needs_build());
    let printed: Vec<(Series, Scale)> = series.map(|series| (*series, scale(series))).collect();
    let common_n = common_n(analysis, &cases, &printed);
    if !spec.timed.is_empty() {
        notes.whole(timed_note(spec.timed, common_n));
    }
    for note in &spec.notes {
        notes.whole(note);
    }
    let mut rows = Vec::new();
    for case in &cases {
        let mut row = row_head(case, &mut notes);
        for (series, scale) in &printed {
            let entry = analysis.at(&case.id, *series);
            row.push(metric_cell(entry, *scale, common_n.is_none(), &mut notes));
            if has_ratio(series.metric) {
                row.push(ratio_cell(analysis, entry, row.last()));
            }
        }
        rows.push(row);
    }
    pending_note(&cases, &mut notes);
    Table {
        title: table_title(analysis, scenario, spec.what),
        columns: heads(&printed),
        rows,
        notes: notes.finish(record),
    }
}

/// `Node API (node): size and build`.
pub(crate) fn table_title(analysis: &Analysis<'_>, scenario: &str, what: &str) -> String {
    let known = analysis
        .record
        .scenarios
        .iter()
        .find(|known| known.name == scenario);
    let name = known.map_or(scenario.to_owned(), |known| {
        format!("{} ({scenario})", known.title)
    });
    format!("{name}: {what}")
}

/// Variant and strategy, with the variant's star.
pub(super) fn row_head(case: &CaseRecord, notes: &mut Notes) -> Vec<Cell> {
    let mut name = Cell::text(&case.variant);
    name.stand_in = !case.stand_ins.is_empty();
    notes.stand_ins(&case.stand_ins);
    vec![name, Cell::text(&case.strategy)]
}

/// The columns of [`row_head`].
pub(super) fn head_columns() -> Vec<Column> {
    vec![
        Column::text("variant", "variant"),
        Column::text("strategy", "strategy"),
    ]
}

/// Adds a note with the number of variants that have not been measured yet.
pub(super) fn pending_note(cases: &[&CaseRecord], notes: &mut Notes) {
    let pending = cases
        .iter()
        .filter(|case| case.disposition == Disposition::Pending)
        .count();
    if pending > 0 {
        notes.whole(format!(
            "{} of the plan not visited: – is no value",
            plural(pending, "variant")
        ));
    }
}

/// Whether a column with the ratio to the largest follows.
fn has_ratio(metric: Metric) -> bool {
    matches!(metric, Metric::SizeUnpacked | Metric::SizeTransfer)
}

fn heads(printed: &[(Series, Scale)]) -> Vec<Column> {
    let mut heads = head_columns();
    for (Series { metric, .. }, scale) in printed {
        let key = metric.id().replace(['.', '-'], "_");
        heads.push(Column::values(
            &key,
            metric.title(),
            metric.unit(),
            scale.symbol(),
        ));
        if has_ratio(*metric) {
            let key = format!("{key}_to_largest");
            heads.push(Column::shares(&key, "of largest"));
        }
    }
    heads
}

pub(super) fn scale_of(analysis: &Analysis<'_>, cases: &[&CaseRecord], series: Series) -> Scale {
    let unit = series.metric.unit();
    let medians = cases
        .iter()
        .filter_map(|case| analysis.at(&case.id, series)?.summary.as_ref())
        .map(|summary| quantity(unit, summary.median));
    Scale::for_values(unit, medians)
}

/// The n of all timed cells if they agree, so that one note states it.
pub(super) fn common_n(
    analysis: &Analysis<'_>,
    cases: &[&CaseRecord],
    printed: &[(Series, Scale)],
) -> Option<usize> {
    let mut sizes = cases
        .iter()
        .flat_map(|case| printed.iter().map(|(series, _)| (&case.id, *series)))
        .filter(|(_, series)| series.metric.kind() == Kind::Timed)
        .filter_map(|(id, series)| Some(analysis.at(id, series)?.summary.as_ref()?.n));
    let first = sizes.next()?;
    sizes.all(|n| n == first).then_some(first)
}

pub(super) fn timed_note(timed: &str, common_n: Option<usize>) -> String {
    match common_n {
        Some(n) if n < MIN_FOR_INTERVAL => {
            format!("{timed}: median, n = {n}; no interval below {MIN_FOR_INTERVAL} samples.")
        }
        Some(n) => format!("{timed}: median [95 % bootstrap interval of it], n = {n}."),
        None => format!(
            "{timed}: median [95 % bootstrap interval of it, from {MIN_FOR_INTERVAL} samples on]; n is not the same in all."
        ),
    }
}
