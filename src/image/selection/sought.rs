//! What a text after `--image` means: a name, a digest or a number.

use super::super::manifest::{ImageNames, Offered};
use crate::oci::{Digest, ImageReference};

/// Hex digits of the shortest digest.
const LEAST_HEX: usize = 12;
/// Hex digits of a whole digest.
const WHOLE_HEX: usize = 64;

/// What `--image` names.
pub(super) enum Sought<'a> {
    /// A place in the archive, from 0.
    Number(usize),
    /// A digest, or how it begins.
    Digest(String),
    Name(&'a str, Option<Box<ImageReference>>),
}

impl<'a> Sought<'a> {
    /// What a text means in an archive in which so many have a number.
    pub fn of(text: &'a str, numbered: usize) -> Self {
        let is_hex = |hex: &str| {
            hex.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let hex = text.strip_prefix("sha256:");
        if let Some(at) = place(text).filter(|at| *at < numbered) {
            Self::Number(at)
        } else if hex.is_some_and(|hex| hex.len() >= LEAST_HEX && is_hex(hex))
            || text.parse::<Digest>().is_ok()
        {
            Self::Digest(text.to_owned())
        } else if text.len() == WHOLE_HEX && is_hex(text) {
            Self::Digest(format!("sha256:{text}"))
        } else {
            Self::Name(text, text.parse().ok().map(Box::new))
        }
    }

    /// Whether a reference has the name, or leads to the digest.
    pub fn is_of(&self, names: &ImageNames) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Digest(digest) => names
                .digest
                .as_ref()
                .is_some_and(|it| it.starts_with(digest)),
            Self::Name(text, wanted) => names.names.iter().any(|name| {
                let fits = |wanted: &ImageReference| is_same(wanted, name, names);
                let may_fit = || may_be_same(text, name);
                name == text || (may_fit() && wanted.as_deref().is_some_and(fits))
            }),
        }
    }

    /// Whether it is the digest of the image's manifest or config.
    pub fn is_digest_of(&self, image: &Offered) -> bool {
        let Self::Digest(digest) = self else {
            return false;
        };
        let own = [&image.chosen.by, &image.chosen.config];
        own.into_iter()
            .filter_map(|name| digest_of(name))
            .any(|own| own.starts_with(digest))
    }
}

/// The place of a number, from 0.
fn place(number: &str) -> Option<usize> {
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: usize = number.parse().ok().filter(|_| is_number)?;
    number.checked_sub(1)
}

/// Whether two names may be the same one. It is known without reading them: an archive may have
/// hundreds of thousands.
fn may_be_same(one: &str, other: &str) -> bool {
    one.contains('@') || other.contains('@') || last_part(one) == last_part(other)
}

/// The last part of a name, with a tag that is not the usual one.
fn last_part(name: &str) -> &str {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.strip_suffix(":latest").unwrap_or(last)
}

/// Whether an engine takes two names for the same: with the registry, the repository and the
/// tag that a short one leaves out.
fn is_same(wanted: &ImageReference, name: &str, names: &ImageNames) -> bool {
    let Ok(name) = name.parse::<ImageReference>() else {
        return false;
    };
    match wanted.digest() {
        // As engines do, a tag next to a digest is not looked at.
        Some(digest) => {
            wanted.domain() == name.domain()
                && wanted.repository() == name.repository()
                && names.digest.as_deref() == Some(digest.as_str())
        }
        None => wanted.canonical() == name.canonical(),
    }
}

/// The digest that the name of a part is made of: `blobs/sha256/…`, or `….json` as Docker
/// before 25 names configs.
pub(super) fn digest_of(name: &str) -> Option<String> {
    let digest = match name.strip_prefix("blobs/") {
        Some(name) => name.replacen('/', ":", 1),
        None => format!("sha256:{}", name.strip_suffix(".json")?),
    };
    digest.parse::<Digest>().is_ok().then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> ImageNames {
        ImageNames {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            digest: Some(format!("sha256:{}", "a".repeat(WHOLE_HEX))),
        }
    }

    #[test]
    fn a_name_is_matched_as_an_engine_does() {
        let digest = format!("alpine@sha256:{}", "a".repeat(WHOLE_HEX));
        let other = format!("alpine@sha256:{}", "b".repeat(WHOLE_HEX));
        for (wanted, name, is_it) in [
            ("alpine:3.20", "alpine:3.20", true),
            ("alpine:3.20", "docker.io/library/alpine:3.20", true),
            ("docker.io/library/alpine:3.20", "alpine:3.20", true),
            ("alpine", "alpine:latest", true),
            ("alpine", "index.docker.io/alpine:latest", true),
            ("alpine:latest", "docker.io/alpine", true),
            ("x/alpine", "alpine", false),
            ("alpine", "alpine:3.20", false),
            ("alpine:3.20", "x/alpine:3.20", false),
            ("alpine:3.20", "example.com/alpine:3.20", false),
            ("alpine:3.20", "localhost/alpine:3.20", false),
            ("x/alpine:3.20", "x/alpine:3.20", true),
            ("alpine:3.2", "alpine:3.20", false),
            ("3.20", "3.20", true),
            ("Not A Name", "Not A Name", true),
            (&digest, "alpine:3.20", true),
            (&digest, "x/alpine:3.20", false),
            (&other, "alpine:3.20", false),
        ] {
            let found = Sought::of(wanted, 0).is_of(&named(&[name]));
            assert_eq!(found, is_it, "{wanted} of {name}");
        }
    }

    #[test]
    fn numbers_and_digests_are_no_names() {
        let is_name = |text: &str| matches!(Sought::of(text, 12), Sought::Name(..));
        for (number, at) in [("1", 0), ("12", 11), ("007", 6)] {
            let sought = Sought::of(number, 12);
            assert!(
                matches!(sought, Sought::Number(found) if found == at),
                "{number}"
            );
        }
        // What no image has as its number may be a name.
        for name in [
            "0",
            "13",
            "+2",
            "-2",
            " 2",
            "12:latest",
            "3.20",
            "",
            "sha256:abc",
        ] {
            assert!(is_name(name), "{name}");
        }
        assert!(is_name(&"9".repeat(30)));
        for digest in [
            "sha256:aaaaaaaaaaaa".to_owned(),
            format!("sha256:{}", "a".repeat(WHOLE_HEX)),
            "a".repeat(WHOLE_HEX),
        ] {
            let sought = Sought::of(&digest, 12);
            assert!(matches!(sought, Sought::Digest(_)), "{digest}");
            assert!(sought.is_of(&named(&[])), "{digest}");
        }
        assert!(!Sought::of("sha256:bbbbbbbbbbbb", 12).is_of(&named(&[])));
    }
}
