//! Makes external text safe for display: file names, labels, logs, responses of engines and
//! registries, texts of scenarios and Dockerfiles.
//!
//! Such a text may contain terminal escapes and other control characters, bidirectional controls
//! that reorder the text, and line breaks that make one text look like several. All output to
//! terminals, Markdown, CSV, SVG, HTML and annotations uses these functions. JSON keeps the data:
//! [`visible`] writes replaced characters like JSON.

use std::borrow::Cow;
use std::error::Error;

/// An error and its causes on one line, for the reason of a failed metric.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The text with control characters written as `\u001b`. Newlines and tabs are kept, for
/// documents of several lines. A JSON document keeps its data, because such characters occur only
/// in its strings.
pub fn visible(text: &str) -> Cow<'_, str> {
    let acts = |c: char| is_active(c) && !matches!(c, '\n' | '\t');
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        push(&mut shown, character, acts(character));
    }
    Cow::Owned(shown)
}

/// The text on one line: each run of line breaks and tabs becomes a space, and other control
/// characters are written as `\u001b`.
pub fn inline(text: &str) -> Cow<'_, str> {
    // Nearly all texts are of such bytes alone, and bytes are compared faster than characters.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut broken = false;
    for character in text.chars() {
        let breaks = breaks_line(character);
        if !breaks {
            push(&mut shown, character, is_active(character));
        } else if !broken {
            shown.push(' ');
        }
        broken = breaks;
    }
    Cow::Owned(shown)
}

/// The text for a spreadsheet cell: on one line, and not a formula. A text that begins like a
/// formula and is not a number gets an apostrophe, which marks text in spreadsheets. Source:
/// OWASP, "CSV Injection".
pub fn cell(text: &str) -> Cow<'_, str> {
    let line = inline(text);
    let formula = line.trim_start().starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    if formula && line.parse::<f64>().is_err() {
        return Cow::Owned(format!("'{line}"));
    }
    line
}

fn push(shown: &mut String, character: char, acts: bool) {
    if acts {
        // All are in the basic plane: four digits, as in JSON.
        shown.push_str(&format!("\\u{:04x}", u32::from(character)));
    } else {
        shown.push(character);
    }
}

fn breaks_line(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// C0, DEL, C1; zero-width characters; separators of lines and paragraphs; controls of direction
/// and of interlinear annotation. Source:
/// <https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>.
fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                // XML has no place for them.
                | '\u{fffe}'
                | '\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_written_out() {
        assert_eq!(
            visible("a\u{1b}[2Jb\u{9b}c\u{7f}"),
            "a\\u001b[2Jb\\u009bc\\u007f"
        );
        assert_eq!(
            visible("x\u{202e}y\u{2066}z\u{200f}"),
            "x\\u202ey\\u2066z\\u200f"
        );
        assert_eq!(visible("one\n\ttwo\r\n"), "one\n\ttwo\\u000d\n");
        assert!(matches!(
            visible("größer „x“ ≤ 1 µs, 日本 🚀"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn a_json_document_stays_the_same_data() {
        let data = serde_json::json!({ "a\u{9b}": "\u{1b}]0;x\u{7}\u{202e}\u{85}\n" });
        for text in [data.to_string(), format!("{data:#}")] {
            let shown = visible(&text);
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
                data
            );
            assert!(!shown.contains(['\u{9b}', '\u{202e}', '\u{85}']), "{shown}");
        }
    }

    #[test]
    fn a_line_is_one_line() {
        for byte in 0..=u8::MAX {
            let character = char::from(byte);
            let text = format!("a{character}b");
            let acts = is_active(character);
            assert_eq!(inline(&text) != text, acts, "{byte}");
        }
        assert_eq!(inline("a\r\nb\u{85}c\u{2028}d\te\n"), "a b c d e ");
        assert_eq!(inline("a\u{1b}[0m"), "a\\u001b[0m");
        assert_eq!(inline("\u{ffff}\u{fffe}\u{fffd}"), "\\uffff\\ufffe\u{fffd}");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in [
            "=1+1", "+x", "-x", "@SUM(A1)", " =x", "\t=x", "\r\n@x", "＝x",
        ] {
            assert!(cell(text).starts_with('\''), "{text}");
        }
        for text in ["", "x=1", "-1.5", "+3", "-2e9", "a-b", "[1/2] RUN x"] {
            assert_eq!(cell(text), text);
        }
    }
}
