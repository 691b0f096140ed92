//! What is pushed to the registry of the run.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::bench::{Bench, World, bounded, overdue};
use super::job::BuiltImage;
use super::ledger::Ledger;
use super::planned_case::PlannedCase;
use super::proof;
use crate::engine::{
    Clock, Engine, EngineError, ErrorKind, Registry, RegistryEndpoint, TAG_BASE, Traffic,
    run_repository,
};
use crate::record::{ManifestRecord, Metric};
use crate::units::{Bytes, Nanos, Quantity};

pub(super) const TAG_COLD: &str = "cold";
pub(super) const TAG_UPDATE: &str = "update";

/// An image that was pushed.
pub(super) struct Pushed {
    pub(super) tag: &'static str,
    pub(super) manifest: ManifestRecord,
}

/// The repository of a case.
pub(super) fn case_repository<W: World>(bench: &Bench<W>, case: &PlannedCase) -> String {
    run_repository(&bench.record.id, &case.id.as_str().replace('/', "_"))
}

/// Pushes the cold build and times it. Gives what went into the registry.
pub(super) async fn push<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    built: &BuiltImage,
    ledger: &mut Ledger,
) -> Option<Pushed> {
    let registry = bench.distribution.as_ref()?.registry.clone();
    let repository = case_repository(bench, case);
    let planned = [Metric::SizeTransfer, Metric::PushTime, Metric::PushBytes];
    bench.phase(Metric::PushTime);
    let sent = match registry.forget(&repository) {
        Ok(()) => {
            let image = (built.tag.as_str(), case.spec.ready_image.as_deref());
            send(bench, &registry, &repository, TAG_COLD, image).await
        }
        Err(error) => Err(LostTransfer::of(format!(
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
    let present = blobs_of_bases(bench, &registry);
    ledger.value(Metric::SizeTransfer, Quantity::Bytes(manifest.sum()));
    let verdict = proof::check_received(&manifest, &present, &traffic);
    ledger.judged(Metric::PushTime, Quantity::Time(time), verdict.clone());
    let received: Bytes = traffic.received.values().copied().sum();
    ledger.judged(Metric::PushBytes, Quantity::Bytes(received), verdict);
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
pub(super) fn withdraw<W: World>(bench: &Bench<W>, case: &PlannedCase) {
    if let Some(known) = &bench.distribution {
        // What stays shows in the proof of the next push.
        let _ = known.registry.forget(&case_repository(bench, case));
    }
}

/// Digests that the registry holds for the bases.
fn blobs_of_bases<W: World>(bench: &Bench<W>, registry: &Arc<dyn Registry>) -> BTreeSet<String> {
    let repositories = bench
        .distribution
        .iter()
        .flat_map(|known| known.bases.values());
    repositories
        .filter_map(|repository| {
            registry
                .manifest(repository, TAG_BASE, &bench.record.engine.platform)
                .ok()
        })
        .flat_map(|manifest| {
            let blobs = manifest.blobs();
            blobs.into_keys().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// A push or pull that did not finish.
pub(super) struct LostTransfer {
    pub(super) reason: String,
    pub(super) engine: bool,
}

impl LostTransfer {
    fn of(reason: String) -> Self {
        Self {
            reason,
            engine: false,
        }
    }
}

impl From<EngineError> for LostTransfer {
    fn from(error: EngineError) -> Self {
        Self {
            reason: error.chain(),
            engine: error.kind == ErrorKind::Unreachable,
        }
    }
}

/// Whether an image has another name than that of a push: always, where it was built.
async fn keeps_name<W: World>(bench: &Bench<W>, ready: Option<&str>, id: &str) -> bool {
    let Some(reference) = ready else { return true };
    let name = bench.bases.get(reference).cloned();
    let name = name.unwrap_or_else(|| reference.to_owned());
    let other = bench.engine.image(&name);
    let other = bounded(bench, "inspect image", &name, other).await;
    other.is_ok_and(|other| other.is_some_and(|image| image.id.0 == id))
}

/// Pushes an image under a name of the registry, and takes the name away again. `built` is its
/// tag; of a `ready` image, whose reference that is, it is the id.
pub(super) async fn send<W: World>(
    bench: &mut Bench<W>,
    registry: &Arc<dyn Registry>,
    repository: &str,
    tag: &str,
    (built, ready): (&str, Option<&str>),
) -> Result<(Nanos, Traffic, ManifestRecord), LostTransfer> {
    let target = format!(
        "{}/{repository}:{tag}",
        registry.authority(RegistryEndpoint::Build)
    );
    let engine = bench.engine.clone();
    bounded(bench, "tag image", &target, engine.tag(built, &target)).await?;
    let deadline: Duration = bench.record.plan.build_deadline_ns.into();
    registry.reset_traffic(RegistryEndpoint::Build);
    let begin = bench.clock.mark();
    let outcome = tokio::time::timeout(deadline, engine.push(&target, &mut |_| {})).await;
    let end = bench.clock.mark();
    let traffic = registry.traffic(RegistryEndpoint::Build);
    // What cannot be removed now, the sweep at the end removes. Were it the only tag left, the
    // image would go with it: of a ready image the user may have removed the others meanwhile.
    if keeps_name(bench, ready, built).await {
        let removed = engine.remove_image(&target);
        let _ = bounded(bench, "remove image", &target, removed).await;
    }
    let outcome = outcome.map_err(|_| overdue("push image", &target))??;
    let manifest = registry
        .manifest(repository, tag, &bench.record.engine.platform)
        .map_err(|error| LostTransfer::of(format!("the push left no manifest: {error}")))?;
    if outcome
        .digest
        .is_some_and(|digest| digest != manifest.digest)
    {
        return Err(LostTransfer::of(
            "the registry holds another manifest than the engine says it pushed".to_owned(),
        ));
    }
    Ok((end.since(begin), traffic, manifest))
}
