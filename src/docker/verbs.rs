//! Implements the engine operations; each is in its own file.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bollard::query_parameters::StartContainerOptions;

use super::container::seen;
use super::deadline::within;
use super::error::failed;
use super::{Builder, DockerEngine};
use crate::engine::{
    BuildContext, BuildFailure, BuildOutcome, BuildRequest, BuildSource, CacheRecord, ContainerId,
    ContainerSpec, ContainerState, Engine, ImageFacts, ImageId, OutputStream, Owned, PullSink,
    PushOutcome, RemovalOutcome, Result, StepSink, StopOutcome,
};
use crate::record::{EngineFacts, Reach};
use crate::units::{Bytes, Nanos};

impl Engine for DockerEngine {
    async fn facts(&self) -> Result<EngineFacts> {
        let call = self.describe();
        within(
            self.deadlines.answer,
            "describe engine",
            &self.endpoint.to_string(),
            call,
        )
        .await
    }

    async fn ping(&self) -> Result<()> {
        let subject = self.endpoint.to_string();
        within(self.deadlines.answer, "ping engine", &subject, async {
            let answer = self.docker.ping().await;
            answer.map(|_| ()).map_err(failed("ping engine", &subject))
        })
        .await
    }

    async fn image(&self, reference: &str) -> Result<Option<ImageFacts>> {
        let call = self.image_facts(reference);
        within(self.deadlines.answer, "inspect image", reference, call).await
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
        let call = self.tag_image(image, reference);
        within(self.deadlines.answer, "tag image", reference, call).await
    }

    async fn registry_digest(&self, reference: &str) -> Result<String> {
        let call = self.ask_registry(reference);
        within(
            self.deadlines.answer,
            "ask the registry of",
            reference,
            call,
        )
        .await
    }

    async fn export(&self, image: &str) -> Result<BuildContext> {
        self.export_image(image).await
    }

    async fn images_below(&self, diff_ids: &[String]) -> Result<Vec<(String, usize)>> {
        let call = self.named_images_below(diff_ids);
        within(self.deadlines.answer, "list images", "of the engine", call).await
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
        let call = self.create_container(spec);
        within(self.deadlines.answer, "create container", &spec.name, call).await
    }

    async fn create_network(&self, name: &str, labels: &BTreeMap<String, String>) -> Result<()> {
        let call = self.make_network(name, labels);
        within(self.deadlines.answer, "create network", name, call).await
    }

    async fn remove_network(&self, name: &str) -> Result<RemovalOutcome> {
        let call = self.drop_network(name);
        within(self.deadlines.answer, "remove network", name, call).await
    }

    async fn start(&self, id: &ContainerId) -> Result<()> {
        within(self.deadlines.answer, "start container", &id.0, async {
            let started = self
                .docker
                .start_container(&id.0, None::<StartContainerOptions>);
            started.await.map_err(failed("start container", &id.0))
        })
        .await
    }

    async fn address(&self, id: &ContainerId, port: u16, reach: Reach) -> Result<SocketAddr> {
        let call = self.container_address(id, port, reach);
        within(self.deadlines.answer, "find the address of", &id.0, call).await
    }

    async fn exited(&self, id: &ContainerId) -> Result<i64> {
        self.wait(id).await
    }

    async fn state(&self, id: &ContainerId) -> Result<ContainerState> {
        let operation = "inspect container";
        let call = self.container_state(operation, id);
        let state = within(self.deadlines.answer, operation, &id.0, call).await?;
        Ok(seen(&state))
    }

    async fn logs(&self, id: &ContainerId, lines: u32) -> Result<Vec<String>> {
        let call = self.tail(id, lines);
        within(self.deadlines.answer, "read logs of container", &id.0, call).await
    }

    fn prepares_on_output(&self) -> bool {
        self.builder == Builder::Buildah
    }

    async fn output(&self, id: &ContainerId) -> Result<OutputStream> {
        let operation = "read the output of container";
        within(self.deadlines.answer, operation, &id.0, self.attach(id)).await
    }

    async fn listening(&self, id: &ContainerId, port: u16, interval: Nanos) -> Result<()> {
        self.wait_listening(id, port, interval).await
    }

    async fn memory(&self, id: &ContainerId) -> Result<Bytes> {
        let call = self.anonymous_memory(id);
        within(
            self.deadlines.answer,
            "read memory of container",
            &id.0,
            call,
        )
        .await
    }

    async fn stop(&self, id: &ContainerId, grace: Nanos) -> Result<StopOutcome> {
        let limit = self.deadlines.answer.saturating_add(grace.into());
        within(
            limit,
            "stop container",
            &id.0,
            self.stop_and_time(id, grace),
        )
        .await
    }

    async fn remove_container(&self, id: &ContainerId) -> Result<()> {
        let call = self.remove(id);
        within(self.deadlines.answer, "remove container", &id.0, call).await
    }

    async fn remove_image(&self, reference: &str) -> Result<RemovalOutcome> {
        let call = self.remove_tag_or_id(reference);
        within(self.deadlines.answer, "remove image", reference, call).await
    }

    async fn owned(&self) -> Result<Vec<Owned>> {
        let call = self.list_owned();
        within(
            self.deadlines.answer,
            "list objects of",
            crate::engine::LABEL_OWNER_VALUE,
            call,
        )
        .await
    }

    async fn build_cache(&self) -> Result<Vec<CacheRecord>> {
        let call = self.cache_records();
        within(
            self.deadlines.answer,
            "list build cache of",
            &self.endpoint.to_string(),
            call,
        )
        .await
    }

    async fn prune_cache(&self, ids: &[String]) -> Result<Vec<String>> {
        let call = self.prune_records(ids);
        within(
            self.deadlines.prune,
            "prune build cache of",
            &self.endpoint.to_string(),
            call,
        )
        .await
    }
}
