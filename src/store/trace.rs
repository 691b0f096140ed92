//! Files that runs leave in the folder of runs.

use std::path::Path;

use super::atomic;
use super::lock::LOCK_FILE;
use super::names::{IGNORE_FILE, INDEX_FILE, LATEST, OWN_FOLDER, RECORD_FILE};

/// Whether an entry in a folder of runs is a run, also a new one, or one of the files next to
/// them.
pub fn is_of_runs(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let holds = |file: &str| atomic::exists(&path.join(file));
    let is_of_own = path
        .parent()
        .is_some_and(|folder| folder.ends_with(OWN_FOLDER));
    name == IGNORE_FILE && is_of_own
        || name == LATEST && path.is_symlink()
        || name == INDEX_FILE
        || path.is_dir() && (holds(RECORD_FILE) || holds(LOCK_FILE))
}
