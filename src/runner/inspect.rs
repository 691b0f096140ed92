//! A look into the image, once per case, after all that is timed: what it holds, and
//! whether it starts with next to no rights.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

use super::bench::{Bench, World, bounded};
use super::job::{BuiltImage, VisitJob};
use super::ledger::Ledger;
use super::naming::labels;
use super::planned_case::PlannedCase;
use super::wait::{AwaitedContainer, NotReady};
use super::{companions, ready};
use crate::engine::{BuildContext, ContainerSpec, Engine, HealthCheck};
use crate::image::{self, ImageContents, Planted};
use crate::record::{
    HardenedStart, LayerContents, Metric, Outcome, Posture, Sample, ScanOutcome, ScanRecord,
};
use crate::scenario::Confinement;
use crate::text::chain;
use crate::units::Quantity;

/// What a look into an image yields.
pub(super) const INSPECTION_METRICS: &[Metric] = &[
    Metric::SizeFiles,
    Metric::WasteBytes,
    Metric::WasteEfficiency,
];

/// An image of some gigabytes takes a minute on a slow disk.
pub(super) const EXPORT_WITHIN: Duration = Duration::from_secs(900);

/// Where a process with a read-only root may write.
const TMP: &str = "/tmp";

/// Looks into the image of this visit, if the case is not known yet.
pub(super) async fn inspect<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    job: &VisitJob,
    built: &BuiltImage,
    ledger: &mut Ledger,
) {
    // By the sample, which a resumed run takes back with a visit that was cut short.
    let known = |sample: &Sample| {
        sample.case == case.id
            && sample.metric == Metric::SizeFiles
            && sample.outcome.counted().is_some()
    };
    if ledger.warmup || bench.record.samples.iter().any(known) {
        return;
    }
    let contents = match contents(bench, job, built).await {
        Ok(contents) => contents,
        Err(reason) => {
            for metric in INSPECTION_METRICS {
                let reason = reason.clone();
                ledger.note(*metric, Outcome::NotMeasured { reason });
            }
            return;
        }
    };
    ledger.value(Metric::SizeFiles, Quantity::Count(contents.files));
    ledger.value(Metric::WasteBytes, Quantity::Bytes(contents.waste));
    match contents.efficiency {
        Some(ratio) => ledger.value(Metric::WasteEfficiency, Quantity::Ratio(ratio)),
        None => ledger.note(
            Metric::WasteEfficiency,
            Outcome::NotApplicable {
                reason: "the image holds no file".to_owned(),
            },
        ),
    }
    for note in &contents.notes {
        bench.warn(format!("{}: {note}", case.id));
    }
    let mut posture = contents.posture;
    if case.context.forces_dockerfile() {
        // It is in the image because it is sent in a tar; a client that sends a folder
        // keeps it apart, so it is not the user's leak.
        let own = format!("/{}", case.spec.path);
        posture.leaks.retain(|path| !path.ends_with(&own));
    }
    ledger.layers = masked(job, contents.layers);
    ledger.secrets = contents.values;
    ledger.posture = Some(Posture {
        hardened: Some(hardened(bench, case, job, built, ledger.health_check).await),
        stop: ledger.stop,
        scans: scans(bench, built).await,
        ..posture
    });
}

/// What the engine exports of the image, looked through once.
async fn contents<W: World>(
    bench: &mut Bench<W>,
    job: &VisitJob,
    built: &BuiltImage,
) -> Result<ImageContents, String> {
    bench.phase(Metric::SizeFiles);
    let planted = job.canary.iter().map(|canary| Planted {
        token: canary.token.clone(),
    });
    let planted = planted.collect();
    let export = bench.engine.export(&built.tag);
    let export = bounded(bench, "export image", &built.tag, export).await;
    let export = export.map_err(|error| error.chain())?;
    let looked = tokio::time::timeout(EXPORT_WITHIN, image::analyse_export(export, planted)).await;
    match looked {
        Ok(Ok(contents)) => Ok(contents),
        Ok(Err(error)) => {
            let hint = error.hint().map(|hint| format!(" (hint: {hint})"));
            Err(format!("{}{}", chain(&error), hint.unwrap_or_default()))
        }
        Err(_) => Err("the export did not end in time".to_owned()),
    }
}

/// What the scanners of this machine say; nothing where there is none.
async fn scans<W: World>(bench: &Bench<W>, built: &BuiltImage) -> Vec<ScanRecord> {
    let Some(scanners) = &bench.settings.scanners else {
        return Vec::new();
    };
    let kept = async {
        let export = bench.engine.export(&built.tag);
        let export = bounded(bench, "export image", &built.tag, export).await;
        let export = export.map_err(|error| error.chain())?;
        let kept = tokio::time::timeout(EXPORT_WITHIN, keep(export)).await;
        let kept = kept.map_err(|_| "the export did not end in time".to_owned())?;
        kept.map_err(|error| error.to_string())
    };
    match kept.await {
        Ok(file) => scanners.scan(&file.path()).await,
        Err(reason) => vec![ScanRecord {
            scanner: "all".to_owned(),
            version: String::new(),
            database: None,
            outcome: ScanOutcome::Failed(format!("the image could not be exported: {reason}")),
        }],
    }
}

