//! Texts without the secrets that are in them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::judge::is_telling_word;
use super::{Find, PRIVATE_KEY, Secret, find, mask};

/// A shorter value would be replaced within ordinary words.
const LEAST_KNOWN: usize = 6;
/// Values that are kept; an image that holds more is a test of scanners.
const MOST_KNOWN: usize = 10_000;

/// A shorter run of letters after a private key is a word of the text around it.
const LEAST_LINE: usize = 16;

/// Masks what the rules find in a text, and values that were found elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Masker {
    known: BTreeSet<Secret>,
    automaton: Option<AhoCorasick>,
}

/// A text without what the rules find in it.
pub fn mask_found(text: &str) -> Cow<'_, str> {
    Masker::default().mask(text)
}

impl Masker {
    /// Takes over values that were found; says whether any was new. Values that are too short
    /// to be distinguished from ordinary words, and words such as `password`, are left out.
    pub fn learn(&mut self, secrets: impl IntoIterator<Item = Secret>) -> bool {
        let before = self.known.len();
        for secret in secrets {
            let value = secret.0.trim();
            let is_known = value.len() >= LEAST_KNOWN && !is_telling_word(value);
            if is_known && self.known.len() < MOST_KNOWN {
                self.known.insert(Secret(value.to_owned()));
            }
        }
        let new = self.known.len() > before;
        if new {
            let patterns = self.known.iter().map(|secret| secret.0.as_str());
            self.automaton = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(patterns)
                .ok();
        }
        new
    }

    /// The values that the rules find in a text: for [`Masker::learn`].
    pub fn values(text: &str) -> Vec<Secret> {
        Self::values_of(text.as_bytes(), &find(text.as_bytes()))
    }

    /// The values of what was found in a text.
    pub fn values_of(text: &[u8], finds: &[Find]) -> Vec<Secret> {
        let mut values = Vec::new();
        for find in finds {
            let secret = String::from_utf8_lossy(&text[whole(text, find)]);
            if find.kind == PRIVATE_KEY {
                let lines = secret.replace("\\n", " ").replace("\\r", " ");
                let lines = lines.split(|c: char| !is_base64(c)).map(str::to_owned);
                values.extend(lines.filter(|line| line.len() >= LEAST_LINE).map(Secret));
            } else {
                values.push(Secret(secret.into_owned()));
            }
        }
        values
    }

    /// The text without them: the first characters of each, and `…`.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let bytes = text.as_bytes();
        let mut places: Vec<Range<usize>> =
            find(bytes).iter().map(|find| whole(bytes, find)).collect();
        if let Some(automaton) = &self.automaton {
            let found = automaton.find_iter(text).map(|found| found.range());
            places.extend(found.filter(|place| !is_part_of_a_word(bytes, place)));
        }
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        places.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for place in places {
            // A rule looks at bytes; what it found begins and ends between characters.
            let whole = text.is_char_boundary(place.start) && text.is_char_boundary(place.end);
            if !whole || place.end <= end {
                continue;
            }
            if place.start >= end {
                masked.push_str(&text[end..place.start]);
                masked.push_str(&mask(&bytes[place.clone()]));
            }
            end = place.end;
        }
        masked.push_str(&text[end..]);
        Cow::Owned(masked)
    }
}

/// A private key goes on while there are lines of base64, as lines or within strings of code.
fn whole(text: &[u8], find: &Find) -> Range<usize> {
    let mut secret = find.secret.clone();
    if find.kind != PRIVATE_KEY {
        return secret;
    }
    // The rule looks at the beginning of the first line only.
    secret.end += base64_length(&text[secret.end..]);
    loop {
        let start = secret.end + separator_length(&text[secret.end..]);
        let length = base64_length(&text[start..]);
        let after = &text[start + length..];
        let is_last = after[separator_length(after)..].starts_with(b"-----END");
        if length == 0 || (length < LEAST_LINE && !is_last) {
            return secret;
        }
        secret.end = start + length;
    }
}

fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=')
}

fn base64_length(text: &[u8]) -> usize {
    text.iter()
        .take_while(|byte| is_base64(char::from(**byte)))
        .count()
}

