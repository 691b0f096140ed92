//! Where a value ends that stands behind a key, an assignment or an option.

use std::ops::Range;

/// Bytes of a value that are looked at to judge it: a text of nothing but keys stays cheap.
const LOOKED_AT: usize = 1 << 10;

/// A value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// Its place, without quotes; at most the bytes that are looked at.
    pub place: Range<usize>,
    /// The quote that ends it, where it stands in quotes.
    quote: Option<u8>,
    /// Whether it ends in `\"` and not in `"`: the text stands within a string.
    is_escaped: bool,
}

impl Value {
    /// Reads the value that begins at `at`; none where there is none.
    pub(super) fn read(text: &[u8], at: usize) -> Option<Self> {
        let is_quote = |at: usize| matches!(text.get(at), Some(b'"' | b'\''));
        let is_escaped = text.get(at) == Some(&b'\\') && is_quote(at + 1);
        let start = at + usize::from(is_escaped);
        if is_quote(start) {
            let mut value = Self {
                place: start + 1..start + 1,
                quote: text.get(start).copied(),
                is_escaped,
            };
            if value.extend(text, LOOKED_AT) {
                return (!value.place.is_empty()).then_some(value);
            }
        }
        // A quote that nothing closes begins a value, too: a log may be cut.
        let start = start + usize::from(is_quote(start));
        let mut value = Self {
            place: start..start,
            quote: None,
            is_escaped: false,
        };
        value.extend(text, LOOKED_AT);
        (!value.place.is_empty()).then_some(value)
    }

    /// Whether it stands in quotes.
    pub(super) fn is_quoted(&self) -> bool {
        self.quote.is_some()
    }

    /// The value to its very end.
    pub(super) fn whole(mut self, text: &[u8]) -> Range<usize> {
        self.extend(text, usize::MAX);
        self.place
    }

    /// Moves the end on, over at most so many bytes; says whether nothing speaks against it.
    fn extend(&mut self, text: &[u8], most: usize) -> bool {
        let last = text.len().min(self.place.start.saturating_add(most));
        let mut at = self.place.end;
        while at < last {
            let byte = text[at];
            let is_end = match self.quote {
                None => ends_plain(text, at),
                Some(quote) => byte == quote,
            };
            if is_end {
                break;
            }
            if self.quote.is_some() && matches!(byte, b'\r' | b'\n') {
                // The quote is not closed: all of the line belongs to it.
                self.place.end = at;
                return false;
            }
            // Between double quotes a backslash hides what follows, unless it is itself hidden.
            if self.quote == Some(b'"') && byte == b'\\' {
                let hidden = text.get(at + 1);
                if self.is_escaped && hidden == Some(&b'"') {
                    break;
                }
                at += usize::from(hidden.is_some_and(|byte| !matches!(byte, b'\r' | b'\n')));
            }
            at += 1;
        }
        // What is looked at may end within a character.
        while at > self.place.end && text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80) {
            at -= 1;
        }
        self.place.end = at.min(text.len());
        // The text ended before the quote did.
        self.quote.is_none() || at < text.len()
    }
}

/// A value without quotes goes to the next blank, or to a quote, comma or bracket behind which
/// it does not go on.
fn ends_plain(text: &[u8], at: usize) -> bool {
    let goes_on = |byte: &u8| !byte.is_ascii_whitespace() && !b"\"',)]}\\".contains(byte);
    match text[at] {
        byte if byte.is_ascii_whitespace() => true,
        b'"' | b'\'' | b',' | b')' | b']' | b'}' | b'\\' | b';' => {
            !text.get(at + 1).is_some_and(goes_on)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_its_writer_ended_it() {
        for (text, value, is_quoted) in [
            ("abc def", "abc", false),
            ("\"a b\" c", "a b", true),
            ("'a\\' b'", "a\\", true),
            (r#""a\"b" c"#, r#"a\"b"#, true),
            (r#"\"ab\" c"#, "ab", true),
            ("\"cut", "cut", false),
            ("\"cut\nx\"", "cut", false),
            ("a,b, c", "a,b", false),
            ("a\"b\"}", "a\"b", false),
            ("abc; x", "abc", false),
            ("a;b", "a;b", false),
            ("abc\\\n", "abc", false),
        ] {
            let found = Value::read(text.as_bytes(), 0).unwrap();
            assert_eq!(found.is_quoted(), is_quoted, "{text}");
            assert_eq!(&text[found.whole(text.as_bytes())], value, "{text}");
        }
        for text in ["", " x", "\"\"", "''", ",", "\""] {
            assert_eq!(Value::read(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn a_long_value_is_judged_by_its_beginning_and_taken_to_its_end() {
        let text = format!("\"{}\" x", "a".repeat(5000));
        let found = Value::read(text.as_bytes(), 0).unwrap();
        assert_eq!(found.place.len(), LOOKED_AT);
        assert_eq!(found.whole(text.as_bytes()), 1..5001);
        // Nothing closes the quote: the rest of the line belongs to it.
        for end in ["\n\"x\"", ""] {
            let text = format!("\"{}{end}", "a b ".repeat(1000));
            let found = Value::read(text.as_bytes(), 0).unwrap();
            assert_eq!(found.whole(text.as_bytes()), 1..4001);
        }
    }

    #[test]
    fn what_is_judged_of_a_value_ends_between_characters() {
        for text in ["é".repeat(1000), format!("x{}", "é".repeat(1000))] {
            for text in [format!("\"{text}\""), text.clone(), format!("\"{text}")] {
                let found = Value::read(text.as_bytes(), 0).unwrap();
                assert!(text.is_char_boundary(found.place.end), "{:?}", found.place);
                let whole = &text[found.whole(text.as_bytes())];
                assert_eq!(whole, text.trim_matches('"'));
            }
        }
    }
}
