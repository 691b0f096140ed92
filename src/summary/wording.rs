//! Texts of one line, and counted nouns.

use crate::text;

/// Collapses white space, escapes control characters, and truncates a long text with an ellipsis.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let line = text::inline(text);
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// `1 sample`, `2 samples`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}
