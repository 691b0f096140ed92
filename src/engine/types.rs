//! What passes between runner and engine.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::SystemTime;

use bytes::Bytes as Chunk;
use futures_util::Stream;

pub use crate::secrets::Secret;

use super::{EngineError, Sent};
use crate::record::Reach;
use crate::scenario::Confinement;
use crate::units::{Bytes, Nanos};

/// Label on all that plimsoll creates.
pub const LABEL_OWNER: &str = "dev.plimsoll.owner";
/// Its value.
pub const LABEL_OWNER_VALUE: &str = "plimsoll";
/// Label with the id of the run.
pub const LABEL_RUN: &str = "dev.plimsoll.run";
/// Label of a stand-in: what it stands in for.
pub const LABEL_STANDS_IN_FOR: &str = "dev.plimsoll.stands-in-for";
/// Label of a stand-in: its recipe's hash.
pub const LABEL_RECIPE: &str = "dev.plimsoll.recipe";

/// A tar stream.
pub type BuildContext = Pin<Box<dyn Stream<Item = io::Result<Chunk>> + Send>>;

/// Hears the name of the step that the builder works on, as it changes.
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

/// An image as the engine describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    /// Digest of the manifest of its platform, where the engine has the image as a registry
    /// has it and says so (containerd store, API 1.48). `id` and `repo_digests` may be an index's.
    pub manifest_digest: Option<String>,
    /// The engine's id.
    pub id: ImageId,
    /// Digests by which registries know it.
    pub repo_digests: Vec<String>,
    /// What the image list prints.
    pub listed: Bytes,
    /// Digests of the uncompressed layers, bottom first.
    pub diff_ids: Vec<String>,
    /// Unpacked size and instruction per history entry, bottom first.
    pub history: Vec<(Bytes, String)>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The effective user; empty is root.
    pub user: String,
    /// `os/arch`.
    pub platform: String,
    /// The health check of the config, where it has one.
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
    /// Time between two checks, and before the first.
    pub interval: Nanos,
    /// The time between two checks while the container starts, on engines that know it.
    pub start_interval: Option<Nanos>,
}

impl HealthCheck {
    /// What Docker takes where the image says nothing.
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
    /// Whether to take no layer from the cache.
    pub no_cache: bool,
    /// Secrets that a `RUN --mount=type=secret` can read, by id.
    pub secrets: BTreeMap<String, Secret>,
    /// Sockets of the SSH agents that a `RUN --mount=type=ssh` can use, by id.
    pub ssh: BTreeMap<String, PathBuf>,
    /// `os/arch` to build for; the engine's own where none is given.
    pub platform: Option<String>,
}

/// A build that ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildOutcome {
    /// The image.
    pub image: ImageId,
    /// What the status stream told, in order of first appearance. Empty where the builder tells none.
    pub steps: Vec<BuildStep>,
    /// Which builder built.
    pub builder: String,
    /// What of the context went to the builder.
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
    /// Whether it was reported as cached.
    pub cached: bool,
}

/// A build that did not.
#[derive(Debug, thiserror::Error)]
pub enum BuildFailure {
    /// A step failed.
    #[error("step `{step}` failed: {message}")]
    Step {
        /// The step's name.
        step: String,
        /// The builder's words.
        message: String,
        /// The exit code, where a command failed.
        exit_code: Option<i64>,
        /// The last lines that the step printed.
        log: Vec<String>,
    },
    /// The builder refused the Dockerfile, a base, or the context.
    #[error("the builder refused: {message}")]
    Refused {
        /// The builder's words.
        message: String,
    },
    /// The context could not be read.
    #[error("the build context could not be sent")]
    Context(#[source] io::Error),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// How far a layer of a pull has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerState {
    /// The engine knows that it needs it.
    Announced,
    /// In a queue.
    Waiting,
    /// Being fetched.
    Downloading,
    /// All bytes are there, and may still be verified.
    Downloaded,
    /// Being unpacked.
    Extracting,
    /// Unpacked.
    Complete,
    /// Was in the store before.
    AlreadyExists,
    /// Something else, a retry for instance.
    Other,
}

/// A line of a pull's progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullEvent {
    /// The engine's short id of the layer: the first digits of its compressed digest.
    pub layer: Option<String>,
    /// How far it is.
    pub state: LayerState,
    /// The whole line, for people.
    pub text: String,
}

