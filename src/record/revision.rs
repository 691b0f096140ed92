//! Which commit was measured, and against which.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaseId, Metric};
use crate::units::Ratio;

/// A commit of the user's repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// Its whole hash.
    pub commit: String,
    /// What it was asked for by: a branch, a tag, `HEAD~1`.
    pub name: String,
    /// Whether the tree that was measured had changes that are in no commit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dirty: bool,
}

impl Revision {
    /// The first characters of the hash, as git shows them.
    pub fn short(&self) -> &str {
        self.commit.get(..10).unwrap_or(&self.commit)
    }
}

/// A run of two revisions in the same rounds: the scenarios of each bear its suffix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbRecord {
    /// What is compared with.
    pub base: Revision,
    /// What is compared.
    pub head: Revision,
    /// Variants that only base has, or that can be built only there: they are not compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_base: Vec<CaseId>,
    /// Variants that only head has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_head: Vec<CaseId>,
    /// What counts as a change.
    pub terms: AbTerms,
    /// Rounds after which the run looks at its samples and may end.
    pub planned_looks: Vec<u32>,
    /// The looks that were taken.
    #[serde(default)]
    pub looks: Vec<Look>,
    /// Why there were no more rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<RoundsEnd>,
}

/// Why a run of two revisions took no more rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoundsEnd {
    /// No verdict is open that further rounds may settle.
    Settled,
    /// Something is worse: whatever is open cannot change what the run comes to.
    Decided,
    /// What is open lies within the threshold by half of it and more.
    Within,
    /// No variant works in both revisions.
    Failed,
    /// The time budget is used up.
    TimeBudget,
    /// There are no more rounds to take.
    MaxRounds,
}

impl RoundsEnd {
    /// The reason, as the end of `no more rounds: `.
    pub fn words(self) -> &'static str {
        match self {
            Self::Settled => "all verdicts are settled",
            Self::Decided => "something is worse already, and what is open cannot change that",
            Self::Within => "what is open lies well within the threshold",
            Self::Failed => "no variant works in both revisions",
            Self::TimeBudget => "the time budget is used up",
            Self::MaxRounds => "it is the last one that --max-rounds allows",
        }
    }
}

/// What counts as a change in a run of two revisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbTerms {
    /// The factor up to which a timed metric counts as the same.
    pub timed: Ratio,
    /// The same of an exact one.
    pub exact: Ratio,
    /// The metrics that count; all where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    /// Rules of comparability that do not hold, by their words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<String>,
}

impl AbRecord {
    /// The level of the last look; none before the first.
    pub fn level(&self) -> Option<Ratio> {
        self.looks.last().map(|look| look.level)
    }
}

/// One look at the samples while a run goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Counted rounds that were done.
    pub rounds: u32,
    /// The level of its tests: its part of the whole run's.
    pub level: Ratio,
    /// How many verdicts were open that further rounds may settle.
    pub open: u32,
}
