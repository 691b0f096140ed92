//! Manifests: the raw bytes and the content that they refer to.
//!
//! Source: OCI image specification, `manifest.md` and `image-index.md`; Docker's
//! "Image Manifest V 2, Schema 2".

use std::collections::BTreeMap;

use bytes::Bytes as Content;
use serde::Deserialize;
use serde_json::{Value, json};

use super::response_error::{Code, ErrorResponse};
use super::route::algorithm;
use crate::oci::Digest;
use crate::record::{BlobRecord, ManifestRecord};
use crate::units::Bytes;

/// The media type of an index and of the list of referrers.
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
const DOCKER_IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image,
    Index,
    /// From the drafts of version 1.1; some clients still push it.
    Artifact,
}

impl Kind {
    fn of(media_type: &str) -> Option<Self> {
        match media_type {
            IMAGE | DOCKER_IMAGE => Some(Self::Image),
            INDEX | DOCKER_LIST => Some(Self::Index),
            ARTIFACT => Some(Self::Artifact),
            _ => None,
        }
    }
}

/// A validated manifest.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) digest: Digest,
    pub(super) media_type: String,
    pub(super) bytes: Content,
    kind: Kind,
    json: ManifestJson,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManifestJson {
    schema_version: Option<u64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    blobs: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    annotations: Option<BTreeMap<String, String>>,
}

/// A reference to content.
///
/// Source: OCI image specification, `descriptor.md`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
    urls: Option<Vec<String>>,
    platform: Option<Platform>,
}

/// Source: OCI image specification, `image-index.md`.
#[derive(Debug, Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
}

impl Platform {
    /// Whether it matches a platform such as `linux/amd64` or `linux/arm64/v8`; the variant is
    /// ignored.
    fn is(&self, platform: &str) -> bool {
        let mut parts = platform.split('/');
        parts.next() == Some(&self.os) && parts.next() == Some(&self.architecture)
    }

    /// BuildKit gives attestations this platform, so that engines do not run them.
    fn is_unknown(&self) -> bool {
        self.os == "unknown"
    }
}

impl Descriptor {
    /// Whether it is a foreign layer, which registries need not store.
    fn is_foreign(&self) -> bool {
        self.urls.as_ref().is_some_and(|urls| !urls.is_empty())
            || self.media_type.contains(".nondistributable.")
            || self.media_type.contains(".foreign.")
    }

    fn record(&self) -> BlobRecord {
        BlobRecord {
            digest: self.digest.clone(),
            bytes: Bytes(self.size),
        }
    }
}

impl Manifest {
    /// Validates a pushed manifest. `by` is the digest in the request path.
    pub(super) fn of(
        content_type: Option<&str>,
        bytes: Content,
        by: Option<&Digest>,
    ) -> Result<Self, ErrorResponse> {
        let invalid = |why: String| ErrorResponse::new(Code::ManifestInvalid, why);
        let name = by.map_or("sha256", Digest::algorithm);
        let mut hasher = algorithm(name)?;
        hasher.update(&bytes);
        let digest = hasher.finish();
        if by.is_some_and(|by| *by != digest) {
            let why = format!("the manifest has the digest {digest}");
            return Err(ErrorResponse::new(Code::DigestInvalid, why));
        }
        let json: ManifestJson = serde_json::from_slice(&bytes)
            .map_err(|error| invalid(format!("failed to parse the manifest: {error}")))?;
        // Parameters are ignored, as the specification says.
        let announced = content_type
            .and_then(|text| text.split(';').next())
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let stated = json.media_type.as_deref().filter(|text| !text.is_empty());
        if let (Some(announced), Some(stated)) = (announced, stated)
            && announced != stated
        {
            return Err(invalid(format!(
                "the manifest has the media type `{stated}`, but its Content-Type is `{announced}`"
            )));
        }
        let media_type = announced.or(stated).unwrap_or(IMAGE).to_owned();
        let kind = Kind::of(&media_type)
            .ok_or_else(|| invalid(format!("`{media_type}` is not a supported manifest type")))?;
        if kind != Kind::Artifact && json.schema_version != Some(2) {
            return Err(invalid("the manifest's schemaVersion is not 2".to_owned()));
        }
        if kind == Kind::Image && json.config.is_none() {
            return Err(invalid("the manifest has no config".to_owned()));
        }
        if kind == Kind::Index && json.manifests.is_none() {
            return Err(invalid("the index has no manifests".to_owned()));
        }
        let manifest = Self {
            digest,
            media_type,
            bytes,
            kind,
            json,
        };
        for part in manifest.all() {
            if let Err(error) = part.digest.parse::<Digest>() {
                return Err(invalid(error.to_string()));
            }
        }
        Ok(manifest)
    }

