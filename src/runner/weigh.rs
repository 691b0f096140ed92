//! What an image weighs: the file bytes of its layers' tars. They depend on the layers alone,
//! neither on the store that keeps them nor on the image's history.
//!
//! The registry of the run has every layer that was pushed; an image that is not there is
//! exported. Each layer is read once in a run.

use std::io::Read;
use std::sync::Arc;

use super::bases::repository_of;
use super::bench::{Bench, World, bounded};
use super::inspect::EXPORT_WITHIN;
use super::job::BuiltImage;
use super::ledger::Ledger;
use super::planned_case::PlannedCase;
use super::push::{Pushed, case_repository};
use super::ready_image::NO_KNOWN_BASE;
use crate::engine::{Engine, Registry, TAG_BASE};
use crate::image;
use crate::record::{BlobRecord, Metric, Outcome};
use crate::text::chain;
use crate::units::{Bytes, Quantity};

/// Notes the sizes of the image that was built, and those of its history's entries.
pub(super) async fn weigh<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    built: &BuiltImage,
    pushed: Option<&Pushed>,
    ledger: &mut Ledger,
) {
    let Some(diff_ids) = ledger.image.as_ref().map(|image| image.diff_ids.clone()) else {
        return;
    };
    let weighed = match pushed {
        Some(pushed) => of_registry(bench, case, pushed, &diff_ids).await,
        None => of_export(bench, built, &diff_ids).await,
    };
    let (layers, makers) = match weighed {
        Ok(weighed) => weighed,
        Err(reason) => {
            for metric in [Metric::SizeUnpacked, Metric::SizeOwn] {
                let reason = reason.clone();
                ledger.note(metric, Outcome::NotMeasured { reason });
            }
            return;
        }
    };
    let unpacked: Bytes = layers.iter().copied().sum();
    ledger.value(Metric::SizeUnpacked, Quantity::Bytes(unpacked));
    let below = match case.spec.ready_image {
        Some(_) => Err(Outcome::NotApplicable {
            reason: NO_KNOWN_BASE.to_owned(),
        }),
        None => {
            layers_below(bench, case, &diff_ids).map_err(|reason| Outcome::NotMeasured { reason })
        }
    };
    match below {
        Ok(below) => {
            let own: Bytes = layers[below..].iter().copied().sum();
            ledger.value(Metric::SizeOwn, Quantity::Bytes(own));
        }
        Err(outcome) => ledger.note(Metric::SizeOwn, outcome),
    }
    if let Some(image) = &mut ledger.image {
        image::spread_over_history(&mut image.history, &layers, &makers);
        image.layer_bytes = Some(layers);
    }
}

/// File bytes of each layer, and which entries of the history made one.
type Weighed = (Vec<Bytes>, Vec<bool>);

async fn of_registry<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    pushed: &Pushed,
    diff_ids: &[String],
) -> Result<Weighed, String> {
    let blobs = &pushed.manifest.layers;
    if blobs.len() != diff_ids.len() {
        return Err(format!(
            "the manifest has {} layers and the image {}",
            blobs.len(),
            diff_ids.len()
        ));
    }
    let registry = bench
        .distribution
        .as_ref()
        .map(|known| known.registry.clone())
        .ok_or("there is no registry")?;
    let repository = case_repository(bench, case);
    let layers = of_blobs(bench, &registry, &repository, blobs, diff_ids).await?;
    let digest = &pushed.manifest.config.digest;
    let config = read_blob(&registry, &repository, digest, |mut blob| {
        let mut text = Vec::new();
        blob.read_to_end(&mut text).map(|_| text)
    });
    let makers = image::makers_of_layers(&config.await?);
    Ok((layers, makers))
}

/// Reads the layers that were not read before in this run.
async fn of_blobs<W: World>(
    bench: &mut Bench<W>,
    registry: &Arc<dyn Registry>,
    repository: &str,
    blobs: &[BlobRecord],
    diff_ids: &[String],
) -> Result<Vec<Bytes>, String> {
    let mut layers = Vec::new();
    for (blob, diff_id) in blobs.iter().zip(diff_ids) {
        let bytes = match bench.layer_bytes.get(diff_id) {
            Some(known) => *known,
            None => {
                let read = read_blob(registry, repository, &blob.digest, image::layer_bytes);
                let bytes = read.await?;
                bench.layer_bytes.insert(diff_id.clone(), bytes);
                bytes
            }
        };
        layers.push(bytes);
    }
    Ok(layers)
}

