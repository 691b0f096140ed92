//! A file that may be a run, and what is known of it.

use std::fs;
use std::os::unix::fs::MetadataExt;

use serde::{Deserialize, Serialize};

use crate::history::RunDigest;

/// A run, or the reason why the file is skipped.
pub(super) type Digested = Result<RunDigest, String>;

/// A file that may be a run.
pub(super) struct Item {
    /// The displayed name.
    pub(super) file: String,
    /// The key in the index.
    pub(super) key: String,
    /// Detects changes of the file; `None` if the key is sufficient.
    pub(super) stamp: Option<Stamp>,
}

/// The identity of a file by its metadata. A change of content that keeps length and modification
/// time still changes the inode's change time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
}

impl Stamp {
    pub(super) fn of(facts: &fs::Metadata) -> Self {
        Self {
            bytes: facts.len(),
            modified: (facts.mtime(), facts.mtime_nsec()),
            changed: (facts.ctime(), facts.ctime_nsec()),
            inode: facts.ino(),
        }
    }
}
