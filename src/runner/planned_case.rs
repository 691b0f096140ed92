//! A case as a run visits it.

use std::path::PathBuf;

use crate::context::Context;
use crate::record::CaseId;
use crate::scenario::{BuildSpec, Companion, Contract, Edit, Load};

/// A case that takes part, with all that its visits need.
#[derive(Debug)]
pub struct PlannedCase {
    /// Its identity.
    pub id: CaseId,
    /// The app's folder.
    pub app_dir: PathBuf,
    /// The build context as it was scanned before the run.
    pub context: Context,
    /// How it is built.
    pub spec: BuildSpec,
    /// How it proves that it works.
    pub contract: Contract,
    /// Services that it needs.
    pub companions: Vec<Companion>,
    /// What its rebuilds change.
    pub edits: Vec<Edit>,
    /// Whether its health check is waited for: a check may come every half minute only.
    pub healthy: bool,
    /// The load that it is put under once it is ready.
    pub load: Option<Load>,
    /// The id under which its build gets a planted secret, if it asks for one.
    pub secret: Option<String>,
}