    fn all(&self) -> impl Iterator<Item = &Descriptor> {
        let layers = self.json.layers.iter().flatten();
        let others = self.json.manifests.iter().chain(&self.json.blobs).flatten();
        let single = self.json.config.iter().chain(&self.json.subject);
        single.chain(layers).chain(others)
    }

    /// Blobs that must exist.
    pub(super) fn blobs(&self) -> Vec<&Descriptor> {
        match self.kind {
            Kind::Image => {
                let layers = self.json.layers.iter().flatten();
                let own = layers.filter(|layer| !layer.is_foreign());
                self.json.config.iter().chain(own).collect()
            }
            Kind::Artifact => self.json.blobs.iter().flatten().collect(),
            Kind::Index => Vec::new(),
        }
    }

    /// Manifests that must exist.
    pub(super) fn manifests(&self) -> Vec<&Descriptor> {
        match self.kind {
            Kind::Index => self.json.manifests.iter().flatten().collect(),
            Kind::Image | Kind::Artifact => Vec::new(),
        }
    }

    /// In an index: the digest of the image for `platform`, or of the only image.
    pub(super) fn image_of(&self, platform: &str) -> Option<&str> {
        let listed = self.manifests();
        let unknown = |part: &Descriptor| part.platform.as_ref().is_some_and(Platform::is_unknown);
        let images: Vec<_> = listed.iter().filter(|part| !unknown(part)).collect();
        let fits = |part: &Descriptor| part.platform.as_ref().is_some_and(|it| it.is(platform));
        let image = match images.as_slice() {
            [only] => Some(only),
            several => several.iter().find(|part| fits(part)),
        };
        image.map(|part| part.digest.as_str())
    }

    /// The digest of its subject.
    pub(super) fn subject(&self) -> Option<&str> {
        self.json.subject.as_ref().map(|part| part.digest.as_str())
    }

    /// Source: distribution specification, section "Listing Referrers".
    pub(super) fn artifact_type(&self) -> Option<&str> {
        let own = self.json.artifact_type.as_deref();
        let config = match self.kind {
            Kind::Image => self.json.config.as_ref(),
            Kind::Index | Kind::Artifact => None,
        };
        own.filter(|text| !text.is_empty())
            .or(config.map(|config| config.media_type.as_str()))
    }

    /// Its descriptor in a list of referrers.
    pub(super) fn descriptor(&self) -> Value {
        let mut value = json!({
            "mediaType": self.media_type,
            "digest": self.digest.as_str(),
            "size": self.bytes.len(),
        });
        if let Some(text) = self.artifact_type() {
            value["artifactType"] = json!(text);
        }
        if let Some(annotations) = &self.json.annotations {
            value["annotations"] = json!(annotations);
        }
        value
    }

