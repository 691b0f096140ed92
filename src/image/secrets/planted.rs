//! Planted tokens: by their exact bytes, and as they look within base64.

use aho_corasick::{AhoCorasick, BuildError, Input};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::hit::{Hit, PlacedHit};
use crate::secrets::{Secret, mask};

/// A shorter piece of base64 may be chance.
const SHORTEST_ENCODED: usize = 12;

/// A token that was put into a build to see where it goes.
#[derive(Debug, Clone)]
pub struct Planted {
    /// The token.
    pub token: Secret,
}

/// What was planted.
pub(super) struct Tokens {
    automaton: Option<AhoCorasick>,
    hits: Vec<Hit>,
    longest: usize,
}

impl Tokens {
    /// Prepares the search. Empty tokens are in every text, and are left out. The end of
    /// the line at a token's end goes where the shell reads it, and is left out too.
    pub fn new(planted: &[Planted]) -> Result<Self, BuildError> {
        let mut patterns = Vec::new();
        let mut hits = Vec::new();
        for planted in planted {
            let token = planted.token.0.trim_end_matches(['\r', '\n']).as_bytes();
            if token.is_empty() {
                continue;
            }
            patterns.push(token.to_vec());
            hits.push(hit("planted token", token));
            for encoded in encodings(token) {
                hits.push(hit("planted token in base64", &encoded));
                patterns.push(encoded);
            }
        }
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(0);
        let automaton = match patterns.is_empty() {
            true => None,
            false => Some(AhoCorasick::new(&patterns)?),
        };
        Ok(Self {
            automaton,
            hits,
            longest,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.automaton.is_none()
    }

    /// Bytes of the longest pattern.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// What begins within `from..until`.
    pub fn find<'a>(
        &'a self,
        text: &'a [u8],
        from: usize,
        until: usize,
    ) -> impl Iterator<Item = PlacedHit> + 'a {
        let matches = self.automaton.iter().flat_map(move |automaton| {
            automaton.find_iter(Input::new(text).span(from..text.len()))
        });
        matches
            .take_while(move |found| found.start() < until)
            .map(|found| PlacedHit {
                start: found.start(),
                end: found.end(),
                hit: self.hits[found.pattern().as_usize()].clone(),
            })
    }
}

fn hit(kind: &str, secret: &[u8]) -> Hit {
    Hit {
        kind: kind.to_owned(),
        masked: mask(secret),
        planted: true,
    }
}

/// The characters that a token alone decides, for each of the three places that it can
/// have within groups of three bytes, in both alphabets.
fn encodings(token: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for shift in 0..3 {
        let mut text = vec![0; shift];
        text.extend_from_slice(token);
        let (first, end) = ((shift * 8).div_ceil(6), text.len() * 8 / 6);
        for engine in [STANDARD, URL_SAFE] {
            let encoded = engine.encode(&text).into_bytes();
            let own = encoded[first..end].to_vec();
            if own.len() >= SHORTEST_ENCODED && !found.contains(&own) {
                found.push(own);
            }
        }
    }
    found
}
