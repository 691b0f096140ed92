//! Inspects, exports and removes images.

use std::collections::BTreeSet;

use bollard::errors::Error;
use bollard::models::{HealthConfig, ImageInspect};
use bollard::query_parameters::RemoveImageOptionsBuilder;

use futures_util::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::deadline::{silent, within};
use super::error::{failed, raw_failed, strange};
use super::lists::{ListedImage, bytes};
use super::owned::is_our_tag;
use super::raw::RawError;
use super::version::ApiVersion;
use super::{Builder, Deadlines, DockerEngine};
use crate::engine::{
    BuildContext, EngineError, ErrorKind, HealthCheck, ImageFacts, ImageId, RemovalOutcome, Result,
};
use crate::oci::ImageReference;
use crate::units::{Bytes, Nanos};

const INSPECT: &str = "inspect image";
const EXPORT: &str = "export image";
/// Buffered chunks of an export.
const CHUNKS: usize = 16;
const REMOVE: &str = "remove image";
/// The number of concurrent inspections.
const ASKED_AT_ONCE: usize = 8;
/// Docker's default values.
const START_INTERVAL_DEFAULT: Nanos = Nanos::from_secs(5);

impl DockerEngine {
    pub(super) async fn image_facts(&self, reference: &str) -> Result<Option<ImageFacts>> {
        let Some(image) = self.inspect(INSPECT, reference).await? else {
            return Ok(None);
        };
        let Some(id) = image.id.clone() else {
            return Err(strange(INSPECT, reference, "the engine gave no id"));
        };
        let history = match self.history(&id).await {
            Ok(history) => history,
            Err(RawError::Status { code: 404, .. }) => return Ok(None),
            Err(error) => return Err(raw_failed(INSPECT, reference)(error)),
        };
        let Some(listed) = self.listed_size(reference, &id).await? else {
            return Ok(None);
        };
        let config = image.config.unwrap_or_default();
        let platform = format!(
            "{}/{}",
            image.os.as_deref().unwrap_or("unknown"),
            image.architecture.as_deref().unwrap_or("unknown")
        );
        let check = config.healthcheck.as_ref();
        let health_check = check.and_then(|check| health_check(check, self.api));
        let health_command = check.filter(|_| health_check.is_some()).and_then(command);
        let ports = tcp_ports(config.exposed_ports.unwrap_or_default());
        let manifest_digest = self.manifest_of_platform(&id, &platform).await;
        let manifest_digest = manifest_digest.map_err(raw_failed(INSPECT, reference))?;
        Ok(Some(ImageFacts {
            manifest_digest,
            id: ImageId(id),
            repo_digests: image.repo_digests.unwrap_or_default(),
            listed,
            diff_ids: image
                .root_fs
                .and_then(|root| root.layers)
                .unwrap_or_default(),
            // The engine lists the newest first. The sizes are those of unpacked layers, also
            // with the containerd store, unlike in the image list.
            history: history
                .into_iter()
                .rev()
                .map(|entry| (bytes(entry.size), entry.created_by))
                .collect(),
            labels: config.labels.unwrap_or_default().into_iter().collect(),
            user: config.user.unwrap_or_default(),
            platform,
            health_check,
            health_command,
            ports,
            env: config.env.unwrap_or_default(),
        }))
    }

    /// Exports an image like `docker save`. Inspects it first, because the engine responds with
    /// 200 before it looks for the image.
    pub(super) async fn export_image(&self, reference: &str) -> Result<BuildContext> {
        let limit = self.deadlines.answer;
        let image = within(limit, EXPORT, reference, self.inspect(EXPORT, reference));
        if image.await?.is_none() {
            let kind = ErrorKind::NotFound;
            return Err(EngineError::new(EXPORT, reference, kind, "no such image"));
        }
        let docker = self.docker.clone().with_timeout(self.deadlines.silence);
        let (docker, meter) = self.reading(&docker);
        let reference = reference.to_owned();
        let Deadlines {
            silence, export, ..
        } = self.deadlines;
        let (sender, receiver) = tokio::sync::mpsc::channel(CHUNKS);
        tokio::spawn(async move {
            let ends = tokio::time::Instant::now() + export;
            let mut chunks = Box::pin(meter.items(docker.export_image(&reference)));
            loop {
                let until = ends.min(tokio::time::Instant::now() + silence);
                let chunk = match tokio::time::timeout_at(until, chunks.next()).await {
                    Ok(Some(chunk)) => chunk.map_err(std::io::Error::other),
                    Ok(None) => return,
                    Err(_) if until == ends => Err(std::io::Error::new(
                        std::io::ErrorKind::TimedOut,
                        format!("the export did not end within {export:?}"),
                    )),
                    Err(_) => Err(silent(silence)),
                };
                let is_last = chunk.is_err();
                // Fails if the stream was dropped.
                if sender.send(chunk).await.is_err() || is_last {
                    return;
                }
            }
        });
        Ok(Box::pin(ReceiverStream::new(receiver)))
    }

