//! Rebuilds with emptied cache mounts: what a builder without them pays.

use std::collections::BTreeSet;

use super::builds::{self, Job, labels};
use super::session::{PlannedCase, Runner};
use crate::context::Overlay;
use crate::dockerfile::Dockerfile;
use crate::engine::{BuildRequest, Clock, Engine, Probe};

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
pub(super) async fn empty<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    case: &PlannedCase,
    job: &Job,
    nonce: &str,
) -> Result<(), String> {
    let spec = &case.spec;
    let file = Dockerfile::parse(&job.dockerfile).map_err(|error| error.to_string())?;
    let target = spec.target.as_deref();
    let Some(dockerfile) = file.emptying(target, &spec.build_args, nonce)? else {
        return Err("the build has no cache mount".to_owned());
    };
    let request = BuildRequest {
        tag: job.emptied_tag(&runner.record.id),
        dockerfile: spec.path.clone(),
        target: None,
        build_args: spec.build_args.clone(),
        labels: labels(&runner.record.id),
        no_cache: false,
        secrets: job.secrets(),
        platform: spec.platform.clone(),
    };
    let source = || {
        let none = builds::overlaid(job, Overlay::default());
        let mut source = case.context.source(&none, dockerfile, &job.sync_key)?;
        source.whole = true;
        Ok(source)
    };
    let built = builds::measure(runner, &request, source).await;
    let _ = runner.engine.remove_image(&request.tag).await;
    let (_, outcome) = built.map_err(|failure| {
        let reason = job.told(failure.reason);
        format!("the cache mounts could not be emptied: {reason}")
    })?;
    let emptied = outcome.steps.iter().find(|step| step.name.contains(nonce));
    match emptied {
        Some(step) if !step.cached => Ok(()),
        _ => Err("the builder does not say that it emptied the cache mounts".to_owned()),
    }
}
