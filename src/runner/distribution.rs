//! The registry of a run, and the engine that pulls from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::Registry;

/// How the images of a run travel.
pub struct Distribution<E> {
    /// The registry of the run.
    pub registry: Arc<dyn Registry>,
    /// The engine that pulls, whose store holds nothing else; or why there is none.
    pub puller: Result<Arc<E>, String>,
    /// The repository in which each base lies, under the tag `TAG_BASE`, by its
    /// reference in Dockerfiles.
    pub bases: BTreeMap<String, String>,
}
