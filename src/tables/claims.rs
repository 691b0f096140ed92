//! The claims as a table.

use super::notes::Notes;
use super::table::{Align, Cell, Column, Content, Table};
use crate::record::RunRecord;
use crate::summary::claims::results;
use crate::summary::scale::Scale;
use crate::summary::wording::plural;
use crate::summary::{Analysis, ClaimResult, ClaimVerdict};
use crate::units::{Quantity, Unit, human_ratio};

/// The claims as a table, each with its verdict.
pub fn claims(record: &RunRecord) -> Table {
    claims_of(&Analysis::of(record), Heads::VERDICTS)
}

/// The optional columns of a table of claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heads {
    run: bool,
    scenario: bool,
    metric: bool,
    changes: bool,
    verdict: bool,
}

impl Heads {
    /// Claimed, measured, and the ratio of the two.
    pub(crate) const PLAIN: Self = Self {
        run: false,
        scenario: false,
        metric: false,
        changes: false,
        verdict: false,
    };
    /// Adds the verdict.
    pub(crate) const VERDICTS: Self = Self {
        verdict: true,
        ..Self::PLAIN
    };
    /// All columns, so that tables of several runs are equal.
    const ALL: Self = Self {
        run: true,
        scenario: true,
        metric: true,
        changes: true,
        verdict: true,
    };

    /// Adds the columns that the claims require.
    fn called_for(self, results: &[ClaimResult<'_>], record: &RunRecord) -> Self {
        Self {
            scenario: self.scenario || record.scenarios.len() > 1,
            metric: self.metric || metric_ids(results).len() > 1,
            changes: self.changes || results.iter().any(|result| result.claim.from.is_some()),
            ..self
        }
    }
}

/// Properties of the whole table.
struct TableForm {
    heads: Heads,
    unit: Option<Unit>,
    scale: Option<Scale>,
}

/// The claims of a run.
pub(crate) fn claims_of(analysis: &Analysis<'_>, heads: Heads) -> Table {
    let record = analysis.record;
    let results = results(analysis);
    let heads = heads.called_for(&results, record);
    let unit = common_unit(&results);
    let values = results
        .iter()
        .flat_map(|result| [result.before, result.measured]);
    let scale = unit.map(|unit| Scale::for_values(unit, values.flatten()));
    let form = TableForm { heads, unit, scale };
    let mut notes = Notes::default();
    if heads.verdict && !results.is_empty() {
        notes.whole(summary(&results));
    }
    let rows = results
        .iter()
        .map(|result| row(record, result, &form, &mut notes))
        .collect();
    for source in record
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.sources)
    {
        if results
            .iter()
            .any(|result| result.claim.source == source.id)
        {
            notes.whole_once(format!("{}: {}", source.id, source.title));
        }
    }
    let measured = results.iter().filter(|result| is_measured(result)).count();
    let title = match results.len() {
        0 => "Claimed against measured: no source claims anything".to_owned(),
        claims => format!(
            "Claimed against measured ({}), {measured} of {}",
            metrics_text(&metric_ids(&results)),
            plural(claims, "claim")
        ),
    };
    Table {
        title,
        columns: columns(&form),
        rows,
        notes: notes.finish(record),
    }
}