    /// Tagged images whose layers are the lowest of the given ones.
    pub(super) async fn named_images_below(
        &self,
        diff_ids: &[String],
    ) -> Result<Vec<(String, usize)>> {
        let listed = self.images(None).await;
        let listed = listed.map_err(raw_failed("list images", "of the engine"))?;
        let named = listed.into_iter().filter_map(|image| {
            let mut tags = image.repo_tags.unwrap_or_default();
            tags.retain(|tag| !tag.contains("<none>"));
            tags.sort();
            Some((tags.into_iter().next()?, image.id))
        });
        let asked = named.map(|(name, id)| async move {
            // An image that is removed meanwhile is skipped.
            let image = self.docker.inspect_image(&id).await.ok()?;
            let layers = image.root_fs?.layers?;
            let is_below = layers.len() < diff_ids.len() && diff_ids.starts_with(&layers);
            (is_below && !layers.is_empty()).then_some((name, layers.len()))
        });
        let below = futures_util::stream::iter(asked).buffer_unordered(ASKED_AT_ONCE);
        let mut below: Vec<_> = below.filter_map(|found| async { found }).collect().await;
        below.sort();
        Ok(below)
    }

    /// The size in the image list. With the containerd store, the inspected size differs,
    /// depending on the version.
    async fn listed_size(&self, reference: &str, id: &str) -> Result<Option<Bytes>> {
        // The filter accepts no ids, so an image is found by id only in the complete list.
        for asked in [Some(reference), None] {
            let images = self
                .images(asked)
                .await
                .map_err(raw_failed("list image", reference))?;
            if let Some(size) = size_of(&images, id) {
                return Ok(Some(size));
            }
        }
        // It was removed during the inspection.
        Ok(None)
    }

