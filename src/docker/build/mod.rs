//! Builds images. BuildKit reports its steps in a status stream ([`trace`]), the classic builder
//! and Podman as text ([`transcript`]); both give one outcome.

mod failure;
mod hiding;
mod native;
mod request;
mod session;
mod source;
mod ssh;
mod sync;
mod tail;
mod trace;
mod transcript;

use std::pin::pin;

use bollard::body_full;
use bollard::errors::Error;
use bollard::models::{BuildInfo, BuildInfoAux};
use bytes::Bytes;
use futures_util::StreamExt;

pub(super) use native::serves_sessions;
pub(super) use source::watched;

use self::failure::{Failing, classify};
use self::hiding::hide;
use self::request::{for_buildkit, options, session_id};
use self::session::Session;
use self::source::{Body, ErrorSlot};
use self::sync::Synced;
use self::trace::Trace;
use self::transcript::Transcript;
use super::error::{failed, raw_failed, strange, too_long};
use super::limits::KeptBudget;
use super::lines::read_lines;
use super::{Builder, DockerEngine};
use crate::engine::{
    BuildFailure, BuildOutcome, BuildRequest, BuildSource, BuildStep, ImageId, Sent, SourceKind,
    StepSink,
};

const BUILD: &str = "build image";
const SESSION: &str = "open the session of the build of";

type Result<T> = std::result::Result<T, BuildFailure>;

impl DockerEngine {
    pub(in crate::docker) async fn build_image(
        &self,
        request: &BuildRequest,
        source: &BuildSource,
        sink: &mut StepSink<'_>,
    ) -> Result<BuildOutcome> {
        let id = session_id();
        let slot = ErrorSlot::default();
        let synced = Synced::new(source, &request.dockerfile, slot.clone());
        // This future serves the session, so the session ends with it.
        let session = self.open_session(request, source, &id, &synced).await?;
        let input = match session {
            Some(_) => Input::Session(synced, slot),
            None => {
                let (body, slot) =
                    watched(source.files.tar(&request.dockerfile, &source.dockerfile));
                Input::Tar(body, slot)
            }
        };
        let session = async {
            if let Some(session) = session {
                session.serve().await;
            }
            std::future::pending().await
        };
        let built = tokio::select! {
            built = self.build_from(request, &id, input, source, sink) => built,
            never = session => never,
        };
        built.map_err(|failure| hide(failure, request.secrets.values()))
    }

    /// Opens the session if the builder supports it. A builder that refuses it gets a tar;
    /// secrets require a session.
    async fn open_session(
        &self,
        request: &BuildRequest,
        source: &BuildSource,
        id: &str,
        synced: &Synced,
    ) -> Result<Option<Session>> {
        let wanted = !request.secrets.is_empty() || !request.ssh.is_empty();
        if self.builder != Builder::BuildKit {
            let message = format!(
                "the {} builder takes neither secrets nor SSH agents",
                self.builder.word()
            );
            return match wanted {
                true => Err(BuildFailure::Refused { message }),
                false => Ok(None),
            };
        }
        let key = &source.sync_key;
        match Session::open(&self.wire, id, request, key, synced.clone()).await {
            Ok(session) => Ok(Some(session)),
            Err(error) if wanted || !error.is_refusal() => {
                Err(raw_failed(SESSION, &request.tag)(error).into())
            }
            Err(_) => Ok(None),
        }
    }

    async fn build_from(
        &self,
        request: &BuildRequest,
        session: &str,
        input: Input,
        source: &BuildSource,
        sink: &mut StepSink<'_>,
    ) -> Result<BuildOutcome> {
        let (docker, meter) = match self.builder {
            Builder::BuildKit => self.streaming(&self.patient, for_buildkit),
            Builder::Buildah => self.with_layer_labels(&request.labels),
            Builder::Classic => self.reading(&self.patient),
        };
        let (body, synced, slot) = match input {
            // `bollard` always requires a body.
            Input::Session(synced, slot) => (body_full(Bytes::new()), Some(synced), slot),
            Input::Tar(body, slot) => (body, None, slot),
        };
        let options = options(request, self.builder, session, synced.is_some());
        let messages = docker.build_image(options, None, Some(body));
        let mut messages = pin!(read_lines(messages, meter));
        let mut progress = Progress::default();
        let mut budget = KeptBudget::new(self.limits);
        let mut broken = None;
        while let Some(message) = messages.next().await {
            match message {
                Ok(info) => {
                    let grown = progress.take(info, sink);
                    if grown > 0 {
                        let kept = budget.take(grown);
                        kept.map_err(|limit| too_long(BUILD, &request.tag, limit))?;
                    }
                }
                Err(Error::DockerStreamError { error }) => progress.refusal = Some(error),
                Err(error) => broken = Some(error),
            }
        }
        if broken.is_none() && progress.refusal.is_none() {
            let sent = match synced {
                Some(synced) => synced.sent(),
                None => whole(source),
            };
            return self.outcome(request, progress, sent).await;
        }
        Err(unbuilt(request, progress, broken, &slot))
    }

