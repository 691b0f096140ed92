//! The table of trends: a row each.

use std::collections::BTreeMap;

use super::super::table::{Align, Cell, CellMark, Column, Table, TableNote};
use super::spark::sparkline;
use crate::history::{Trend, TrendOutcome};
use crate::stats::{ALPHA, Threshold};
use crate::summary::HistoryPage;
use crate::summary::comparison::with_unit;
use crate::summary::history::{in_order, summary, words};
use crate::summary::wording::plural;
use crate::units::native;

/// The most points of a sparkline.
const SPARKS: usize = 24;

/// The smallest range of a sparkline, as a share of its largest value.
const SPARK_RANGE: f64 = 0.1;

/// The most skipped files and borders that notes list.
const MOST_NAMED: usize = 8;

/// A row for each trend, the worst first.
pub fn history_table(page: &HistoryPage<'_>) -> Table {
    let trends = in_order(page.trends);
    let right = |mut column: Column| {
        column.align = Align::Right;
        column
    };
    Table {
        title: format!("{} in {}", plural(page.runs, "run"), page.source),
        columns: vec![
            Column::text("verdict", "newest is"),
            Column::text("case", "case"),
            Column::text("metric", "metric"),
            right(Column::text("newest", "newest")),
            right(Column::text("baseline", "baseline")),
            Column::text("change", "change"),
            Column::text("drift", "drift"),
            Column::text("runs", "runs"),
            Column::text("changed", "changed on"),
            Column::text("trend", "trend"),
        ],
        rows: trends.into_iter().map(row).collect(),
        notes: notes(page),
    }
}

fn row(trend: &Trend<'_>) -> Vec<Cell> {
    let newest = trend.newest();
    let value = newest.and_then(|point| point.values);
    let baseline = trend.baseline.map(|baseline| with_unit(baseline.value));
    let drift = trend.drift.map(|drift| words::drift(trend.metric, &drift));
    let of_era = newest.map_or(0, |point| trend.era(point.era).count());
    let runs = match trend.points.len() {
        all if all == of_era => all.to_string(),
        all => format!("{of_era} of {all}"),
    };
    vec![
        Cell::text(trend.outcome.standing().word()),
        Cell::text(trend.case.as_str()),
        Cell::text(words::series(trend)),
        Cell::text(value.map_or("DNF".to_owned(), |values| with_unit(values.median))),
        baseline.map_or_else(Cell::missing, Cell::text),
        Cell::text(words::change(trend)),
        drift.map_or_else(Cell::missing, Cell::text),
        Cell::text(runs),
        Cell::text(changed(trend)),
        Cell::text(spark(trend)),
    ]
}

/// The latest change, and the number of earlier ones.
fn changed(trend: &Trend<'_>) -> String {
    let Some((last, before)) = trend.changes.split_last() else {
        return String::new();
    };
    let text = words::changed(trend, last);
    match before.len() {
        0 => text,
        more => format!("{text} (and {more} before)"),
    }
}

/// Only the newest group of comparable runs, because values of two groups have no common scale.
fn spark(trend: &Trend<'_>) -> String {
    let Some(newest) = trend.newest() else {
        return String::new();
    };
    let points = trend.points.iter().filter(|point| point.era == newest.era);
    let values: Vec<Option<f64>> = points
        .map(|point| point.values.map(|values| native(values.median)))
        .collect();
    sparkline(&values[values.len().saturating_sub(SPARKS)..], SPARK_RANGE)
}

fn notes(page: &HistoryPage<'_>) -> Vec<TableNote> {
    let mut notes = vec![summary(page.trends)];
    let percent = |threshold: Threshold| {
        let percent = (threshold.factor() - 1.0) * 100.0;
        format!("{} %", (percent * 100.0).round() / 100.0)
    };
    let tests = page.trends.iter().filter(|trend| {
        matches!(&trend.outcome, TrendOutcome::Judged(judged) if judged.adjusted_p.is_some())
    });
    notes.push(format!(
        "Baseline: the median of the last {} comparable runs before the newest. Timed metrics \
         count as changed from {} on, exact ones from {}. Brackets: 95 % interval by what runs \
         vary. {} at the level {ALPHA}, adjusted by Benjamini and Hochberg. Drift: the first of the comparable \
         runs against the last.",
        page.terms.window,
        percent(page.terms.timed),
        percent(page.terms.exact),
        plural(tests.count(), "test"),
    ));
    notes.extend(borders(page.trends));
    for rule in &page.terms.waived {
        notes.push(format!("Compared although {rule} may differ."));
    }
    let left_out = page.left_out.iter().take(MOST_NAMED);
    notes.extend(left_out.map(|(file, reason)| format!("Left out: {file}: {reason}.")));
    notes.extend(more(page.left_out.len(), "file", "left out"));
    let whole = |text| TableNote {
        mark: CellMark::Whole,
        text,
    };
    notes.into_iter().map(whole).collect()
}

/// The borders before the newest groups, each difference once.
fn borders(trends: &[Trend<'_>]) -> Vec<String> {
    let mut touched: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for trend in trends {
        let last = trend
            .points
            .iter()
            .rev()
            .find(|point| !point.border.is_empty());
        for difference in last.map(|point| &point.border).into_iter().flatten() {
            let run = last.map_or("", |point| point.run.id.as_str());
            let key = (run, difference.rule.word(), difference.what.as_str());
            *touched.entry(key).or_default() += 1;
        }
    }
    let text = touched
        .iter()
        .rev()
        .take(MOST_NAMED)
        .map(|((run, rule, what), trends)| {
            format!(
                "{} anew from {run} on: {what} ({rule}).",
                plural(*trends, "trend")
            )
        });
    text.chain(more(touched.len(), "difference", "kept runs apart"))
        .collect()
}

fn more(all: usize, noun: &str, what: &str) -> Option<String> {
    let more = all.checked_sub(MOST_NAMED).filter(|more| *more > 0)?;
    Some(format!("{} more {what}.", plural(more, noun)))
}
