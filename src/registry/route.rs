//! Parses request paths and queries.
//!
//! Source: distribution specification, section "Endpoints".

use axum::extract::Query;
use axum::http::Uri;

use super::response_error::{Code, ErrorResponse};
use crate::oci::{Digest, Hasher, is_repository, is_tag};

/// An endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    Base,
    /// `/v2/_catalog`: the repositories.
    Catalog,
    Blob(String, Digest),
    Uploads(String),
    Upload(String, String),
    Manifest(String, Reference),
    Tags(String),
    Referrers(String, Digest),
}

/// How a request names a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    Tag(String),
    Digest(Digest),
    /// Neither: it can match nothing and cannot be stored.
    Malformed(String),
}

impl Reference {
    /// Every digest contains a colon, and no tag does.
    pub(super) fn of(text: &str) -> Result<Self, ErrorResponse> {
        if text.contains(':') {
            return digest(text).map(Self::Digest);
        }
        Ok(if is_tag(text) {
            Self::Tag(text.to_owned())
        } else {
            Self::Malformed(text.to_owned())
        })
    }
}

/// Parses a path. Repository names contain slashes, so it is split from the right. Every part is
/// checked against the grammar before it is used.
pub(super) fn route(path: &str) -> Result<Route, ErrorResponse> {
    let unknown = || {
        ErrorResponse::new(Code::Unsupported, "no such endpoint")
            .status(axum::http::StatusCode::NOT_FOUND)
    };
    let path = percent_decode(path).ok_or_else(unknown)?;
    if matches!(path.as_str(), "/v2" | "/v2/") {
        return Ok(Route::Base);
    }
    if path == "/v2/_catalog" {
        return Ok(Route::Catalog);
    }
    let rest = path.strip_prefix("/v2/").ok_or_else(unknown)?;
    let (head, last) = rest.rsplit_once('/').ok_or_else(unknown)?;
    let (name, kind) = head.rsplit_once('/').ok_or_else(unknown)?;
    match (kind, last) {
        ("blobs", "uploads") => Ok(Route::Uploads(repository(name)?)),
        ("blobs", text) => Ok(Route::Blob(repository(name)?, digest(text)?)),
        ("manifests", text) => Ok(Route::Manifest(repository(name)?, Reference::of(text)?)),
        ("tags", "list") => Ok(Route::Tags(repository(name)?)),
        ("referrers", text) => Ok(Route::Referrers(repository(name)?, digest(text)?)),
        ("uploads", id) => {
            let name = name.strip_suffix("/blobs").ok_or_else(unknown)?;
            let name = repository(name)?;
            Ok(if id.is_empty() {
                Route::Uploads(name)
            } else {
                Route::Upload(name, id.to_owned())
            })
        }
        _ => Err(unknown()),
    }
}

fn repository(name: &str) -> Result<String, ErrorResponse> {
    if is_repository(name) {
        Ok(name.to_owned())
    } else {
        Err(ErrorResponse::new(
            Code::NameInvalid,
            "a repository name has parts of a-z and 0-9, joined by `.`, `_`, `__` or dashes, and at most 255 bytes",
        ))
    }
}

/// Parses a digest with a supported algorithm.
pub(super) fn digest(text: &str) -> Result<Digest, ErrorResponse> {
    let digest: Digest = text
        .parse()
        .map_err(|error| ErrorResponse::new(Code::DigestInvalid, format!("{error}")))?;
    algorithm(digest.algorithm())?;
    Ok(digest)
}

/// The hasher of an algorithm.
pub(super) fn algorithm(name: &str) -> Result<Hasher, ErrorResponse> {
    Hasher::of(name).ok_or_else(|| {
        ErrorResponse::new(
            Code::DigestInvalid,
            "the algorithm is neither sha256 nor sha512",
        )
    })
}