/// A name may hold what was planted.
fn masked(job: &VisitJob, mut layers: Vec<LayerContents>) -> Vec<LayerContents> {
    for layer in &mut layers {
        let weights = layer.heaviest_files.iter_mut();
        for weight in weights.chain(&mut layer.heaviest_folders) {
            weight.path = job.masked(std::mem::take(&mut weight.path));
        }
    }
    layers
}

/// An export on disk, for another program to read. It has no name there, so that it is
/// gone with this process, whatever ends it.
struct Kept(File);

impl Kept {
    /// A way to it, as long as it is held.
    fn path(&self) -> PathBuf {
        let (process, file) = (std::process::id(), self.0.as_raw_fd());
        format!("/proc/{process}/fd/{file}").into()
    }
}

async fn keep(mut export: BuildContext) -> std::io::Result<Kept> {
    let file = tempfile::tempfile()?;
    let mut to = tokio::fs::File::from_std(file.try_clone()?);
    while let Some(chunk) = export.next().await {
        to.write_all(&chunk?).await?;
    }
    to.flush().await?;
    Ok(Kept(file))
}

/// Starts it with a read-only root, a /tmp in memory, no capability and no way to more.
async fn hardened<W: World>(
    bench: &Bench<W>,
    case: &PlannedCase,
    job: &VisitJob,
    built: &BuiltImage,
    health: Option<HealthCheck>,
) -> HardenedStart {
    let (contract, own) = (&case.contract, &case.spec.confinement);
    let mut tmpfs = own.tmpfs.clone();
    if !tmpfs.iter().any(|folder| folder == TMP) {
        tmpfs.push(TMP.to_owned());
    }
    let not_tried = |reason| HardenedStart::NotTried { reason };
    let name = format!("{}-hardened", job.container);
    let surroundings = match companions::up(bench, case, &name).await {
        Ok(surroundings) => surroundings,
        Err(fault) => return not_tried(job.masked(fault.reason)),
    };
    let spec = ContainerSpec {
        name,
        image: built.tag.clone(),
        env: contract.env.clone(),
        labels: labels(&bench.record.id),
        port: ready::port_of(contract, bench.settings.reach),
        confinement: Confinement {
            init: own.init,
            read_only: true,
            tmpfs,
            no_new_privileges: true,
            drop_capabilities: true,
        },
        command: Vec::new(),
        network: surroundings.place(),
    };
    let engine = &bench.engine;
    let id = match bounded(bench, "create container", &spec.name, engine.create(&spec)).await {
        Ok(id) => id,
        Err(error) => {
            let reason = surroundings.explain(bench, error.chain()).await;
            surroundings.down(bench).await;
            return not_tried(job.masked(reason));
        }
    };
    let wanted = AwaitedContainer {
        id: &id,
        contract,
        health,
    };
    let failed = |reason| HardenedStart::Failed {
        reason: job.masked(reason),
    };
    let outcome = match ready::start(bench, &wanted).await {
        Ok(_) => HardenedStart::Ready,
        Err(NotReady::Failed(reason)) => failed(reason),
        Err(NotReady::Start(error)) => failed(error.chain()),
        Err(NotReady::Lost(error)) => not_tried(error.chain()),
    };
    // Without a companion the start says nothing about the app.
    let outcome = match (surroundings.gone(bench).await, outcome) {
        (Some(gone), HardenedStart::Failed { reason } | HardenedStart::NotTried { reason }) => {
            not_tried(job.masked(format!("{gone}; the app: {reason}")))
        }
        (Some(gone), HardenedStart::Ready) => not_tried(job.masked(gone)),
        (None, outcome) => outcome,
    };
    // What it cannot remove, the sweep at the end does.
    let _ = bounded(bench, "remove container", &id, engine.remove_container(&id)).await;
    surroundings.down(bench).await;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_states_the_deadline() {
        let text = include_str!("../../docs/METHODOLOGY.md");
        let seconds = EXPORT_WITHIN.as_secs();
        let line = format!("| an export in a run, with the look into it | {seconds} s |");
        assert!(text.contains(&line), "{line}");
    }

    #[tokio::test]
    async fn another_program_reads_what_is_kept_and_nothing_has_a_name() {
        let chunks = ["one ", "two"].map(|text| Ok(text.into()));
        let kept = keep(Box::pin(futures_util::stream::iter(chunks)))
            .await
            .unwrap();
        let read = std::process::Command::new("cat")
            .arg(kept.path())
            .output()
            .unwrap();
        assert_eq!(read.stdout, b"one two");
        let name = std::fs::read_link(kept.path()).unwrap();
        assert!(!name.exists(), "{name:?}");
    }
}
