//! Negotiates the API version.
//!
//! The first request has no version in the path. All later requests contain the highest version
//! that both sides support. `bollard` 0.21.1 sends none, so an engine would respond in its newest
//! format (issue 736 of `bollard`).

use std::fmt;
use std::str::FromStr;

use bollard::models::SystemVersion;
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Uri};

use crate::engine::{EngineError, ErrorKind};

/// A version of the Docker API: `1.41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ApiVersion {
    major: u32,
    minor: u32,
}

/// The oldest supported version: Docker 20.10.
pub(super) const OLDEST: ApiVersion = ApiVersion::new(1, 41);

/// The newest supported version: Docker 28.5. Newer engines still accept it.
pub(super) const NEWEST: ApiVersion = ApiVersion::new(1, 51);

/// The versions that an engine accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) oldest: ApiVersion,
    pub(super) newest: ApiVersion,
}

impl ApiVersion {
    pub(super) const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ApiVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (major, minor) = text.trim().split_once('.').ok_or(())?;
        Ok(Self {
            major: major.parse().map_err(|_| ())?,
            minor: minor.parse().map_err(|_| ())?,
        })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.oldest, self.newest)
    }
}

impl Range {
    /// The range that an engine reports.
    ///
    /// # Errors
    /// It reports none.
    fn of(version: &SystemVersion) -> Result<Self, String> {
        let newest = version.api_version.as_deref().unwrap_or_default();
        let newest: ApiVersion = newest
            .parse()
            .map_err(|()| format!("the engine reports `{newest}` as its API version"))?;
        // Engines before 1.24 report no minimum.
        let oldest = version.min_api_version.as_deref().map(str::parse);
        let oldest = oldest.and_then(Result::ok).unwrap_or(newest.min(OLDEST));
        Ok(Self { oldest, newest })
    }

    /// The highest version that both sides support.
    ///
    /// # Errors
    /// There is none; the error contains a remedy.
    fn spoken(self) -> Result<ApiVersion, &'static str> {
        if self.newest < OLDEST {
            Err("use Docker 20.10 or newer, or Podman 4 or newer")
        } else if self.oldest > NEWEST {
            Err("use a newer release of plimsoll")
        } else {
            Ok(self.newest.min(NEWEST))
        }
    }
}

/// Negotiates the version with an engine.
///
/// # Errors
/// The engine supports no version of plimsoll's range.
pub(super) fn negotiate(
    operation: &'static str,
    subject: &str,
    version: &SystemVersion,
) -> Result<(ApiVersion, Range), EngineError> {
    let refused = |cause: String| EngineError::new(operation, subject, ErrorKind::Refused, cause);
    let range = Range::of(version).map_err(|cause| {
        refused(cause).with_hint("check that the address is that of a Docker or Podman engine")
    })?;
    match range.spoken() {
        Ok(spoken) => Ok((spoken, range)),
        Err(hint) => {
            let engine = version.version.as_deref().unwrap_or("of unknown version");
            let cause = format!(
                "the engine ({engine}) accepts API versions {range}, plimsoll speaks {OLDEST} to {NEWEST}"
            );
            Err(refused(cause).with_hint(hint))
        }
    }
}

/// The same request with the version in front of its path.
pub(super) fn prefixed<B>(mut request: Request<B>, spoken: ApiVersion) -> Request<B> {
    if let Some(uri) = with_version(request.uri(), spoken) {
        *request.uri_mut() = uri;
    }
    request
}

fn with_version(uri: &Uri, spoken: ApiVersion) -> Option<Uri> {
    let path = uri.path_and_query()?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(format!("/v{spoken}{path}")).ok();
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(oldest: Option<&str>, newest: &str) -> SystemVersion {
        SystemVersion {
            version: Some("27.0".to_owned()),
            api_version: Some(newest.to_owned()),
            min_api_version: oldest.map(str::to_owned),
            ..SystemVersion::default()
        }
    }

    fn spoken(oldest: Option<&str>, newest: &str) -> Result<String, EngineError> {
        negotiate("reach engine", "x", &version(oldest, newest)).map(|(it, _)| it.to_string())
    }

    #[test]
    fn the_highest_version_of_both_sides_is_spoken() {
        assert_eq!(spoken(Some("1.12"), "1.41").unwrap(), "1.41");
        assert_eq!(spoken(Some("1.24"), "1.45").unwrap(), "1.45");
        assert_eq!(spoken(Some("1.40"), "1.56").unwrap(), "1.51");
        assert_eq!(spoken(None, "1.44").unwrap(), "1.44");
        assert_eq!(spoken(Some("1.51"), "2.0").unwrap(), "1.51");
    }

    #[test]
    fn an_engine_out_of_range_is_refused_with_both_ranges_and_a_remedy() {
        let old = spoken(Some("1.12"), "1.40").unwrap_err();
        assert!(
            old.chain()
                .contains("(27.0) accepts API versions 1.12 to 1.40, plimsoll speaks 1.41 to 1.51"),
            "{}",
            old.chain()
        );
        assert!(old.hint.unwrap().contains("Docker 20.10"));
        let new = spoken(Some("1.52"), "1.60").unwrap_err();
        assert!(new.hint.unwrap().contains("newer release of plimsoll"));
        assert!(spoken(None, "nonsense").is_err());
    }

    #[test]
    fn the_version_is_put_before_the_path_and_nothing_else_changes() {
        let uri: Uri = "unix://2f72/images/a%2Fb/json?x=1&y=%7B".parse().unwrap();
        let request = Request::builder().uri(uri).body(()).unwrap();
        let asked = prefixed(request, ApiVersion::new(1, 44));
        assert_eq!(
            asked.uri().to_string(),
            "unix://2f72/v1.44/images/a%2Fb/json?x=1&y=%7B"
        );
    }
}
