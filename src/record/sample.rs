//! One observation and what became of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaseId, Link, Metric};
use crate::units::Quantity;

/// One observation of one metric of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The case that was observed.
    pub case: CaseId,
    /// What was observed.
    pub metric: Metric,
    /// The round, from 1; warm-up rounds come first and count along.
    pub round: u32,
    /// The position of the case within its round, from 1.
    pub order: u32,
    /// The link that it went over, for what goes over one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// The value, or why there is none.
    pub outcome: Outcome,
    /// What was seen with it: an exit code, the resolution of a probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The value of a sample, or the reason why it has none. A failure never becomes a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Outcome {
    /// A value that counts.
    Ok {
        /// The value.
        value: Quantity,
    },
    /// A value of a declared warm-up round: kept, never summarised.
    Warmup {
        /// The value.
        value: Quantity,
    },
    /// Observed, but the conditions were not those that the metric's definition asks for.
    Invalid {
        /// What was seen, where there is a value.
        value: Option<Quantity>,
        /// Which condition did not hold.
        reason: String,
    },
    /// Did not finish: failed, crashed, answered wrongly or ran into its deadline.
    Dnf {
        /// What happened.
        reason: String,
    },
    /// Not observable here.
    NotMeasured {
        /// Why not.
        reason: String,
    },
    /// Has no meaning for this case.
    NotApplicable {
        /// Why not.
        reason: String,
    },
}

/// The kind of an outcome, as `samples.csv` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Counts.
    Ok,
    /// From a warm-up round.
    Warmup,
    /// Conditions not met.
    Invalid,
    /// Did not finish.
    Dnf,
    /// Not observable here.
    NotMeasured,
    /// Without meaning for this case.
    NotApplicable,
}

impl Status {
    /// The word in the files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warmup => "warmup",
            Self::Invalid => "invalid",
            Self::Dnf => "dnf",
            Self::NotMeasured => "not-measured",
            Self::NotApplicable => "not-applicable",
        }
    }
}

impl Outcome {
    /// The kind.
    pub fn status(&self) -> Status {
        match self {
            Self::Ok { .. } => Status::Ok,
            Self::Warmup { .. } => Status::Warmup,
            Self::Invalid { .. } => Status::Invalid,
            Self::Dnf { .. } => Status::Dnf,
            Self::NotMeasured { .. } => Status::NotMeasured,
            Self::NotApplicable { .. } => Status::NotApplicable,
        }
    }

    /// The value, whatever the status.
    pub fn value(&self) -> Option<Quantity> {
        match self {
            Self::Ok { value } | Self::Warmup { value } => Some(*value),
            Self::Invalid { value, .. } => *value,
            Self::Dnf { .. } | Self::NotMeasured { .. } | Self::NotApplicable { .. } => None,
        }
    }

    /// The value if it counts.
    pub fn counted(&self) -> Option<Quantity> {
        match self {
            Self::Ok { value } => Some(*value),
            _ => None,
        }
    }

    /// The reason, where the status has one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Ok { .. } | Self::Warmup { .. } => None,
            Self::Invalid { reason, .. }
            | Self::Dnf { reason }
            | Self::NotMeasured { reason }
            | Self::NotApplicable { reason } => Some(reason),
        }
    }
}
