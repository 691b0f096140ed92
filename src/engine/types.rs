//! The types of the engine interface.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::SystemTime;

use bytes::Bytes as Chunk;
use futures_util::Stream;

pub use crate::secrets::Secret;

use super::EngineError;
use crate::record::Reach;
use crate::scenario::Confinement;
use crate::units::{Bytes, Count, Nanos};

/// The label of everything that plimsoll creates.
pub const LABEL_OWNER: &str = "dev.plimsoll.owner";
/// Its value.
pub const LABEL_OWNER_VALUE: &str = "plimsoll";
/// The label with the run id.
pub const LABEL_RUN: &str = "dev.plimsoll.run";
/// The label of a stand-in with the reference that it replaces.
pub const LABEL_STANDS_IN_FOR: &str = "dev.plimsoll.stands-in-for";
/// The label of a stand-in with the hash of its recipe.
pub const LABEL_RECIPE: &str = "dev.plimsoll.recipe";

/// A tar stream.
pub type BuildContext = Pin<Box<dyn Stream<Item = io::Result<Chunk>> + Send>>;

/// Receives the name of the builder's current step when it changes.
pub type StepSink<'a> = dyn FnMut(&str) + Send + 'a;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}
id!(
    /// The engine's id of an image.
    ImageId
);
id!(
    /// The engine's id of a container.
    ContainerId
);

/// The image facts that an engine reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    /// The digest of its platform's manifest, if the engine stores and reports it (containerd
    /// store, API 1.48). `id` and `repo_digests` may be an index's.
    pub manifest_digest: Option<String>,
    /// The engine's id.
    pub id: ImageId,
    /// Its digests in registries.
    pub repo_digests: Vec<String>,
    /// The size in the image list.
    pub listed: Bytes,
    /// Digests of the uncompressed layers, lowest first.
    pub diff_ids: Vec<String>,
    /// Unpacked size and instruction of each history entry, lowest first.
    pub history: Vec<(Bytes, String)>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The effective user; empty is root.
    pub user: String,
    /// `os/arch`.
    pub platform: String,
    /// The health check in the config, if there is one.
    pub health_check: Option<HealthCheck>,
    /// The command of that check, its words separated by spaces.
    pub health_command: Option<String>,
    /// TCP ports that the config exposes, ascending.
    pub ports: Vec<u16>,
    /// Environment of the config, as `NAME=VALUE`.
    pub env: Vec<String>,
}

/// How often the engine runs an image's health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthCheck {
    /// The interval of checks, also before the first one.
    pub interval: Nanos,
    /// The interval while the container starts, on engines that support it.
    pub start_interval: Option<Nanos>,
}

impl HealthCheck {
    /// Docker's default values.
    pub const DEFAULT_INTERVAL: Nanos = Nanos::from_secs(30);
}

/// A build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildRequest {
    /// The tag of the result.
    pub tag: String,
    /// The Dockerfile's path within the context.
    pub dockerfile: String,
    /// The stage to build.
    pub target: Option<String>,
    /// Build arguments.
    pub build_args: BTreeMap<String, String>,
    /// Labels of the result.
    pub labels: BTreeMap<String, String>,
    /// Whether to ignore the layer cache.
    pub no_cache: bool,
    /// Secrets that a `RUN --mount=type=secret` can read, by id.
    pub secrets: BTreeMap<String, Secret>,
    /// Sockets of the SSH agents that a `RUN --mount=type=ssh` can use, by id.
    pub ssh: BTreeMap<String, PathBuf>,
    /// The target platform `os/arch`; the engine's own by default.
    pub platform: Option<String>,
}

/// A successful build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildOutcome {
    /// The image.
    pub image: ImageId,
    /// The steps of the status stream, in order of appearance. Empty if the builder reports none.
    pub steps: Vec<BuildStep>,
    /// The builder.
    pub builder: String,
    /// The part of the context that was sent.
    pub sent: Sent,
}

/// A step of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildStep {
    /// The builder's own name: `[build 2/5] RUN npm ci`, `exporting to image`.
    pub name: String,
    /// Start on the builder's clock, since the earliest step's start.
    pub started: Option<Nanos>,
    /// Duration on the builder's clock.
    pub duration: Option<Nanos>,
    /// Whether the builder reported it as cached.
    pub cached: bool,
}

