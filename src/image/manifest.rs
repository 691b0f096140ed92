//! Which parts of an archive are the image: by `manifest.json`, which `docker save`,
//! podman and skopeo write, or else by the index of an OCI layout.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::archive::{ArchivePart, ArchiveParts};
use super::config::Document;
use super::error::{ImageError, Malformed};
use super::name;

const MANIFEST: &str = "manifest.json";
const INDEX: &str = "index.json";
/// Manifests and indexes that are looked at.
const MOST_MANIFESTS: usize = 10_000;
/// Platforms that an error names.
const MOST_NAMED: usize = 20;
/// Layers of an image: overlayfs stacks no more (`OVL_MAX_STACK` of the kernel).
const MOST_LAYERS: usize = 500;

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

/// The annotation and the label that name an image's base.
pub(super) const BASE_NAME: &str = "org.opencontainers.image.base.name";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
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

/// The one image of an archive, or the one of a platform.
pub(super) fn choose(parts: &ArchiveParts, platform: Option<&str>) -> Result<Chosen, ImageError> {
    let mut images = if let Some(text) = parts.document(MANIFEST) {
        saved(text)?
    } else if let Some(text) = parts.document(INDEX) {
        let mut images = indexed(parts, text)?;
        // Platforms that the engine does not have are listed all the same.
        if images.iter().any(|image| is_whole(parts, image)) {
            images.retain(|image| is_whole(parts, image));
        }
        images
    } else if let Some((name, ArchivePart::Other(words))) =
        parts.find(MANIFEST).or(parts.find(INDEX))
    {
        let problem = format!("its `{}` is {words}", name::brief(name));
        return Err(ImageError::Choice { problem });
    } else {
        let problem = format!("it has neither `{MANIFEST}` nor `{INDEX}`");
        return Err(ImageError::Choice { problem });
    };
    // Several names of one image.
    let mut seen = BTreeSet::new();
    images.retain(|image| seen.insert((image.config.clone(), image.layers.clone())));
    let image = one(parts, images, platform)?;
    if image.layers.len() > MOST_LAYERS {
        let by = name::brief(&image.by);
        let problem =
            format!("`{by}` names more than {MOST_LAYERS} layers, and no engine stacks so many");
        return Err(ImageError::Unfit { problem });
    }
    Ok(image)
}

/// The one image, or the one of a platform: `os/architecture` or with a variant.
fn one(
    parts: &ArchiveParts,
    images: Vec<Chosen>,
    platform: Option<&str>,
) -> Result<Chosen, ImageError> {
    let of_image = |image: &Chosen| -> String {
        let text = parts.document(&image.config).unwrap_or_default();
        let document: Document = serde_json::from_slice(text).unwrap_or_default();
        document.platform()
    };
    let (wanted, others): (Vec<_>, Vec<_>) = images.into_iter().partition(|image| {
        platform.is_none_or(|wanted| {
            let found = of_image(image);
            let variant = found.strip_prefix(wanted);
            variant.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    });
    let images = match <[Chosen; 1]>::try_from(wanted) {
        Ok([image]) => return Ok(image),
        Err(images) => images,
    };
    let listed = images.iter().chain(&others);
    let platforms: BTreeSet<String> = listed.map(of_image).collect();
    let names = || {
        let names: Vec<_> = platforms.iter().take(MOST_NAMED).cloned().collect();
        name::brief(&names.join(", "))
    };
    let problem = match images.len() {
        0 => "it holds none".to_owned(),
        count => format!("it holds {count}"),
    };
    match platform {
        Some(platform) => Err(ImageError::Platform {
            wanted: format!("one image of {}", name::brief(platform)),
            problem,
            hint: format!("it has {}", names()),
        }),
        None if platforms.len() > 1 => Err(ImageError::Platform {
            wanted: "one image".to_owned(),
            problem,
            hint: format!("name one with --platform: {}", names()),
        }),
        None => Err(ImageError::Choice { problem }),
    }
}

fn saved(text: &[u8]) -> Result<Vec<Chosen>, ImageError> {
    let images: Vec<Saved> = document(MANIFEST, text)?;
    let images = images.into_iter().map(|image| {
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
        Chosen {
            by: MANIFEST.to_owned(),
            config: image.config,
            layers: layers.take(MOST_LAYERS + 1).map(Some).collect(),
            base: None,
            notes,
        }
    });
    Ok(images.collect())
}

/// The images of an OCI layout. A document that several indexes name is looked at once.
fn indexed(parts: &ArchiveParts, index: &[u8]) -> Result<Vec<Chosen>, ImageError> {
    let mut images = Vec::new();
    let mut notes = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut waiting = VecDeque::new();
    let root: Manifest = document(INDEX, index)?;
    let alone = root.manifests.as_ref().is_some_and(|list| list.len() == 1);
    read(INDEX, root, &mut images, &mut waiting, &mut notes)?;
    let first = waiting.front().cloned();
    while let Some(name) = waiting.pop_front() {
        match parts.document(&name) {
            Some(text) if seen.insert(name.clone()) => {
                let manifest = document(&name, text)?;
                read(&name, manifest, &mut images, &mut waiting, &mut notes)?;
            }
            None if alone && Some(&name) == first.as_ref() => {
                return Err(missing(parts, &name, INDEX));
            }
            _ => {}
        }
    }
    for image in &mut images {
        image.notes.extend(notes.iter().cloned());
    }
    Ok(images)
}

fn read(
    name: &str,
    manifest: Manifest,
    images: &mut Vec<Chosen>,
    waiting: &mut VecDeque<String>,
    notes: &mut BTreeSet<String>,
) -> Result<(), ImageError> {
    if is_attestation(&manifest) {
        notes.insert("what attests the image is left out".to_owned());
        return Ok(());
    }
    if let Some(config) = &manifest.config {
        let layers = manifest.layers.unwrap_or_default();
        let foreign = layers.iter().filter(|layer| is_foreign(layer)).count();
        let mut own = Vec::new();
        if foreign > 0 {
            let by = name::brief(name);
            own.push(format!(
                "layers that `{by}` names as foreign are not read: {foreign}"
            ));
        }
        let layers = layers.iter().take(MOST_LAYERS + 1);
        images.push(Chosen {
            by: name.to_owned(),
            config: blob(config),
            layers: layers
                .map(|layer| (!is_foreign(layer)).then(|| blob(layer)))
                .collect(),
            base: manifest
                .annotations
                .and_then(|mut all| all.remove(BASE_NAME)),
            notes: own,
        });
    }
    for descriptor in manifest.manifests.iter().flatten() {
        // Most are of an unknown platform, and in nearly every image.
        if (descriptor.platform.as_ref()).is_some_and(|platform| platform.os == "unknown") {
            continue;
        }
        if names_attestation(descriptor) {
            notes.insert("what attests the image is left out".to_owned());
            continue;
        }
        if waiting.len() + images.len() == MOST_MANIFESTS {
            let problem = format!("its indexes name more than {MOST_MANIFESTS} manifests");
            return Err(ImageError::Choice { problem });
        }
        waiting.push_back(blob(descriptor));
    }
    Ok(())
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
