//! A case: one app, one variant, one platform; its image and its builds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LayerContents, ManifestRecord, Metric, Posture, Reach};
use crate::scenario::{ExpectedFailure, FailurePoint};
use crate::units::{Bytes, Count, Nanos};

/// `scenario/variant`: the identity of a case within a run.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct CaseId(String);

impl CaseId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for CaseId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// The id of a variant of a scenario. Both names have been validated by `scenario`.
pub fn case_id(scenario: &str, variant: &str) -> CaseId {
    CaseId(format!("{scenario}/{variant}"))
}

/// What is known of a case in addition to its samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// Its identity.
    pub id: CaseId,
    /// The scenario that it belongs to.
    pub scenario: String,
    /// The app.
    pub app: String,
    /// The variant.
    pub variant: String,
    /// One line about the variant.
    pub title: String,
    /// The strategy tag.
    pub strategy: String,
    /// `os/arch` of the image.
    pub platform: String,
    /// Whether it runs, and if not, why.
    pub disposition: Disposition,
    /// The Dockerfile and what goes to it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dockerfile: Option<DockerfileRecord>,
    /// The image that is run as it is, as the scenario writes it, where nothing is built. It is
    /// the only one of `bases`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_image: Option<String>,
    /// References of the bases that it is built on, as the Dockerfile writes them.
    pub bases: Vec<String>,
    /// References of the images of its companions, as the scenario writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companions: Vec<String>,
    /// Those of `bases` and `companions` whose place a stand-in took.
    pub stand_ins: Vec<String>,
    /// The failure that the variant is there to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_failure: Option<ExpectedFailure>,
    /// The image of the last counted cold build.
    pub image: Option<ImageRecord>,
    /// Facts of the first image that kept the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posture: Option<Posture>,
    /// Layers of that image, bottom first: where their bytes lie.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerContents>,
}

impl CaseRecord {
    /// What the scenario says of a DNF of `metric`, if it is the one that it expects.
    pub fn expects(&self, metric: Metric, reason: &str) -> Option<&ExpectedFailure> {
        self.expected_failure.as_ref().filter(|expected| {
            let here = match expected.point {
                FailurePoint::Start => true,
                // What never worked was never stopped either.
                FailurePoint::Stop => {
                    metric == Metric::StopTime
                        && !matches!(self.disposition, Disposition::Failed { .. })
                }
            };
            here && reason.contains(&expected.says)
        })
    }

    /// The same of the whole case's failure.
    pub fn expects_to_fail(&self, reason: &str) -> Option<&ExpectedFailure> {
        self.expected_failure.as_ref().filter(|expected| {
            expected.point == FailurePoint::Start && reason.contains(&expected.says)
        })
    }
}

/// What a case is built from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DockerfileRecord {
    /// Relative to the app's folder.
    pub path: String,
    /// Its text as it was written: before bases are resolved and mounts renamed.
    pub text: String,
    /// The stage that is built; the last where none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Build arguments that the scenario gives.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub build_args: BTreeMap<String, String>,
}

/// Whether a case takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Disposition {
    /// Planned, not visited yet.
    Pending,
    /// Built, and its contract held.
    Qualified,
    /// Out of the run: it never built or never kept its contract.
    Failed {
        /// What happened.
        reason: String,
    },
    /// It exists elsewhere, and what it needs is not available here.
    NotAvailable {
        /// What is missing, and where it is available.
        reason: String,
    },
    /// The scenario says that the variant cannot exist.
    NotApplicable {
        /// Why.
        reason: String,
    },
}

/// An image as the engine describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageRecord {
    /// The engine's image id.
    pub id: String,
    /// Digests of the uncompressed layers, bottom first.
    pub diff_ids: Vec<String>,
    /// Unpacked size and instruction per history entry, bottom first.
    pub history: Vec<(Bytes, String)>,
    /// The effective user; empty is root.
    pub user: String,
    /// How the app was reached when it was started.
    pub reach: Option<Reach>,
    /// Its manifest in the registry of the run, where it was pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestRecord>,
    /// File bytes of each layer by the headers of its tar, in the order of `diff_ids`. Runs of
    /// before 2026-11-29 have none: their sizes are the engine's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer_bytes: Option<Vec<Bytes>>,
}

/// One build and its steps: the source of `build.steps`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildRecord {
    /// The case.
    pub case: super::CaseId,
    /// Which build: the metric that it gives a sample of.
    pub metric: Metric,
    /// The round.
    pub round: u32,
    /// The steps, in order of first appearance.
    pub steps: Vec<StepRecord>,
    /// Dockerfile steps that the builder took from its cache.
    pub cached: Count,
    /// Dockerfile steps that ran.
    pub ran: Count,
    /// What of the context went to the builder. Runs of before 2026-11-29 do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<SentRecord>,
}

/// What of a build's context went to the builder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SentRecord {
    /// Content of files.
    pub bytes: Bytes,
    /// Files whose content was sent.
    pub files: Count,
    /// Whether the builder asked for what it did not have yet; otherwise it got a tar of all.
    pub synced: bool,
}

/// A step as the builder's status stream reports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// The builder's own name: `[build 2/5] RUN npm ci`.
    pub name: String,
    /// Since the first step of the build began, on the builder's clock.
    pub started_ns: Option<Nanos>,
    /// How long it ran, on the builder's clock.
    pub duration_ns: Option<Nanos>,
    /// Whether the builder reports it as cached.
    pub cached: bool,
}
