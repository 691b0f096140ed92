//! Which parts of an archive are the image: by `manifest.json`, which `docker save`,
//! podman and skopeo write, or else by the index of an OCI layout.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::archive::{ArchivePart, ArchiveParts};
use super::error::{ImageError, Malformed};
use super::name;

const MANIFEST: &str = "manifest.json";
const INDEX: &str = "index.json";
/// Manifests and indexes that are looked at.
const MOST_MANIFESTS: usize = 10_000;
/// Layers of an image: overlayfs stacks no more (`OVL_MAX_STACK` of the kernel).
pub(super) const MOST_LAYERS: usize = 500;

/// Names of the image's parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Chosen {
    /// The document that says so.
    pub by: String,
    /// The config.
    pub config: String,
    /// The layers, bottom first. Those that are kept elsewhere have no name.
    pub layers: Vec<Option<String>>,
    /// The base that the manifest names.
    pub base: Option<String>,
    /// What was left out, for people.
    pub notes: Vec<String>,
}

/// What an archive names.
#[derive(Default)]
pub(super) struct Offer {
    pub images: Vec<Offered>,
    /// What leads to the images: elements of `manifest.json`, or of the outermost index.
    pub references: Vec<ImageNames>,
    /// How many of the references have numbers, the first ones.
    pub numbered: usize,
}

/// One of an archive's images.
pub(super) struct Offered {
    pub chosen: Chosen,
    /// The places of the references that lead to it.
    pub references: BTreeSet<usize>,
    /// Whether the index has it next to those that `manifest.json` has.
    pub is_of_index: bool,
}

/// Names of one or more images.
pub(super) struct ImageNames {
    pub names: Vec<String>,
    /// The digest that the index names.
    pub digest: Option<String>,
}

/// Annotations of an index that name an image, as containerd and the OCI layout have them
/// (<https://github.com/opencontainers/image-spec/blob/main/annotations.md>).
const CONTAINERD_NAME: &str = "io.containerd.image.name";
const REFERENCE_NAME: &str = "org.opencontainers.image.ref.name";

/// The annotation and the label that name an image's base.
pub(super) const BASE_NAME: &str = "org.opencontainers.image.base.name";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Option<Vec<String>>,
    /// Layers that are kept elsewhere, by their digests.
    layer_sources: Option<BTreeMap<String, Descriptor>>,
}

/// A manifest or an index of the OCI layout: which one shows in its keys.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Option<Vec<Descriptor>>,
    #[serde(default)]
    manifests: Option<Vec<Descriptor>>,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    digest: String,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    platform: Option<Platform>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
}

/// Reads a document.
pub(super) fn document<T: DeserializeOwned>(name: &str, text: &[u8]) -> Result<T, ImageError> {
    serde_json::from_slice(text).map_err(|error| ImageError::Document {
        document: name::brief(name),
        source: Malformed(name::brief(&error.to_string())),
    })
}

/// The images that an archive has.
///
/// An engine with the containerd store writes each platform that it has, names one of them in
/// `manifest.json` and all of them in the index. `with_index` asks for those, too.
pub(super) fn offer(parts: &ArchiveParts, with_index: bool) -> Result<Offer, ImageError> {
    let index = parts.document(INDEX);
    let mut offer = if let Some(text) = parts.document(MANIFEST) {
        saved(text)?
    } else if let Some(text) = index {
        let mut offer = indexed(parts, text)?;
        // Platforms that the engine does not have are listed all the same.
        if offer.images.iter().any(|one| is_whole(parts, &one.chosen)) {
            offer.images.retain(|one| is_whole(parts, &one.chosen));
        }
        return Ok(offer.each_once(parts));
    } else if let Some((name, ArchivePart::Other(words))) =
        parts.find(MANIFEST).or(parts.find(INDEX))
    {
        let problem = format!("its `{}` is {words}", name::brief(name));
        return Err(ImageError::Choice { problem });
    } else {
        let problem = format!("it has neither `{MANIFEST}` nor `{INDEX}`");
        return Err(ImageError::Choice { problem });
    };
    if let (true, Some(text)) = (with_index, index) {
        let mut others = indexed(parts, text)?;
        others.images.retain(|one| is_whole(parts, &one.chosen));
        offer.add(others, parts);
    }
    Ok(offer.each_once(parts))
}

impl Offer {
    /// Adds the images of the index. One whose config is there already is the same image.
    fn add(&mut self, others: Self, parts: &ArchiveParts) {
        let before = self.references.len();
        self.references.extend(others.references);
        let known = self.images.iter().enumerate();
        let known = known.map(|(at, one)| (resolved(parts, &one.chosen.config), at));
        let known: BTreeMap<String, usize> = known.collect();
        for mut other in others.images {
            let references = other.references.iter().map(|at| at + before);
            let references: BTreeSet<usize> = references.collect();
            match known.get(&resolved(parts, &other.chosen.config)) {
                Some(at) => self.images[*at].references.extend(references),
                None => {
                    other.references = references;
                    other.is_of_index = true;
                    self.images.push(other);
                }
            }
        }
    }

