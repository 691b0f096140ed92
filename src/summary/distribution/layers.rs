//! The packed layers of the base, and the registry storage of several images.

use std::collections::BTreeMap;

use super::super::analysis::Analysis;
use super::super::figure::{Absence, median};
use super::super::stock::Stock;
use crate::record::{BaseRecord, BlobRecord, CaseRecord, ImageRecord, ManifestRecord, Metric};
use crate::units::{Bytes, Count};

/// Packed bytes of one image, split into base and own part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SplitImage<'a> {
    /// The base of the final stage; `None` for `scratch`.
    pub(crate) base: Option<&'a BaseRecord>,
    /// The base's layers, each digest once.
    pub(crate) base_bytes: Bytes,
    /// All other layers, each digest once, and the config.
    pub(crate) own_bytes: Bytes,
    /// Config and layers as the manifest lists them.
    pub(crate) whole: Bytes,
}

impl SplitImage<'_> {
    /// Registry storage of several services that share only their base.
    pub(crate) fn once(&self, services: Count) -> Option<Bytes> {
        let own = self.own_bytes.0.checked_mul(services.0)?;
        own.checked_add(self.base_bytes.0).map(Bytes)
    }

    /// The storage if each image were stored completely.
    pub(crate) fn each_whole(&self, services: Count) -> Option<Bytes> {
        self.whole.0.checked_mul(services.0).map(Bytes)
    }
}

/// Splits the image of a case at its base.
///
/// # Errors
/// The image is invalid or has no manifest, or the record is inconsistent.
pub(crate) fn part<'a>(
    analysis: &Analysis<'a>,
    case: &'a CaseRecord,
) -> Result<SplitImage<'a>, Absence> {
    let (image, manifest) = counted_manifest(analysis, case)?;
    let (listed, unpacked) = (manifest.layers.len(), image.diff_ids.len());
    if listed != unpacked {
        return Err(Absence::not_derived(format!(
            "the manifest lists {listed} layers and the image has {unpacked}: which are the base's is not known"
        )));
    }
    let base = base_of(analysis, case, image)?;
    let bottom = base.map_or(0, |base| base.diff_ids.len());
    let (below, above) = manifest.layers.split_at(bottom);
    let base_blobs = by_digest(below);
    let mut own_blobs = by_digest(above);
    own_blobs.retain(|digest, _| !base_blobs.contains_key(digest));
    own_blobs.insert(&manifest.config.digest, manifest.config.bytes);
    Ok(SplitImage {
        base,
        base_bytes: base_blobs.into_values().sum(),
        own_bytes: own_blobs.into_values().sum(),
        whole: manifest.sum(),
    })
}

fn by_digest(blobs: &[BlobRecord]) -> BTreeMap<&str, Bytes> {
    let pairs = blobs.iter().map(|blob| (blob.digest.as_str(), blob.bytes));
    pairs.collect()
}

/// The image and the manifest of a case with a valid transfer size.
fn counted_manifest<'a>(
    analysis: &Analysis<'a>,
    case: &'a CaseRecord,
) -> Result<(&'a ImageRecord, &'a ManifestRecord), Absence> {
    median(analysis.get(&case.id, Metric::SizeTransfer))?;
    let image = case.image.as_ref();
    image
        .and_then(|image| Some((image, image.manifest.as_ref()?)))
        .ok_or_else(|| Absence::not_derived("the record has no manifest of this image"))
}

/// The base whose layers are the first of the image; of several, the one with the most layers.
pub(super) fn base_of<'a>(
    analysis: &Analysis<'a>,
    case: &CaseRecord,
    image: &ImageRecord,
) -> Result<Option<&'a BaseRecord>, Absence> {
    if case.ready_image.is_some() {
        let why = "a ready image: its base is not known";
        return Err(Absence::not_derived(why));
    }
    let known = |reference: &String| {
        let setup = analysis.record.setup_at(analysis.part_of(&case.id));
        let mut bases = setup.bases.iter();
        bases
            .find(|base| base.reference == *reference && !base.diff_ids.is_empty())
            .ok_or_else(|| {
                Absence::not_derived(format!("the record has no layers of the base {reference}"))
            })
    };
    let bases: Vec<&BaseRecord> = case.bases.iter().map(known).collect::<Result<_, _>>()?;
    let below = bases
        .into_iter()
        .filter(|base| image.diff_ids.starts_with(&base.diff_ids));
    Ok(below.max_by_key(|base| base.diff_ids.len()))
}

/// The registry storage of all variants of a scenario.
pub(crate) fn stock_of_scenario(analysis: &Analysis<'_>, scenario: &str) -> Stock {
    stock(analysis, analysis.cases_of(scenario).iter().copied())
}

/// The same for all scenarios.
pub(crate) fn stock_of_run(analysis: &Analysis<'_>) -> Stock {
    let scenarios = analysis.record.scenarios.iter();
    let cases = scenarios.flat_map(|scenario| analysis.cases_of(&scenario.name).iter().copied());
    analysis.stock_of_run(|| stock(analysis, cases))
}

fn stock<'a>(analysis: &Analysis<'a>, cases: impl Iterator<Item = &'a CaseRecord>) -> Stock {
    let mut stock = Stock::default();
    let mut once = BTreeMap::new();
    for case in cases {
        let Ok((_, manifest)) = counted_manifest(analysis, case) else {
            continue;
        };
        stock.images += 1;
        stock.whole = stock.whole + manifest.sum();
        once.extend(manifest.blobs());
    }
    stock.once = once.into_values().sum();
    stock
}
