//! The answer of a run in one screen: a row per variant, the best of each column marked, which
//! variants no other beats in everything, and up to three sentences.

use super::metric_cell::{lost, metric_cell};
use super::metric_table::{scale_of, table_title};
use super::notes::Notes;
use super::table::{Cell, Column, Content, Table};
use crate::record::{CaseRecord, Kind, Metric, RunRecord};
use crate::stats::MIN_FOR_INTERVAL;
use crate::summary::Analysis;
use crate::summary::answer::{Sides, Stand, order, sentences, sides};

/// What a scenario of a run comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// A row per variant.
    pub table: Table,
    /// What it comes to, the most telling first.
    pub sentences: Vec<String>,
}

/// The answer for a scenario. Rows are sorted by what is preferred, the most wanted first;
/// the smallest first where nothing is.
pub fn answer(record: &RunRecord, scenario: &str, preferred: &[Metric]) -> Answer {
    let analysis = Analysis::of(record);
    let sides = sides::Sides::of(&analysis, scenario);
    let order = order::order(&sides, preferred);
    Answer {
        table: table(&sides, &order),
        sentences: sentences::sentences(&sides),
    }
}

/// Marks the best of a column.
const BEST: &str = "✓";
/// Marks what is not shown to differ from the best.
const ALIKE: &str = "≈";

fn table(sides: &Sides<'_, '_>, order: &[&CaseRecord]) -> Table {
    let analysis = sides.analysis;
    let mut notes = Notes::default();
    let printed: Vec<_> = sides
        .columns
        .iter()
        .map(|series| (*series, scale_of(analysis, order, *series)))
        .collect();
    let measured = sides.measured();
    let is_choice = measured.len() > 1;
    let mut columns = vec![Column::text("variant", "variant")];
    for (series, scale) in &printed {
        let key = series.metric.id().replace(['.', '-'], "_");
        let title = title(series.metric);
        let unit = series.metric.unit();
        columns.push(Column::values(&key, title, unit, scale.symbol()));
    }
    if is_choice {
        columns.push(Column::text("front", "beaten by"));
        notes.whole(format!(
            "{BEST}: best of the column. {ALIKE}: no difference from it is shown. \
             Beaten by: a variant that is no worse in any column and better in one."
        ));
    }
    let fewest = fewest_samples(sides);
    if let Some(fewest) = fewest.filter(|fewest| is_choice && *fewest < MIN_FOR_INTERVAL) {
        notes.whole(format!(
            "{fewest} {} too few to distinguish differences of times from noise: {MIN_FOR_INTERVAL} are needed.",
            if fewest == 1 { "round is" } else { "rounds are" }
        ));
    }
    if let Some(link) = printed.iter().find_map(|(series, _)| series.link) {
        notes.whole(format!("Pulls over {link}."));
    }
    let mut rows = Vec::new();
    for case in order {
        let mut name = Cell::text(&case.variant);
        name.stand_in = !case.stand_ins.is_empty();
        notes.stand_ins(&case.stand_ins);
        let mut row = vec![name];
        for (series, scale) in &printed {
            let entry = analysis.at(&case.id, *series);
            // The intervals and what else is odd about samples are in the report's tables.
            let mut aside = Notes::default();
            let mut cell = metric_cell(entry, *scale, false, &mut aside);
            cell.notes.clear();
            if let Some((entry, summary)) = entry.and_then(|it| Some((it, it.summary.as_ref()?))) {
                let lost = lost(entry, summary);
                cell.notes
                    .extend(lost.iter().map(|text| notes.number(text)));
            }
            if let Content::Value { text, interval, .. } = &mut cell.content {
                *interval = None;
                let mark = is_choice.then(|| mark(sides, case, *series)).flatten();
                *text = format!("{text} {}", mark.unwrap_or(" "));
            }
            row.push(cell);
        }
        if is_choice {
            let beaten_by = sides.dominator(case);
            row.push(match beaten_by {
                Some(other) => Cell::text(&other.variant),
                None => Cell::text(""),
            });
        }
        rows.push(row);
    }
    Table {
        title: table_title(analysis, sides.scenario, "overview"),
        columns,
        rows,
        notes: notes.finish(analysis.record),
    }
}

fn title(metric: Metric) -> &'static str {
    match metric {
        Metric::SizeTransfer => "packed",
        Metric::RebuildSource => "rebuild",
        Metric::PullCold => "pull",
        other => other.title(),
    }
}

fn mark(
    sides: &Sides<'_, '_>,
    case: &CaseRecord,
    series: crate::summary::Series,
) -> Option<&'static str> {
    let best = sides.best(series)?;
    if best.id == case.id || sides.value(case, series) == sides.value(best, series) {
        return Some(BEST);
    }
    (sides.stand(case, best, series) == Stand::Alike).then_some(ALIKE)
}

/// The least samples of what is timed; none where nothing is.
fn fewest_samples(sides: &Sides<'_, '_>) -> Option<usize> {
    let timed = sides
        .columns
        .iter()
        .filter(|series| series.metric.kind() == Kind::Timed);
    let counts = timed.flat_map(|series| {
        let entries = sides.cases.iter();
        entries.filter_map(|case| {
            let entry = sides.analysis.at(&case.id, *series)?;
            entry.summary.as_ref().map(|summary| summary.n)
        })
    });
    counts.min()
}
