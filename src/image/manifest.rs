//! Which parts of an archive are the image: by `manifest.json`, which `docker save`,
//! podman and skopeo write, or else by the index of an OCI layout.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::archive::{Part, Parts};
use super::error::ImageError;

const MANIFEST: &str = "manifest.json";
const INDEX: &str = "index.json";
/// Indexes within one another.
const DEEPEST: usize = 8;

/// Names of the image's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The document that says so.
    pub by: String,
    /// The config.
    pub config: String,
    /// The layers, bottom first.
    pub layers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    layers: Option<Vec<String>>,
}

/// A manifest or an index of the OCI layout: which one shows in its keys.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Option<Vec<Descriptor>>,
    #[serde(default)]
    manifests: Option<Vec<Descriptor>>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
}

/// Reads a document.
pub(super) fn document<T: DeserializeOwned>(name: &str, text: &[u8]) -> Result<T, ImageError> {
    serde_json::from_slice(text).map_err(|source| ImageError::Document {
        document: name.to_owned(),
        source,
    })
}

/// The one image of an archive.
pub(super) fn choose(parts: &Parts) -> Result<Chosen, ImageError> {
    let mut images = if let Some(text) = parts.document(MANIFEST) {
        saved(text)?
    } else if let Some(text) = parts.document(INDEX) {
        let mut images = Vec::new();
        indexed(parts, INDEX, text, 0, &mut images)?;
        // Platforms that the engine does not have are listed all the same.
        if images.iter().any(|image| is_whole(parts, image)) {
            images.retain(|image| is_whole(parts, image));
        }
        images
    } else {
        let problem = format!("it has neither `{MANIFEST}` nor `{INDEX}`");
        return Err(ImageError::Choice { problem });
    };
    // Several names of one image.
    images.dedup_by(|one, other| one.config == other.config && one.layers == other.layers);
    match <[Chosen; 1]>::try_from(images) {
        Ok([image]) => Ok(image),
        Err(images) => Err(ImageError::Choice {
            problem: match images.len() {
                0 => "it holds none".to_owned(),
                count => format!("it holds {count}"),
            },
        }),
    }
}

fn saved(text: &[u8]) -> Result<Vec<Chosen>, ImageError> {
    let images: Vec<Saved> = document(MANIFEST, text)?;
    let images = images.into_iter().map(|image| Chosen {
        by: MANIFEST.to_owned(),
        config: image.config,
        layers: image.layers.unwrap_or_default(),
    });
    Ok(images.collect())
}

fn indexed(
    parts: &Parts,
    name: &str,
    text: &[u8],
    depth: usize,
    images: &mut Vec<Chosen>,
) -> Result<(), ImageError> {
    let manifest: Manifest = document(name, text)?;
    if let Some(config) = manifest.config {
        images.push(Chosen {
            by: name.to_owned(),
            config: blob(&config),
            layers: manifest.layers.iter().flatten().map(blob).collect(),
        });
    }
    if depth == DEEPEST {
        let problem = "its indexes lie too deep within one another".to_owned();
        return Err(ImageError::Choice { problem });
    }
    for descriptor in manifest.manifests.iter().flatten() {
        // Attestations are listed beside the images that they speak of.
        let attests = |platform: &Platform| platform.os == "unknown";
        if descriptor.platform.as_ref().is_some_and(attests) {
            continue;
        }
        let name = blob(descriptor);
        match parts.document(&name) {
            Some(text) => indexed(parts, &name, text, depth + 1, images)?,
            None if depth == 0 && manifest.manifests.iter().flatten().count() == 1 => {
                return Err(missing(parts, &name, INDEX));
            }
            None => {}
        }
    }
    Ok(())
}

fn blob(descriptor: &Descriptor) -> String {
    format!("blobs/{}", descriptor.digest.replacen(':', "/", 1))
}

fn is_whole(parts: &Parts, image: &Chosen) -> bool {
    parts.document(&image.config).is_some()
        && image.layers.iter().all(|layer| parts.find(layer).is_some())
}

/// The error for a part that is not there, or is something else.
pub(super) fn missing(parts: &Parts, part: &str, by: &str) -> ImageError {
    let problem = match parts.find(part) {
        None => "it is not in the archive",
        Some((_, Part::Other(words))) => words,
        Some((_, Part::Document(_))) => "it is neither a tar nor one packed with gzip or zstd",
        Some((_, Part::Layer(_))) => "it is a layer",
    };
    ImageError::Missing {
        part: part.to_owned(),
        by: by.to_owned(),
        problem: problem.to_owned(),
    }
}