/// Decodes percent escapes; `None` if the result is not UTF-8.
fn percent_decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let [high, low, tail @ ..] = tail else {
                return None;
            };
            let digit = |b: u8| {
                char::from(b)
                    .to_digit(16)
                    .and_then(|d| u8::try_from(d).ok())
            };
            bytes.push(digit(*high)? << 4 | digit(*low)?);
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The decoded query parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(uri: &Uri) -> Self {
        Self(Query::try_from_uri(uri).map_or_else(|_| Vec::new(), |Query(pairs)| pairs))
    }

    /// The first value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs.find_map(|(key, value)| (key == name).then_some(value.as_str()))
    }

    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let pairs = self.0.iter().filter(|(key, _)| key == name);
        pairs.map(|(_, value)| value.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_from_the_right() {
        let digest = Digest::of(b"x");
        let table = [
            ("/v2".to_owned(), Route::Base),
            ("/v2/".to_owned(), Route::Base),
            (
                format!("/v2/a/b/blobs/{digest}"),
                Route::Blob("a/b".into(), digest.clone()),
            ),
            (
                format!("/v2/a/blobs/sha256%3A{}", digest.hex()),
                Route::Blob("a".into(), digest.clone()),
            ),
            (
                "/v2/a/blobs/uploads/".to_owned(),
                Route::Uploads("a".into()),
            ),
            ("/v2/a/blobs/uploads".to_owned(), Route::Uploads("a".into())),
            (
                "/v2/a/blobs/uploads/id".to_owned(),
                Route::Upload("a".into(), "id".into()),
            ),
            (
                "/v2/a/manifests/v1".to_owned(),
                Route::Manifest("a".into(), Reference::Tag("v1".into())),
            ),
            (
                format!("/v2/blobs/uploads/manifests/{digest}"),
                Route::Manifest("blobs/uploads".into(), Reference::Digest(digest.clone())),
            ),
            (
                "/v2/a/manifests/.x".to_owned(),
                Route::Manifest("a".into(), Reference::Malformed(".x".into())),
            ),
            (
                "/v2/tags/list/tags/list".to_owned(),
                Route::Tags("tags/list".into()),
            ),
            (
                format!("/v2/a/referrers/{digest}"),
                Route::Referrers("a".into(), digest.clone()),
            ),
        ];
        for (path, expected) in table {
            assert_eq!(route(&path).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn a_path_outside_the_grammar_is_rejected() {
        let long = format!("/v2/{}/tags/list", "a/".repeat(4000));
        for path in [
            "/",
            "/v1/",
            "/v2/a",
            "/v2/a/b",
            "/v2/tags/list",
            "/v2//tags/list",
            "/v2/../tags/list",
            "/v2/a/../b/tags/list",
            "/v2/%2e%2e/tags/list",
            "/v2/%2e%2e%2fetc/tags/list",
            "/v2//etc/passwd/tags/list",
            "/v2/a%00/tags/list",
            "/v2/a/tags/%",
            "/v2/a/tags/list%ff",
            "/v2/A/tags/list",
            "/v2/a/blobs/..",
            "/v2/a/blobs/sha256:..",
            "/v2/a/blobs/sha256:..%2f..%2fetc",
            "/v2/a/referrers/x",
            "/v2/a/manifests/sha256:x",
            &long,
        ] {
            assert!(route(path).is_err(), "{path}");
        }
        assert_eq!(
            route("/v2/a/manifests/%2e%2e").unwrap(),
            Route::Manifest("a".into(), Reference::Malformed("..".into()))
        );
    }

    #[test]
    fn only_two_algorithms_are_supported() {
        assert!(digest(&format!("sha512:{}", "0".repeat(128))).is_ok());
        assert!(digest(&format!("sha384:{}", "0".repeat(96))).is_err());
        assert!(digest(&format!("md5:{}", "0".repeat(32))).is_err());
    }

    #[test]
    fn parameters_are_decoded() {
        let uri: Uri = "/v2/?digest=sha256%3Aab&tag=1&tag=2".parse().unwrap();
        let parameters = Parameters::of(&uri);
        assert_eq!(parameters.get("digest"), Some("sha256:ab"));
        assert_eq!(parameters.all("tag"), ["1", "2"]);
        assert_eq!(parameters.get("n"), None);
    }
}
