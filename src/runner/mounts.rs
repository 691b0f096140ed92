//! Rebuilds with emptied cache mounts: what a builder without them pays.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::bench::{Bench, World};
use super::job::VisitJob;
use super::naming::labels;
use super::planned_case::PlannedCase;
use super::timed_build::measure;
use crate::context::Overlay;
use crate::dockerfile::Dockerfile;
use crate::engine::{BuildRequest, Engine};

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

/// Empties the cache mounts of a visit and no others, by a build step of its own. The layer
/// cache stays as it is: a new id would make every step with a mount run again, and where the
/// records of the mounts were removed, the containerd store would forget it.
///
/// # Errors
/// Why they are not known to be empty.
pub(super) async fn empty<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    job: &VisitJob,
    nonce: &str,
) -> Result<(), String> {
    let spec = &case.spec;
    let file = Dockerfile::parse(&job.dockerfile).map_err(|error| error.to_string())?;
    let file = file.for_platform(spec.platform.as_deref());
    let target = spec.target.as_deref();
    let dockerfile = match file.emptying(target, &spec.build_args, nonce) {
        Ok(Some(dockerfile)) => dockerfile,
        Ok(None) => return Err("the build has no cache mount".to_owned()),
        Err(reason) => return remove(bench, job, reason).await,
    };
    let request = BuildRequest {
        tag: job.emptied_tag(&bench.record.id),
        dockerfile: spec.path.clone(),
        target: None,
        build_args: job.build_args(),
        labels: labels(&bench.record.id),
        no_cache: false,
        secrets: job.secrets(&bench.settings.secrets),
        ssh: bench.settings.ssh.clone(),
        platform: spec.platform.clone(),
    };
    let source = || {
        let none = job.overlaid(Overlay::default());
        let mut source = case.context.source(&none, dockerfile, &job.sync_key)?;
        source.whole = true;
        Ok(source)
    };
    let built = measure(bench, &request, source).await;
    let _ = bench.engine.remove_image(&request.tag).await;
    let (_, outcome) = built.map_err(|failure| {
        let reason = job.masked(failure.reason);
        format!("the cache mounts could not be emptied: {reason}")
    })?;
    let emptied = outcome.steps.iter().find(|step| step.name.contains(nonce));
    match emptied {
        Some(step) if !step.cached => Ok(()),
        _ => Err("the builder does not say that it emptied the cache mounts".to_owned()),
    }
}

/// Removes the records of this visit's mounts, where no step can empty them: a record that is
/// gone comes back empty, or as the copy that it began as. With a graph driver only.
///
/// # Errors
/// `why` no step can, or why the records are not known to be gone.
async fn remove<W: World>(bench: &Bench<W>, job: &VisitJob, why: String) -> Result<(), String> {
    if !bench.prunes_one_by_one() {
        return Err(why);
    }
    let ids = records(bench).await?;
    if ids.is_empty() {
        // Once removed, a mount comes back with the step that uses it and not before.
        return match job.removed.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err("the builder lists no cache mount of this visit".to_owned()),
        };
    }
    let pruned = bench.engine.prune_cache(&ids).await;
    pruned.map_err(|error| error.chain())?;
    match records(bench).await?.len() {
        0 => {
            job.removed.store(true, Ordering::Relaxed);
            Ok(())
        }
        left => Err(format!("{left} cache mounts could not be emptied")),
    }
}

/// Records of the mounts that this visit made. In an engine of our own all are ours.
async fn records<W: World>(bench: &Bench<W>) -> Result<Vec<String>, String> {
    let records = bench.engine.build_cache().await;
    let records = records.map_err(|error| error.chain())?;
    let mounts = records.iter().filter(|record| record.kind == KIND);
    let mounts: BTreeSet<_> = mounts.map(|record| record.id.clone()).collect();
    if bench.settings.own_builder {
        return Ok(mounts.into_iter().collect());
    }
    let Some(before) = &bench.cache_before else {
        return Err("the builder's cache was not known before the visit".to_owned());
    };
    let found = before.attribute(&records, bench.asked);
    if found.doubtful.iter().any(|id| mounts.contains(id)) {
        return Err("another build ran as well, and may own some of these cache mounts".to_owned());
    }
    let ours = found.ours.into_iter().filter(|id| mounts.contains(id));
    Ok(ours.collect())
}
