//! A single metric: a table for each scenario and link, the best variant first.

use std::cmp::Ordering;

use super::metric_cell::metric_cell;
use super::metric_table::{
    common_n, head_columns, pending_note, row_head, scale_of, table_title, timed_note,
};
use super::notes::Notes;
use super::parts::apart_note;
use super::table::{Align, Cell, Column, Table};
use crate::record::{CaseRecord, Direction, Kind, Metric, RunRecord};
use crate::summary::order::sorted_cases;
use crate::summary::scale::Scale;
use crate::summary::series::links_of;
use crate::summary::{Analysis, Grouping, MetricSummary, Series};
use crate::units::{Count, Quantity, Ratio, Unit, human_ratio, quantity_of as quantity};

/// The tables of a metric: median with its interval, the factor to the best, deviation, extremes,
/// and how many samples count. Variants without a value come last. `None` if no scenario measured
/// it.
pub fn one_metric_tables(record: &RunRecord, metric: Metric, grouping: Grouping) -> Vec<Table> {
    let analysis = Analysis::of(record);
    let mut links: Vec<_> = links_of(record).into_iter().map(Some).collect();
    links.insert(0, None);
    let mut tables = Vec::new();
    for scenario in &record.scenarios {
        for link in &links {
            let series = Series {
                metric,
                link: *link,
            };
            let cases = sorted_cases(&analysis, &scenario.name);
            let entries = cases
                .iter()
                .filter_map(|case| analysis.at(&case.id, series));
            let tried = |entry: &MetricSummary<'_>| {
                let counts = entry.counts;
                counts.ok + counts.warmup + counts.invalid + counts.dnf > 0
            };
            if entries.into_iter().any(tried) {
                tables.push(table(&analysis, &scenario.name, series, cases, grouping));
            }
        }
    }
    tables
}

fn table(
    analysis: &Analysis<'_>,
    scenario: &str,
    series: Series,
    cases: Vec<&CaseRecord>,
    grouping: Grouping,
) -> Table {
    let median = |case: &CaseRecord| {
        let summary = analysis.at(&case.id, series)?.summary.as_ref()?;
        Some(summary.median)
    };
    let cases = in_order(cases, &median, series.metric.direction(), grouping);
    let best = cases.iter().filter_map(|case| median(case));
    let best = best.reduce(|one, other| match series.metric.direction() {
        Direction::Lower => one.min(other),
        Direction::Higher => one.max(other),
    });
    let scale = scale_of(analysis, &cases, series);
    let n = common_n(analysis, &cases, &[(series, scale)]);
    let mut notes = Notes::default();
    if series.metric.kind() == Kind::Timed {
        notes.whole(timed_note(series.metric.id(), n));
    }
    let rows = cases.iter().map(|case| {
        let mut row = row_head(case, &mut notes);
        let entry = analysis.at(&case.id, series);
        row.push(metric_cell(entry, scale, false, &mut notes));
        row.extend(figures(entry, best, scale));
        row
    });
    let rows = rows.collect();
    pending_note(&cases, &mut notes);
    let over = series.link.map(|link| format!(" over {link}"));
    let what = format!("{}{}", series.metric.id(), over.unwrap_or_default());
    let mut table = Table {
        title: table_title(analysis, scenario, &what),
        columns: columns(series.metric, scale),
        rows,
        notes: notes.finish(analysis.record),
    };
    if let Some(note) = apart_note(analysis, scenario) {
        table.notes.insert(0, note);
    }
    table
}

/// Sorts the best first; with grouping, within each strategy, the strategy with the best first.
fn in_order<'a>(
    mut cases: Vec<&'a CaseRecord>,
    median: &dyn Fn(&CaseRecord) -> Option<f64>,
    direction: Direction,
    grouping: Grouping,
) -> Vec<&'a CaseRecord> {
    let better = |one: &&CaseRecord, other: &&CaseRecord| match (median(one), median(other)) {
        (Some(one), Some(other)) => match direction {
            Direction::Lower => one.total_cmp(&other),
            Direction::Higher => other.total_cmp(&one),
        },
        (one, other) => other.is_some().cmp(&one.is_some()),
    };
    // A stable sort keeps equal rows in the order of the other tables.
    cases.sort_by(better);
    if grouping == Grouping::Strategy {
        let order: Vec<&str> = cases.iter().map(|case| case.strategy.as_str()).collect();
        let place = |case: &CaseRecord| order.iter().position(|name| *name == case.strategy);
        cases.sort_by(|one, other| place(one).cmp(&place(other)).then(Ordering::Equal));
    }
    cases
}

fn columns(metric: Metric, scale: Scale) -> Vec<Column> {
    let value = |key: &str, title: &str| Column::values(key, title, metric.unit(), scale.symbol());
    let mut columns = head_columns();
    columns.extend([
        value("median", "median"),
        Column {
            align: Align::Right,
            ..Column::values("to_best", "of best", Unit::Ratio, None)
        },
        value("mad", "MAD"),
        value("min", "min"),
        value("max", "max"),
        Column::values("n", "n", Unit::Count, None),
    ]);
    columns
}

/// The cells after the median; empty without a value.
fn figures(entry: Option<&MetricSummary<'_>>, best: Option<f64>, scale: Scale) -> Vec<Cell> {
    let Some((entry, summary)) = entry.and_then(|entry| Some((entry, entry.summary.as_ref()?)))
    else {
        return vec![Cell::missing(); 5];
    };
    let value = |native: f64| {
        let quantity = quantity(entry.metric.unit(), native);
        Cell::value(scale.number(quantity), quantity)
    };
    let factor = best.and_then(|best| Ratio::of(summary.median, best));
    let factor = factor.map_or_else(Cell::missing, |ratio| {
        Cell::value(human_ratio(ratio), Quantity::Ratio(ratio))
    });
    let n = summary.n;
    vec![
        factor,
        value(summary.mad),
        value(summary.min),
        value(summary.max),
        Cell::value(n.to_string(), Quantity::Count(Count(n as u64))),
    ]
}
