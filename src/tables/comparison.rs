//! The comparison of two runs as a table.

use super::table::{Align, Cell, CellMark, Column, Table, TableNote};
use crate::compare::{Line, LineOutcome, RunComparison, Standing, caveats};
use crate::stats::ALPHA;
use crate::summary::comparison::lines::why;
use crate::summary::comparison::{power, summary, words};
use crate::summary::wording::plural;

/// Worse lines, then better ones, then inconclusive ones that may matter, the largest change
/// first; all lines if `all` is set.
pub fn comparison_table(comparison: &RunComparison<'_>, all: bool) -> Table {
    let mut table = lines_table(comparison, all);
    if !all && comparison.count(Standing::Same) + comparison.count(Standing::NotComparable) > 0 {
        table.notes.push(TableNote {
            mark: CellMark::Whole,
            text: "--all lists what is the same or not comparable too.".to_owned(),
        });
    }
    table
}

/// The rows that a comment shows before the folded part.
const COMMENT_ROWS: usize = 20;

/// The table in Markdown for a comment: the first rows, then the others folded.
pub(crate) fn comparison_sections(comparison: &RunComparison<'_>) -> Vec<String> {
    folded(comparison_table(comparison, false))
}

/// The first rows of a table in Markdown, then the others folded.
pub(crate) fn folded(mut table: Table) -> Vec<String> {
    if table.rows.len() <= COMMENT_ROWS {
        return vec![table.markdown()];
    }
    let rest = Table {
        rows: table.rows.split_off(COMMENT_ROWS),
        notes: Vec::new(),
        ..table.clone()
    };
    let more = plural(rest.rows.len(), "more row");
    let rest = rest.markdown();
    vec![
        table.markdown(),
        format!("<details>\n<summary>{more}</summary>\n\n{rest}\n</details>\n"),
    ]
}

/// The same without hints about command-line options.
pub(crate) fn lines_table(comparison: &RunComparison<'_>, all: bool) -> Table {
    let mut lines: Vec<_> = comparison
        .lines
        .iter()
        .filter(|line| all || shown(comparison, line))
        .collect();
    lines.sort_by(|one, other| {
        let by_standing = one.standing().cmp(&other.standing());
        by_standing.then(other.distance().total_cmp(&one.distance()))
    });
    let right = |mut column: Column| {
        column.align = Align::Right;
        column
    };
    Table {
        title: format!("{} against {}", comparison.head.id, comparison.base.id),
        columns: vec![
            Column::text("verdict", "verdict"),
            Column::text("case", "case"),
            Column::text("metric", "metric"),
            right(Column::text("base", "base")),
            right(Column::text("head", "head")),
            Column::text("change", "change"),
            Column::text("why", "why"),
        ],
        rows: lines
            .into_iter()
            .map(|line| row(comparison, line))
            .collect(),
        notes: notes(comparison),
    }
}

fn shown(comparison: &RunComparison<'_>, line: &Line<'_>) -> bool {
    match line.standing() {
        Standing::Worse | Standing::Better => true,
        Standing::Inconclusive => line.may_matter(&comparison.terms),
        Standing::NotComparable | Standing::Same => false,
    }
}

fn row(comparison: &RunComparison<'_>, line: &Line<'_>) -> Vec<Cell> {
    let over = line.link.map(|link| format!(" over {link}"));
    let metric = format!("{}{}", line.metric.id(), over.unwrap_or_default());
    let value = |value: Option<_>| match value {
        Some(value) => Cell::text(words::with_unit(value)),
        None => Cell::missing(),
    };
    vec![
        Cell::text(line.standing().word()),
        Cell::text(line.case.as_str()),
        Cell::text(metric),
        value(line.base),
        value(line.head),
        Cell::text(words::change(line)),
        Cell::text(why(comparison, line)),
    ]
}

fn notes(comparison: &RunComparison<'_>) -> Vec<TableNote> {
    let mut notes = vec![summary(comparison)];
    notes.extend(power::small_rows(comparison));
    notes.extend(power::findable(comparison));
    let percent = |threshold: crate::stats::Threshold| {
        let percent = (threshold.factor() - 1.0) * 100.0;
        format!("{} %", (percent * 100.0).round() / 100.0)
    };
    let tests = comparison
        .lines
        .iter()
        .filter(|line| matches!(&line.outcome, LineOutcome::Judged(judged) if judged.p.is_some()));
    let alpha = comparison.terms.alpha;
    let level = words::short(alpha);
    let share = match alpha < ALPHA {
        true => format!(", this look's part of the {ALPHA} of all looks"),
        false => String::new(),
    };
    notes.push(format!(
        "Timed metrics count as changed from {} on, exact ones from {}. Brackets: {} % interval. \
         {} as one family (step-down maxT) at the level {level}{share}.",
        percent(comparison.terms.timed),
        percent(comparison.terms.exact),
        words::short(100.0 - 100.0 * alpha),
        plural(tests.count(), "test"),
    ));
    for difference in &comparison.differences {
        let waived = comparison.terms.waived.contains(&difference.rule);
        notes.push(match waived {
            true => format!("Compared all the same, though {}.", difference.what),
            false => format!(
                "Not compared where the rule `{}` says so: {}.",
                difference.rule, difference.what
            ),
        });
    }
    notes.extend(
        caveats(comparison.base, comparison.head)
            .into_iter()
            .map(sentence),
    );
    let names = |ids: &[&crate::record::CaseId]| {
        let names: Vec<_> = ids.iter().map(|id| id.as_str()).collect();
        names.join(", ")
    };
    if !comparison.gone.is_empty() {
        notes.push(format!("Only in base: {}.", names(&comparison.gone)));
    }
    if !comparison.new.is_empty() {
        notes.push(format!("Only in head: {}.", names(&comparison.new)));
    }
    let whole = |text| TableNote {
        mark: CellMark::Whole,
        text,
    };
    notes.into_iter().map(whole).collect()
}

/// `Note: base is not finished.`
fn sentence(caveat: String) -> String {
    format!("Note: {caveat}.")
}
