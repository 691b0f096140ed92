//! Builds. BuildKit tells its steps in a status stream ([`trace`]), the classic
//! builder and Podman's in text ([`transcript`]); both end in one outcome.

mod failure;
mod messages;
mod source;
mod tail;
mod trace;
mod transcript;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bollard::errors::Error;
use bollard::models::{BuildInfo, BuildInfoAux};
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder, BuilderVersion};

pub(super) use source::watched;

use self::failure::{Failing, classify};
use self::trace::Trace;
use self::transcript::Transcript;
use super::error::{failed, strange};
use super::{Builder, DockerEngine};
use crate::engine::{
    BuildContext, BuildFailure, BuildOutcome, BuildRequest, BuildStep, EngineError, ErrorKind,
    ImageId, StepSink,
};

const BUILD: &str = "build image";

type Result<T> = std::result::Result<T, BuildFailure>;

impl DockerEngine {
    pub(in crate::docker) async fn build_image(
        &self,
        request: &BuildRequest,
        context: BuildContext,
        sink: &mut StepSink<'_>,
    ) -> Result<BuildOutcome> {
        let (body, slot) = watched(context);
        let options = options(request, self.builder);
        let mut messages = messages::of(self.patient.clone(), options, body)
            .map_err(|error| unheard(request, error))?;
        let mut told = Told::default();
        let mut broken = None;
        while let Some(message) = messages.recv().await {
            match message {
                Ok(info) => told.take(info, sink),
                Err(Error::DockerStreamError { error }) => told.refusal = Some(error),
                // Nothing comes after these; the session would keep the stream open.
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        if broken.is_some() || told.refusal.is_some() {
            // The builder and the connection only know that the stream broke off.
            if let Some(unread) = slot.take() {
                return Err(BuildFailure::Context(unread));
            }
        }
        match (broken, told.refusal.take()) {
            (_, Some(message)) => Err(classify(message, told.failing())),
            (Some(Error::DockerResponseServerError { message, .. }), None) => {
                Err(BuildFailure::Refused { message })
            }
            (Some(error), None) => Err(failed(BUILD, &request.tag)(error).into()),
            (None, None) => self.outcome(request, told).await,
        }
    }

    async fn outcome(&self, request: &BuildRequest, told: Told) -> Result<BuildOutcome> {
        let image = match &told.image {
            Some(id) => id.clone(),
            None => self
                .inspect(BUILD, &request.tag)
                .await?
                .and_then(|image| image.id)
                .ok_or_else(|| strange(BUILD, &request.tag, "the build ended without an image"))?,
        };
        // Asked for BuildKit, some engines build with another builder and say
        // nothing of it; what they leave out is the trace.
        let builder = match self.builder {
            Builder::BuildKit if !told.trace.heard() => Builder::Buildah,
            builder => builder,
        };
        Ok(BuildOutcome {
            image: ImageId(image),
            steps: told.steps(),
            builder: builder.word().to_owned(),
        })
    }
}

/// All that the builder told.
#[derive(Default)]
struct Told {
    trace: Trace,
    transcript: Transcript,
    image: Option<String>,
    refusal: Option<String>,
}

impl Told {
    fn take(&mut self, info: BuildInfo, sink: &mut StepSink<'_>) {
        if info.error_detail.is_some() {
            // `bollard` passes an error without words on as a message.
            self.refusal
                .get_or_insert_with(|| "the builder gave no reason".to_owned());
        }
        match info.aux {
            Some(BuildInfoAux::BuildKit(status)) => self.trace.take(status, sink),
            // The classic builder tells an id per step; the last is the image's.
            Some(BuildInfoAux::Default(image)) => self.image = image.id.or(self.image.take()),
            None => {}
        }
        if let Some(text) = info.stream {
            self.transcript.take(&text, sink);
        }
    }

    fn failing(&self) -> Option<Failing> {
        let message = self.refusal.as_deref().unwrap_or_default();
        self.trace
            .failing(message)
            .or_else(|| self.transcript.failing())
    }

    fn steps(&self) -> Vec<BuildStep> {
        if self.trace.heard() {
            self.trace.steps()
        } else {
            self.transcript.steps()
        }
    }
}

fn options(request: &BuildRequest, builder: Builder) -> BuildImageOptions {
    let labels: HashMap<_, _> = request.labels.clone().into_iter().collect();
    let arguments: HashMap<_, _> = request.build_args.clone().into_iter().collect();
    let mut options = BuildImageOptionsBuilder::default()
        .t(&request.tag)
        .dockerfile(&request.dockerfile)
        .nocache(request.no_cache)
        .labels(&labels)
        .buildargs(&arguments);
    if let Some(target) = &request.target {
        options = options.target(target);
    }
    if let Some(platform) = &request.platform {
        options = options.platform(platform);
    }
    match builder {
        Builder::BuildKit => options
            .version(BuilderVersion::BuilderBuildKit)
            .session(&session_id())
            .build(),
        Builder::Classic | Builder::Buildah => options
            .version(BuilderVersion::BuilderV1)
            .rm(true)
            .forcerm(true)
            .build(),
    }
}

/// The engine finds a build's session by this, whoever else builds on it.
fn session_id() -> String {
    static BUILDS: AtomicU64 = AtomicU64::new(0);
    let build = BUILDS.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("plimsoll-{}-{}-{build}", std::process::id(), now.as_nanos())
}

fn unheard(request: &BuildRequest, error: std::io::Error) -> BuildFailure {
    EngineError::new(BUILD, &request.tag, ErrorKind::Refused, error)
        .with_hint("this machine is out of threads or memory")
        .into()
}
