//! Rebuilds with emptied cache mounts: what a builder without them pays.

use std::sync::atomic::Ordering;

use super::builds::Job;
use super::session::{PlannedCase, Runner};
use crate::engine::{Clock, Engine, Probe};

/// How the builder calls a cache mount's record (seen on 20.10 and 26.1).
const KIND: &str = "exec.cachemount";

/// Whether a build of this case uses cache mounts.
pub(super) fn has_mounts(case: &PlannedCase) -> bool {
    !case.spec.dockerfile.cache_mounts().is_empty()
}

/// Empties the cache mounts of a visit, which have ids of their own, and no others. The
/// layer cache stays as it is: a new id would make every step with a mount run again.
///
/// # Errors
/// Why they are not known to be empty.
pub(super) async fn empty<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    job: &Job,
) -> Result<(), String> {
    let ours = async || -> Result<Vec<String>, String> {
        let records = runner
            .engine
            .build_cache()
            .await
            .map_err(|error| error.chain())?;
        Ok(records
            .into_iter()
            .filter(|record| record.kind == KIND && record.description.contains(&job.mounts))
            .map(|record| record.id)
            .collect())
    };
    let ids = ours().await?;
    if ids.is_empty() {
        // Once emptied, a mount comes back with the step that uses it and not before.
        return match job.emptied.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err("the builder tells of no cache mount of this visit".to_owned()),
        };
    }
    runner
        .engine
        .prune_cache(&ids)
        .await
        .map_err(|error| error.chain())?;
    match ours().await?.len() {
        0 => {
            job.emptied.store(true, Ordering::Relaxed);
            Ok(())
        }
        left => Err(format!("{left} cache mounts could not be emptied")),
    }
}
