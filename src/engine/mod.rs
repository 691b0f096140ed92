//! The dozen verbs that the runner needs of a container engine, and the other
//! seams of a measurement: the clock and the readiness probe.
//!
//! No engine's own types appear here. Adapters (`docker`, `host`, `probe`)
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
pub use source::{BuildSource, Sent, SourceEntry, SourceFiles, SourceKind, SourceTree};
pub use types::{
    Attachment, BuildContext, BuildFailure, BuildOutcome, BuildRequest, BuildStep, CacheRecord,
    ContainerId, ContainerSpec, ContainerState, Health, HealthCheck, ImageFacts, ImageId,
    LABEL_OWNER, LABEL_OWNER_VALUE, LABEL_RECIPE, LABEL_RUN, LABEL_STANDS_IN_FOR, LayerState,
    OutputChunk, OutputPipe, OutputStream, Owned, OwnedKind, PullEvent, PullSink, PushOutcome,
    RemovalOutcome, Secret, StepSink, StopOutcome, StopTime,
};

use crate::record::{EngineFacts, Reach};
use crate::units::{Bytes, Nanos};

/// The result of an engine verb.
pub type Result<T> = std::result::Result<T, EngineError>;

/// A container engine.
///
/// Every future can be dropped at any time: the engine's work ends with it as
/// far as the engine allows, and nothing of it is left that carries no label.
pub trait Engine: Send + Sync + 'static {
    /// Facts about the engine.
    fn facts(&self) -> impl Future<Output = Result<EngineFacts>> + Send;

    /// One round trip that does nothing.
    fn ping(&self) -> impl Future<Output = Result<()>> + Send;

    /// The image of a reference or an id; `None` where the engine has none.
    fn image(&self, reference: &str) -> impl Future<Output = Result<Option<ImageFacts>>> + Send;

    /// Pulls an image. `sink` hears the progress, as it comes in.
    fn pull(
        &self,
        reference: &str,
        sink: &mut PullSink<'_>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Pushes the image of a tag to the registry that the tag names. `sink` hears the progress.
    fn push(
        &self,
        reference: &str,
        sink: &mut (dyn FnMut(&str) + Send),
    ) -> impl Future<Output = Result<PushOutcome>> + Send;

    /// Gives an image a further name.
    fn tag(&self, image: &str, reference: &str) -> impl Future<Output = Result<()>> + Send;

    /// The digest by which a registry knows an image, asked of the registry and
    /// without pulling anything. `Unreachable` is the engine; a registry that does not
    /// answer, or has no such image, is `Refused` or `NotFound`.
    fn registry_digest(&self, reference: &str) -> impl Future<Output = Result<String>> + Send;

    /// Makes an image of one layer from a tar stream of a root file system.
    /// `changes` are Dockerfile instructions (`CMD`, `ENV`, `LABEL`).
    fn import(
        &self,
        reference: &str,
        tar: BuildContext,
        changes: &[String],
    ) -> impl Future<Output = Result<ImageId>> + Send;

    /// An image with its layers and config as a tar stream, in the form of `docker save`.
    fn export(&self, image: &str) -> impl Future<Output = Result<BuildContext>> + Send;

    /// Named images whose layers are the lowest of the given ones, and not all of them: the
    /// name, and how many layers. An engine that cannot tell has none.
    fn images_below(
        &self,
        diff_ids: &[String],
    ) -> impl Future<Output = Result<Vec<(String, usize)>>> + Send {
        let _ = diff_ids;
        async { Ok(Vec::new()) }
    }

    /// Builds an image and loads it into the image store. Returns once the image is there.
    fn build(
        &self,
        request: &BuildRequest,
        source: BuildSource,
        sink: &mut StepSink<'_>,
    ) -> impl Future<Output = std::result::Result<BuildOutcome, BuildFailure>> + Send;

    /// Creates a container without starting it.
    fn create(&self, spec: &ContainerSpec) -> impl Future<Output = Result<ContainerId>> + Send;

    /// Makes a private network in which containers reach one another by name.
    fn create_network(
        &self,
        name: &str,
        labels: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Removes a network by name or id. One that holds containers stays.
    fn remove_network(&self, name: &str) -> impl Future<Output = Result<RemovalOutcome>> + Send;

    /// Starts it.
    fn start(&self, id: &ContainerId) -> impl Future<Output = Result<()>> + Send;

    /// Where a started container's port answers.
    fn address(
        &self,
        id: &ContainerId,
        port: u16,
        reach: Reach,
    ) -> impl Future<Output = Result<std::net::SocketAddr>> + Send;

    /// Resolves once the container has exited, with its exit code.
    fn exited(&self, id: &ContainerId) -> impl Future<Output = Result<i64>> + Send;

    /// What the engine knows of its state.
    fn state(&self, id: &ContainerId) -> impl Future<Output = Result<ContainerState>> + Send;

    /// The last lines that it printed.
    fn logs(
        &self,
        id: &ContainerId,
        lines: u32,
    ) -> impl Future<Output = Result<Vec<String>>> + Send;

    /// All that a container prints from now on, by a connection of its own: called before the
    /// start, nothing is missed. Works with any log driver.
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

    /// Anonymous resident memory of all its processes.
    fn memory(&self, id: &ContainerId) -> impl Future<Output = Result<Bytes>> + Send;

    /// Sends the stop signal, waits for the exit, kills after `grace`.
    fn stop(
        &self,
        id: &ContainerId,
        grace: Nanos,
    ) -> impl Future<Output = Result<StopOutcome>> + Send;

    /// Removes a container with its anonymous volumes, running or not. Gone already is fine.
    fn remove_container(&self, id: &ContainerId) -> impl Future<Output = Result<()>> + Send;

    /// Removes a tag, and the image with its last tag. Gone already is fine.
    fn remove_image(&self, reference: &str) -> impl Future<Output = Result<RemovalOutcome>> + Send;

    /// All that carries plimsoll's owner label.
    fn owned(&self) -> impl Future<Output = Result<Vec<Owned>>> + Send;

    /// The builder's cache records.
    fn build_cache(&self) -> impl Future<Output = Result<Vec<CacheRecord>>> + Send;

    /// Removes cache records by id, never any other; returns those that are gone.
    fn prune_cache(&self, ids: &[String]) -> impl Future<Output = Result<Vec<String>>> + Send;
}
