//! Tables that fit the width of the terminal: one column takes the room that the others leave.

use super::super::table::{Align, Content, Table, TableNote};
use super::cut::words_within;
use super::inspection_view::InspectionView;
use crate::summary::wording::one_line;

/// Spaces behind a column, as the renderer sets them.
const GAP: usize = 2;
/// Characters that the column of texts gets before other columns are left out for it.
const ENOUGH: usize = 16;
/// Characters that it has at least.
const LEAST: usize = 8;
/// Continued lines of notes are indented by so much.
const INDENT: usize = 2;

/// How a column of texts is shortened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elastic<'a> {
    /// The key of the column.
    pub key: &'a str,
    /// What is shown of a text that is longer than the room.
    pub cut: fn(&str, usize) -> String,
    /// Keys of columns that are left out where it has too little room, one group after another.
    pub spare: &'a [&'a [&'a str]],
}

/// The table as it fits the terminal; unchanged where everything is shown or no terminal is
/// there.
pub(super) fn fitted(mut table: Table, view: InspectionView, elastic: Elastic<'_>) -> Table {
    let Some(width) = view.screen() else {
        return table;
    };
    let mut left_out = Vec::new();
    for group in elastic.spare {
        if room(&table, width, elastic.key) >= ENOUGH {
            break;
        }
        for key in *group {
            left_out.extend(without(&mut table, key));
        }
    }
    if !left_out.is_empty() {
        table.notes.push(TableNote::whole(format!(
            "Not shown at this width: {}; --all shows them.",
            left_out.join(", ")
        )));
    }
    let room = room(&table, width, elastic.key).max(LEAST);
    if let Some(at) = place(&table, elastic.key) {
        for row in &mut table.rows {
            if let Some(Content::Text(text)) = row.get_mut(at).map(|cell| &mut cell.content) {
                *text = (elastic.cut)(&one_line(text, usize::MAX), room);
            }
        }
    }
    let most = width.saturating_sub(INDENT).max(LEAST);
    table.title = words_within(&one_line(&table.title, usize::MAX), most);
    for note in &mut table.notes {
        note.text = words_within(&one_line(&note.text, usize::MAX), most);
    }
    table
}

fn place(table: &Table, key: &str) -> Option<usize> {
    table.columns.iter().position(|column| column.key == key)
}

/// Takes a column out and returns its title.
fn without(table: &mut Table, key: &str) -> Option<String> {
    let at = place(table, key)?;
    for row in &mut table.rows {
        row.remove(at);
    }
    Some(table.columns.remove(at).title)
}

/// Characters that the other columns leave for one.
fn room(table: &Table, width: usize, key: &str) -> usize {
    let others = table.columns.iter().enumerate();
    let others = others.filter(|(_, column)| column.key != key);
    let taken: usize = others.map(|(at, _)| least(table, at) + GAP).sum();
    // The last column needs one space less.
    width.saturating_sub(taken + GAP - 1)
}

/// Characters of a column whose cells are not broken and whose title is broken at spaces.
fn least(table: &Table, at: usize) -> usize {
    let column = &table.columns[at];
    let cells = table.rows.iter().filter_map(|row| row.get(at));
    let cells = cells.map(|cell| match (&cell.content, column.align) {
        (Content::Text(text), Align::Left) => one_line(text, usize::MAX).chars().count(),
        _ => cell.word().chars().count(),
    });
    let title = column.title.split(' ').map(|word| word.chars().count());
    cells.chain(title).max().unwrap_or(0)
}