/// A failed build.
#[derive(Debug, thiserror::Error)]
pub enum BuildFailure {
    /// A step failed.
    #[error("step `{step}` failed: {message}")]
    Step {
        /// The step's name.
        step: String,
        /// The message of the builder.
        message: String,
        /// The exit code of a failed command.
        exit_code: Option<i64>,
        /// The last lines of the step's output.
        log: Vec<String>,
    },
    /// The builder refused the Dockerfile, a base, or the context.
    #[error("the builder refused: {message}")]
    Refused {
        /// The message of the builder.
        message: String,
    },
    /// The context could not be read.
    #[error("the build context could not be sent")]
    Context(#[source] io::Error),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// The state of a layer during a pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerState {
    /// The engine knows that the layer is required.
    Announced,
    /// Queued.
    Waiting,
    /// Downloading.
    Downloading,
    /// Downloaded, perhaps not verified yet.
    Downloaded,
    /// Unpacking.
    Extracting,
    /// Unpacked.
    Complete,
    /// Already in the store before the pull.
    AlreadyExists,
    /// Another state, for example a retry.
    Other,
}

/// A line of a pull's progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullEvent {
    /// The engine's short id of the layer: the first digits of its compressed digest.
    pub layer: Option<String>,
    /// Its state.
    pub state: LayerState,
    /// The complete line.
    pub text: String,
}

/// Receives the progress of a pull.
pub type PullSink<'a> = dyn FnMut(PullEvent) + Send + 'a;

/// A successful push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushOutcome {
    /// The digest of the manifest that the engine reports.
    pub digest: Option<String>,
}

/// A container to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerSpec {
    /// Its name.
    pub name: String,
    /// The image's reference or id.
    pub image: String,
    /// Environment.
    pub env: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The port of the app and how it is reached; `None` for an image without a service.
    pub port: Option<(u16, Reach)>,
    /// Its init process and restrictions.
    pub confinement: Confinement,
    /// The command; if empty, the command of the image.
    pub command: Vec<String>,
    /// Its network; the engine's default if `None`.
    pub network: Option<Attachment>,
}

/// A container's attachment to a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The network's name.
    pub network: String,
    /// The name of the container in the network.
    pub alias: String,
}

/// A container's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerState {
    /// Whether its process is running.
    pub running: bool,
    /// The exit code, once it has exited.
    pub exit_code: Option<i64>,
    /// Whether the kernel killed it because of memory.
    pub oom_killed: bool,
    /// The state of its health check; `None` without one.
    pub health: Option<Health>,
    /// How long ago it exited, by the engine's time stamp and this machine's wall clock. `None`
    /// if it is running, or if the time stamp is not in the past because the clocks differ.
    pub exited_ago: Option<Nanos>,
    /// The time from start to exit by the engine's time stamps. The engine records the start some
    /// milliseconds late; `None` if it did so after the exit.
    pub ran: Option<Nanos>,
}

/// The output of a container, in chunks.
pub type OutputStream = Pin<Box<dyn Stream<Item = super::Result<OutputChunk>> + Send>>;

/// A chunk of a container's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputChunk {
    /// The stream.
    pub pipe: OutputPipe,
    /// The bytes: any part of a line, or several.
    pub bytes: Chunk,
}

/// An output stream of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputPipe {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl fmt::Display for OutputPipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout => "standard output",
            Self::Stderr => "standard error",
        })
    }
}

/// The state of a health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// No result yet.
    Starting,
    /// It passed.
    Healthy,
    /// It failed the maximum number of times.
    Unhealthy,
}

/// The time from the stop signal to the exit of the process, by its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopTime {
    /// Both by the engine's time stamps.
    Stamps(Nanos),
    /// From plimsoll's call to the engine's time stamp of the exit, if the engine does not report
    /// when it sent the signal.
    Call {
        /// The time.
        taken: Nanos,
    },
    /// Unknown, with the reason.
    Unknown(String),
}

/// The result of a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopOutcome {
    /// The time from the stop signal to the exit of the process.
    pub taken: StopTime,
    /// The exit code.
    pub exit_code: i64,
    /// Whether the grace period ended in a kill.
    pub killed: bool,
}

/// The kind of an object that plimsoll creates on an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnedKind {
    /// A container.
    Container,
    /// An image of a run.
    Image,
    /// A stand-in base.
    StandIn,
    /// A volume.
    Volume,
    /// A network.
    Network,
}

/// An object with plimsoll's owner label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owned {
    /// Its kind.
    pub kind: OwnedKind,
    /// The id by which it is removed: a tag or an id for images.
    pub id: String,
    /// The displayed name.
    pub name: String,
    /// The run that created it, if it has the label.
    pub run: Option<String>,
    /// Its size in bytes, if known.
    pub size: Option<Bytes>,
}

/// The result of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovalOutcome {
    /// The tag or image was removed.
    Removed,
    /// It did not exist.
    Absent,
    /// It is in use and was kept.
    InUse,
}

/// A record of the build cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheRecord {
    /// The builder's id.
    pub id: String,
    /// The builder's description.
    pub description: String,
    /// `regular`, `source.local`, `exec.cachemount` and so on.
    pub kind: String,
    /// Size on disk.
    pub size: Bytes,
    /// Whether it is in use.
    pub in_use: bool,
    /// When it was created, by the engine's clock, if known.
    pub created: Option<SystemTime>,
}

/// The part of the context that was sent to the builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Bytes of file content.
    pub bytes: Bytes,
    /// The number of files whose content was sent.
    pub files: Count,
    /// Whether only requested files were sent, not a tar of everything.
    pub synced: bool,
}
