//! The form of what starts containers, as serde reads it.

use schemars::JsonSchema;
use serde::Deserialize;

/// How the containers of a variant are started.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(rename = "Run")]
pub(super) struct RawRun {
    /// The engine's own init process is PID 1.
    pub init: bool,
    /// The root file system is read-only.
    pub read_only: bool,
    /// Folders in memory that can be written to: absolute paths.
    pub tmpfs: Vec<String>,
    /// Processes may gain no privileges.
    pub no_new_privileges: bool,
    /// All capabilities are dropped.
    pub drop_capabilities: bool,
}
