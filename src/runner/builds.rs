//! The build phases: cold, cached, rebuilt after an edit.

use super::bench::{Bench, World, bounded};
use super::job::{BuiltImage, VisitJob};
use super::ledger::Ledger;
use super::mounts;
use super::naming::labels;
use super::planned_case::PlannedCase;
use super::timed_build::{FailedBuild, empty_builder, judge_build, measure, note_build};
use super::validity::Steps;
use crate::context::Overlay;
use crate::engine::{BuildOutcome, BuildRequest, Engine};
use crate::record::Metric;
use crate::units::{Nanos, Quantity};

/// The cold build: neither layers nor cache mounts of before. `None` where it
/// failed; all of the visit is then DNF.
pub(super) async fn cold<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    job: &VisitJob,
    ledger: &mut Ledger,
) -> Option<BuiltImage> {
    let metric = Metric::BuildCold;
    let overlay = job.overlaid(Overlay::default());
    let strict = bench.settings.own_builder;
    let emptied = empty_builder(bench).await;
    match timed(bench, case, job, metric, overlay, !strict).await {
        Ok((time, outcome)) => {
            let steps = Steps::of(&outcome.steps, &job.planned);
            let verdict = emptied.and_then(|()| steps.check_cold(job.steps, strict));
            judge_build(ledger, metric, time, &outcome, verdict);
            note_build(ledger, metric, &outcome, &job.planned);
            let sent = outcome.sent;
            ledger.value(Metric::ContextSentBytes, Quantity::Bytes(sent.bytes));
            ledger.value(Metric::ContextSentFiles, Quantity::Count(sent.files));
            let tag = job.tag(&bench.record.id, metric);
            Some(BuiltImage {
                tag,
                image: outcome.image.0,
            })
        }
        Err(failure) => {
            ledger.engine_lost = failure.engine_lost;
            ledger.fail(&failure.reason);
            None
        }
    }
}

/// The same again: every step must be cached, and the image must be the same.
pub(super) async fn cached<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    job: &VisitJob,
    cold: &BuiltImage,
    ledger: &mut Ledger,
) {
    let metric = Metric::BuildCached;
    let overlay = job.overlaid(Overlay::default());
    match timed(bench, case, job, metric, overlay, false).await {
        Ok((time, outcome)) => {
            let steps = Steps::of(&outcome.steps, &job.planned);
            let mut verdict = steps.check_cached(job.steps);
            if verdict.is_ok() && outcome.image.0 != cold.image {
                verdict = Err("nothing had changed, yet another image came out".to_owned());
            }
            judge_build(ledger, metric, time, &outcome, verdict);
            note_build(ledger, metric, &outcome, &job.planned);
        }
        Err(failure) => give_up(ledger, metric, &failure),
    }
}

/// After an edit: what the edit reaches must run, and nothing else. Gives the tag of the image.
pub(super) async fn rebuild<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    job: &VisitJob,
    metric: Metric,
    edit: Overlay,
    nonce: &str,
    ledger: &mut Ledger,
) -> Option<String> {
    let emptied = match metric {
        Metric::RebuildSourceColdMounts | Metric::RebuildDependencyColdMounts => {
            mounts::empty(bench, case, job, nonce).await
        }
        _ => Ok(()),
    };
    let changed: Vec<String> = edit.iter().map(|(path, _)| path.to_owned()).collect();
    let spec = &case.spec;
    let target = spec.target.as_deref();
    let effect =
        match spec
            .dockerfile
            .edit_effect(target, &spec.build_args, &changed, &case.context.links())
        {
            Ok(effect) => effect,
            Err(error) => {
                ledger.dnf(metric, &error.to_string());
                return None;
            }
        };
    let overlay = job.overlaid(edit);
    match timed(bench, case, job, metric, overlay, false).await {
        Ok((time, outcome)) => {
            let steps = Steps::of(&outcome.steps, &job.planned);
            let verdict = emptied.and_then(|()| steps.check_rebuild(&effect, job.steps));
            judge_build(ledger, metric, time, &outcome, verdict);
            note_build(ledger, metric, &outcome, &job.planned);
            Some(job.tag(&bench.record.id, metric))
        }
        Err(failure) => {
            give_up(ledger, metric, &failure);
            None
        }
    }
}

/// Removes the images of a visit. What it cannot remove, the sweep at the end does.
pub(super) async fn discard<W: World>(bench: &Bench<W>, job: &VisitJob) {
    for metric in [
        Metric::BuildCold,
        Metric::BuildCached,
        Metric::RebuildSource,
        Metric::RebuildDependency,
        Metric::RebuildSourceColdMounts,
        Metric::RebuildDependencyColdMounts,
    ] {
        let tag = job.tag(&bench.record.id, metric);
        let removed = bench.engine.remove_image(&tag);
        let _ = bounded(bench, "remove image", &tag, removed).await;
    }
}

async fn timed<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    job: &VisitJob,
    metric: Metric,
    overlay: Overlay,
    no_cache: bool,
) -> Result<(Nanos, BuildOutcome), FailedBuild> {
    let request = BuildRequest {
        tag: job.tag(&bench.record.id, metric),
        dockerfile: case.spec.path.clone(),
        target: case.spec.target.clone(),
        build_args: job.build_args(),
        labels: labels(&bench.record.id),
        no_cache,
        secrets: job.secrets(&bench.settings.secrets),
        ssh: bench.settings.ssh.clone(),
        platform: case.spec.platform.clone(),
    };
    bench.phase(metric);
    let source = || {
        let dockerfile = job.dockerfile.clone();
        case.context.source(&overlay, dockerfile, &job.sync_key)
    };
    let measured = measure(bench, &request, source).await;
    match measured {
        Ok((time, mut outcome)) => {
            for step in &mut outcome.steps {
                step.name = job.masked(std::mem::take(&mut step.name));
            }
            Ok((time, outcome))
        }
        Err(failure) => Err(FailedBuild {
            reason: job.masked(failure.reason),
            ..failure
        }),
    }
}

fn give_up(ledger: &mut Ledger, metric: Metric, failure: &FailedBuild) {
    ledger.engine_lost |= failure.engine_lost;
    ledger.dnf(metric, &failure.reason);
}
