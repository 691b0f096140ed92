//! The API request of a build.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder, BuilderVersion};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Uri};

use crate::docker::Builder;
use crate::engine::BuildRequest;

/// Makes BuildKit read the context from the session.
const IN_SESSION: &str = "client-session";

/// The parameters of a build; with BuildKit, `session` names its session, and `synced` says
/// that the context comes through it.
pub(super) fn options(
    request: &BuildRequest,
    builder: Builder,
    session: &str,
    synced: bool,
) -> BuildImageOptions {
    let labels: HashMap<_, _> = request.labels.clone().into_iter().collect();
    let arguments: HashMap<_, _> = request.build_args.clone().into_iter().collect();
    let mut options = BuildImageOptionsBuilder::default()
        .t(&request.tag)
        .dockerfile(&request.dockerfile)
        .nocache(request.no_cache)
        .labels(&labels)
        .buildargs(&arguments)
        // Asked for BuildKit, `bollard` opens a session of its own, with the same id:
        // see [`for_buildkit`].
        .version(BuilderVersion::BuilderV1);
    if let Some(target) = &request.target {
        options = options.target(target);
    }
    if let Some(platform) = &request.platform {
        options = options.platform(platform);
    }
    if synced {
        options = options.remote(IN_SESSION);
    }
    match builder {
        Builder::BuildKit => options.session(session).build(),
        Builder::Classic | Builder::Buildah => options.rm(true).forcerm(true).build(),
    }
}

/// Turns a request to the classic builder into one to BuildKit.
pub(super) fn for_buildkit<B>(mut request: Request<B>) -> Request<B> {
    if let Some(uri) = of_version_2(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn of_version_2(uri: &Uri) -> Option<Uri> {
    let query: Vec<_> = uri
        .query()?
        .split('&')
        .map(|pair| match pair.starts_with("version=") {
            true => "version=2",
            false => pair,
        })
        .collect();
    let path_and_query = format!("{}?{}", uri.path(), query.join("&"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}

/// Identifies the session of a build among concurrent builds.
pub(super) fn session_id() -> String {
    static BUILDS: AtomicU64 = AtomicU64::new(0);
    let build = BUILDS.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("plimsoll-{}-{}-{build}", std::process::id(), now.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_is_rewritten() {
        let query = "/v1.41/build?dockerfile=version%3D1&t=x&version=1&session=s&myversion=1";
        let request = Request::builder().uri(format!("unix://2f72756e{query}"));
        let asked = for_buildkit(request.body(()).unwrap());
        let expected = query.replace("&version=1", "&version=2");
        assert_eq!(
            asked.uri().to_string(),
            format!("unix://2f72756e{expected}")
        );
    }
}
