//! Rebuilds with emptied cache mounts: what a builder without them pays.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::builds::Job;
use super::session::{PlannedCase, Runner};
use crate::engine::{Clock, Engine, Probe};

/// How the builder calls a cache mount's record (seen on 20.10 and 26.1).
const KIND: &str = "exec.cachemount";

/// Whether a build of this case uses cache mounts: a step of a stage that its target
/// needs.
pub(super) fn has_mounts(case: &PlannedCase) -> bool {
    let spec = &case.spec;
    let steps = spec
        .dockerfile
        .steps(spec.target.as_deref(), &spec.build_args);
    let lines: BTreeSet<_> = steps.into_iter().flatten().map(|step| step.line).collect();
    let mounts = spec.dockerfile.cache_mounts();
    mounts.iter().any(|mount| lines.contains(&mount.line))
}

/// Empties the cache mounts of a visit and no others. The layer cache stays as it is: a
/// new id would make every step with a mount run again.
///
/// The builder's list does not say the id of a mount (Docker 20.10). In an engine of our
/// own all are ours; else those are that the visit made, told as in [`super::cache`].
///
/// # Errors
/// Why they are not known to be empty.
pub(super) async fn empty<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    job: &Job,
) -> Result<(), String> {
    let ids = mounts(runner).await?;
    if ids.is_empty() {
        // Once emptied, a mount comes back with the step that uses it and not before.
        return match job.emptied.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err("the builder tells of no cache mount of this visit".to_owned()),
        };
    }
    let pruned = runner.engine.prune_cache(&ids).await;
    pruned.map_err(|error| error.chain())?;
    match mounts(runner).await?.len() {
        0 => {
            job.emptied.store(true, Ordering::Relaxed);
            Ok(())
        }
        left => Err(format!("{left} cache mounts could not be emptied")),
    }
}

/// Ids of the mounts that this visit made.
async fn mounts<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
) -> Result<Vec<String>, String> {
    let records = runner.engine.build_cache().await;
    let records = records.map_err(|error| error.chain())?;
    let are_mounts = records.iter().filter(|record| record.kind == KIND);
    let all = are_mounts.map(|record| record.id.clone());
    if runner.settings.own_builder {
        return Ok(all.collect());
    }
    let Some(before) = &runner.cache_before else {
        return Err("the builder's cache was not known before the visit".to_owned());
    };
    let found = before.attribute(&records, runner.builds_sent);
    let mounts: BTreeSet<_> = all.collect();
    if found.doubtful.iter().any(|id| mounts.contains(id)) {
        return Err(
            "another build ran beside, and whose cache mounts these are cannot be told".to_owned(),
        );
    }
    let ours = found.ours.into_iter().filter(|id| mounts.contains(id));
    Ok(ours.collect())
}
