//! The budgets of a run with their outcomes as a table.

use super::table::{Align, Cell, CellMark, Column, Table, TableNote};
use crate::compare::{BudgetLine, BudgetOutcome};
use crate::summary::JudgedBudgets;
use crate::summary::comparison::budgets::why;
use crate::summary::comparison::{limit, unmatched_sentence, word, words};
use crate::summary::wording::plural;
use crate::units::Quantity;

/// Broken budgets first, then inconclusive ones, then kept ones.
pub fn budget_table(lines: &[BudgetLine<'_>]) -> Table {
    let mut sorted: Vec<_> = lines.iter().collect();
    sorted.sort_by_key(|line| rank(line));
    let right = |mut column: Column| {
        column.align = Align::Right;
        column
    };
    Table {
        title: "Budgets".to_owned(),
        columns: vec![
            Column::text("outcome", "outcome"),
            Column::text("case", "case"),
            Column::text("metric", "metric"),
            Column::text("limit", "limit"),
            right(Column::text("baseline", "baseline")),
            right(Column::text("value", "value")),
            Column::text("why", "why"),
        ],
        rows: sorted.into_iter().map(row).collect(),
        notes: vec![TableNote {
            mark: CellMark::Whole,
            text: summary(lines),
        }],
    }
}

impl JudgedBudgets<'_, '_> {
    /// The table of the judged budgets, with a note for each of the others.
    pub fn table(self) -> Table {
        let mut table = budget_table(self.lines);
        let unmatched = self.unmatched.iter().map(unmatched_sentence);
        let notes = unmatched.chain(self.caveats.iter().cloned());
        table.notes.extend(notes.map(|text| TableNote {
            mark: CellMark::Whole,
            text: format!("Note: {text}."),
        }));
        table
    }
}

fn rank(line: &BudgetLine<'_>) -> u8 {
    match (line.breaks(), line.is_open(), &line.outcome) {
        (true, ..) => 0,
        (_, _, BudgetOutcome::Broken | BudgetOutcome::Failed { .. }) => 1,
        (_, true, _) => 2,
        _ => 3,
    }
}

fn row(line: &BudgetLine<'_>) -> Vec<Cell> {
    let over = line.link.map(|link| format!(" over {link}"));
    let value = |value: Option<Quantity>| match value {
        Some(value) => Cell::text(words::with_unit(value)),
        None => Cell::missing(),
    };
    vec![
        Cell::text(word(line)),
        Cell::text(line.case.as_str()),
        Cell::text(format!("{}{}", line.metric.id(), over.unwrap_or_default())),
        Cell::text(limit(line.budget)),
        value(line.baseline),
        value(line.value),
        Cell::text(why(line)),
    ]
}

fn summary(lines: &[BudgetLine<'_>]) -> String {
    if lines.is_empty() {
        return "No budget concerns a case of this run.".to_owned();
    }
    let broken = lines.iter().filter(|line| line.breaks()).count();
    let open = lines.iter().filter(|line| line.is_open()).count();
    let all = plural(lines.len(), "budget");
    format!("{all}: {broken} broken, {open} open.")
}
