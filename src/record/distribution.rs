//! How images travelled in a run: manifests, the engine that pulled, the deploy plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EngineFacts;
use crate::scenario::Deploy;
use crate::units::{Bytes, Count};

/// Which engine a run builds and starts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EngineChoice {
    /// The user's.
    #[default]
    Host,
    /// A private one, whose store and builder were empty except for the bases.
    CleanRoom,
}

impl EngineChoice {
    /// The word on the command line and in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::CleanRoom => "clean-room",
        }
    }
}

/// A blob of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlobRecord {
    /// Its digest.
    pub digest: String,
    /// Its size as the manifest states it.
    pub bytes: Bytes,
}

/// An image's manifest as the registry of the run holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestRecord {
    /// Its digest.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// Bytes of the manifest itself; in no sum.
    pub bytes: Bytes,
    /// The config.
    pub config: BlobRecord,
    /// The layers, bottom first, with repetitions.
    pub layers: Vec<BlobRecord>,
}

impl ManifestRecord {
    /// Config and layers as the manifest lists them: what `size.transfer` is.
    pub fn sum(&self) -> Bytes {
        self.config.bytes + self.layers.iter().map(|layer| layer.bytes).sum()
    }

    /// Config and layers, each digest once: what a cold pull fetches.
    pub fn blobs(&self) -> std::collections::BTreeMap<&str, Bytes> {
        std::iter::once(&self.config)
            .chain(&self.layers)
            .map(|blob| (blob.digest.as_str(), blob.bytes))
            .collect()
    }
}

/// What the distribution phases of a run were measured with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistributionRecord {
    /// The engine that pulled, where there was one.
    pub puller: Option<EngineFacts>,
    /// Why there was none.
    pub why_no_puller: Option<String>,
}

/// What the deploy costs are computed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeployPlan {
    /// Deploys a day, to each environment.
    pub per_day: Count,
    /// Environments that each deploy goes to.
    pub environments: Count,
    /// Services that share a base and are kept in one registry.
    pub services: Count,
}

impl DeployPlan {
    /// What is said, and the defaults for the rest.
    pub fn of(said: Deploy) -> Self {
        let default = Self::default();
        Self {
            per_day: said.per_day.unwrap_or(default.per_day),
            environments: said.environments.unwrap_or(default.environments),
            services: said.services.unwrap_or(default.services),
        }
    }
}

impl Default for DeployPlan {
    fn default() -> Self {
        Self {
            per_day: Count(20),
            environments: Count(3),
            services: Count(15),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(digest: &str, bytes: u64) -> BlobRecord {
        BlobRecord {
            digest: digest.to_owned(),
            bytes: Bytes(bytes),
        }
    }

    #[test]
    fn what_a_scenario_leaves_open_has_a_default() {
        let said = Deploy {
            per_day: Some(Count(2)),
            ..Deploy::default()
        };
        let elsewhere = Deploy {
            per_day: Some(Count(9)),
            services: Some(Count(4)),
            environments: None,
        };
        let plan = DeployPlan::of(said.or(elsewhere));
        assert_eq!(
            (plan.per_day, plan.environments, plan.services),
            (Count(2), Count(3), Count(4))
        );
        assert_eq!(DeployPlan::of(Deploy::default()), DeployPlan::default());
    }

    #[test]
    fn a_layer_that_is_listed_twice_is_fetched_once() {
        let manifest = ManifestRecord {
            digest: "sha256:m".to_owned(),
            media_type: "m".to_owned(),
            bytes: Bytes(500),
            config: blob("c", 1),
            layers: vec![blob("a", 10), blob("e", 32), blob("b", 100), blob("e", 32)],
        };
        assert_eq!(manifest.sum(), Bytes(175));
        let blobs = manifest.blobs();
        assert_eq!(blobs.values().copied().sum::<Bytes>(), Bytes(143));
        assert_eq!(blobs.len(), 4);
    }
}
