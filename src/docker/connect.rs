//! Connects to an engine.

use bollard::models::SystemVersion;
use bollard::{API_DEFAULT_VERSION, Docker};

use super::deadline::within;
use super::endpoint::{Endpoint, EndpointError};
use super::error::failed;
use super::raw::Wire;
use super::version::{negotiate, prefixed};
use super::{Builder, Deadlines, DockerEngine, WORK_WITHIN, build, facts};
use crate::engine::{EngineError, ErrorKind, Result};

const OPERATION: &str = "reach engine";

impl DockerEngine {
    /// Connects to the engine at an address in the form of `DOCKER_HOST`, or at the default
    /// socket, and negotiates the API version.
    pub async fn connect(endpoint: Option<&str>) -> Result<Self> {
        let endpoint = match endpoint {
            Some(text) => Endpoint::parse(text).map_err(|error| unspoken(text, error))?,
            None => Endpoint::default(),
        };
        let subject = endpoint.to_string();
        let docker = open(&endpoint)
            .map_err(failed(OPERATION, &subject))?
            .with_timeout(Deadlines::USUAL.answer);
        let version = within(Deadlines::USUAL.answer, OPERATION, &subject, async {
            docker.version().await.map_err(failed(OPERATION, &subject))
        });
        let version = version.await?;
        let (api, api_range) = negotiate(OPERATION, &subject, &version)?;
        let docker = docker.with_request_modifier(move |request| prefixed(request, api));
        let wire = Wire::new(endpoint.clone(), api, Deadlines::USUAL.answer);
        let builder = builder(&version);
        // Decided here, because an attempt may take seconds and builds are timed.
        let may_be_native = builder == Builder::BuildKit && wire.may_be_native(api_range.newest);
        let native = may_be_native && build::serves_sessions(&wire).await;
        let wire = wire.natively(native);
        Ok(Self {
            builder,
            patient: docker.clone().with_timeout(WORK_WITHIN),
            docker,
            wire,
            endpoint,
            api,
            api_range,
            deadlines: Deadlines::USUAL,
            backing: None,
        })
    }

    /// The same with deadlines.
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.docker = self.docker.with_timeout(deadlines.answer);
        self.wire = self.wire.within(deadlines.answer);
        Self { deadlines, ..self }
    }

    /// The same with the file system type of the engine's data, which the engine does not report
    /// if containerd stores the images.
    pub fn over(self, backing: Option<String>) -> Self {
        Self { backing, ..self }
    }
}

fn open(endpoint: &Endpoint) -> std::result::Result<Docker, bollard::errors::Error> {
    // The caller enforces the deadline; this argument has whole seconds only.
    let within = Deadlines::USUAL.answer.as_secs();
    match endpoint {
        Endpoint::Unix(path) => {
            Docker::connect_with_unix(&path.to_string_lossy(), within, API_DEFAULT_VERSION)
        }
        Endpoint::Tcp(authority) => {
            Docker::connect_with_http(authority, within, API_DEFAULT_VERSION)
        }
    }
}

/// An engine does not report its builder, and a context can be sent only once, so the builder is
/// chosen by version.
fn builder(version: &SystemVersion) -> Builder {
    if facts::is_podman(version) {
        Builder::Buildah
    } else if version.os.as_deref() == Some("windows") {
        Builder::Classic
    } else {
        Builder::BuildKit
    }
}

fn unspoken(text: &str, error: EndpointError) -> EngineError {
    // Any scheme may contain a password.
    let shown = match text.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            format!("{scheme}://{host}")
        }
        None => text.to_owned(),
    };
    EngineError::new(OPERATION, shown, ErrorKind::Refused, error).with_hint(
        "give unix:///path, tcp://host:port or http://host:port; forward the socket for the rest",
    )
}
