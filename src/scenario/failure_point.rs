//! Where a variant fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a variant is expected to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailurePoint {
    /// It never keeps its contract, so that the whole case fails.
    Start,
    /// It works, and its stop does not finish.
    Stop,
}
