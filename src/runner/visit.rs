//! One visit of a case: build it, see that it works, then the rest.

use super::bench::{Bench, World, bounded};
use super::job::{BuiltImage, VisitJob};
use super::ledger::{ContractState, Ledger};
use super::load::LOAD_METRICS;
use super::mounts::has_mounts;
use super::planned_case::PlannedCase;
use super::{builds, floor, inspect, pulls, push, ready_image, starts, weigh};
use crate::context;
use crate::engine::{Engine, ErrorKind, ImageFacts};
use crate::record::{ImageRecord, Link, Metric, Outcome, PlanRecord, SkippedPhase};
use crate::scenario::EditName;
use crate::text::chain;
use crate::units::{Count, Quantity};

/// What a visit of an app yields, in order, without what goes through the registry.
const APP_METRICS: &[Metric] = &[
    Metric::ContextBytes,
    Metric::ContextFiles,
    Metric::BuildCold,
    Metric::ContextSentBytes,
    Metric::ContextSentFiles,
    Metric::SizeUnpacked,
    Metric::SizeEngine,
    Metric::SizeOwn,
    Metric::SizeLayers,
    Metric::StartCreate,
    Metric::StartStarted,
    Metric::StartReady,
    Metric::MemoryReady,
    Metric::StopTime,
    Metric::BuildCached,
    Metric::RebuildSource,
    Metric::RebuildDependency,
];

/// What a visit yields besides where the Dockerfile uses cache mounts.
const COLD_MOUNTS: &[(EditName, Metric)] = &[
    (EditName::Source, Metric::RebuildSourceColdMounts),
    (EditName::Dependency, Metric::RebuildDependencyColdMounts),
];

/// What a visit yields if all goes well.
pub(super) fn planned<W: World>(
    bench: &Bench<W>,
    case: Option<&PlannedCase>,
) -> Vec<(Metric, Option<Link>)> {
    let unlinked =
        |metrics: &[Metric]| -> Vec<_> { metrics.iter().map(|metric| (*metric, None)).collect() };
    let Some(case) = case else {
        return unlinked(floor::FLOOR_METRICS);
    };
    let plan = &bench.record.plan;
    let mut planned = unlinked(APP_METRICS);
    let is_built = case.spec.ready_image.is_none();
    planned.retain(|(metric, _)| is_built || !metric.is_of_builds());
    if plan.skips(SkippedPhase::Dependency) {
        planned.retain(|(metric, _)| *metric != Metric::RebuildDependency);
    }
    let cold_mounts = rebuilt_with_cold_mounts(plan, case);
    planned.extend(cold_mounts.map(|(_, metric)| (metric, None)));
    if case.healthy {
        planned.push((Metric::StartHealthy, None));
    }
    if case.load.is_some() {
        planned.extend(unlinked(LOAD_METRICS));
    }
    if bench.distribution.is_some() {
        planned.extend(pulls::planned(&plan.links));
    }
    planned
}

/// The rebuilds of a visit whose cache mounts are emptied before.
fn rebuilt_with_cold_mounts<'a>(
    plan: &'a PlanRecord,
    case: &PlannedCase,
) -> impl Iterator<Item = (EditName, Metric)> + use<'a> {
    let wanted = !plan.skips(SkippedPhase::ColdMounts) && has_mounts(case);
    COLD_MOUNTS
        .iter()
        .copied()
        .filter(move |_| wanted)
        .filter(|(edit, _)| *edit != EditName::Dependency || !plan.skips(SkippedPhase::Dependency))
}

/// Digest of the tar stream without entries: the layer of a step that changed nothing.
const EMPTY_LAYER: &str = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

/// Visits a case, or the floor where `case` is `None`.
pub(super) async fn visit<W: World>(
    bench: &mut Bench<W>,
    case: Option<&PlannedCase>,
    ledger: &mut Ledger,
) {
    match case {
        Some(case) => visit_app(bench, case, ledger).await,
        None => floor::visit(bench, ledger).await,
    }
}

async fn visit_app<W: World>(bench: &mut Bench<W>, case: &PlannedCase, ledger: &mut Ledger) {
    let job = match VisitJob::new(bench, case, ledger.round) {
        Ok(job) => job,
        Err(reason) => return ledger.fail(&reason),
    };
    let found = match &case.spec.ready_image {
        Some(reference) => ready_image::find(bench, reference, ledger).await,
        None => {
            ledger.value(Metric::ContextBytes, Quantity::Bytes(case.context.bytes()));
            ledger.value(Metric::ContextFiles, Quantity::Count(case.context.files()));
            builds::cold(bench, case, &job, ledger).await
        }
    };
    let Some(cold) = found else {
        return;
    };
    visit_image(bench, case, &job, &cold, ledger).await;
    // A ready image is the user's: it stays, and so do its names.
    if case.spec.ready_image.is_none() {
        builds::discard(bench, &job).await;
    }
}

