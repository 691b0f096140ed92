//! Pulls images from a registry and imports them from a tar.

use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::Stream;

use super::build::watched;
use super::deadline::next;
use super::error::{failed, strange, too_long};
use super::limits::KeptBudget;
use super::lines::read_lines;
use super::{Builder, DockerEngine};
use crate::engine::{
    BuildContext, EngineError, ErrorKind, ImageId, LayerState, PullEvent, PullSink, Result,
};

const PULL: &str = "pull image";
const ASK: &str = "ask the registry of";
const IMPORT: &str = "import image";

const HINT_PULL: &str =
    "check the name and the network; behind a mirror, name it under [bases] in the configuration";

type Message = std::result::Result<CreateImageInfo, bollard::errors::Error>;

impl DockerEngine {
    pub(super) async fn pull_image(&self, reference: &str, sink: &mut PullSink<'_>) -> Result<()> {
        let (name, tag) = split(reference);
        // Without a tag, the engine would pull the whole repository.
        let options = CreateImageOptionsBuilder::default()
            .from_image(name)
            .tag(tag.unwrap_or("latest"))
            .build();
        let (docker, meter) = self.reading(&self.patient);
        let messages = read_lines(docker.create_image(Some(options), None, None), meter);
        let pulled = self.drain(messages, PULL, reference, |message| sink(event(message)));
        pulled.await.map_err(|error| match error.kind {
            ErrorKind::NotFound | ErrorKind::Refused => error.with_hint(HINT_PULL),
            _ => error,
        })
    }

    /// The engine requests the manifest descriptor from the registry and stores nothing.
    pub(super) async fn ask_registry(&self, reference: &str) -> Result<String> {
        let answer = self.docker.inspect_registry_image(reference, None).await;
        let descriptor = answer.map_err(failed(ASK, reference))?.descriptor;
        descriptor
            .digest
            .ok_or_else(|| strange(ASK, reference, "the registry gave no digest"))
    }

    pub(super) async fn import_tar(
        &self,
        reference: &str,
        tar: BuildContext,
        changes: &[String],
    ) -> Result<ImageId> {
        let (name, tag) = split(reference);
        let options = CreateImageOptionsBuilder::default()
            .from_src("-")
            .repo(name)
            .tag(tag.unwrap_or("latest"))
            .changes(changes.to_vec())
            .build();
        let (body, slot) = watched(tar);
        let (docker, meter) = match self.builder {
            Builder::Buildah => self.with_single_changes(),
            Builder::BuildKit | Builder::Classic => self.reading(&self.patient),
        };
        let messages = read_lines(docker.create_image(Some(options), Some(body), None), meter);
        let mut id = None;
        let imported = self.drain(messages, IMPORT, reference, |message| {
            if let Some(status) = message
                .status
                .filter(|status| status.starts_with("sha256:"))
            {
                id = Some(status.trim().to_owned());
            }
        });
        let outcome = imported.await;
        if let Some(unread) = slot.take() {
            // The engine only reports that the stream broke off.
            return Err(EngineError::new(
                IMPORT,
                reference,
                ErrorKind::Refused,
                format!("the tar could not be read: {unread}"),
            ));
        }
        outcome?;
        match id {
            Some(id) => Ok(ImageId(id)),
            None => Err(strange(IMPORT, reference, "the engine gave no id")),
        }
    }

    /// Reads to the end, even after an error, because the engine continues until then.
    async fn drain(
        &self,
        messages: impl Stream<Item = Message>,
        operation: &'static str,
        reference: &str,
        mut hear: impl FnMut(CreateImageInfo),
    ) -> Result<()> {
        let mut messages = std::pin::pin!(messages);
        let mut budget = KeptBudget::new(self.limits);
        let mut failure = None;
        let silence = self.deadlines.silence;
        while let Some(message) = next(silence, operation, reference, &mut messages).await? {
            match message {
                // `bollard` returns an error without a message as a normal item.
                Ok(message) if message.error_detail.is_some() => {
                    failure.get_or_insert_with(|| {
                        EngineError::new(
                            operation,
                            reference,
                            ErrorKind::Refused,
                            "the engine gave no reason",
                        )
                    });
                }
                Ok(message) => {
                    let kept = budget.take(texts(&message));
                    kept.map_err(|limit| too_long(operation, reference, limit))?;
                    hear(message);
                }
                Err(error) => {
                    failure.get_or_insert_with(|| failed(operation, reference)(error));
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }
}

/// The length of the texts of a message.
fn texts(message: &CreateImageInfo) -> usize {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    // An event has the id twice.
    length(&message.status) + 2 * length(&message.id)
}

/// Converts a message to an event; a message about a layer has its short id.
fn event(message: CreateImageInfo) -> PullEvent {
    let status = message.status.unwrap_or_default();
    let state = match status.as_str() {
        "Pulling fs layer" => LayerState::Announced,
        "Waiting" => LayerState::Waiting,
        "Downloading" => LayerState::Downloading,
        "Verifying Checksum" | "Download complete" => LayerState::Downloaded,
        "Extracting" => LayerState::Extracting,
        "Pull complete" => LayerState::Complete,
        "Already exists" => LayerState::AlreadyExists,
        _ => LayerState::Other,
    };
    let progress = message
        .progress_detail
        .and_then(|detail| Some((detail.current?, detail.total.filter(|total| *total > 0)?)))
        .map(|(current, total)| format!(" {}%", current.saturating_mul(100) / total));
    // The first line has the tag in the field for the layer id.
    let layer = message.id.filter(|_| !status.starts_with("Pulling from"));
    let id = layer.as_ref().map(|id| format!("{id}: "));
    PullEvent {
        state,
        text: [id, Some(status), progress].into_iter().flatten().collect(),
        layer,
    }
}

/// Name and tag or digest of a reference. A port has a colon too, but a slash after it.
pub(super) fn split(reference: &str) -> (&str, Option<&str>) {
    if let Some((name, digest)) = reference.split_once('@') {
        return (name, Some(digest));
    }
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (reference, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_parsed_into_layer_and_state() {
        let message = |json| event(serde_json::from_str(json).unwrap());
        let seen = message(
            r#"{"status":"Downloading","progressDetail":{"current":5,"total":20},"id":"0ab1"}"#,
        );
        assert_eq!(seen.layer.as_deref(), Some("0ab1"));
        assert_eq!(seen.state, LayerState::Downloading);
        assert_eq!(seen.text, "0ab1: Downloading 25%");
        let seen = message(r#"{"status":"Already exists","progressDetail":{},"id":"0ab1"}"#);
        assert_eq!(seen.state, LayerState::AlreadyExists);
        let seen = message(r#"{"status":"Pulling from plimsoll/x","id":"latest"}"#);
        assert_eq!((seen.layer, seen.state), (None, LayerState::Other));
    }

    #[test]
    fn references_are_split_at_their_tag_or_digest() {
        assert_eq!(split("node"), ("node", None));
        assert_eq!(split("node:20"), ("node", Some("20")));
        assert_eq!(split("127.0.0.1:5000/x"), ("127.0.0.1:5000/x", None));
        assert_eq!(split("127.0.0.1:5000/x:1"), ("127.0.0.1:5000/x", Some("1")));
        assert_eq!(split("x:1@sha256:ab"), ("x:1", Some("sha256:ab")));
    }
}
