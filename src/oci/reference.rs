//! Image references in their familiar (`node:20`) and canonical
//! (`docker.io/library/node:20`) forms.
//!
//! Source: the grammar at the head of `reference.go` in
//! <https://github.com/distribution/reference>, and its `normalize.go` for the
//! defaults `docker.io`, `library/` and `latest`.

use std::fmt;
use std::str::FromStr;

use super::grammar::{
    DEFAULT_DOMAIN, MAX_NAME_BYTES, is_domain, is_path_component, is_tag, split_domain,
};
use super::{Digest, ParseDigestError};

const OFFICIAL_PREFIX: &str = "library/";

/// A parsed image reference: `[domain/]repository[:tag][@digest]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageReference {
    domain: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl ImageReference {
    /// The registry: `docker.io` by default.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The repository within the registry: `library/node` for `node`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, if one is written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one is written.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The familiar form: without `docker.io/` and `library/`. Tag and digest appear if they were
    /// given.
    pub fn familiar(&self) -> String {
        let name = if self.domain == DEFAULT_DOMAIN {
            self.repository
                .strip_prefix(OFFICIAL_PREFIX)
                .filter(|rest| !rest.contains('/'))
                .unwrap_or(&self.repository)
                .to_owned()
        } else {
            format!("{}/{}", self.domain, self.repository)
        };
        self.with_suffix(name, self.tag())
    }

    /// The canonical form: with its registry, and with `latest` if there is neither a tag nor a
    /// digest.
    pub fn canonical(&self) -> String {
        let tag = match (&self.tag, &self.digest) {
            (None, None) => Some("latest"),
            (tag, _) => tag.as_deref(),
        };
        self.with_suffix(format!("{}/{}", self.domain, self.repository), tag)
    }

    fn with_suffix(&self, mut name: String, tag: Option<&str>) -> String {
        if let Some(tag) = tag {
            name.push(':');
            name.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            name.push('@');
            name.push_str(digest.as_str());
        }
        name
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.familiar())
    }
}

/// Why a text is not an image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseReferenceError {
    /// The text is empty.
    #[error("an image reference may not be empty")]
    Empty,
    /// The registry's name is malformed.
    #[error(
        "`{reference}`: `{domain}` is no registry: expected `host`, `host:port` or `[ipv6]:port`"
    )]
    Domain {
        /// What was parsed.
        reference: String,
        /// The part that is wrong.
        domain: String,
    },
    /// Upper case in the repository.
    #[error("`{0}`: a repository is written in lower case")]
    UpperCase(String),
    /// A part of the repository is malformed.
    #[error(
        "`{reference}`: `{component}` is no part of a repository: expected a-z and 0-9, separated by `.`, `_`, `__` or dashes"
    )]
    Repository {
        /// What was parsed.
        reference: String,
        /// The part that is wrong.
        component: String,
    },
    /// The tag is malformed.
    #[error(
        "`{reference}`: `{tag}` is no tag: expected up to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`"
    )]
    Tag {
        /// What was parsed.
        reference: String,
        /// The part that is wrong.
        tag: String,
    },
    /// The digest is malformed.
    #[error("`{reference}` has a bad digest")]
    Digest {
        /// What was parsed.
        reference: String,
        /// How.
        #[source]
        source: ParseDigestError,
    },
    /// The name is too long.
    #[error("`{0}`: the name is longer than 255 bytes")]
    TooLong(String),
    /// 64 hex digits name an image id.
    #[error("`{0}` is an image id, not a reference")]
    ImageId(String),
}

