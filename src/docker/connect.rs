//! Connects to an engine.

use bollard::models::SystemVersion;
use bollard::{BollardRequest, Docker};

use super::deadline::within;
use super::endpoint::{Endpoint, EndpointError};
use super::error::failed;
use super::limits::Meter;
use super::raw::Wire;
use super::transport::client;
use super::version::{ApiVersion, negotiate, prefixed};
use super::{AnswerLimits, Builder, Deadlines, DockerEngine, WORK_WITHIN, build, facts};
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
        let docker = client(&endpoint, Deadlines::USUAL.answer);
        let docker = docker.map_err(failed(OPERATION, &subject))?;
        let version = within(Deadlines::USUAL.answer, OPERATION, &subject, async {
            docker.version().await.map_err(failed(OPERATION, &subject))
        });
        let version = version.await?;
        let (api, api_range) = negotiate(OPERATION, &subject, &version)?;
        let limits = AnswerLimits::USUAL;
        let docker = limited(docker, api, limits);
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
            limits,
            backing: None,
        })
    }

    /// The same with deadlines.
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.docker = self.docker.with_timeout(deadlines.answer);
        self.wire = self.wire.within(deadlines.answer);
        Self { deadlines, ..self }
    }

    /// The same with limits of what the engine sends.
    pub fn with_limits(mut self, limits: AnswerLimits) -> Self {
        self.docker = limited(self.docker, self.api, limits);
        self.patient = limited(self.patient, self.api, limits);
        self.wire = self.wire.limited(limits);
        Self { limits, ..self }
    }

    /// A client for one call whose answer is a stream, and the meter that the reader of the stream
    /// must use. `change` changes the request before its version is set.
    pub(super) fn streaming(
        &self,
        docker: &Docker,
        change: impl Fn(BollardRequest) -> BollardRequest + Send + Sync + 'static,
    ) -> (Docker, Meter) {
        let api = self.api;
        let meter = Meter::of_messages(self.limits);
        let counting = meter.clone();
        let docker = docker.clone().with_request_modifier(move |request| {
            let mut request = prefixed(change(request), api);
            request.extensions_mut().insert(counting.clone());
            request
        });
        (docker, meter)
    }

    /// The same without changes.
    pub(super) fn reading(&self, docker: &Docker) -> (Docker, Meter) {
        self.streaming(docker, |request| request)
    }

    /// The same with the file system type of the engine's data, which the engine does not report
    /// if containerd stores the images.
    pub fn over(self, backing: Option<String>) -> Self {
        Self { backing, ..self }
    }
}

/// A client whose answers are read as a whole: each request has a meter of its own.
fn limited(docker: Docker, api: ApiVersion, limits: AnswerLimits) -> Docker {
    docker.with_request_modifier(move |request| {
        let mut request = prefixed(request, api);
        request.extensions_mut().insert(Meter::of_answer(limits));
        request
    })
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
