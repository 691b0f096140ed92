//! Temporary folders for checkouts.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::GitError;

/// The prefix of the folder names.
const PREFIX: &str = "plimsoll-ab-";

/// The lock file in each folder; it is locked while the folder is in use.
const LOCK: &str = "in-use";

/// A temporary folder, removed on drop. If the process dies, the kernel releases its lock and
/// `plimsoll clean` finds the folder.
#[derive(Debug)]
pub struct Checkouts {
    folder: TempDir,
    _lock: File,
}

impl Checkouts {
    /// Creates a folder.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn make() -> Result<Self, GitError> {
        let place = std::env::temp_dir();
        let fault = |source| GitError::Folder {
            folder: place.clone(),
            source,
        };
        let made = || {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
            let lock = File::create(folder.path().join(LOCK))?;
            lock.try_lock().map_err(io::Error::from)?;
            Ok(Self {
                folder,
                _lock: lock,
            })
        };
        made().map_err(fault)
    }

    /// Creates an empty folder in it.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn folder(&self, name: &str) -> Result<PathBuf, GitError> {
        let folder = self.folder.path().join(name);
        match fs::create_dir(&folder) {
            Ok(()) => Ok(folder),
            Err(source) => Err(GitError::Folder { folder, source }),
        }
    }
}

/// Folders of processes that died.
pub fn left_over() -> Vec<PathBuf> {
    let Ok(items) = fs::read_dir(std::env::temp_dir()) else {
        return Vec::new();
    };
    let mut left: Vec<_> = items
        .flatten()
        .filter(|item| item.file_name().to_string_lossy().starts_with(PREFIX))
        .map(|item| item.path())
        .filter(|folder| is_free(folder))
        .collect();
    left.sort();
    left
}

/// Whether it is an unused folder of plimsoll; `false` if unknown.
fn is_free(folder: &Path) -> bool {
    let real = fs::symlink_metadata(folder).is_ok_and(|facts| facts.is_dir());
    let Ok(lock) = File::open(folder.join(LOCK)) else {
        return false;
    };
    real && match lock.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

/// Removes a folder that [`left_over`] found.
///
/// # Errors
/// It cannot be removed.
pub fn remove(folder: &Path) -> io::Result<()> {
    fs::remove_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_is_not_left_over_and_a_stranger_never_is() {
        let checkouts = Checkouts::make().unwrap();
        let path = checkouts.folder.path().to_owned();
        checkouts.folder("base").unwrap();
        assert!(checkouts.folder("base").is_err());
        assert!(!left_over().contains(&path));
        let stranger = tempfile::Builder::new().prefix(PREFIX).tempdir().unwrap();
        assert!(!left_over().contains(&stranger.path().to_owned()));
        // The state after its process died.
        let Checkouts { folder, _lock } = checkouts;
        let kept = folder.keep();
        drop(_lock);
        assert!(left_over().contains(&kept));
        remove(&kept).unwrap();
        assert!(!path.exists());
    }
}