    async fn outcome(
        &self,
        request: &BuildRequest,
        progress: Progress,
        sent: Sent,
    ) -> Result<BuildOutcome> {
        let image = match &progress.image {
            Some(id) => id.clone(),
            None => self
                .inspect(BUILD, &request.tag)
                .await?
                .and_then(|image| image.id)
                .ok_or_else(|| strange(BUILD, &request.tag, "the build ended without an image"))?,
        };
        // Some engines silently use another builder for a BuildKit request; then the trace is
        // missing.
        let builder = match self.builder {
            Builder::BuildKit if !progress.trace.heard() => Builder::Buildah,
            builder => builder,
        };
        Ok(BuildOutcome {
            image: ImageId(image),
            steps: progress.steps(),
            builder: builder.word().to_owned(),
            sent,
        })
    }
}

/// How the context is sent to the builder, and where a read error is stored.
enum Input {
    /// Through the session, on request of the builder.
    Session(Synced, ErrorSlot),
    /// As the body of the request.
    Tar(Body, ErrorSlot),
}

/// The sent amount of a tar: the whole context.
fn whole(source: &BuildSource) -> Sent {
    let mut sent = Sent::default();
    for entry in source.files.entries() {
        if let SourceKind::File(size) = entry.kind {
            sent.bytes.0 += size.0;
            sent.files.0 += 1;
        }
    }
    sent
}

/// Everything that the builder reported.
#[derive(Default)]
struct Progress {
    trace: Trace,
    transcript: Transcript,
    image: Option<String>,
    refusal: Option<String>,
}

impl Progress {
    /// Returns by how many bytes the steps grew.
    fn take(&mut self, info: BuildInfo, sink: &mut StepSink<'_>) -> usize {
        let mut grown = 0;
        if info.error_detail.is_some() {
            // `bollard` returns an error without a message as a normal item.
            self.refusal
                .get_or_insert_with(|| "the builder gave no reason".to_owned());
        }
        match info.aux {
            Some(BuildInfoAux::BuildKit(status)) => grown += self.trace.take(status, sink),
            // The classic builder reports an id per step; the last one is that of the image.
            Some(BuildInfoAux::Default(image)) => self.image = image.id.or(self.image.take()),
            None => {}
        }
        if let Some(text) = info.stream {
            grown += self.transcript.take(&text, sink);
        }
        grown
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

fn unbuilt(
    request: &BuildRequest,
    progress: Progress,
    broken: Option<Error>,
    slot: &ErrorSlot,
) -> BuildFailure {
    // The builder and the connection only report that the stream broke off.
    if let Some(unread) = slot.take() {
        return BuildFailure::Context(unread);
    }
    match (&progress.refusal, broken) {
        (Some(message), _) => classify(message.clone(), progress.failing()),
        (None, Some(Error::DockerResponseServerError { message, .. })) => {
            BuildFailure::Refused { message }
        }
        (None, Some(error)) => failed(BUILD, &request.tag)(error).into(),
        (None, None) => strange(BUILD, &request.tag, "the build failed without a word").into(),
    }
}

#[cfg(test)]
mod tests {
    use bollard::moby::buildkit::v1::{StatusResponse, Vertex};

    use super::*;

    #[test]
    fn the_step_to_blame_is_the_one_whose_words_the_failure_has() {
        let step = |name: &str, error: &str| Vertex {
            digest: name.to_owned(),
            name: name.to_owned(),
            error: error.to_owned(),
            ..Vertex::default()
        };
        let mut progress = Progress::default();
        let status = StatusResponse {
            vertexes: vec![
                step("[a 1/1] RUN a", "a: exit code: 1"),
                step("[b 1/1] RUN b", "b: exit code: 2"),
            ],
            ..StatusResponse::default()
        };
        progress.trace.take(status, &mut |_| {});
        progress.refusal = Some("failed to solve: b: exit code: 2".to_owned());
        let request = BuildRequest {
            tag: "x:1".to_owned(),
            dockerfile: "Dockerfile".to_owned(),
            target: None,
            build_args: Default::default(),
            labels: Default::default(),
            no_cache: false,
            secrets: Default::default(),
            ssh: Default::default(),
            platform: None,
        };
        match unbuilt(&request, progress, None, &ErrorSlot::default()) {
            BuildFailure::Step {
                step, exit_code, ..
            } => {
                assert_eq!((step.as_str(), exit_code), ("[b 1/1] RUN b", Some(2)));
            }
            other => panic!("{other:?}"),
        }
    }
}
