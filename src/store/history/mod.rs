//! Reads the runs of a history from a folder or a branch, with an index.
//!
//! A run that cannot be read is skipped with the reason. The index is only a cache: it can be
//! removed at any time, it is rebuilt if it is invalid, and a failure to write it is ignored.

mod branch;
mod folder;
mod index;
mod item;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use branch::gather_branch;
pub use folder::gather_folder;

use crate::history::RunDigest;
use crate::oci::Hasher;
use crate::store::StoreError;
use item::{Digested, Item};

/// The runs that were found.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Each run with its file.
    pub runs: Vec<(String, RunDigest)>,
    /// The skipped files.
    pub left_out: Vec<LeftOut>,
    /// The number of files that were read because they were not in the index.
    pub read: usize,
}

/// A skipped file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// Returns the digests in the index, and reads the others with `load`. `begun` receives their
/// number before that.
fn gather(
    items: Vec<Item>,
    places: &[PathBuf],
    begun: &dyn Fn(usize),
    load: impl FnOnce(&[&Item]) -> Result<Vec<Digested>, StoreError>,
) -> Result<Gathered, StoreError> {
    let file = index::read(places);
    let known = file.as_ref().map(index::IndexFile::entries);
    let known = known.unwrap_or_default();
    let mut digests = index::look_up(&items, &known);
    let is_missing = |at: &usize| digests[*at].is_none();
    let missing: Vec<usize> = (0..items.len()).filter(is_missing).collect();
    if !missing.is_empty() {
        begun(missing.len());
        let wanted: Vec<&Item> = missing.iter().map(|at| &items[*at]).collect();
        for (at, digested) in missing.iter().zip(load(&wanted)?) {
            digests[*at] = Some(digested);
        }
    }
    // Entries of missing files are removed from the index.
    let keys: BTreeSet<&str> = items.iter().map(|item| item.key.as_str()).collect();
    if !missing.is_empty() || keys.len() != known.len() {
        index::write(places, &items, &digests, &missing, &known);
    }
    let mut gathered = Gathered {
        read: missing.len(),
        ..Gathered::default()
    };
    for (item, digested) in items.into_iter().zip(digests) {
        match digested {
            Some(Ok(run)) => gathered.runs.push((item.file, run)),
            Some(Err(reason)) => gathered.left_out.push(LeftOut {
                file: item.file,
                reason,
            }),
            None => {}
        }
    }
    Ok(gathered)
}

/// The path of a source's index in the user's cache folder.
fn in_caches(caches: &Path, source: &str) -> PathBuf {
    let name = Hasher::of("sha256").map(|mut hasher| {
        hasher.update(source.as_bytes());
        let digest = hasher.finish().to_string();
        digest
            .chars()
            .skip("sha256:".len())
            .take(16)
            .collect::<String>()
    });
    let name = name.unwrap_or_default();
    caches.join("plimsoll").join(format!("history-{name}"))
}

/// Why a record is skipped, on one line without its file.
fn reason_of(error: &StoreError) -> String {
    let message = match error {
        StoreError::Record { source, .. } => source.to_string(),
        StoreError::Read { source, .. } => format!("it cannot be read: {source}"),
        other => other.to_string(),
    };
    match error.hint() {
        Some(hint) => format!("{message} ({hint})"),
        None => message,
    }
}
