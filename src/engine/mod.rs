//! The interfaces of a measurement: the operations of a container engine, the clock, the
//! readiness probe and the registry.
//!
//! No types of a specific engine appear here. Adapters (`docker`, `host`, `probe`)
//! implement these traits; the pipeline tests implement them with a fake engine
//! and a fake clock.

mod clock;
mod error;
mod load;
mod probe;
mod registry;
mod sockets;
mod source;
mod types;

use std::collections::BTreeMap;
use std::future::Future;

pub use clock::{Clock, Mark};
pub use error::{EngineError, ErrorKind};
pub use load::{LoadOutcome, LoadSpec};
pub use probe::{Probe, ProbeCheck, ProbeFailure, ProbeSpec, Ready};
pub use registry::{
    REPOSITORIES, Registry, RegistryEndpoint, TAG_BASE, Traffic, run_of_tag, run_repository,
};
pub use sockets::Sockets;
pub use source::{BuildSource, SourceEntry, SourceFiles, SourceKind, SourceTree};
pub use types::{
    Attachment, BuildContext, BuildFailure, BuildOutcome, BuildRequest, BuildStep, CacheRecord,
    ContainerId, ContainerSpec, ContainerState, Health, HealthCheck, ImageFacts, ImageId,
    LABEL_OWNER, LABEL_OWNER_VALUE, LABEL_RECIPE, LABEL_RUN, LABEL_STANDS_IN_FOR, LayerState,
    OutputChunk, OutputPipe, OutputStream, Owned, OwnedKind, PullEvent, PullSink, PushOutcome,
    RemovalOutcome, Secret, Sent, StepSink, StopOutcome, StopTime,
};

use crate::record::{EngineFacts, Reach};
use crate::units::{Bytes, Nanos};

/// The result of an engine operation.
pub type Result<T> = std::result::Result<T, EngineError>;

/// A container engine.
///
/// Every future can be dropped at any time: the operation ends as far as the engine allows, and
/// everything that remains has plimsoll's label.
pub trait Engine: Send + Sync + 'static {
    /// Facts about the engine.
    fn facts(&self) -> impl Future<Output = Result<EngineFacts>> + Send;

    /// Sends a request without an effect, to measure the round trip.
    fn ping(&self) -> impl Future<Output = Result<()>> + Send;

    /// Finds an image by reference or id; `None` if it does not exist.
    fn image(&self, reference: &str) -> impl Future<Output = Result<Option<ImageFacts>>> + Send;

    /// Pulls an image. `sink` receives the progress.
    fn pull(
        &self,
        reference: &str,
        sink: &mut PullSink<'_>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Pushes the image of a tag to the registry in the tag. `sink` receives the progress.
    fn push(
        &self,
        reference: &str,
        sink: &mut (dyn FnMut(&str) + Send),
    ) -> impl Future<Output = Result<PushOutcome>> + Send;

    /// Adds a tag to an image.
    fn tag(&self, image: &str, reference: &str) -> impl Future<Output = Result<()>> + Send;

    /// Requests the digest of an image from its registry, without a pull. `Unreachable` refers to
    /// the engine; if the registry does not answer or lacks the image, the error is `Refused` or
    /// `NotFound`.
    fn registry_digest(&self, reference: &str) -> impl Future<Output = Result<String>> + Send;

    /// Creates an image with one layer from a tar stream of a root file system.
    /// `changes` are Dockerfile instructions (`CMD`, `ENV`, `LABEL`).
    fn import(
        &self,
        reference: &str,
        tar: BuildContext,
        changes: &[String],
    ) -> impl Future<Output = Result<ImageId>> + Send;

    /// An image with its layers and config as a tar stream, in the form of `docker save`.
    fn export(&self, image: &str) -> impl Future<Output = Result<BuildContext>> + Send;

    /// Tagged images whose layers are the lowest of the given ones, but not all of them: name and
    /// number of layers. Empty if the engine cannot report it.
    fn images_below(
        &self,
        diff_ids: &[String],
    ) -> impl Future<Output = Result<Vec<(String, usize)>>> + Send {
        let _ = diff_ids;
        async { Ok(Vec::new()) }
    }

    /// Builds an image and loads it into the image store. Returns when the image is stored.
    fn build(
        &self,
        request: &BuildRequest,
        source: BuildSource,
        sink: &mut StepSink<'_>,
    ) -> impl Future<Output = std::result::Result<BuildOutcome, BuildFailure>> + Send;

    /// Creates a container without starting it.
    fn create(&self, spec: &ContainerSpec) -> impl Future<Output = Result<ContainerId>> + Send;

    /// Creates a private network in which containers reach each other by name.
    fn create_network(
        &self,
        name: &str,
        labels: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Removes a network by name or id. A network with containers is kept.
    fn remove_network(&self, name: &str) -> impl Future<Output = Result<RemovalOutcome>> + Send;

    /// Starts a container.
    fn start(&self, id: &ContainerId) -> impl Future<Output = Result<()>> + Send;

    /// The address at which the port of a started container answers.
    fn address(
        &self,
        id: &ContainerId,
        port: u16,
        reach: Reach,
    ) -> impl Future<Output = Result<std::net::SocketAddr>> + Send;

    /// Resolves once the container has exited, with its exit code.
    fn exited(&self, id: &ContainerId) -> impl Future<Output = Result<i64>> + Send;

    /// The state that the engine reports.
    fn state(&self, id: &ContainerId) -> impl Future<Output = Result<ContainerState>> + Send;

    /// The last lines of its output.
    fn logs(
        &self,
        id: &ContainerId,
        lines: u32,
    ) -> impl Future<Output = Result<Vec<String>>> + Send;

    /// Streams the output of a container from now on, over a separate connection. If called
    /// before the start, it is complete. Works with any log driver.
    fn output(&self, id: &ContainerId) -> impl Future<Output = Result<OutputStream>> + Send;

    /// Whether [`output`](Self::output) does a part of the start: it prepares the container.
    fn prepares_on_output(&self) -> bool {
        false
    }

    /// Resolves once a process in a started container's network listens on a TCP port at an
    /// address that others reach, by the kernel's table of sockets; looked up every `interval`.
    ///
    /// # Errors
    /// The table cannot be read from here: the engine's processes are not visible.
    fn listening(
        &self,
        id: &ContainerId,
        port: u16,
        interval: Nanos,
    ) -> impl Future<Output = Result<()>> + Send;

    /// The anonymous resident memory of all its processes.
    fn memory(&self, id: &ContainerId) -> impl Future<Output = Result<Bytes>> + Send;

    /// Sends the stop signal, waits for the exit, kills after `grace`.
    fn stop(
        &self,
        id: &ContainerId,
        grace: Nanos,
    ) -> impl Future<Output = Result<StopOutcome>> + Send;

    /// Removes a container with its anonymous volumes, running or not. A missing container is not
    /// an error.
    fn remove_container(&self, id: &ContainerId) -> impl Future<Output = Result<()>> + Send;

    /// Removes a tag, and the image with its last tag. A missing tag is not an error.
    fn remove_image(&self, reference: &str) -> impl Future<Output = Result<RemovalOutcome>> + Send;

    /// Everything with plimsoll's owner label.
    fn owned(&self) -> impl Future<Output = Result<Vec<Owned>>> + Send;

    /// The cache records of the builder.
    fn build_cache(&self) -> impl Future<Output = Result<Vec<CacheRecord>>> + Send;

    /// Removes exactly these cache records; returns the removed ones.
    fn prune_cache(&self, ids: &[String]) -> impl Future<Output = Result<Vec<String>>> + Send;
}