/// Hears a pull's progress.
pub type PullSink<'a> = dyn FnMut(PullEvent) + Send + 'a;

/// A push that ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushOutcome {
    /// The digest of the manifest, as the engine tells it.
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
    /// The port of the app, and how it is to be reached; none for an image that serves nothing.
    pub port: Option<(u16, Reach)>,
    /// Its init process and what is taken from it.
    pub confinement: Confinement,
    /// What it runs, in place of the image's own command; empty for that.
    pub command: Vec<String>,
    /// The network that it is in; the engine's default where none is given.
    pub network: Option<Attachment>,
}

/// A container's place in a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The network's name.
    pub network: String,
    /// The name by which others in it reach the container.
    pub alias: String,
}

/// A container's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerState {
    /// Whether its process runs.
    pub running: bool,
    /// The exit code, once it has exited.
    pub exit_code: Option<i64>,
    /// Whether the kernel killed it for memory.
    pub oom_killed: bool,
    /// What its health check says; none where the image has none.
    pub health: Option<Health>,
    /// How long ago it exited, by the engine's stamp and this machine's wall clock. None where
    /// it runs, or where the stamp is not in the past: the engine's clock is another then.
    pub exited_ago: Option<Nanos>,
    /// From its start to its exit, both by the engine's stamps. The engine stamps the start
    /// some milliseconds late; none where it did so after the exit.
    pub ran: Option<Nanos>,
}

/// What a container prints, in chunks as they arrive.
pub type OutputStream = Pin<Box<dyn Stream<Item = super::Result<OutputChunk>> + Send>>;

/// A piece of a container's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputChunk {
    /// Where it was printed.
    pub pipe: OutputPipe,
    /// The bytes: any part of a line, or several.
    pub bytes: Chunk,
}

/// Where a container prints.
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

/// What a health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// No verdict yet.
    Starting,
    /// It passed.
    Healthy,
    /// It failed as often as it may.
    Unhealthy,
}

/// The time from the stop signal to the process's exit, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopTime {
    /// Both ends by the engine's stamps.
    Stamps(Nanos),
    /// From plimsoll's call to the engine's stamp of the exit, where the engine does not tell
    /// when it sent the signal.
    Call {
        /// The time.
        taken: Nanos,
    },
    /// Not known; the reason.
    Unknown(String),
}

/// How a stop went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopOutcome {
    /// From the stop signal to the process's exit.
    pub taken: StopTime,
    /// The exit code.
    pub exit_code: i64,
    /// Whether the grace period ended in a kill.
    pub killed: bool,
}

/// A kind of thing that plimsoll creates on an engine.
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

/// A thing with plimsoll's owner label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owned {
    /// Its kind.
    pub kind: OwnedKind,
    /// The id by which it is removed: a tag or an id for images.
    pub id: String,
    /// For people.
    pub name: String,
    /// The run that made it, where its label says.
    pub run: Option<String>,
    /// Bytes that it lists, where known.
    pub size: Option<Bytes>,
}

/// What a removal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovalOutcome {
    /// The tag or the image is gone.
    Removed,
    /// It was not there.
    Absent,
    /// In use by something: kept.
    InUse,
}

/// A record of the builder's cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheRecord {
    /// The builder's id.
    pub id: String,
    /// The builder's word for what it holds.
    pub description: String,
    /// `regular`, `source.local`, `exec.cachemount` and so on.
    pub kind: String,
    /// Size on disk.
    pub size: Bytes,
    /// Whether something uses it now.
    pub in_use: bool,
    /// When it was made, by the engine's clock, where that is known.
    pub created: Option<SystemTime>,
}