    /// Several elements of one image are one image with several names.
    fn each_once(mut self, parts: &ArchiveParts) -> Self {
        let mut places: BTreeMap<(String, Vec<Option<String>>), usize> = BTreeMap::new();
        let mut images: Vec<Offered> = Vec::new();
        for image in self.images {
            let config = resolved(parts, &image.chosen.config);
            let key = (config, image.chosen.layers.clone());
            match places.get(&key) {
                Some(at) => images[*at].references.extend(image.references),
                None => {
                    places.insert(key, images.len());
                    images.push(image);
                }
            }
        }
        self.images = images;
        self
    }
}

fn saved(text: &[u8]) -> Result<Offer, ImageError> {
    let images: Vec<Saved> = document(MANIFEST, text)?;
    let mut offer = Offer {
        numbered: images.len(),
        ..Offer::default()
    };
    for (at, image) in images.into_iter().enumerate() {
        // Docker writes a foreign layer's tar where it has it, and else its source alone.
        let mut notes = Vec::new();
        let sources = image.layer_sources.unwrap_or_default();
        let foreign = sources.values().filter(|layer| is_foreign(layer)).count();
        if foreign > 0 {
            notes.push(format!(
                "layers that `{MANIFEST}` names as foreign, and that are read: {foreign}"
            ));
        }
        let layers = image.layers.unwrap_or_default().into_iter();
        let chosen = Chosen {
            by: MANIFEST.to_owned(),
            config: image.config,
            layers: layers.take(MOST_LAYERS + 1).map(Some).collect(),
            base: None,
            notes,
        };
        offer.images.push(Offered {
            chosen,
            references: BTreeSet::from([at]),
            is_of_index: false,
        });
        offer.references.push(ImageNames {
            names: image.repo_tags.unwrap_or_default(),
            digest: None,
        });
    }
    Ok(offer)
}

/// The images of an OCI layout. A document that several indexes name is looked at once.
fn indexed(parts: &ArchiveParts, index: &[u8]) -> Result<Offer, ImageError> {
    let mut found = Indexed::default();
    // Where the image of a manifest is in the list, by the name of the manifest.
    let mut images: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let root: Manifest = document(INDEX, index)?;
    let alone = root.manifests.as_ref().is_some_and(|list| list.len() == 1);
    found.read(INDEX, root, None)?;
    let first = found.waiting.front().map(|(name, _)| name.clone());
    while let Some((name, reference)) = found.waiting.pop_front() {
        // A digest may be written in several ways that lead to one document.
        match parts.find(&name) {
            Some((own, ArchivePart::Document(text))) if seen.insert(own) => {
                let manifest = document(own, text)?;
                let before = found.offer.images.len();
                found.read(own, manifest, Some(reference))?;
                if found.offer.images.len() > before {
                    images.insert(own, before);
                }
            }
            // Another name of the image, or another index with it.
            Some((own, ArchivePart::Document(_))) => {
                if let Some(at) = images.get(own) {
                    found.offer.images[*at].references.insert(reference);
                }
            }
            _ if alone && Some(&name) == first.as_ref() => {
                return Err(missing(parts, &name, INDEX));
            }
            _ => {}
        }
    }
    for image in &mut found.offer.images {
        image.chosen.notes.extend(found.notes.iter().cloned());
    }
    Ok(found.offer)
}

/// What was found in the indexes so far.
#[derive(Default)]
struct Indexed {
    offer: Offer,
    /// Manifests and indexes that are to be read, with the reference that leads there.
    waiting: VecDeque<(String, usize)>,
    /// The references by the digests that they name.
    by_digest: BTreeMap<String, usize>,
    notes: BTreeSet<String>,
}

impl Indexed {
    /// Reads a manifest or an index. `reference` leads there; none does to the outermost.
    fn read(
        &mut self,
        name: &str,
        manifest: Manifest,
        reference: Option<usize>,
    ) -> Result<(), ImageError> {
        if is_attestation(&manifest) {
            self.notes
                .insert("what attests the image is left out".to_owned());
            return Ok(());
        }
        if let Some(config) = &manifest.config {
            let layers = manifest.layers.unwrap_or_default();
            let base = manifest
                .annotations
                .and_then(|mut all| all.remove(BASE_NAME));
            self.offer.images.push(Offered {
                chosen: image_of(name, config, &layers, base),
                references: reference.into_iter().collect(),
                is_of_index: false,
            });
        }
        for descriptor in manifest.manifests.iter().flatten() {
            // Most are of an unknown platform, and in nearly every image.
            if (descriptor.platform.as_ref()).is_some_and(|platform| platform.os == "unknown") {
                continue;
            }
            if names_attestation(descriptor) {
                self.notes
                    .insert("what attests the image is left out".to_owned());
                continue;
            }
            if self.waiting.len() + self.offer.images.len() == MOST_MANIFESTS {
                let problem = format!("its indexes name more than {MOST_MANIFESTS} manifests");
                return Err(ImageError::Choice { problem });
            }
            let reference = reference.unwrap_or_else(|| self.reference(descriptor));
            self.waiting.push_back((blob(descriptor), reference));
        }
        Ok(())
    }

