//! Facts about tool, engine, host and bases: what a reader needs to judge a number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Bytes, Count, Nanos};

/// The tool that measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolFacts {
    /// Its version.
    pub version: String,
    /// Whether it was an optimised build.
    pub optimised: bool,
}

/// What keeps the engine's images: it defines what `size.engine` means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImageStore {
    /// Graph drivers: sizes are unpacked bytes.
    GraphDriver,
    /// The containerd image store: sizes are packed, or packed and unpacked, by version.
    Containerd,
    /// Some other store.
    Unknown,
}

impl ImageStore {
    /// For people.
    pub fn word(&self) -> &'static str {
        match self {
            Self::GraphDriver => "graph driver",
            Self::Containerd => "containerd",
            Self::Unknown => "unknown",
        }
    }
}

/// The engine that built and ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EngineFacts {
    /// "Docker Engine", "Podman Engine".
    pub name: String,
    /// Its version.
    pub version: String,
    /// The API version that was spoken.
    pub api_version: String,
    /// The API versions that the engine accepts. Runs of before 2026-11-29 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_range: Option<ApiRange>,
    /// What keeps its images.
    pub store: ImageStore,
    /// The storage driver's own name.
    pub driver: String,
    /// The file system below it, where the engine says.
    pub backing: Option<String>,
    /// Which builder built: "buildkit", "classic", "buildah".
    pub builder: String,
    /// Whether the builder can be asked to use its own frontend where a `# syntax=` line names
    /// a release of Docker's: no registry is asked for it then. BuildKit 0.30 and later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_frontend: bool,
    /// `linux/amd64`.
    pub platform: String,
    /// `1` or `2`.
    pub cgroup_version: String,
    /// The runtime of the containers.
    pub runtime: String,
    /// The engine's data folder, where it says.
    pub data_root: Option<String>,
    /// The kernel that it runs on.
    pub kernel: String,
    /// Where it was reached, with nothing secret in it.
    pub endpoint: String,
}

/// The versions of the API that an engine accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiRange {
    /// The oldest: `1.24`.
    pub oldest: String,
    /// The newest: `1.51`.
    pub newest: String,
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostFacts {
    /// Distribution and release.
    pub os: String,
    /// Kernel release.
    pub kernel: String,
    /// CPU model.
    pub cpu: String,
    /// Logical CPUs.
    pub cpus: Count,
    /// Installed memory.
    pub memory_bytes: Bytes,
    /// Load average over one minute as the run began, as the kernel prints it.
    pub load: Option<String>,
    /// A virtual machine's or container's own word for itself, where it says so.
    pub virtualisation: Option<String>,
}

/// A stand-in: a locally built base that takes the place of an image that cannot be pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandIn {
    /// What it stands in for.
    pub stands_in_for: String,
    /// Hash of the recipe that made it.
    pub recipe_sha256: String,
}

/// A base image, resolved before the clock started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaseRecord {
    /// As the Dockerfile writes it.
    pub reference: String,
    /// As it was built on: the same, a mirror's, or a stand-in's.
    pub resolved: String,
    /// The engine's image id.
    pub image_id: String,
    /// Registry digests, where the engine knows any. One may be an index's.
    pub repo_digests: Vec<String>,
    /// Digest of the manifest that an index leads to on this platform, where the engine says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_digest: Option<String>,
    /// Digests of the uncompressed layers, bottom first.
    pub diff_ids: Vec<String>,
    /// File bytes of its layers; as the engine reports them in a run that was not finished, and
    /// in one without a registry for a base of builders only.
    pub unpacked_bytes: Bytes,
    /// Set where it is not the image that the Dockerfile names.
    pub stand_in: Option<StandIn>,
}

/// How the harness talks to a started app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// By the container's own address on the engine's bridge.
    Bridge,
    /// By a port published on loopback.
    Published,
}

impl Reach {
    /// The word on the command line and in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Published => "published",
        }
    }
}

/// Fixed costs of measuring, stored with the numbers and never subtracted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Median of the engine's ping.
    pub ping_ns: Nanos,
    /// Smallest step that the monotonic clock showed.
    pub clock_resolution_ns: Nanos,
    /// Interval of the readiness probe.
    pub probe_interval_ns: Nanos,
}
