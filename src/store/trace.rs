//! Files that runs leave in the folder of runs.

use std::path::Path;

use super::atomic;
use super::folder::RECORD_FILE;
use super::history::INDEX_FILE;
use super::lock::LOCK_FILE;
use super::resolve::LATEST;

/// The folder of runs in a user's project.
pub const OWN_FOLDER: &str = ".plimsoll";

/// The ignore file that excludes the folder from version control.
pub(super) const IGNORE_FILE: &str = ".gitignore";

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