    /// Its form in the record; `None` unless it is an image.
    pub(super) fn record(&self) -> Option<ManifestRecord> {
        if self.kind != Kind::Image {
            return None;
        }
        Some(ManifestRecord {
            digest: self.digest.to_string(),
            media_type: self.media_type.clone(),
            bytes: Bytes(self.bytes.len() as u64),
            config: self.json.config.as_ref()?.record(),
            layers: self
                .json
                .layers
                .iter()
                .flatten()
                .map(Descriptor::record)
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: Option<&str>, value: &Value) -> Result<Manifest, ErrorResponse> {
        Manifest::of(content_type, value.to_string().into(), None)
    }

    fn part(content: &str) -> Value {
        json!({"mediaType": "t", "digest": Digest::of(content.as_bytes()).as_str(), "size": 7})
    }

    #[test]
    fn an_image_refers_to_its_config_and_own_layers() {
        let mut foreign = part("f");
        foreign["urls"] = json!(["https://example.com/f"]);
        let value = json!({"schemaVersion": 2, "config": part("c"),
            "layers": [part("a"), foreign, part("a")]});
        let manifest = read(None, &value).unwrap();
        assert_eq!(manifest.media_type, IMAGE);
        assert_eq!(manifest.blobs().len(), 3);
        let record = manifest.record().unwrap();
        assert_eq!((record.sum(), record.layers.len()), (Bytes(28), 3));
        assert_eq!(manifest.artifact_type(), Some("t"));
    }

    #[test]
    fn an_index_is_not_an_image() {
        let value = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [part("m")]});
        let manifest = read(Some(&format!("{INDEX}; charset=utf-8")), &value).unwrap();
        assert_eq!((manifest.blobs().len(), manifest.manifests().len()), (0, 1));
        assert!(manifest.record().is_none());
        assert_eq!(manifest.artifact_type(), None);
    }

    #[test]
    fn an_invalid_manifest_is_rejected() {
        let good = json!({"schemaVersion": 2, "config": part("c"), "layers": []});
        let with = |key: &str, value: Value| {
            let mut other = good.clone();
            other[key] = value;
            other
        };
        for (content_type, value) in [
            (Some("text/plain"), good.clone()),
            (Some(INDEX), good.clone()),
            (Some(IMAGE), with("mediaType", json!(DOCKER_IMAGE))),
            (None, with("schemaVersion", json!(1))),
            (None, with("config", Value::Null)),
            (None, with("layers", json!([{"digest": "x", "size": 1}]))),
            (None, with("layers", json!([{"digest": "x", "size": -1}]))),
            (None, json!([])),
        ] {
            assert!(read(content_type, &value).is_err(), "{value}");
        }
        assert!(Manifest::of(None, "{".into(), None).is_err());
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Manifest::of(None, deep.into(), None).is_err());
        let other = Digest::of(b"x");
        assert!(Manifest::of(None, good.to_string().into(), Some(&other)).is_err());
    }

    #[test]
    fn an_index_resolves_to_the_image_of_a_platform_and_never_to_an_attestation() {
        let one = |content: &str, os: &str, architecture: &str| {
            let mut part = part(content);
            part["platform"] = json!({"os": os, "architecture": architecture});
            part
        };
        let of = |parts: &[Value], platform: &str| {
            let value = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": parts});
            let manifest = read(None, &value).unwrap();
            manifest.image_of(platform).map(str::to_owned)
        };
        let digest = |content: &str| Some(Digest::of(content.as_bytes()).to_string());
        let attestation = one("t", "unknown", "unknown");
        let (amd, arm) = (one("a", "linux", "amd64"), one("b", "linux", "arm64"));
        let all = [attestation.clone(), amd.clone(), arm.clone()];
        assert_eq!(of(&all, "linux/amd64"), digest("a"));
        assert_eq!(of(&all, "linux/arm64/v8"), digest("b"));
        assert_eq!(of(&all, "linux/s390x"), None);
        assert_eq!(of(&[attestation.clone(), arm], "linux/amd64"), digest("b"));
        assert_eq!(of(&[attestation], "linux/amd64"), None);
        // Older tools set no platform.
        assert_eq!(of(&[part("c")], "linux/amd64"), digest("c"));
    }
}
