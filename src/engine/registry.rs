//! The registry of a run, as the runner sees it.

use std::collections::BTreeMap;
use std::error::Error;

use crate::record::{Link, ManifestRecord};
use crate::units::{Bytes, Count};

/// Which engine asks: each has its own way in, so that what the one is served
/// is never taken for what the other was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// The engine that builds and pushes. Never shaped.
    Build,
    /// The engine that pulls. Shaped.
    Pull,
}

/// What went through a door since its ledger was opened. Bytes are those of blobs;
/// manifests are requests only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traffic {
    /// All requests.
    pub requests: Count,
    /// Bytes served, per digest of a blob. Bytes of a body that broke off count too.
    pub served: BTreeMap<String, Bytes>,
    /// Bytes taken in, of uploads that were completed, per digest.
    pub received: BTreeMap<String, Bytes>,
    /// Requests whose body broke off, in either direction.
    pub broken: Count,
}

/// A registry that serves one run.
pub trait Registry: Send + Sync + 'static {
    /// `host:port` as the engine at that door names it in references.
    fn authority(&self, door: Door) -> String;

    /// Shapes what the pulling engine is served from now on.
    fn shape(&self, link: Link);

    /// Begins a new ledger at a door.
    fn open_ledger(&self, door: Door);

    /// What went through the door since then.
    fn traffic(&self, door: Door) -> Traffic;

    /// The manifest of a tag or digest of a repository.
    ///
    /// # Errors
    /// Where there is none, or it is no image manifest.
    fn manifest(
        &self,
        repository: &str,
        reference: &str,
    ) -> Result<ManifestRecord, Box<dyn Error + Send + Sync>>;

    /// Drops a repository, and the blobs that no other repository has. None is fine.
    ///
    /// # Errors
    /// Where files cannot be removed.
    fn forget(&self, repository: &str) -> Result<(), Box<dyn Error + Send + Sync>>;
}
