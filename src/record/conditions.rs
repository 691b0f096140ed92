//! How busy the machine was around each visit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CaseId;
use crate::units::{Bytes, Ratio};

/// What else the machine had to do at one moment, as far as its kernel reports it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// Load average over one minute, divided by the logical CPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_per_cpu_ratio: Option<Ratio>,
    /// Memory that programs can get without swapping: `MemAvailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_available_bytes: Option<Bytes>,
    /// Share of the last ten seconds in which some task waited for memory: `some avg10` of
    /// the kernel's pressure stall information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_pressure_ratio: Option<Ratio>,
}

/// The conditions of a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitConditions {
    /// The case.
    pub case: CaseId,
    /// The round, warm-ups included, from 1.
    pub round: u32,
    /// Right before the visit.
    pub before: Conditions,
    /// Right after it.
    pub after: Conditions,
}
