//! Parts of a run that were measured apart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BaseRecord, Calibration, CaseId, DistributionRecord, EngineChoice, EngineFacts, HostFacts,
    Reach, Shard, ToolFacts,
};

/// A shard that was joined with others to one run, and what it was measured on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartRecord {
    /// The id of its own run.
    pub run: String,
    /// Which part, from 1.
    pub index: u32,
    /// Of how many.
    pub count: u32,
    /// When it began, RFC 3339, UTC.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Its tool.
    pub tool: ToolFacts,
    /// Its seed.
    pub seed: u64,
    /// Its engine.
    pub engine: EngineFacts,
    /// Whose engine that was.
    pub engine_choice: EngineChoice,
    /// How its containers were reached.
    pub reach: Reach,
    /// What it pushed to and pulled with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<DistributionRecord>,
    /// Its host.
    pub host: HostFacts,
    /// Its fixed costs of measuring.
    pub calibration: Calibration,
    /// The bases as it had them.
    pub bases: Vec<BaseRecord>,
    /// The cases that it measured, its floor among them.
    pub cases: Vec<CaseId>,
}

impl PartRecord {
    /// `2/4`.
    pub fn name(&self) -> String {
        match Shard::of(self.index, self.count) {
            Some(shard) => shard.to_string(),
            None => format!("{}/{}", self.index, self.count),
        }
    }
}
