//! The engine's verbs, each handed to the file that knows it.

use std::net::SocketAddr;

use bollard::query_parameters::StartContainerOptions;

use super::DockerEngine;
use super::container::seen;
use super::error::failed;
use crate::engine::{
    BuildContext, BuildFailure, BuildOutcome, BuildRequest, BuildSource, CacheRecord, ContainerId,
    ContainerSpec, ContainerState, Engine, ImageFacts, ImageId, Owned, PullSink, PushOutcome,
    RemovalOutcome, Result, StepSink, StopOutcome,
};
use crate::record::{EngineFacts, Reach};
use crate::units::{Bytes, Nanos};

impl Engine for DockerEngine {
    async fn facts(&self) -> Result<EngineFacts> {
        self.describe().await
    }

    async fn ping(&self) -> Result<()> {
        let answer = self.docker.ping().await;
        answer
            .map(|_| ())
            .map_err(failed("ping engine", self.endpoint.to_string()))
    }

    async fn image(&self, reference: &str) -> Result<Option<ImageFacts>> {
        self.image_facts(reference).await
    }

    async fn pull(&self, reference: &str, sink: &mut PullSink<'_>) -> Result<()> {
        self.pull_image(reference, sink).await
    }

    async fn push(
        &self,
        reference: &str,
        sink: &mut (dyn FnMut(&str) + Send),
    ) -> Result<PushOutcome> {
        self.push_image(reference, sink).await
    }

    async fn tag(&self, image: &str, reference: &str) -> Result<()> {
        self.tag_image(image, reference).await
    }

    async fn registry_digest(&self, reference: &str) -> Result<String> {
        self.ask_registry(reference).await
    }

    async fn export(&self, image: &str) -> Result<BuildContext> {
        self.export_image(image).await
    }

    async fn import(
        &self,
        reference: &str,
        tar: BuildContext,
        changes: &[String],
    ) -> Result<ImageId> {
        self.import_tar(reference, tar, changes).await
    }

    async fn build(
        &self,
        request: &BuildRequest,
        source: BuildSource,
        sink: &mut StepSink<'_>,
    ) -> std::result::Result<BuildOutcome, BuildFailure> {
        self.build_image(request, &source, sink).await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId> {
        self.create_container(spec).await
    }

    async fn start(&self, id: &ContainerId) -> Result<()> {
        self.docker
            .start_container(&id.0, None::<StartContainerOptions>)
            .await
            .map_err(failed("start container", &id.0))
    }

    async fn address(&self, id: &ContainerId, port: u16, reach: Reach) -> Result<SocketAddr> {
        self.container_address(id, port, reach).await
    }

    async fn exited(&self, id: &ContainerId) -> Result<i64> {
        self.wait(id).await
    }

    async fn state(&self, id: &ContainerId) -> Result<ContainerState> {
        let state = self.container_state("inspect container", id).await?;
        Ok(seen(&state))
    }

    async fn logs(&self, id: &ContainerId, lines: u32) -> Result<Vec<String>> {
        self.tail(id, lines).await
    }

    async fn memory(&self, id: &ContainerId) -> Result<Bytes> {
        self.anonymous_memory(id).await
    }

    async fn stop(&self, id: &ContainerId, grace: Nanos) -> Result<StopOutcome> {
        self.stop_and_time(id, grace).await
    }

    async fn remove_container(&self, id: &ContainerId) -> Result<()> {
        self.remove(id).await
    }

    async fn remove_image(&self, reference: &str) -> Result<RemovalOutcome> {
        self.remove_tag_or_id(reference).await
    }

    async fn owned(&self) -> Result<Vec<Owned>> {
        self.list_owned().await
    }

    async fn build_cache(&self) -> Result<Vec<CacheRecord>> {
        self.cache_records().await
    }

    async fn prune_cache(&self, ids: &[String]) -> Result<Vec<String>> {
        self.prune_records(ids).await
    }
}
