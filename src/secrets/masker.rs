//! Texts without the secrets that are in them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::judge::is_telling_word;
use super::private_key::{self, whole};
use super::{AHEAD_BYTES, Find, PRIVATE_KEY, Secret, find, mask};

/// A shorter value would be replaced within ordinary words.
const LEAST_KNOWN: usize = 6;
/// Values that are kept; an image that holds more is a test of scanners.
const MOST_KNOWN: usize = 10_000;

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

/// Whether [`mask_found`] would change anything in a text.
pub fn has_finds(text: &str) -> bool {
    let bytes = text.as_bytes();
    !find(bytes).is_empty() || private_key::rest(bytes).is_some()
}

/// The beginning of a text without what the rules find in it: `limit` bytes, and what of a
/// secret follows them. Rules see [`AHEAD_BYTES`] more, so that a cut leaves no half of a secret.
pub fn mask_beginning(text: &str, limit: usize) -> Cow<'_, str> {
    let limit = boundary(text, limit);
    let seen = boundary(text, limit.saturating_add(AHEAD_BYTES));
    Masker::default().mask_until(&text[..seen], limit)
}

/// What is left of a text whose beginning was cut off, without what may be the end of a secret:
/// the whole lines; of a single line what follows the length of a secret and a blank.
pub fn without_cut_start(text: &str) -> &str {
    if let Some((_, lines)) = text.split_once('\n') {
        return lines;
    }
    let rest = &text[boundary(text, AHEAD_BYTES)..];
    rest.split_once(char::is_whitespace)
        .map_or("", |(_, rest)| rest)
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

    /// What must not be printed of a value that the user gave as a secret: all of it, and what
    /// the rules find in it, as in a file of settings.
    pub fn parts(secret: &Secret) -> Vec<Secret> {
        let mut parts = Self::values(&secret.0);
        parts.push(secret.clone());
        parts
    }

    /// The values of what was found in a text.
    pub fn values_of(text: &[u8], finds: &[Find]) -> Vec<Secret> {
        let mut values = Vec::new();
        for find in finds {
            let secret = String::from_utf8_lossy(&text[whole(text, find)]);
            match find.kind == PRIVATE_KEY {
                true => values.extend(private_key::lines(&secret).into_iter().map(Secret)),
                false => values.push(Secret(secret.into_owned())),
            }
        }
        values
    }

    /// The text without them: the first characters of each, and `…`.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.mask_until(text, text.len())
    }

    /// The text up to `limit` bytes, and to the end of a secret that begins before: its rest
    /// decides what is a secret.
    fn mask_until<'a>(&self, text: &'a str, limit: usize) -> Cow<'a, str> {
        let bytes = text.as_bytes();
        let mut places: Vec<Range<usize>> =
            find(bytes).iter().map(|find| whole(bytes, find)).collect();
        places.extend(private_key::rest(bytes));
        if let Some(automaton) = &self.automaton {
            let found = automaton.find_iter(text).map(|found| found.range());
            places.extend(found.filter(|place| !is_part_of_a_word(bytes, place)));
        }
        places.retain(|place| place.start < limit);
        if places.is_empty() {
            return Cow::Borrowed(&text[..limit]);
        }
        places.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for place in places {
            // A rule looks at bytes: what it found may begin or end within a character.
            let place = characters(text, place);
            if place.end <= end {
                continue;
            }
            if place.start >= end {
                masked.push_str(&text[end..place.start]);
                masked.push_str(&mask(&bytes[place.clone()]));
            }
            end = place.end;
        }
        masked.push_str(text.get(end..limit).unwrap_or_default());
        Cow::Owned(masked)
    }
}

/// The last end of a character that is not behind a place.
fn boundary(text: &str, at: usize) -> usize {
    let mut places = (0..=at.min(text.len())).rev();
    places.find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The range, with all of the characters that it begins and ends in.
fn characters(text: &str, mut place: Range<usize>) -> Range<usize> {
    while !text.is_char_boundary(place.start) {
        place.start -= 1;
    }
    while !text.is_char_boundary(place.end) {
        place.end += 1;
    }
    place
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
    fn a_text_has_finds_where_masking_changes_it() {
        let token = made_up("ghp_", 36);
        let line = made_up("", 60);
        let ends = format!("{line}\n{line}\n-----END RSA PRIVATE KEY-----");
        for (text, has) in [
            (format!("RUN x {token} y"), true),
            (mask_found(&format!("RUN x {token} y")).into_owned(), false),
            ("password: hunter2hunter2".to_owned(), true),
            ("password: hun…".to_owned(), false),
            ("nothing".to_owned(), false),
            // A key whose beginning was cut off is found by no rule.
            (ends, true),
        ] {
            assert_eq!(has_finds(&text), has, "{text}");
            assert_eq!(mask_found(&text) != text, has, "{text}");
        }
    }

    #[test]
    fn a_text_without_its_beginning_begins_behind_what_may_be_secret() {
        let word = "a1".repeat(AHEAD_BYTES);
        for (text, rest) in [
            (format!("{word} x\ny\nz"), "y\nz"),
            (format!("{word} x y"), "x y"),
            (format!("a b {} x y", &word[AHEAD_BYTES..]), "x y"),
            (word.clone(), ""),
            ("é".repeat(AHEAD_BYTES), ""),
            ("a b c".to_owned(), ""),
        ] {
            assert_eq!(without_cut_start(&text), rest);
        }
    }

    #[test]
    fn the_beginning_of_a_text_ends_with_a_secret_or_before_it() {
        let text = format!("é {} y", made_up("ghp_", 36));
        assert_eq!(mask_beginning(&text, 0), "");
        assert_eq!(mask_beginning(&text, 1), "");
        assert_eq!(mask_beginning(&text, 3), "é ");
        for limit in 4..text.len() - 1 {
            assert_eq!(mask_beginning(&text, limit), "é ghp_…");
        }
        assert_eq!(mask_beginning(&text, 99), "é ghp_… y");
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
    fn a_find_within_a_character_is_masked_with_all_of_it() {
        let text = "aébéc";
        assert_eq!(characters(text, 2..5), 1..6);
        assert_eq!(characters(text, 1..6), 1..6);
        assert_eq!(characters(text, 0..7), 0..7);
        for before in ["", "x"] {
            let secret = format!("{before}{}", "é".repeat(2000));
            for text in [
                format!("DB_PASSWORD=\"{secret}\ny"),
                format!("mysql -p{secret} x"),
            ] {
                assert!(!mask_found(&text).contains("ééé"), "{}", text.len());
            }
        }
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