/// What is measured of an image, be it built or ready.
async fn visit_image<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    job: &VisitJob,
    cold: &BuiltImage,
    ledger: &mut Ledger,
) {
    match describe(bench, job, cold, ledger).await {
        Ok(image) => ledger.image = Some(image),
        Err(reason) => return ledger.fail(&reason),
    }
    if let Err(reason) = starts::start(bench, case, job, ledger).await {
        // An app may print its environment before it dies.
        return ledger.fail(&job.masked(reason));
    }
    ledger.contract = ContractState::Passed;
    let pushed = push::push(bench, case, cold, ledger).await;
    weigh::weigh(bench, case, cold, pushed.as_ref(), ledger).await;
    if case.spec.ready_image.is_some() {
        ready_image::note_builds(APP_METRICS, ledger);
        pulls::pulls(bench, case, pushed, None, ledger).await;
        push::withdraw(bench, case);
    } else {
        builds::cached(bench, case, job, cold, ledger).await;
        let (name, metric) = (EditName::Source, Metric::RebuildSource);
        let edited = rebuild(bench, case, job, ledger, name, metric).await;
        pulls::pulls(bench, case, pushed, edited.as_deref(), ledger).await;
        push::withdraw(bench, case);
        if !bench.record.plan.skips(SkippedPhase::Dependency) {
            let (name, metric) = (EditName::Dependency, Metric::RebuildDependency);
            rebuild(bench, case, job, ledger, name, metric).await;
        }
        let cold_mounts: Vec<_> = rebuilt_with_cold_mounts(&bench.record.plan, case).collect();
        for (name, metric) in cold_mounts {
            rebuild(bench, case, job, ledger, name, metric).await;
        }
    }
    inspect::inspect(bench, case, job, cold, ledger).await;
}

async fn rebuild<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    job: &VisitJob,
    ledger: &mut Ledger,
    name: EditName,
    metric: Metric,
) -> Option<String> {
    let Some(edit) = case.edits.iter().find(|edit| edit.name == name) else {
        let reason = "the scenario has no such edit".to_owned();
        ledger.note(metric, Outcome::NotApplicable { reason });
        return None;
    };
    // The run is part of it, and how often it was resumed: neither a seed that is used again
    // nor a visit that is made again must find its edits in the cache.
    let what = match bench.record.commands.len() {
        0 | 1 => format!("{}/{}", bench.record.id, case.id),
        process => format!("{}/{}/{process}", bench.record.id, case.id),
    };
    let nonce = context::nonce(bench.record.plan.seed, &what, metric.id(), ledger.round);
    match context::apply_edit(edit, &case.app_dir, &nonce) {
        Ok(overlay) => builds::rebuild(bench, case, job, metric, overlay, &nonce, ledger).await,
        Err(error) => {
            ledger.dnf(metric, &chain(&error));
            None
        }
    }
}

/// What the engine says of the image that was just built.
async fn describe<W: World>(
    bench: &Bench<W>,
    job: &VisitJob,
    built: &BuiltImage,
    ledger: &mut Ledger,
) -> Result<ImageRecord, String> {
    let image = bench.engine.image(&built.tag);
    let facts = match bounded(bench, "inspect image", &built.tag, image).await {
        Ok(Some(facts)) => facts,
        Ok(None) => {
            return Err(format!(
                "the built image `{}` is not in the store",
                built.tag
            ));
        }
        Err(error) => {
            ledger.engine_lost |= error.kind == ErrorKind::Unreachable;
            return Err(error.chain());
        }
    };
    ledger.value(Metric::SizeEngine, Quantity::Bytes(facts.listed));
    let layers = facts
        .diff_ids
        .iter()
        .filter(|id| id.as_str() != EMPTY_LAYER)
        .count();
    ledger.value(Metric::SizeLayers, Quantity::Count(Count(layers as u64)));
    ledger.health_check = facts.health_check;
    let ImageFacts {
        id,
        diff_ids,
        mut history,
        user,
        ..
    } = facts;
    for (_, text) in &mut history {
        *text = job.masked(std::mem::take(text));
    }
    Ok(ImageRecord {
        id: id.0,
        diff_ids,
        history,
        user,
        reach: Some(bench.settings.reach),
        manifest: None,
        layer_bytes: None,
    })
}