    /// The number of the reference that an element of the outermost index is.
    fn reference(&mut self, descriptor: &Descriptor) -> usize {
        let references = &mut self.offer.references;
        let fresh = references.len();
        let at = *self
            .by_digest
            .entry(descriptor.digest.clone())
            .or_insert(fresh);
        if at == fresh {
            references.push(ImageNames {
                names: Vec::new(),
                digest: Some(descriptor.digest.clone()),
            });
            self.offer.numbered += 1;
        }
        let annotations = descriptor.annotations.as_ref();
        let named = |key: &str| annotations.and_then(|all| all.get(key));
        // The first is the whole name; of the second many tools write the tag only.
        let name = named(CONTAINERD_NAME).or_else(|| named(REFERENCE_NAME));
        self.offer.references[at].names.extend(name.cloned());
        at
    }
}

fn image_of(
    name: &str,
    config: &Descriptor,
    layers: &[Descriptor],
    base: Option<String>,
) -> Chosen {
    let foreign = layers.iter().filter(|layer| is_foreign(layer)).count();
    let mut notes = Vec::new();
    if foreign > 0 {
        let by = name::brief(name);
        notes.push(format!(
            "layers that `{by}` names as foreign are not read: {foreign}"
        ));
    }
    let layers = layers.iter().take(MOST_LAYERS + 1);
    Chosen {
        by: name.to_owned(),
        config: blob(config),
        layers: layers
            .map(|layer| (!is_foreign(layer)).then(|| blob(layer)))
            .collect(),
        base,
        notes,
    }
}

/// Attestations are listed next to the images that they speak of.
fn names_attestation(descriptor: &Descriptor) -> bool {
    let mut annotations = descriptor.annotations.iter().flatten();
    descriptor.artifact_type.is_some()
        || annotations.any(|(key, _)| key == "vnd.docker.reference.type")
}

/// Whether a manifest is no image's. BuildKit's have a config like an image's, and layers of
/// in-toto statements.
fn is_attestation(manifest: &Manifest) -> bool {
    let empty = |config: &Descriptor| {
        config.media_type.as_deref() == Some("application/vnd.oci.empty.v1+json")
    };
    let statement = |layer: &Descriptor| {
        let kind = layer.media_type.as_deref().unwrap_or_default();
        kind.starts_with("application/vnd.in-toto")
    };
    let layers = manifest.layers.as_deref().unwrap_or_default();
    manifest.artifact_type.is_some()
        || manifest.config.as_ref().is_some_and(empty)
        || (!layers.is_empty() && layers.iter().all(statement))
}

/// Whether a layer is kept elsewhere than in the image.
fn is_foreign(layer: &Descriptor) -> bool {
    let kind = layer.media_type.as_deref().unwrap_or_default();
    kind.contains(".foreign.") || kind.contains(".nondistributable.")
}

fn blob(descriptor: &Descriptor) -> String {
    format!("blobs/{}", descriptor.digest.replacen(':', "/", 1))
}

/// The name of the part that a name leads to.
fn resolved(parts: &ArchiveParts, name: &str) -> String {
    let found = parts.find(name).map(|(own, _)| own);
    found.unwrap_or(name).to_owned()
}

fn is_whole(parts: &ArchiveParts, image: &Chosen) -> bool {
    parts.document(&image.config).is_some() && { image.layers.iter().flatten() }
        .all(|layer| parts.find(layer).is_some())
}

/// The error for a part that is not there, or is something else.
pub(super) fn missing(parts: &ArchiveParts, part: &str, by: &str) -> ImageError {
    let problem = match parts.find(part) {
        None => "it is not in the archive",
        Some((_, ArchivePart::Other(words))) => words,
        Some((_, ArchivePart::Document(_))) => {
            "it is neither a tar nor one packed with gzip or zstd"
        }
        Some((_, ArchivePart::Layer(_) | ArchivePart::Unread(_))) => "it is a layer",
    };
    ImageError::Missing {
        part: name::brief(part),
        by: name::brief(by),
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_once_however_its_digest_is_written() {
        let mut parts = ArchiveParts::default();
        let mut add = |name: &str, text: String| {
            let part = ArchivePart::Document(text.into_bytes());
            parts.add(name.to_owned(), part).unwrap();
        };
        let hex = "a".repeat(64);
        let name = format!("blobs/sha256/{hex}");
        let config = serde_json::json!({ "digest": "sha256:b" });
        let manifest = serde_json::json!({ "config": config, "layers": [] });
        add(&name, manifest.to_string());
        let digests = ["", "./", "././"]
            .map(|dots| serde_json::json!({ "digest": format!("sha256:{dots}{hex}") }));
        let index = serde_json::json!({ "manifests": digests }).to_string();
        let offer = indexed(&parts, index.as_bytes()).unwrap();
        assert_eq!(offer.images.len(), 1);
        assert_eq!(offer.images[0].chosen.by, name);
        assert_eq!(offer.images[0].references, BTreeSet::from([0, 1, 2]));
    }
}
