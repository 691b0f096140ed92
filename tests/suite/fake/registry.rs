//! A fake registry with pushes and pulls: layers are identified by digest, so that existing ones
//! are not sent again.

use std::error::Error;

use plimsoll::engine::{LayerState, PullEvent, PushOutcome, Registry, RegistryEndpoint, Traffic};
use plimsoll::record::{BlobRecord, Link, ManifestRecord};

use super::*;

/// Bytes that a pulled layer counts more than a built one.
const PULLED_MORE: u64 = 400;
/// Engines compress and decompress this many bytes per second.
const PACK: u64 = 20_000_000;
const UNPACK: u64 = 50_000_000;
/// The rate of the unshaped loopback.
const LOOPBACK: u64 = 1_000_000_000;

#[derive(Debug, Default)]
struct Shelf {
    images: BTreeMap<String, (ManifestRecord, Image)>,
    ledgers: BTreeMap<RegistryEndpoint, Traffic>,
    link: Option<Link>,
}

/// The registry, shared by the engines of a run.
#[derive(Debug, Clone, Default)]
pub struct FakeRegistry(Arc<Mutex<Shelf>>);

impl FakeRegistry {
    fn shelf<T>(&self, f: impl FnOnce(&mut Shelf) -> T) -> T {
        f(&mut self.0.lock().unwrap())
    }

    /// Names of its images, `repository:tag`.
    pub fn names(&self) -> Vec<String> {
        self.shelf(|shelf| shelf.images.keys().cloned().collect())
    }
}

impl Registry for FakeRegistry {
    fn authority(&self, endpoint: RegistryEndpoint) -> String {
        match endpoint {
            RegistryEndpoint::Supply => "127.0.0.1:1".to_owned(),
            RegistryEndpoint::Build => "127.0.0.1:2".to_owned(),
            RegistryEndpoint::Pull => "127.0.0.1:3".to_owned(),
        }
    }

    fn shape(&self, link: Link) {
        self.shelf(|shelf| shelf.link = Some(link));
    }

    fn reset_traffic(&self, endpoint: RegistryEndpoint) {
        self.shelf(|shelf| shelf.ledgers.insert(endpoint, Traffic::default()));
    }

    fn traffic(&self, endpoint: RegistryEndpoint) -> Traffic {
        self.shelf(|shelf| shelf.ledgers.get(&endpoint).cloned().unwrap_or_default())
    }

    fn manifest(
        &self,
        repository: &str,
        reference: &str,
        _: &str,
    ) -> std::result::Result<ManifestRecord, Box<dyn Error + Send + Sync>> {
        let name = format!("{repository}:{reference}");
        let found = self.shelf(|shelf| {
            shelf
                .images
                .get(&name)
                .map(|(manifest, _)| manifest.clone())
        });
        found.ok_or_else(|| format!("no manifest {name}").into())
    }

    /// Layers are tar archives of one file with the size that the engine reports.
    fn blob(
        &self,
        repository: &str,
        digest: &str,
    ) -> std::result::Result<Box<dyn std::io::Read + Send>, Box<dyn Error + Send + Sync>> {
        let prefix = format!("{repository}:");
        let found = self.shelf(|shelf| {
            let images = shelf
                .images
                .iter()
                .filter(|(name, _)| name.starts_with(&prefix));
            let mut found =
                images.filter_map(|(_, (manifest, image))| blob(manifest, image, digest));
            found.next()
        });
        found.ok_or_else(|| format!("no blob {digest}").into())
    }

    fn forget(&self, repository: &str) -> std::result::Result<(), Box<dyn Error + Send + Sync>> {
        let prefix = format!("{repository}:");
        self.shelf(|shelf| shelf.images.retain(|name, _| !name.starts_with(&prefix)));
        Ok(())
    }
}

/// The manifest of an image: each layer at a quarter of its size, and a config.
fn manifest(image: &Image) -> ManifestRecord {
    let blob = |text: &str, bytes: u64| BlobRecord {
        digest: format!("sha256:{}", sha256_hex(text.as_bytes())),
        bytes: Bytes(bytes),
    };
    let facts = &image.facts;
    let layers = facts.diff_ids.iter().zip(&facts.history);
    ManifestRecord {
        digest: blob(&format!("manifest {}", facts.id.0), 0).digest,
        media_type: "application/vnd.docker.distribution.manifest.v2+json".to_owned(),
        bytes: Bytes(400),
        config: blob(&facts.id.0, 1_000),
        layers: layers
            .map(|(id, (bytes, _))| blob(id, bytes.0 / 4))
            .collect(),
    }
}

/// `std::io::repeat(0)` sets byte by byte in a build without optimisation.
struct Zeros;

impl std::io::Read for Zeros {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        static ZEROS: [u8; 1 << 18] = [0; 1 << 18];
        let read = into.len().min(ZEROS.len());
        into[..read].copy_from_slice(&ZEROS[..read]);
        Ok(read)
    }
}

fn blob(
    manifest: &ManifestRecord,
    image: &Image,
    digest: &str,
) -> Option<Box<dyn std::io::Read + Send>> {
    let history = &image.facts.history;
    if manifest.config.digest == digest {
        let entries: Vec<_> = history
            .iter()
            .map(|(_, text)| serde_json::json!({ "created_by": text }))
            .collect();
        let config = serde_json::json!({ "history": entries }).to_string();
        return Some(Box::new(std::io::Cursor::new(config)));
    }
    let at = manifest
        .layers
        .iter()
        .position(|layer| layer.digest == digest)?;
    let size = history[at].0.0;
    let mut header = tar::Header::new_gnu();
    header.set_path("file").unwrap();
    header.set_size(size);
    header.set_cksum();
    // Padding to a whole block, then two empty blocks.
    let rest = size.next_multiple_of(512) + 1024;
    let head = std::io::Cursor::new(header.as_bytes().to_vec());
    Some(Box::new(head.chain(Zeros.take(rest))))
}

