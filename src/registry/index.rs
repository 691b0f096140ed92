//! The content of each repository, in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::blob::Blob;
use super::manifest::{Descriptor, Manifest};
use super::response_error::{Code, ErrorResponse};
use super::route::Reference;
use crate::oci::Digest;

/// All repositories.
#[derive(Debug, Default)]
pub(super) struct Index(Mutex<BTreeMap<String, Repository>>);

/// Blobs are linked per repository, as in other registries, so that clients use mounts.
#[derive(Debug, Default)]
struct Repository {
    blobs: HashMap<Digest, Arc<Blob>>,
    manifests: BTreeMap<Digest, Arc<Manifest>>,
    tags: BTreeMap<String, Digest>,
}

impl Repository {
    fn digest(&self, reference: &Reference) -> Option<Digest> {
        match reference {
            Reference::Tag(tag) => self.tags.get(tag).cloned(),
            Reference::Digest(digest) => Some(digest.clone()),
            Reference::Malformed(_) => None,
        }
    }

    /// Checks that everything that a manifest refers to exists.
    fn check(&self, manifest: &Manifest) -> Result<(), ErrorResponse> {
        let mut missing = Vec::new();
        let mut look = |part: &Descriptor, size: Option<u64>| match size {
            None => {
                missing.push(json!({"digest": part.digest}));
                Ok(())
            }
            Some(size) if size != part.size => {
                let why = format!("`{}` has {size} bytes, not {}", part.digest, part.size);
                Err(ErrorResponse::new(Code::SizeInvalid, why))
            }
            Some(_) => Ok(()),
        };
        for part in manifest.blobs() {
            let digest = part.digest.parse::<Digest>().ok();
            let blob = digest.and_then(|digest| self.blobs.get(&digest));
            look(part, blob.map(|blob| blob.size()))?;
        }
        for part in manifest.manifests() {
            let digest = part.digest.parse::<Digest>().ok();
            let found = digest.and_then(|digest| self.manifests.get(&digest));
            look(part, found.map(|found| found.bytes.len() as u64))?;
        }
        if missing.is_empty() {
            return Ok(());
        }
        let why = "the manifest refers to content that the repository does not have";
        Err(ErrorResponse::new(Code::ManifestBlobUnknown, why).details(missing))
    }
}

impl Index {
    /// Finds a blob of a repository.
    pub(super) fn blob(&self, repository: &str, digest: &Digest) -> Option<Arc<Blob>> {
        self.all().get(repository)?.blobs.get(digest).cloned()
    }

    /// Links a blob. If it exists already, the new copy is dropped.
    pub(super) fn add(&self, repository: &str, blob: Blob) {
        let blob = Arc::new(blob);
        let mut all = self.all();
        let known = find(&all, blob.digest()).unwrap_or_else(|| blob.clone());
        let blobs = &mut all.entry(repository.to_owned()).or_default().blobs;
        blobs.insert(known.digest().clone(), known);
    }

    /// Links a blob of another repository, or of any repository if `from` is `None`.
    ///
    /// Source: distribution specification, section "Mounting a blob from another repository".
    pub(super) fn mount(&self, from: Option<&str>, to: &str, digest: &Digest) -> bool {
        let mut all = self.all();
        let found = match from {
            Some(from) => all
                .get(from)
                .and_then(|from| from.blobs.get(digest).cloned()),
            None => find(&all, digest),
        };
        let Some(blob) = found else { return false };
        let blobs = &mut all.entry(to.to_owned()).or_default().blobs;
        blobs.insert(digest.clone(), blob);
        true
    }

    /// Unlinks a blob. Its file is removed with the last reference.
    pub(super) fn remove_blob(&self, repository: &str, digest: &Digest) -> bool {
        let mut all = self.all();
        let found = all.get_mut(repository).map(|of| of.blobs.remove(digest));
        drop(all);
        found.flatten().is_some()
    }

    /// Finds a manifest by its tag or digest.
    pub(super) fn manifest(&self, repository: &str, by: &Reference) -> Option<Arc<Manifest>> {
        let all = self.all();
        let of = all.get(repository)?;
        of.manifests.get(&of.digest(by)?).cloned()
    }

    /// Adds a manifest and its tags, if everything that it refers to exists.
    pub(super) fn put(
        &self,
        repository: &str,
        manifest: Manifest,
        tags: &[String],
    ) -> Result<(), ErrorResponse> {
        let mut all = self.all();
        // A failed push does not create a repository.
        let nothing = Repository::default();
        all.get(repository).unwrap_or(&nothing).check(&manifest)?;
        let of = all.entry(repository.to_owned()).or_default();
        for tag in tags {
            of.tags.insert(tag.clone(), manifest.digest.clone());
        }
        let digest = manifest.digest.clone();
        of.manifests.insert(digest, Arc::new(manifest));
        Ok(())
    }

    /// Removes a tag, or a manifest with all its tags.
    ///
    /// Source: distribution specification, sections "Deleting tags" and "Deleting Manifests".
    pub(super) fn remove_manifest(&self, repository: &str, by: &Reference) -> bool {
        let mut all = self.all();
        let Some(of) = all.get_mut(repository) else {
            return false;
        };
        match by {
            Reference::Tag(tag) => of.tags.remove(tag).is_some(),
            Reference::Digest(digest) => {
                of.tags.retain(|_, tagged| tagged != digest);
                of.manifests.remove(digest).is_some()
            }
            Reference::Malformed(_) => false,
        }
    }

    /// At most `most` tags after `last` in byte order, and whether more follow. `None` if the
    /// repository is unknown.
    pub(super) fn tags(
        &self,
        repository: &str,
        last: Option<&str>,
        most: usize,
    ) -> Option<(Vec<String>, bool)> {
        let all = self.all();
        let tags = &all.get(repository)?.tags;
        let mut behind = tags
            .keys()
            .filter(|tag| last.is_none_or(|last| tag.as_str() > last));
        let page = behind.by_ref().take(most).cloned().collect();
        Some((page, behind.next().is_some()))
    }

    /// Repositories with content after `last` in byte order, and whether more follow.
    pub(super) fn repositories(&self, last: Option<&str>, most: usize) -> (Vec<String>, bool) {
        let all = self.all();
        let mut behind = all
            .iter()
            .filter(|(_, of)| !of.blobs.is_empty() || !of.manifests.is_empty())
            .map(|(name, _)| name)
            .filter(|name| last.is_none_or(|last| name.as_str() > last));
        let page = behind.by_ref().take(most).cloned().collect();
        (page, behind.next().is_some())
    }

    /// Descriptors of the manifests with this subject.
    pub(super) fn referrers(
        &self,
        repository: &str,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Vec<Value> {
        let all = self.all();
        let manifests = all.get(repository).map(|of| of.manifests.values());
        manifests
            .into_iter()
            .flatten()
            .filter(|manifest| manifest.subject() == Some(subject.as_str()))
            .filter(|manifest| artifact_type.is_none() || manifest.artifact_type() == artifact_type)
            .map(|manifest| manifest.descriptor())
            .collect()
    }

    /// Removes a repository and returns its blobs.
    pub(super) fn forget(&self, repository: &str) -> Vec<Arc<Blob>> {
        let of = self.all().remove(repository);
        of.map(|of| of.blobs.into_values().collect())
            .unwrap_or_default()
    }

    /// Removes all repositories.
    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *self.all());
        drop(all);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Repository>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(all: &BTreeMap<String, Repository>, digest: &Digest) -> Option<Arc<Blob>> {
    all.values().find_map(|of| of.blobs.get(digest).cloned())
}
