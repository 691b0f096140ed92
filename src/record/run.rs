//! The run record itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AbRecord, BaseRecord, BuildRecord, Calibration, CaseRecord, DeployPlan, DistributionRecord,
    EngineChoice, EngineFacts, HostFacts, Link, Outcome, PartRecord, Reach, Revision, Sample,
    ShardRecord, ToolFacts, VisitConditions,
};
use crate::scenario::{Budget, Claim, Contract, ContractKind, Source};
use crate::units::Nanos;

/// Version of the record's form.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that one command measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// `<utc>-<name>`: the name of the run's folder.
    pub id: String,
    /// The command line that made it, and those that resumed it.
    pub commands: Vec<Vec<String>>,
    /// How far it came.
    pub state: RunState,
    /// When it began, RFC 3339, UTC.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// The commit that was measured, where the home folder lies in a git repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The two commits of an A/B run, instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ab: Option<AbRecord>,
    /// The tool.
    pub tool: ToolFacts,
    /// Rounds, seed and deadlines.
    pub plan: PlanRecord,
    /// The engine.
    pub engine: EngineFacts,
    /// What pushes and pulls were measured with; none where they were left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<DistributionRecord>,
    /// The host.
    pub host: HostFacts,
    /// Fixed costs of measuring.
    pub calibration: Calibration,
    /// The scenarios, with their text.
    pub scenarios: Vec<ScenarioRecord>,
    /// The parts that it was joined from, where it was: which machine measured which case.
    /// Tool, engine, host and calibration above are the first part's then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartRecord>,
    /// The bases, resolved.
    pub bases: Vec<BaseRecord>,
    /// The cases.
    pub cases: Vec<CaseRecord>,
    /// All samples, in the order in which they were taken.
    #[serde(deserialize_with = "super::older::samples")]
    pub samples: Vec<Sample>,
    /// All builds with their steps.
    pub builds: Vec<BuildRecord>,
    /// How busy the machine was around each visit. Runs of before 2026-11-30 have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<VisitConditions>,
    /// What a reader should know, in plain words.
    pub warnings: Vec<String>,
}

impl RunRecord {
    /// Whether a sample is a failure that its scenario expects.
    pub fn expects(&self, sample: &Sample) -> bool {
        let case = self.cases.iter().find(|case| case.id == sample.case);
        case.is_some_and(|case| match &sample.outcome {
            Outcome::Dnf { reason } => case.expects(sample.metric, reason).is_some(),
            _ => false,
        })
    }
}

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Still running, or its process died.
    Running,
    /// Stopped by a signal; can be resumed.
    Interrupted,
    /// All that was planned was visited.
    Complete,
}

/// What was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRecord {
    /// The profile's name.
    pub profile: String,
    /// Seeds the order of the cases and every nonce.
    pub seed: u64,
    /// Declared warm-up rounds, before the counted ones.
    pub warmup_rounds: u32,
    /// Counted rounds.
    pub rounds: u32,
    /// Visits that are done, counted along `order`.
    pub visits_done: u32,
    /// `--only`, where given.
    pub only: Option<String>,
    /// Which part of a whole this run is, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardRecord>,
    /// Which bases were allowed: `auto`, `real` or `stand-in`.
    pub bases: String,
    /// Which engine: the user's or a clean room.
    #[serde(default)]
    pub engine: EngineChoice,
    /// Links that pulls go over, a series each.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Phases that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedPhase>,
    /// How containers are reached.
    pub reach: Reach,
    /// Deadline of one build.
    pub build_deadline_ns: Nanos,
    /// Deadline of an engine call that is not a build.
    pub call_deadline_ns: Nanos,
    /// Order of the cases, a list of case ids per round.
    pub order: Vec<Vec<super::CaseId>>,
}

/// A phase that a run left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SkippedPhase {
    /// Rebuilds with emptied cache mounts.
    ColdMounts,
    /// Rebuilds after a change of the dependencies.
    Dependency,
}

impl SkippedPhase {
    /// The word on the command line and in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::ColdMounts => "cold-mounts",
            Self::Dependency => "dependency",
        }
    }
}

impl PlanRecord {
    /// Whether a phase is left out.
    pub fn skips(&self, phase: SkippedPhase) -> bool {
        self.skipped.contains(&phase)
    }

    /// Rounds (warm-ups included) that were visited whole.
    pub fn rounds_done(&self) -> u32 {
        let mut left = self.visits_done as usize;
        let mut rounds = 0;
        for round in &self.order {
            if left < round.len() {
                break;
            }
            left -= round.len();
            rounds += 1;
        }
        rounds
    }
}

/// A scenario as it was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRecord {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its file, relative to the tree root.
    pub path: String,
    /// Its whole text.
    pub text: String,
    /// Hash of the text.
    pub sha256: String,
    /// Hash over names, modes and contents of the app's folder that are sent, so that a resumed or compared run knows the same tree.
    pub app_sha256: String,
    /// The claims that it carries.
    pub claims: Vec<Claim>,
    /// The sources of the claims.
    pub sources: Vec<Source>,
    /// The limits that it carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// How its app proves that it works. Runs of before 2026-11-30 have none: it is HTTP there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRecord>,
    /// What the deploy costs are computed for.
    #[serde(default)]
    pub deploy: DeployPlan,
    /// The technique that its variants isolate, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technique: Option<TechniqueRecord>,
}

/// How the app of a scenario proves that it works: what "ready" means in its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractRecord {
    /// The kind.
    pub kind: ContractKind,
    /// What is asked for, as a sentence.
    pub asks: String,
    /// Deadline for being ready.
    pub ready_within_ns: Nanos,
}

impl ContractRecord {
    /// What the record keeps of a contract.
    pub fn of(contract: &Contract) -> Self {
        Self {
            kind: contract.ready.kind(),
            asks: contract.ready.to_string(),
            ready_within_ns: contract.ready_within,
        }
    }
}

/// What a scenario about one technique compares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TechniqueRecord {
    /// Its id.
    pub id: String,
    /// What the reader wants to know.
    pub question: String,
    /// The variant without the technique, which the others are compared with.
    pub baseline: String,
    /// Ids of the metrics and facts in which it should show; others are expected to stay.
    pub shows: Vec<String>,
}
