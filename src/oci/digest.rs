//! Content digests.
//!
//! Source: OCI image specification, `descriptor.md`, section "Digests".

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// A validated `algorithm:hex`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The SHA-256 digest of some bytes.
    pub fn of(content: &[u8]) -> Self {
        Self(format!("sha256:{}", sha256_hex(content)))
    }

    /// A digest from an algorithm and its hex digits.
    pub(super) fn new(algorithm: &str, hex: &str) -> Self {
        Self(format!("{algorithm}:{hex}"))
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the colon.
    pub fn algorithm(&self) -> &str {
        self.0
            .split_once(':')
            .map_or("", |(algorithm, _)| algorithm)
    }

    /// The part after the colon.
    pub fn hex(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, hex)| hex)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseDigestError {
    /// There is no colon, or nothing before it.
    #[error("`{0}` is not a digest: expected `algorithm:hex`, as in `sha256:` and 64 hex digits")]
    Shape(String),
    /// The algorithm has a character that it may not have.
    #[error("`{0}` is not a digest: the algorithm may hold a-z, 0-9 and single separators `+._-`")]
    Algorithm(String),
    /// The encoded part has the wrong length or a digit that is not lower-case hex.
    #[error("`{text}` is not a digest: {algorithm} takes {expected} lower-case hex digits")]
    Hex {
        /// What was parsed.
        text: String,
        /// Its algorithm.
        algorithm: String,
        /// The expected number of digits, as text.
        expected: &'static str,
    },
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (algorithm, hex) = text
            .split_once(':')
            .filter(|(algorithm, _)| !algorithm.is_empty())
            .ok_or_else(|| ParseDigestError::Shape(text.to_owned()))?;
        let component = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if !algorithm.split(['+', '.', '_', '-']).all(component) {
            return Err(ParseDigestError::Algorithm(text.to_owned()));
        }
        let (fits, expected) = match algorithm {
            "sha256" => (hex.len() == 64, "64"),
            "sha384" => (hex.len() == 96, "96"),
            "sha512" => (hex.len() == 128, "128"),
            // The distribution grammar requires at least 32 digits for an unknown algorithm.
            _ => (hex.len() >= 32, "32 or more"),
        };
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if !fits || !hex.bytes().all(is_hex) {
            return Err(ParseDigestError::Hex {
                text: text.to_owned(),
                algorithm: algorithm.to_owned(),
                expected,
            });
        }
        Ok(Self(text.to_owned()))
    }
}

/// SHA-256 of some bytes as 64 lower-case hex digits.
pub fn sha256_hex(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-2: the digest of the empty text.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_digest_parses_and_prints_back() {
        assert_eq!(sha256_hex(b""), EMPTY);
        let digest: Digest = format!("sha256:{EMPTY}").parse().unwrap();
        assert_eq!(digest, Digest::of(b""));
        assert_eq!((digest.algorithm(), digest.hex()), ("sha256", EMPTY));
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }

    #[test]
    fn what_is_not_a_digest_is_refused_with_a_reason() {
        let message = |text: &str| text.parse::<Digest>().unwrap_err().to_string();
        assert_eq!(
            message("abc"),
            "`abc` is not a digest: expected `algorithm:hex`, as in `sha256:` and 64 hex digits"
        );
        assert_eq!(
            message("sha256:abc"),
            "`sha256:abc` is not a digest: sha256 takes 64 lower-case hex digits"
        );
        assert!(
            format!("sha256:{}", EMPTY.to_uppercase())
                .parse::<Digest>()
                .is_err()
        );
        assert!(message("SHA256:00").contains("the algorithm may hold"));
        assert!(format!("blake3+b64:{EMPTY}").parse::<Digest>().is_ok());
    }
}
