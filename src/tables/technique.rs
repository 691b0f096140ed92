//! The effect of a technique as a table: each variant with it compared with the one without.

use super::metric_cell::metric_cell;
use super::metric_table::table_title;
use super::notes::Notes;
use super::posture::fact_cell;
use super::table::{Align, Cell, Column, Content, Table};
use crate::record::{CaseRecord, Kind, RunRecord};
use crate::stats::MIN_FOR_INTERVAL;
use crate::summary::Analysis;
use crate::summary::figure::Absence;
use crate::summary::scale::Scale;
use crate::summary::technique::{EffectLine, EffectSubject, lines};
use crate::units::quantity_of as quantity;

/// The effect of a scenario's technique as a table: a row per variant and metric. `None` if the
/// scenario is not about a technique.
pub fn effect_table(record: &RunRecord, scenario: &str) -> Option<Table> {
    effect_table_of(&Analysis::of(record), scenario)
}

/// A row per variant and per metric or fact; `None` if the scenario is not about a technique.
pub(super) fn effect_table_of(analysis: &Analysis<'_>, scenario: &str) -> Option<Table> {
    let mut scenarios = analysis.record.scenarios.iter();
    let scenario = scenarios.find(|known| known.name == scenario)?;
    let technique = scenario.technique.as_ref()?;
    let lines = lines(analysis, scenario);
    let mut notes = Notes::default();
    notes.whole(medians_note(&lines));
    let rows = lines.iter().map(|line| row(analysis, line, &mut notes));
    let rows = rows.collect();
    let mut columns = vec![
        Column::text("variant", "variant"),
        Column::text("in", "in"),
        Column::text("expected", "should show"),
        Column::text("before", &technique.baseline),
        Column::text("after", "with it"),
        Column::text("effect", "effect"),
    ];
    for column in &mut columns[3..5] {
        column.align = Align::Right;
    }
    let question = technique.question.trim();
    let what = format!("effect of {}. {question}", technique.id);
    Some(Table {
        title: table_title(analysis, &scenario.name, &what),
        columns,
        rows,
        notes: notes.finish(analysis.record),
    })
}

fn row(analysis: &Analysis<'_>, line: &EffectLine<'_>, notes: &mut Notes) -> Vec<Cell> {
    let mut name = Cell::text(&line.variant.variant);
    for case in line.baseline.into_iter().chain([line.variant]) {
        name.stand_in |= !case.stand_ins.is_empty();
        notes.stand_ins(&case.stand_ins);
    }
    let sides = [line.baseline, Some(line.variant)];
    let [before, after] = sides.map(|case| side_cell(analysis, case, line.subject, notes));
    let effect = line.outcome.words();
    vec![
        name,
        Cell::text(line.subject.name()),
        Cell::text(if line.expected { "yes" } else { "no" }),
        before,
        after,
        effect.map_or_else(Cell::missing, Cell::text),
    ]
}

/// A median with its own unit, or a fact in words; marked as in the other tables.
fn side_cell(
    analysis: &Analysis<'_>,
    case: Option<&CaseRecord>,
    subject: EffectSubject,
    notes: &mut Notes,
) -> Cell {
    let Some(case) = case else {
        return Absence::not_run("not run").cell(notes);
    };
    let series = match subject {
        EffectSubject::Fact(fact) => return fact_cell(case, fact, notes),
        EffectSubject::Series(series) => series,
    };
    let entry = analysis.at(&case.id, series);
    let unit = series.metric.unit();
    let median = entry.and_then(|entry| entry.summary.as_ref());
    let scale = match median {
        Some(summary) => Scale::for_value(quantity(unit, summary.median)),
        None => Scale::for_values(unit, std::iter::empty()),
    };
    let mut cell = metric_cell(entry, scale, false, notes);
    if let Content::Value {
        text,
        interval,
        quantity,
    } = &mut cell.content
    {
        *text = scale.with_unit(*quantity);
        // The factor has its own interval, and two intervals in a row are misread.
        *interval = None;
    }
    cell
}

/// A note on the factors; with n if it is the same for all.
fn medians_note(lines: &[EffectLine<'_>]) -> String {
    let mut sizes: Vec<usize> = lines
        .iter()
        .filter_map(|line| match (&line.subject, &line.outcome) {
            (
                EffectSubject::Series(series),
                crate::summary::technique::EffectOutcome::Measured(change),
            ) if series.metric.kind() == Kind::Timed => Some(change.n),
            _ => None,
        })
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    let n = match sizes.as_slice() {
        [n] => format!(", n = {n} a side"),
        _ => String::new(),
    };
    format!(
        "Times and memory: medians, and the ratio of the two [95 % bootstrap interval of it, from {MIN_FOR_INTERVAL} \
         samples a side]{n}; no effect is shown where it includes 1. Sizes, counts and facts are compared as they are."
    )
}
