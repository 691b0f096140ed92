//! Tags images and pushes them to a registry.

use bollard::query_parameters::{PushImageOptionsBuilder, TagImageOptionsBuilder};

use super::deadline::next;
use super::error::{failed, too_long};
use super::limits::KeptBudget;
use super::lines::read_lines;
use super::transfer::split;
use super::{Builder, DockerEngine};
use crate::engine::{EngineError, ErrorKind, PushOutcome, Result};

const PUSH: &str = "push image";
const TAG: &str = "tag image";

impl DockerEngine {
    pub(super) async fn tag_image(&self, image: &str, reference: &str) -> Result<()> {
        let (name, tag) = split(reference);
        let options = TagImageOptionsBuilder::default()
            .repo(name)
            .tag(tag.unwrap_or("latest"))
            .build();
        self.docker
            .tag_image(image, Some(options))
            .await
            .map_err(failed(TAG, reference))
    }

    /// Reads to the end, even after an error, because the engine continues until then.
    pub(super) async fn push_image(
        &self,
        reference: &str,
        sink: &mut (dyn FnMut(&str) + Send),
    ) -> Result<PushOutcome> {
        let (name, tag) = split(reference);
        // Without a tag, the engine would push the whole repository.
        let options = PushImageOptionsBuilder::default()
            .tag(tag.unwrap_or("latest"))
            .build();
        let (docker, meter) = match self.builder {
            // Unlike Docker, Podman does not treat loopback addresses as insecure registries.
            Builder::Buildah => self.with_parameter("tlsVerify=false".to_owned()),
            Builder::BuildKit | Builder::Classic => self.reading(&self.patient),
        };
        let stream = docker.push_image(name, Some(options), None);
        let mut stream = std::pin::pin!(read_lines(stream, meter));
        let (mut failure, mut outcome) = (None, PushOutcome { digest: None });
        let silence = self.deadlines.silence;
        let mut budget = KeptBudget::new(self.limits);
        while let Some(message) = next(silence, PUSH, reference, &mut stream).await? {
            match message {
                // `bollard` returns an error without a message as a normal item.
                Ok(message) if message.error_detail.is_some() => {
                    let reason = "the engine gave no reason";
                    failure.get_or_insert_with(|| {
                        EngineError::new(PUSH, reference, ErrorKind::Refused, reason)
                    });
                }
                Ok(message) => {
                    let status = message.status.unwrap_or_default();
                    let kept = budget.take(status.len());
                    kept.map_err(|limit| too_long(PUSH, reference, limit))?;
                    sink(&status);
                    outcome.digest = digest(&status).or(outcome.digest);
                }
                Err(error) => {
                    failure.get_or_insert_with(|| failed(PUSH, reference)(error));
                }
            }
        }
        failure.map_or(Ok(outcome), Err)
    }
}

/// The last line of a push: `1: digest: sha256:... size: 528`.
fn digest(status: &str) -> Option<String> {
    let (_, rest) = status.split_once(": digest: ")?;
    Some(rest.split_once(" size: ")?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_in_the_last_line() {
        let line = "1: digest: sha256:ab12 size: 528";
        assert_eq!(digest(line).as_deref(), Some("sha256:ab12"));
        assert_eq!(digest("Layer already exists"), None);
    }
}
