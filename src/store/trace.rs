//! What runs leave in the folder that holds them.

use std::path::Path;

use super::atomic;
use super::folder::RECORD_FILE;
use super::history::INDEX_FILE;
use super::lock::LOCK_FILE;
use super::resolve::LATEST;

/// Whether something in a folder of runs is a run, be it begun just now, or one of the files
/// next to them.
pub fn is_of_runs(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let holds = |file: &str| atomic::exists(&path.join(file));
    name == LATEST && path.is_symlink()
        || name == INDEX_FILE
        || path.is_dir() && (holds(RECORD_FILE) || holds(LOCK_FILE))
}
