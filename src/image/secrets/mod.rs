//! The search for secrets in texts and streams.
//!
//! Planted tokens are looked for everywhere, as they are and in base64. General
//! patterns are looked for in history, config, and those files that are the app's or
//! settings ([`super::path_class`]): distributions and packages ship keys for tests and
//! words that look like tokens, and none of those is a secret.
//!
//! What is packed within a file (an archive, a compiled cache) is not unpacked.

mod hit;
mod planted;

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use aho_corasick::BuildError;

use self::hit::PlacedHit;
use self::planted::Tokens;
use crate::secrets::{
    AHEAD_BYTES, Find, Masker, PRIVATE_KEY as KEY, Places, Secret, find, issued, mask,
};

pub(super) use self::hit::Hit;
pub use self::planted::Planted;

/// Bytes that are held of a file at a time.
pub(super) const BUFFER_BYTES: usize = 256 << 10;
/// Bytes that a pattern may look back.
const BEHIND_BYTES: usize = 1;
/// Values that are kept to be masked; an image with more is a test of scanners.
const MOST_VALUES: usize = 10_000;

/// What to look for.
pub(super) struct Search {
    tokens: Tokens,
    /// The values of all that was found.
    values: Mutex<BTreeSet<Secret>>,
}

/// Kind of a private key, as it begins with or without an algorithm.
pub(super) const PRIVATE_KEY: &str = KEY;

/// How a file is looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// For planted tokens.
    Planted,
    /// For planted tokens and general patterns.
    General,
}

impl Search {
    /// Prepares the search.
    pub fn new(planted: &[Planted]) -> Result<Self, BuildError> {
        Ok(Self {
            tokens: Tokens::new(planted)?,
            values: Mutex::default(),
        })
    }

    /// Looks through a text of the config or a file of variables or settings: for all
    /// patterns, for assignments to names that speak of secrets and for values under such keys.
    pub fn text(&self, text: &[u8]) -> Vec<Hit> {
        let mut spots: Vec<_> = self.tokens.find(text, 0, text.len()).collect();
        let finds = find(text);
        self.keep(Masker::values_of(text, &finds));
        add_finds(&mut spots, text, finds);
        let mut hits = Vec::new();
        for spot in spots {
            add(&mut hits, spot.hit);
        }
        hits
    }

    /// The values of all that was found so far, planted tokens aside: they must not be shown.
    pub fn values(&self) -> Vec<Secret> {
        let kept = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }

    fn keep(&self, values: impl IntoIterator<Item = Secret>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        let mut kept = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        for value in values {
            if kept.len() < MOST_VALUES {
                kept.insert(value);
            }
        }
    }

    /// Looks for planted tokens alone.
    pub fn planted(&self, text: &[u8]) -> Option<Hit> {
        self.tokens
            .find(text, 0, text.len())
            .next()
            .map(|spot| spot.hit)
    }

    /// Reads a file to its end and looks through it; `each` sees all that is read.
    /// At most one hit of a kind is reported. Returns the number of bytes.
    pub fn stream(
        &self,
        reader: &mut dyn Read,
        depth: Depth,
        buffer: &mut Vec<u8>,
        each: &mut dyn FnMut(&[u8]),
        hits: &mut Vec<Hit>,
    ) -> io::Result<u64> {
        let ahead = self.tokens.longest().max(AHEAD_BYTES);
        buffer.resize(BUFFER_BYTES.max(2 * ahead), 0);
        let idle = depth == Depth::Planted && self.tokens.is_empty();
        let (mut total, mut filled, mut from) = (0, 0, 0);
        loop {
            let before = filled;
            filled = fill(reader, buffer, filled)?;
            total += (filled - before) as u64;
            each(&buffer[before..filled]);
            let ended = filled < buffer.len();
            // What begins later is looked at once what follows it is there.
            let until = if ended { filled } else { filled - ahead };
            if !idle {
                for spot in self.spots(&buffer[..filled], from, until, depth) {
                    add(hits, spot.hit);
                }
            }
            if ended {
                return Ok(total);
            }
            let keep = until - BEHIND_BYTES;
            buffer.copy_within(keep..filled, 0);
            filled -= keep;
            from = BEHIND_BYTES;
        }
    }

    /// What begins within `from..until`; the text may go on after it.
    fn spots(&self, text: &[u8], from: usize, until: usize, depth: Depth) -> Vec<PlacedHit> {
        let mut spots: Vec<_> = self.tokens.find(text, from, until).collect();
        if depth == Depth::General {
            let finds: Vec<_> = issued(text, from, until, AHEAD_BYTES).collect();
            self.keep(Masker::values_of(text, &finds));
            add_finds(&mut spots, text, finds);
        }
        spots
    }
}

/// A planted token may have the form of a real one, and is reported once.
fn add_finds(spots: &mut Vec<PlacedHit>, text: &[u8], finds: Vec<Find>) {
    let mut taken = Places::default();
    for spot in spots.iter() {
        taken.take(spot.start..spot.end);
    }
    for find in finds {
        if taken.take(find.start..find.end) {
            spots.push(PlacedHit {
                start: find.start,
                end: find.end,
                hit: Hit {
                    kind: find.kind,
                    masked: mask(&text[find.secret]),
                    planted: false,
                },
            });
        }
    }
}

fn fill(reader: &mut dyn Read, buffer: &mut [u8], mut filled: usize) -> io::Result<usize> {
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn add(hits: &mut Vec<Hit>, hit: Hit) {
    if !hits.iter().any(|other| other.kind == hit.kind) {
        hits.push(hit);
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
