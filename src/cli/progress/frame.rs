//! The lines of the live view, from the state of a run.

use std::time::Duration;

use super::best::{BestResults, KEPT};
use super::columns::{fit, pad, width};
use super::duration::clock;
use super::state::{CurrentVisit, RunProgress, shown};
use crate::secrets::excerpt;

/// Variants of the table: the last ones that were measured.
const MOST_ROWS: usize = 3;
/// Columns between two columns of the table.
const GAP: usize = 2;
/// Fewer columns do not identify a variant.
const LEAST_NAME: usize = 12;
/// Between a phase and the builder's step.
const BEFORE_STEP: &str = " · ";
/// Fewer columns do not identify a step.
const LEAST_STEP: usize = 8;

/// The lines, for a terminal of so many columns. The last column stays free. Texts from outside
/// are masked and on one line.
pub(super) fn lines(progress: &RunProgress, now: Duration, columns: usize) -> Vec<String> {
    let columns = columns.saturating_sub(1);
    let mut lines = vec![whole(progress, now, columns)];
    lines.push(match progress.current() {
        Some(visit) => current(visit, now, columns),
        None => between(progress, columns),
    });
    lines.extend(table(progress.best(), columns));
    lines
}

/// The first of these texts that fits; the last one is cut.
fn first_that_fits<const N: usize>(texts: [String; N], columns: usize) -> String {
    let fitting = texts.iter().find(|text| width(text) <= columns);
    match (fitting, texts.last()) {
        (Some(text), _) => text.clone(),
        (None, Some(last)) => fit(last, columns),
        (None, None) => String::new(),
    }
}

/// The whole run.
fn whole(progress: &RunProgress, now: Duration, columns: usize) -> String {
    let (done, visits) = progress.visits();
    let left = match progress.left(now) {
        Some(left) => format!(", about {} left", clock(left)),
        None => String::new(),
    };
    let counts = format!("{done}/{visits} visits");
    let long = format!("{counts}, {} so far{left}", clock(now));
    let short = format!("{counts}{left}");
    let with_bar = |cells, text: &str| format!("{} {text}", bar(done, visits, cells));
    first_that_fits(
        [
            with_bar(24, &long),
            with_bar(8, &long),
            with_bar(5, &short),
            short,
        ],
        columns,
    )
}

fn bar(done: usize, visits: usize, cells: usize) -> String {
    let full = (cells * done).checked_div(visits).unwrap_or_default();
    let full = full.min(cells);
    format!("{}{}", "█".repeat(full), "░".repeat(cells - full))
}

/// The current visit, its phase, and the builder's step.
fn current(visit: &CurrentVisit, now: Duration, columns: usize) -> String {
    let phase = match &visit.phase {
        Some(phase) => {
            let spent = now.saturating_sub(phase.begun);
            format!("{} {}", phase.metric.title(), clock(spent))
        }
        None => "begins".to_owned(),
    };
    let case = excerpt(visit.case.as_str(), columns);
    let variant = case.rsplit_once('/').map_or(&*case, |(_, variant)| variant);
    let mut text = first_that_fits(
        [
            format!("{} {case}: {phase}", visit.round),
            format!("{case}: {phase}"),
            format!("{variant}: {phase}"),
            phase,
        ],
        columns,
    );
    let room = columns.saturating_sub(width(&text) + width(BEFORE_STEP));
    let step = visit.phase.as_ref().and_then(|one| one.step.as_deref());
    if let Some(step) = step.filter(|_| room >= LEAST_STEP) {
        text.push_str(BEFORE_STEP);
        text.push_str(&fit(&excerpt(step, room), room));
    }
    text
}

/// Before a visit, and after the last one.
fn between(progress: &RunProgress, columns: usize) -> String {
    match progress.next_case() {
        Some(case) => fit(
            &format!("next: {}", excerpt(case.as_str(), columns)),
            columns,
        ),
        None => fit("all visits are done", columns),
    }
}

/// The best values of the variants that were measured last. Columns that do not fit are left out.
fn table(best: &BestResults, columns: usize) -> Vec<String> {
    let all = best.rows();
    let last = &all[all.len().saturating_sub(MOST_ROWS)..];
    if last.is_empty() {
        return Vec::new();
    }
    let rows: Vec<(String, [String; KEPT.len()])> = last
        .iter()
        .map(|row| {
            let values = row.best.map(|value| value.map_or("-".to_owned(), shown));
            (excerpt(row.case.as_str(), columns), values)
        })
        .collect();
    let mut room = columns.saturating_sub(LEAST_NAME);
    let mut widths = Vec::new();
    for (index, metric) in KEPT.iter().enumerate() {
        let values = rows.iter().map(|(_, values)| width(&values[index]));
        let widest = values.fold(width(metric.title()), usize::max);
        if widest + GAP > room {
            break;
        }
        room -= widest + GAP;
        widths.push(widest);
    }
    if widths.is_empty() {
        return Vec::new();
    }
    let most = LEAST_NAME + room;
    let mut title = "best so far".to_owned();
    if last.len() < all.len() {
        let which = format!("{title}, last {} of {}", last.len(), all.len());
        title = first_that_fits([which, title], most);
    }
    let names = rows.iter().map(|(name, _)| width(name));
    let name_width = names.fold(width(&title), usize::max).min(most);
    let line = |name: &str, cells: &[&str]| {
        let mut line = pad(&fit(name, name_width), name_width);
        for (cell, &width) in cells.iter().zip(&widths) {
            line.push_str(&format!("{}{cell:>width$}", " ".repeat(GAP)));
        }
        line
    };
    let mut lines = vec![line(&title, &KEPT.map(|metric| metric.title()))];
    lines.extend(
        rows.iter()
            .map(|(name, values)| line(name, &values.each_ref().map(String::as_str))),
    );
    lines
}