impl FromStr for ImageReference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(ParseReferenceError::Empty);
        }
        if text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ParseReferenceError::ImageId(text.to_owned()));
        }
        let reference = || text.to_owned();
        let (rest, digest) = match text.split_once('@') {
            None => (text, None),
            Some((rest, digest)) => {
                let digest = digest
                    .parse()
                    .map_err(|source| ParseReferenceError::Digest {
                        reference: reference(),
                        source,
                    })?;
                (rest, Some(digest))
            }
        };
        let (domain, rest) = split_domain(rest);
        let (path, tag) = match rest.split_once(':') {
            None => (rest, None),
            Some((path, tag)) => (path, Some(tag)),
        };
        if !is_domain(domain) {
            return Err(ParseReferenceError::Domain {
                reference: reference(),
                domain: domain.to_owned(),
            });
        }
        if path.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ParseReferenceError::UpperCase(reference()));
        }
        if let Some(bad) = path.split('/').find(|part| !is_path_component(part)) {
            return Err(ParseReferenceError::Repository {
                reference: reference(),
                component: bad.to_owned(),
            });
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(ParseReferenceError::Tag {
                reference: reference(),
                tag: tag.to_owned(),
            });
        }
        let repository = if domain == DEFAULT_DOMAIN && !path.contains('/') {
            format!("{OFFICIAL_PREFIX}{path}")
        } else {
            path.to_owned()
        };
        if domain.len() + 1 + repository.len() > MAX_NAME_BYTES {
            return Err(ParseReferenceError::TooLong(reference()));
        }
        Ok(Self {
            domain: domain.to_owned(),
            repository,
            tag: tag.map(str::to_owned),
            digest,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn references_have_a_familiar_and_a_canonical_form() {
        let at_digest = format!("alpine@sha256:{HEX}");
        let table = [
            ("node", "node", "docker.io/library/node:latest"),
            ("node:20", "node:20", "docker.io/library/node:20"),
            (
                "docker.io/library/node:20",
                "node:20",
                "docker.io/library/node:20",
            ),
            (
                "index.docker.io/node:20",
                "node:20",
                "docker.io/library/node:20",
            ),
            ("grafana/k6", "grafana/k6", "docker.io/grafana/k6:latest"),
            ("library/a/b", "library/a/b", "docker.io/library/a/b:latest"),
            ("localhost/x", "localhost/x", "localhost/x:latest"),
            (
                "127.0.0.1:5000/a/b:v1",
                "127.0.0.1:5000/a/b:v1",
                "127.0.0.1:5000/a/b:v1",
            ),
            ("[::1]:5000/a", "[::1]:5000/a", "[::1]:5000/a:latest"),
            (
                "gcr.io/distroless/nodejs20-debian12:nonroot",
                "gcr.io/distroless/nodejs20-debian12:nonroot",
                "gcr.io/distroless/nodejs20-debian12:nonroot",
            ),
            (
                &at_digest,
                &at_digest,
                &format!("docker.io/library/{at_digest}"),
            ),
        ];
        for (text, familiar, canonical) in table {
            let reference: ImageReference = text.parse().unwrap();
            assert_eq!(reference.familiar(), familiar, "{text}");
            assert_eq!(reference.canonical(), canonical, "{text}");
            assert_eq!(
                reference
                    .canonical()
                    .parse::<ImageReference>()
                    .unwrap()
                    .canonical(),
                canonical
            );
        }
    }

    #[test]
    fn bad_references_are_refused_with_the_part_that_is_wrong() {
        let bad = [
            ("", "an image reference may not be empty"),
            ("Node", "`Node`: a repository is written in lower case"),
            (
                "node:",
                "`node:`: `` is no tag: expected up to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`",
            ),
            (
                "node:-1",
                "`node:-1`: `-1` is no tag: expected up to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`",
            ),
            (
                "a//b",
                "`a//b`: `` is no part of a repository: expected a-z and 0-9, separated by `.`, `_`, `__` or dashes",
            ),
            (
                "a..b",
                "`a..b`: `a..b` is no part of a repository: expected a-z and 0-9, separated by `.`, `_`, `__` or dashes",
            ),
            (
                "host:port/a",
                "`host:port/a`: `host:port` is no registry: expected `host`, `host:port` or `[ipv6]:port`",
            ),
            ("node@sha256:1", "`node@sha256:1` has a bad digest"),
            (HEX, &format!("`{HEX}` is an image id, not a reference")),
        ];
        for (text, message) in bad {
            assert_eq!(
                text.parse::<ImageReference>().unwrap_err().to_string(),
                message
            );
        }
        assert!("a".repeat(300).parse::<ImageReference>().is_err());
        assert!(
            format!("a:{}", "b".repeat(129))
                .parse::<ImageReference>()
                .is_err()
        );
    }
}
