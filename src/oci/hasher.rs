//! Computes digests of streamed content.

use sha2::{Digest as _, Sha256, Sha512};

use super::Digest;
use super::digest::hex;

/// Computes a digest by one of the registered algorithms.
///
/// Source: OCI image specification, `descriptor.md`, section "Registered algorithms".
#[derive(Debug, Clone)]
pub struct Hasher(State);

#[derive(Debug, Clone)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// For `sha256` or `sha512`.
    pub fn of(algorithm: &str) -> Option<Self> {
        match algorithm {
            "sha256" => Some(Self(State::Sha256(Sha256::new()))),
            "sha512" => Some(Self(State::Sha512(Sha512::new()))),
            _ => None,
        }
    }

    /// The name of its algorithm.
    pub fn algorithm(&self) -> &'static str {
        match self.0 {
            State::Sha256(_) => "sha256",
            State::Sha512(_) => "sha512",
        }
    }

    /// Adds the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.0 {
            State::Sha256(hasher) => hasher.update(piece),
            State::Sha512(hasher) => hasher.update(piece),
        }
    }

    /// Returns the digest of all pieces.
    pub fn finish(self) -> Digest {
        let algorithm = self.algorithm();
        match self.0 {
            State::Sha256(hasher) => Digest::new(algorithm, &hex(&hasher.finalize())),
            State::Sha512(hasher) => Digest::new(algorithm, &hex(&hasher.finalize())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        let mut hasher = Hasher::of("sha256").unwrap();
        hasher.update(b"ab");
        hasher.update(b"c");
        assert_eq!(hasher.finish(), Digest::of(b"abc"));
    }

    #[test]
    fn sha512_is_that_of_fips_180() {
        let mut hasher = Hasher::of("sha512").unwrap();
        hasher.update(b"abc");
        let digest = hasher.finish();
        assert_eq!(digest.algorithm(), "sha512");
        assert!(digest.hex().starts_with("ddaf35a193617abacc417349ae204131"));
        assert_eq!(digest.as_str().parse(), Ok(digest));
    }

    #[test]
    fn other_algorithms_are_not_known() {
        assert!(Hasher::of("sha384").is_none());
        assert!(Hasher::of("").is_none());
    }
}