/// The claims of several runs in one table for files; each row names its run. Each value has its
/// own unit, and the notes are those of the table of each run.
pub(super) fn claims_of_runs(analyses: &[Analysis<'_>]) -> Table {
    let form = TableForm {
        heads: Heads::ALL,
        unit: None,
        scale: None,
    };
    let mut rows = Vec::new();
    for analysis in analyses {
        let mut notes = Notes::default();
        let results = results(analysis);
        let of_run = results
            .iter()
            .map(|result| row(analysis.record, result, &form, &mut notes));
        rows.extend(of_run.map(|mut row| {
            row.iter_mut().for_each(|cell| cell.notes.clear());
            row
        }));
    }
    Table {
        title: format!(
            "Claimed against measured, {}",
            plural(analyses.len(), "run")
        ),
        columns: columns(&form),
        rows,
        notes: Vec::new(),
    }
}

/// The number of verdicts over several runs.
pub(super) fn verdicts_of_runs(analyses: &[Analysis<'_>]) -> String {
    let all: Vec<_> = analyses.iter().flat_map(results).collect();
    summary(&all)
}

/// `Verdicts: 9 hold, 17 hold in direction, 5 do not hold, 0 cannot be tested here.`
fn summary(results: &[ClaimResult<'_>]) -> String {
    let count = |verdict: ClaimVerdict| {
        let with = results.iter().filter(|result| result.verdict == verdict);
        let count = with.count();
        let words = match (verdict, count) {
            (ClaimVerdict::Holds, 1) => "holds",
            (ClaimVerdict::Holds, _) => "hold",
            (ClaimVerdict::HoldsInDirection, 1) => "holds in direction",
            (ClaimVerdict::HoldsInDirection, _) => "hold in direction",
            (ClaimVerdict::DoesNotHold, 1) => "does not hold",
            (ClaimVerdict::DoesNotHold, _) => "do not hold",
            (ClaimVerdict::CannotBeTested, _) => "cannot be tested here",
        };
        format!("{count} {words}")
    };
    format!(
        "Verdicts on {}: {}. Each is about this app on this engine; the sources measured others.",
        plural(results.len(), "claim"),
        ClaimVerdict::ALL.map(count).join(", ")
    )
}

fn is_measured(result: &ClaimResult<'_>) -> bool {
    result.status == "measured"
}

fn row(
    record: &RunRecord,
    result: &ClaimResult<'_>,
    form: &TableForm,
    notes: &mut Notes,
) -> Vec<Cell> {
    let heads = form.heads;
    let mut variant = Cell::text(&result.claim.variant);
    variant.stand_in = is_measured(result) && !result.stand_ins.is_empty();
    if variant.stand_in {
        notes.stand_ins(&result.stand_ins);
    }
    let stand_in = variant.stand_in;
    let mut row = Vec::new();
    if heads.run {
        row.push(Cell::text(&record.id));
    }
    if heads.scenario {
        row.push(Cell::text(&result.scenario.name));
    }
    row.push(variant);
    if heads.changes {
        row.push(Cell::text(result.claim.from.clone().unwrap_or_default()));
    }
    if heads.metric {
        row.push(Cell::text(series_name(result)));
    }
    row.push(Cell::text(&result.claim.claimed));
    if heads.changes {
        row.push(before_cell(result, form));
    }
    row.push(measured_cell(result, form, notes));
    if heads.changes {
        row.push(Cell::text(result.change_words.clone().unwrap_or_default()));
    }
    row.push(match result.ratio {
        Some(ratio) => Cell::value(human_ratio(ratio), Quantity::Ratio(ratio)),
        None => Cell::missing(),
    });
    if heads.verdict {
        let mut verdict = Cell::text(result.verdict.to_string());
        verdict.stand_in = stand_in;
        // The column "measured" already says "not run".
        if let Some(why) = result.why.as_ref().filter(|why| *why != "not run") {
            verdict.notes.push(notes.number(why));
        }
        row.push(verdict);
    }
    row.push(Cell::text(&result.claim.source));
    row.push(Cell::text(result.claim.note.clone().unwrap_or_default()));
    row
}

fn columns(form: &TableForm) -> Vec<Column> {
    let heads = form.heads;
    let mut columns = Vec::new();
    if heads.run {
        columns.push(Column::text("run", "run"));
    }
    if heads.scenario {
        columns.push(Column::text("scenario", "scenario"));
    }
    columns.push(Column::text("variant", "variant"));
    if heads.changes {
        columns.push(Column::text("from", "from"));
    }
    if heads.metric {
        columns.push(Column::text("metric", "metric"));
    }
    let right = |key: &str, unit: Option<Unit>| {
        let mut column = Column::text(key, key);
        column.align = Align::Right;
        column.unit = unit;
        column.printed_unit = unit.and(form.scale).and_then(Scale::symbol);
        column
    };
    columns.push(right("claimed", None));
    if heads.changes {
        columns.push(right("before", form.unit));
    }
    columns.push(right("measured", form.unit));
    if heads.changes {
        columns.push(Column::text("change", "change"));
    }
    columns.push(Column::values(
        "measured_to_claimed",
        "measured / claimed",
        Unit::Ratio,
        None,
    ));
    if heads.verdict {
        columns.push(Column::text("verdict", "verdict"));
    }
    columns.push(Column::text("source", "source"));
    columns.push(Column::text("note", "note"));
    columns
}

fn value_cell(value: Quantity, form: &TableForm) -> Cell {
    let text = match form.scale {
        Some(scale) => scale.number(value),
        // Several units in one column, so each value has its own.
        None => Scale::for_value(value).with_unit(value),
    };
    Cell::value(text, value)
}

/// Empty unless the claim is about a change.
fn before_cell(result: &ClaimResult<'_>, form: &TableForm) -> Cell {
    match (result.before, &result.claim.from) {
        (Some(before), _) => value_cell(before, form),
        (None, Some(_)) => Cell::missing(),
        (None, None) => Cell::text(""),
    }
}

fn measured_cell(result: &ClaimResult<'_>, form: &TableForm, notes: &mut Notes) -> Cell {
    if let Some(measured) = result.measured {
        return value_cell(measured, form);
    }
    let word = match result.status {
        "dnf" => "DNF",
        "invalid" => "invalid",
        "not-applicable" => "n/a",
        "not-available" => "not here",
        "not-run" => "not run",
        _ => "–",
    };
    let mut cell = Cell::of(Content::Absent {
        word,
        status: result.status,
    });
    if let Some(reason) = result.reason.as_deref().filter(|reason| *reason != word) {
        cell.notes.push(notes.number(reason));
    }
    cell
}

/// The metrics in a title; only their number if there are many.
fn metrics_text(ids: &[String]) -> String {
    const NAMED: usize = 3;
    if ids.len() > NAMED {
        format!("{} metrics", ids.len())
    } else {
        ids.join(", ")
    }
}

/// The distinct metrics that claims are checked against.
fn metric_ids(results: &[ClaimResult<'_>]) -> Vec<String> {
    let mut ids: Vec<String> = results.iter().map(series_name).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// `size.unpacked`, `pull.cold over 100mbit`.
fn series_name(result: &ClaimResult<'_>) -> String {
    let metric = &result.claim.metric;
    match result.link {
        Some(link) => format!("{metric} over {link}"),
        None => metric.clone(),
    }
}

fn common_unit(results: &[ClaimResult<'_>]) -> Option<Unit> {
    let mut units = results.iter().filter_map(|result| result.unit);
    let first = units.next()?;
    units.all(|unit| unit == first).then_some(first)
}