/// Puts the file bytes of the bases into the record in place of what the engine reports. Where a
/// base's layers were not read and cannot be, the engine's figure stays.
pub(super) async fn weigh_bases<W: World>(bench: &mut Bench<W>) {
    for at in 0..bench.record.bases.len() {
        let base = &bench.record.bases[at];
        let (reference, diff_ids) = (base.reference.clone(), base.diff_ids.clone());
        let known = |id: &String| bench.layer_bytes.get(id).copied();
        let known: Option<Vec<Bytes>> = diff_ids.iter().map(known).collect();
        let layers = match known {
            Some(layers) => Ok(layers),
            None => of_base(bench, &reference, &diff_ids).await,
        };
        if let Ok(layers) = layers {
            bench.record.bases[at].unpacked_bytes = layers.into_iter().sum();
        }
    }
}

async fn of_base<W: World>(
    bench: &mut Bench<W>,
    reference: &str,
    diff_ids: &[String],
) -> Result<Vec<Bytes>, String> {
    let none = || format!("the registry does not have `{reference}`");
    let known = bench.distribution.as_ref().ok_or_else(none)?;
    let repository = repository_of(&known.bases, reference)
        .ok_or_else(none)?
        .to_owned();
    let registry = known.registry.clone();
    let manifest = registry.manifest(&repository, TAG_BASE, &bench.record.engine.platform);
    let manifest = manifest.map_err(|error| chain(error.as_ref()))?;
    if manifest.layers.len() != diff_ids.len() {
        return Err(none());
    }
    of_blobs(bench, &registry, &repository, &manifest.layers, diff_ids).await
}

/// Reads a blob on a thread of its own: a layer takes a second and more.
async fn read_blob<T: Send + 'static>(
    registry: &Arc<dyn Registry>,
    repository: &str,
    digest: &str,
    read: impl FnOnce(Box<dyn Read + Send>) -> std::io::Result<T> + Send + 'static,
) -> Result<T, String> {
    let failed = |why: String| format!("the registry's `{digest}` could not be read: {why}");
    let blob = registry
        .blob(repository, digest)
        .map_err(|error| failed(chain(error.as_ref())))?;
    match tokio::task::spawn_blocking(move || read(blob)).await {
        Ok(read) => read.map_err(|error| failed(chain(&error))),
        Err(error) => Err(failed(error.to_string())),
    }
}

async fn of_export<W: World>(
    bench: &mut Bench<W>,
    built: &BuiltImage,
    diff_ids: &[String],
) -> Result<Weighed, String> {
    let export = bench.engine.export(&built.tag);
    let export = bounded(bench, "export image", &built.tag, export).await;
    let export = export.map_err(|error| error.chain())?;
    let contents = image::analyse_export(export, Vec::new());
    let contents = tokio::time::timeout(EXPORT_WITHIN, contents).await;
    let contents = contents.map_err(|_| "the export did not end in time".to_owned())?;
    let contents = contents.map_err(|error| chain(&error))?;
    let layers: Vec<_> = contents.layers.iter().map(|layer| layer.bytes).collect();
    if layers.len() != diff_ids.len() {
        return Err(format!(
            "the export has {} layers and the image {}",
            layers.len(),
            diff_ids.len()
        ));
    }
    let weighed = diff_ids.iter().cloned().zip(layers.iter().copied());
    bench.layer_bytes.extend(weighed);
    Ok((layers, contents.makers_of_layers))
}

/// How many layers are those of the base of the final stage.
fn layers_below<W: World>(
    bench: &Bench<W>,
    case: &PlannedCase,
    diff_ids: &[String],
) -> Result<usize, String> {
    let spec = &case.spec;
    let base = spec
        .dockerfile
        .final_base(spec.target.as_deref(), &spec.build_args)
        .map_err(|error| error.to_string())?;
    let Some(reference) = base else {
        return Ok(0);
    };
    let base = bench
        .base_of(&reference)
        .ok_or_else(|| format!("the base `{reference}` was not resolved"))?;
    if !diff_ids.starts_with(&base.diff_ids) {
        return Err(format!(
            "the image's layers do not begin with those of `{reference}`"
        ));
    }
    Ok(base.diff_ids.len())
}
