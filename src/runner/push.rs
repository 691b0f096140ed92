//! The registry of the run, and what is pushed to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::builds::{Built, judge};
use super::ledger::Ledger;
use super::proof;
use super::session::{PlannedCase, Runner};
use super::starts::{bounded, overdue};
use crate::engine::{
    Clock, Engine, EngineError, ErrorKind, Probe, Registry, RegistryEndpoint, TAG_BASE, Traffic,
    run_repository,
};
use crate::record::{ManifestRecord, Metric};
use crate::units::{Bytes, Nanos, Quantity};

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

pub(super) const TAG_COLD: &str = "cold";
pub(super) const TAG_UPDATE: &str = "update";

/// An image that was pushed.
pub(super) struct Pushed {
    pub(super) tag: &'static str,
    pub(super) manifest: ManifestRecord,
}

/// The repository of a case.
pub(super) fn case_repository<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    case: &PlannedCase,
) -> String {
    run_repository(&runner.record.id, &case.id.as_str().replace('/', "_"))
}

/// Pushes the cold build and times it. Gives what went into the registry.
pub(super) async fn push<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    case: &PlannedCase,
    built: &Built,
    ledger: &mut Ledger,
) -> Option<Pushed> {
    let registry = runner.distribution.as_ref()?.registry.clone();
    let repository = case_repository(runner, case);
    let planned = [Metric::SizeTransfer, Metric::PushTime, Metric::PushBytes];
    runner.phase(Metric::PushTime);
    let sent = match registry.forget(&repository) {
        Ok(()) => {
            let image = (built.tag.as_str(), case.spec.ready_image.as_deref());
            send(runner, &registry, &repository, TAG_COLD, image).await
        }
        Err(error) => Err(Lost::of(format!(
            "the registry could not be emptied: {error}"
        ))),
    };
    let (time, traffic, manifest) = match sent {
        Ok(sent) => sent,
        Err(lost) => {
            ledger.engine_lost |= lost.engine;
            for metric in planned {
                ledger.dnf(metric, &lost.reason);
            }
            return None;
        }
    };
    let present = blobs_of_bases(runner, &registry);
    ledger.value(Metric::SizeTransfer, Quantity::Bytes(manifest.sum()));
    let verdict = proof::check_received(&manifest, &present, &traffic);
    judge(
        ledger,
        Metric::PushTime,
        Quantity::Time(time),
        verdict.clone(),
    );
    let received: Bytes = traffic.received.values().copied().sum();
    judge(
        ledger,
        Metric::PushBytes,
        Quantity::Bytes(received),
        verdict,
    );
    if let Some(image) = &mut ledger.image {
        image.manifest = Some(manifest.clone());
    }
    Some(Pushed {
        tag: TAG_COLD,
        manifest,
    })
}

/// Takes the case's images out of the registry: a layer that the next case has too
/// would not be sent again.
pub(super) fn withdraw<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    case: &PlannedCase,
) {
    if let Some(known) = &runner.distribution {
        // What stays shows in the proof of the next push.
        let _ = known.registry.forget(&case_repository(runner, case));
    }
}

/// Digests that the registry holds for the bases.
fn blobs_of_bases<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    registry: &Arc<dyn Registry>,
) -> BTreeSet<String> {
    let repositories = runner
        .distribution
        .iter()
        .flat_map(|known| known.bases.values());
    repositories
        .filter_map(|repository| {
            registry
                .manifest(repository, TAG_BASE, &runner.record.engine.platform)
                .ok()
        })
        .flat_map(|manifest| {
            let blobs = manifest.blobs();
            blobs.into_keys().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// A push or pull that did not finish.
pub(super) struct Lost {
    pub(super) reason: String,
    pub(super) engine: bool,
}

impl Lost {
    fn of(reason: String) -> Self {
        Self {
            reason,
            engine: false,
        }
    }
}

impl From<EngineError> for Lost {
    fn from(error: EngineError) -> Self {
        Self {
            reason: error.chain(),
            engine: error.kind == ErrorKind::Unreachable,
        }
    }
}

/// Whether an image has another name than that of a push: always, where it was built.
async fn keeps_name<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    ready: Option<&str>,
    id: &str,
) -> bool {
    let Some(reference) = ready else { return true };
    let name = runner.bases.get(reference).cloned();
    let name = name.unwrap_or_else(|| reference.to_owned());
    let other = runner.engine.image(&name);
    let other = bounded(runner, "inspect image", &name, other).await;
    other.is_ok_and(|other| other.is_some_and(|image| image.id.0 == id))
}

/// Pushes an image under a name of the registry, and takes the name away again. `built` is its
/// tag; of a `ready` image, whose reference that is, it is the id.
pub(super) async fn send<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    registry: &Arc<dyn Registry>,
    repository: &str,
    tag: &str,
    (built, ready): (&str, Option<&str>),
) -> Result<(Nanos, Traffic, ManifestRecord), Lost> {
    let target = format!(
        "{}/{repository}:{tag}",
        registry.authority(RegistryEndpoint::Build)
    );
    let engine = runner.engine.clone();
    bounded(runner, "tag image", &target, engine.tag(built, &target)).await?;
    let deadline: Duration = runner.record.plan.build_deadline_ns.into();
    registry.reset_traffic(RegistryEndpoint::Build);
    let begin = runner.clock.mark();
    let outcome = tokio::time::timeout(deadline, engine.push(&target, &mut |_| {})).await;
    let end = runner.clock.mark();
    let traffic = registry.traffic(RegistryEndpoint::Build);
    // What cannot be removed now, the sweep at the end removes. Were it the only tag left, the
    // image would go with it: of a ready image the user may have removed the others meanwhile.
    if keeps_name(runner, ready, built).await {
        let removed = engine.remove_image(&target);
        let _ = bounded(runner, "remove image", &target, removed).await;
    }
    let outcome = outcome.map_err(|_| overdue("push image", &target))??;
    let manifest = registry
        .manifest(repository, tag, &runner.record.engine.platform)
        .map_err(|error| Lost::of(format!("the push left no manifest: {error}")))?;
    if outcome
        .digest
        .is_some_and(|digest| digest != manifest.digest)
    {
        return Err(Lost::of(
            "the registry holds another manifest than the engine says it pushed".to_owned(),
        ));
    }
    Ok((end.since(begin), traffic, manifest))
}
