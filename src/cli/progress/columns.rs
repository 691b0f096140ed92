//! Columns of a terminal that a text takes.

/// Columns of a text without control characters, and never fewer than a terminal takes for it.
/// Marks that combine with the character before them count, and so do both columns of a
/// character that is wide in some fonts only.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// The text in at most so many columns, with an ellipsis where it is cut. The text is masked
/// already.
pub(super) fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = columns_of(ELLIPSIS);
    if used > columns {
        return kept;
    }
    for character in text.chars() {
        used += columns_of(character);
        if used > columns {
            break;
        }
        kept.push(character);
    }
    kept.push(ELLIPSIS);
    kept
}

/// The text with blanks behind it, up to so many columns.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(blanks))
}

const ELLIPSIS: char = '…';

/// No character below U+1100 is wide. Of those above, the punctuation, arrows, operators, lines
/// and blocks that names and steps contain are narrow, and all others are assumed to be wide.
/// Source: <https://www.unicode.org/reports/tr11/>.
fn columns_of(character: char) -> usize {
    match character {
        '\0'..='\u{10ff}' | '\u{2010}'..='\u{22ff}' | '\u{2500}'..='\u{259f}' => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(width("größer · █░ → …"), 15);
        assert_eq!(width("日本"), 4);
        assert_eq!(width("🚀 한"), 5);
        assert_eq!(width(""), 0);
    }

    #[test]
    fn a_text_is_cut_at_a_column() {
        assert_eq!(fit("build", 5), "build");
        assert_eq!(fit("builds", 5), "buil…");
        // Half of a character is not shown.
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("builds", 1), "…");
        assert_eq!(fit("builds", 0), "");
        for columns in 0..20 {
            let text = fit("a日bc本def🚀gh", columns);
            assert!(width(&text) <= columns, "{columns}: {text}");
        }
    }

    #[test]
    fn a_text_is_padded_by_its_columns() {
        assert_eq!(pad("日", 4), "日  ");
        assert_eq!(pad("long", 2), "long");
    }
}
