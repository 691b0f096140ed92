//! The runs of a history: from a folder or a branch, by way of an index.
//!
//! One run that cannot be read never stops the others: it is left out, with the reason. The
//! index is a cache and nothing else. It may be removed at any time, it is made anew where
//! it does not fit, and no failure to write it is one of the caller.

mod branch;
mod folder;
mod index;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use branch::gather_branch;
pub(super) use folder::INDEX_FILE;
pub use folder::gather_folder;

use crate::history::RunDigest;
use crate::oci::Hasher;
use crate::store::StoreError;

/// What was found.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The file of each run, and the run.
    pub runs: Vec<(String, RunDigest)>,
    /// What is no part of it.
    pub left_out: Vec<LeftOut>,
    /// How many files were read, since the index did not know them.
    pub read: usize,
}

/// A file that is no part of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// A run, or why it is none.
type Digested = Result<RunDigest, String>;

/// A file that may hold a run.
struct Item {
    /// What people call it.
    file: String,
    /// What the index calls it.
    key: String,
    /// How the index tells that it is another by now; none where the key says all.
    stamp: Option<index::Stamp>,
}

/// Takes the digests out of the index as far as it has them, and reads the rest by `load`,
/// which gives as many as it is asked for. `begun` hears before that how many these are.
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
    // What is gone is to leave it too.
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

/// Where the index of a source may lie below the user's folder for caches.
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

/// Why a record is none, in one line without its file.
fn reason_of(error: &StoreError) -> String {
    let told = match error {
        StoreError::Record { source, .. } => source.to_string(),
        StoreError::Read { source, .. } => format!("it cannot be read: {source}"),
        other => other.to_string(),
    };
    match error.hint() {
        Some(hint) => format!("{told} ({hint})"),
        None => told,
    }
}
