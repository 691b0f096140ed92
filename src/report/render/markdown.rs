//! GitHub-flavoured Markdown: <https://github.github.com/gfm/#tables-extension->.

use super::super::table::{Align, Cell, Table};
use crate::text;

impl Table {
    /// The title in bold, the table, the notes as a list. Ends with a line feed.
    pub fn markdown(&self) -> String {
        let heads = self.columns.iter().map(|column| match column.printed_unit {
            Some(unit) => escape(&format!("{} ({unit})", column.title)),
            None => escape(&column.title),
        });
        let rules = self.columns.iter().map(|column| match column.align {
            Align::Left => ":---".to_owned(),
            Align::Right => "---:".to_owned(),
        });
        let mut text = format!(
            "**{}**\n\n{}{}",
            escape(&self.title),
            line(heads),
            line(rules)
        );
        for row in &self.rows {
            text.push_str(&line(row.iter().map(body)));
        }
        if !self.notes.is_empty() {
            text.push('\n');
        }
        for note in &self.notes {
            let mark = escape(&note.mark.text());
            let gap = if mark.is_empty() { "" } else { " " };
            text.push_str(&format!("- {mark}{gap}{}\n", escape(&note.text)));
        }
        text
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

fn body(cell: &Cell) -> String {
    let text = escape(&format!("{}{}", cell.word(), cell.marks()));
    match cell.interval() {
        Some(interval) => format!("{text} {}", escape(interval)),
        None => text,
    }
}

/// A text that Markdown shows as it is, in one line: a pipe would end its cell,
/// and the others would start an emphasis, a tag, an entity or a code span.
pub(in crate::report) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text::inline(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
    {
        match character {
            '\\' | '|' | '`' | '*' | '_' | '~' => escaped.extend(['\\', character]),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A text within a code span, in one line: a backtick would end it.
pub(in crate::report) fn code(text: &str) -> String {
    format!("`{}`", text::inline(text).replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_markup() {
        assert_eq!(escape("a|b"), "a\\|b");
        assert_eq!(
            escape("~1 * `x` <b>\n& y"),
            "\\~1 \\* \\`x\\` &lt;b&gt; &amp; y"
        );
    }
}