/// `127.0.0.1:2/name:tag` without the registry.
fn name_of(reference: &str) -> String {
    reference.split_once('/').unwrap().1.to_owned()
}

fn seconds(bytes: u64, rate: u64) -> Duration {
    Duration::from_secs_f64(bytes as f64 / rate as f64)
}

fn refused(verb: &'static str, subject: &str, why: &str, kind: ErrorKind) -> EngineError {
    EngineError::new(verb, subject, kind, why.to_owned())
}

impl FakeEngine {
    /// The same engine with access to a registry through this endpoint.
    pub fn at(self, registry: &FakeRegistry, endpoint: RegistryEndpoint) -> Self {
        self.state(|state| state.registry = Some((registry.clone(), endpoint)));
        self
    }

    /// Layers in the store, by packed digest.
    fn layers(&self) -> BTreeSet<String> {
        self.state(|state| {
            let manifests = state.images.values().map(manifest);
            manifests
                .flat_map(|manifest| manifest.layers)
                .map(|layer| layer.digest)
                .collect()
        })
    }

    pub(super) fn add_tag(&self, image: &str, reference: &str) -> Result<()> {
        self.state(|state| {
            let found = state
                .images
                .iter()
                .find(|(name, known)| *name == image || known.facts.id.0 == image)
                .map(|(_, known)| known.clone());
            let kind = ErrorKind::NotFound;
            let found = found.ok_or_else(|| refused("tag image", image, "no such image", kind))?;
            state.images.insert(reference.to_owned(), found);
            Ok(())
        })
    }

    pub(super) async fn send(&self, reference: &str) -> Result<PushOutcome> {
        let (registry, endpoint) = self.state(|state| state.registry.clone()).unwrap();
        let image = self.state(|state| state.images.get(reference).cloned());
        let kind = ErrorKind::NotFound;
        let image = image.ok_or_else(|| refused("push image", reference, "no such image", kind))?;
        let manifest = manifest(&image);
        if reference.contains("_unsendable:") {
            let kind = ErrorKind::Refused;
            return Err(refused(
                "push image",
                reference,
                "no space left on device",
                kind,
            ));
        }
        let known: BTreeSet<String> = registry.shelf(|shelf| {
            let manifests = shelf.images.values().map(|(manifest, _)| manifest);
            let blobs = manifests
                .flat_map(|m| m.blobs().into_keys().map(str::to_owned).collect::<Vec<_>>());
            blobs.collect()
        });
        let mut sent = BTreeMap::new();
        for (digest, bytes) in manifest.blobs() {
            if !known.contains(digest) {
                self.strike("push-blob", reference).await?;
                sleep(seconds(bytes.0, PACK)).await;
                sent.insert(digest.to_owned(), bytes);
            }
        }
        let digest = Some(manifest.digest.clone());
        registry.shelf(|shelf| {
            shelf.ledgers.entry(endpoint).or_default().received = sent;
            shelf.images.insert(name_of(reference), (manifest, image));
        });
        Ok(PushOutcome { digest })
    }

    pub(super) async fn fetch(&self, reference: &str, sink: &mut PullSink<'_>) -> Result<()> {
        let (registry, endpoint) = self.state(|state| state.registry.clone()).unwrap();
        let found = registry.shelf(|shelf| shelf.images.get(&name_of(reference)).cloned());
        let Some((manifest, image)) = found else {
            return Err(refused(
                "pull image",
                reference,
                "manifest unknown",
                ErrorKind::NotFound,
            ));
        };
        let rate = registry.shelf(|shelf| shelf.link.and_then(|link| link.rate));
        let rate = rate.map_or(LOOPBACK, |rate| rate.0 / 8);
        let there = self.layers();
        let mut served = BTreeMap::from([(manifest.config.digest.clone(), manifest.config.bytes)]);
        for layer in &manifest.layers {
            let id = layer.digest["sha256:".len()..][..12].to_owned();
            let mut report = |state| {
                sink(PullEvent {
                    layer: Some(id.clone()),
                    state,
                    text: String::new(),
                });
            };
            if there.contains(&layer.digest) || reference.contains("_warm:") {
                report(LayerState::AlreadyExists);
                continue;
            }
            report(LayerState::Announced);
            sleep(seconds(layer.bytes.0, rate)).await;
            self.strike("pull-layer", reference).await?;
            if reference.contains("_cut:") {
                return Err(refused(
                    "pull image",
                    reference,
                    "unexpected EOF",
                    ErrorKind::Refused,
                ));
            }
            if reference.contains("_lost:") {
                return Err(refused(
                    "pull image",
                    reference,
                    "connection reset",
                    ErrorKind::Unreachable,
                ));
            }
            report(LayerState::Downloaded);
            report(LayerState::Extracting);
            sleep(seconds(layer.bytes.0, UNPACK)).await;
            report(LayerState::Complete);
            served.insert(layer.digest.clone(), layer.bytes);
        }
        registry.shelf(|shelf| shelf.ledgers.entry(endpoint).or_default().served = served);
        let mut image = image;
        // Docker 20.10 reports a slightly different size for a pulled layer.
        for (bytes, _) in &mut image.facts.history {
            *bytes = *bytes + Bytes(PULLED_MORE);
        }
        self.state(|state| state.images.insert(reference.to_owned(), image));
        Ok(())
    }
}