    pub(super) async fn inspect(
        &self,
        operation: &'static str,
        reference: &str,
    ) -> Result<Option<ImageInspect>> {
        match self.docker.inspect_image(reference).await {
            // Podman matches the end of names: `alpine:3.20` also matches
            // `example.com/alpine:3.20`.
            Ok(image) if self.builder == Builder::Buildah && !is_named(&image, reference) => {
                Ok(None)
            }
            Ok(image) => Ok(Some(image)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(failed(operation, reference)(error)),
        }
    }

    /// Removes a tag of plimsoll. For an id, removes plimsoll's tags and keeps the image if it
    /// has others, because the engine would also remove a user's only tag.
    pub(super) async fn remove_tag_or_id(&self, reference: &str) -> Result<RemovalOutcome> {
        if !is_id(reference) {
            return self.remove_one(reference).await;
        }
        let Some(image) = self.inspect(REMOVE, reference).await? else {
            return Ok(RemovalOutcome::Absent);
        };
        let tags = image.repo_tags.unwrap_or_default();
        if tags.is_empty() {
            return self.remove_one(reference).await;
        }
        let (ours, others): (Vec<_>, Vec<_>) = tags.iter().partition(|tag| is_our_tag(tag));
        for tag in ours {
            if self.remove_one(tag).await? == RemovalOutcome::InUse {
                return Ok(RemovalOutcome::InUse);
            }
        }
        Ok(if others.is_empty() {
            RemovalOutcome::Removed
        } else {
            RemovalOutcome::InUse
        })
    }

    async fn remove_one(&self, reference: &str) -> Result<RemovalOutcome> {
        // Without `noprune` the engine also removes untagged parents, and those of the classic
        // builder may belong to the user. BuildKit's images have none.
        let options = RemoveImageOptionsBuilder::default()
            .force(false)
            .noprune(true)
            .build();
        match self
            .docker
            .remove_image(reference, Some(options), None)
            .await
        {
            Ok(_) => Ok(RemovalOutcome::Removed),
            Err(error) if is_absent(&error) => Ok(RemovalOutcome::Absent),
            Err(Error::DockerResponseServerError {
                status_code: 409, ..
            }) => Ok(RemovalOutcome::InUse),
            Err(error) => Err(failed(REMOVE, reference)(error)),
        }
    }
}

pub(super) fn is_absent(error: &Error) -> bool {
    matches!(
        error,
        Error::DockerResponseServerError {
            status_code: 404,
            ..
        }
    )
}

/// Whether an image has this name, or was requested by id or digest.
fn is_named(image: &ImageInspect, reference: &str) -> bool {
    let full = |name: &str| {
        let name = name.strip_prefix("localhost/").unwrap_or(name);
        name.parse::<ImageReference>().map(|it| it.canonical())
    };
    if is_id(reference) || reference.contains('@') {
        return true;
    }
    let Ok(wanted) = full(reference) else {
        return true;
    };
    let mut tags = image.repo_tags.iter().flatten();
    tags.any(|tag| full(tag).is_ok_and(|tag| tag == wanted))
}

/// The intervals of the health check. `NONE` disables the check of the base. The start interval
/// applies from API 1.44 on, and only with a start period.
fn health_check(check: &HealthConfig, api: ApiVersion) -> Option<HealthCheck> {
    let word = check.test.as_ref()?.first()?;
    let span = |nanos: Option<i64>| {
        let nanos = u64::try_from(nanos.unwrap_or(0)).unwrap_or(0);
        (nanos > 0).then_some(Nanos(nanos))
    };
    let starts = span(check.start_period).is_some() && api >= ApiVersion::new(1, 44);
    let start_interval = span(check.start_interval).unwrap_or(START_INTERVAL_DEFAULT);
    (word != "NONE").then_some(HealthCheck {
        interval: span(check.interval).unwrap_or(HealthCheck::DEFAULT_INTERVAL),
        start_interval: starts.then_some(start_interval),
    })
}

/// Its words without the one that says how they are run.
fn command(check: &HealthConfig) -> Option<String> {
    let (_, words) = check.test.as_ref()?.split_first()?;
    Some(words.join(" "))
}

/// The keys are `80/tcp` or `80`.
fn tcp_ports(exposed: impl IntoIterator<Item = String>) -> Vec<u16> {
    let ports = exposed.into_iter().filter_map(|key| {
        let (port, protocol) = key.split_once('/').unwrap_or((&key, "tcp"));
        port.parse().ok().filter(|_| protocol == "tcp")
    });
    let ports: BTreeSet<u16> = ports.collect();
    ports.into_iter().collect()
}

fn is_id(reference: &str) -> bool {
    reference
        .strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn size_of(images: &[ListedImage], id: &str) -> Option<Bytes> {
    images
        .iter()
        .find(|image| image.id == id)
        .map(|image| bytes(image.size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_the_command_of_the_check_are_those_of_the_config() {
        let exposed = ["9000/tcp", "53/udp", "80", "x/tcp"];
        assert_eq!(tcp_ports(exposed.map(str::to_owned)), [80, 9000]);
        let check = HealthConfig {
            test: Some(vec![
                "CMD-SHELL".to_owned(),
                "curl -f x || exit 1".to_owned(),
            ]),
            ..HealthConfig::default()
        };
        assert_eq!(command(&check).as_deref(), Some("curl -f x || exit 1"));
    }

    #[test]
    fn a_health_check_runs_as_often_as_the_engine_says() {
        let check = |test: &[&str], interval, start_period, api| {
            let config = HealthConfig {
                test: Some(test.iter().map(|word| (*word).to_owned()).collect()),
                interval,
                start_period,
                ..HealthConfig::default()
            };
            health_check(&config, api)
        };
        let (old, new) = (ApiVersion::new(1, 41), ApiVersion::new(1, 44));
        let plain = check(&["CMD", "true"], None, Some(9), old).unwrap();
        assert_eq!(plain.interval, Nanos::from_secs(30));
        assert_eq!(plain.start_interval, None);
        let quick = check(&["CMD", "true"], Some(1_000_000), Some(9), new).unwrap();
        assert_eq!(quick.interval, Nanos::from_millis(1));
        assert_eq!(quick.start_interval, Some(START_INTERVAL_DEFAULT));
        assert_eq!(check(&["NONE"], None, None, new), None);
        assert_eq!(check(&[], None, None, new), None);
    }
}
