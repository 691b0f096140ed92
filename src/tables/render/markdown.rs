//! GitHub-flavoured Markdown: <https://github.github.com/gfm/#tables-extension->.

use super::super::table::{Align, Cell, Table};
use crate::text;

impl Table {
    /// The title in bold, the table, the notes as a list. Ends with a newline.
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

/// An invisible separator. GitHub and GitLab search for mentions after they have removed
/// backslashes, so a backslash does not prevent them.
const SPLIT: &str = "<!-- -->";

/// Escapes text for Markdown, on one line. A pipe would end its cell; others would start an
/// emphasis, a tag, an entity, a code span, a link or an image. `@team`, `#12`, `!12` and `GH-12`
/// would notify people and link issues.
pub(crate) fn escape(text: &str) -> String {
    let line = text::inline(text);
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut escaped = String::with_capacity(line.len());
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        let mut next = line[at + character.len_utf8()..].chars();
        let next = next.next().unwrap_or(' ');
        match character {
            '\\' | '|' | '`' | '*' | '_' | '~' => escaped.extend(['\\', character]),
            // Characters of links, and those that begin a heading or a list.
            ']' if matches!(next, '(' | '[' | ':') => escaped.push_str("\\]"),
            '#' | '+' | '-' if at == 0 && matches!(next, ' ' | '#') => {
                escaped.extend(['\\', character]);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            _ => escaped.push(character),
        }
        let is_mention = match character {
            '@' => !before.is_alphanumeric() && (next.is_alphanumeric() || next == '_'),
            '#' | '!' => next.is_ascii_digit(),
            '-' => next.is_ascii_digit() && ends_with_gh(&line[..at]),
            _ => false,
        };
        if is_mention {
            escaped.push_str(SPLIT);
        }
        before = character;
    }
    escaped
}

/// GitHub links `GH-12`, in any case.
fn ends_with_gh(text: &str) -> bool {
    let start = text.len().checked_sub(2);
    start.is_some_and(|start| text.as_bytes()[start..].eq_ignore_ascii_case(b"gh"))
}

/// Escapes several lines of text.
pub fn markdown_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(escape).collect();
    lines.join("\n")
}

/// A text in a code span, on one line; a backtick would end it.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", text::inline(text).replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_cell_is_escaped() {
        assert_eq!(escape("a|b"), "a\\|b");
        assert_eq!(
            escape("~1 * `x` <b>\n& y"),
            "\\~1 \\* \\`x\\` &lt;b&gt; &amp; y"
        );
        assert_eq!(escape("![x](http://h) [a][b]"), "![x\\](http://h) [a\\][b]");
        assert_eq!(escape("[1/2] RUN x"), "[1/2] RUN x");
        for (text, escaped) in [("# x", "\\# x"), ("- x", "\\- x"), ("-1 x", "-1 x")] {
            assert_eq!(escape(text), escaped);
        }
    }

    #[test]
    fn nobody_is_mentioned() {
        for (text, escaped) in [
            ("ask @org/team", "ask @<!-- -->org/team"),
            ("(@me)", "(@<!-- -->me)"),
            ("#12 and a/b#3", "#<!-- -->12 and a/b#<!-- -->3"),
            ("!7 gh-8", "!<!-- -->7 gh-<!-- -->8"),
            ("pull.cold@100mbit", "pull.cold@100mbit"),
            ("x@sha256:1 # a @ b", "x@sha256:1 # a @ b"),
        ] {
            assert_eq!(super::escape(text), escaped);
        }
    }
}