/// What stands between two lines of a key.
fn separator_length(text: &[u8]) -> usize {
    let mut length = 0;
    while let Some(byte) = text.get(length) {
        length += match byte {
            b'\\' if matches!(text.get(length + 1), Some(b'n' | b'r')) => 2,
            b'\\' | b'"' | b'\'' | b'+' | b',' | b'|' | b' ' | b'\t' | b'\r' | b'\n' => 1,
            _ => break,
        };
    }
    length
}

/// A word of small letters is a secret only where it stands by itself: `postgres` does not
/// hide `postgresql`.
fn is_part_of_a_word(text: &[u8], place: &Range<usize>) -> bool {
    let letter = |at: Option<usize>| {
        at.and_then(|at| text.get(at))
            .is_some_and(u8::is_ascii_alphabetic)
    };
    text[place.clone()].iter().all(u8::is_ascii_lowercase)
        && (letter(place.start.checked_sub(1)) || letter(Some(place.end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_up(start: &str, length: usize) -> String {
        let letters = "aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJ";
        let letters = letters.chars().cycle().take(length);
        start.chars().chain(letters).collect()
    }

    #[test]
    fn what_a_rule_finds_is_masked_where_it_stands() {
        let token = made_up("ghp_", 36);
        for (text, masked) in [
            (format!("RUN x {token} y"), "RUN x ghp_… y".to_owned()),
            (format!("{token} {token}"), "ghp_… ghp_…".to_owned()),
            (
                "RUN |1 NPM_TOKEN=0123456789abcdef /bin/sh -c x".to_owned(),
                "RUN |1 NPM_TOKEN=0123… /bin/sh -c x".to_owned(),
            ),
            (
                "password: hunter2hunter2".to_owned(),
                "password: hun…".to_owned(),
            ),
            ("nothing".to_owned(), "nothing".to_owned()),
        ] {
            assert_eq!(mask_found(&text), masked);
            assert_eq!(mask_found(&masked), masked, "a second time changes nothing");
        }
    }

    #[test]
    fn a_private_key_is_masked_to_its_end() {
        let body: Vec<String> = (0..20)
            .map(|n| made_up("MII", 61) + &n.to_string())
            .collect();
        // Lines of a log are told with bars between them.
        for between in ["\n", "\\n", "\\n\" +\n  \"", " | "] {
            let text = format!(
                "-----BEGIN RSA PRIVATE KEY-----{between}{}{between}-----END RSA PRIVATE KEY-----",
                body.join(between)
            );
            let masked = mask_found(&text);
            assert!(
                !masked.contains(&body[0][8..]) && !masked.contains(&body[19][8..]),
                "{masked}"
            );
            assert!(masked.contains("-----END"), "{masked}");
        }
    }

    #[test]
    fn what_was_found_elsewhere_is_masked() {
        let mut masker = Masker::default();
        let values = Masker::values("|1 DB_PASSWORD=correct-horse sh -c x");
        assert!(masker.learn(values.clone()));
        assert!(!masker.learn(values), "it is known");
        assert_eq!(
            masker.mask("echo correct-horse > /correct-horse.txt"),
            "echo cor… > /cor….txt"
        );
        assert!(!masker.learn([Secret("short".to_owned())]));
        assert!(!masker.learn([Secret("password".to_owned())]));
        masker.learn([Secret("postgres".to_owned())]);
        assert_eq!(
            masker.mask("postgresql as postgres, é postgres"),
            "postgresql as po…, é po…"
        );
    }

    #[test]
    fn overlapping_finds_are_masked_once() {
        let mut masker = Masker::default();
        masker.learn(["abcdefgh12345678".to_owned(), "12345678ijkl".to_owned()].map(Secret));
        assert_eq!(masker.mask("<abcdefgh12345678ijkl>"), "<abcd…ijkl>");
        let token = made_up("npm_", 36);
        let line = format!("//r.example.org/:_authToken={token}");
        assert!(!mask_found(&line).contains(&token[8..]));
    }
}
