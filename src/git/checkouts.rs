//! A temporary place for checkouts.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::GitError;

/// How the folders are called.
const PREFIX: &str = "plimsoll-ab-";

/// The file in each whose lock says that it is in use.
const LOCK: &str = "in-use";

/// A folder in the system's folder for temporary files. It goes when this is dropped; the
/// kernel gives its lock free when the process dies, and then `plimsoll clean` finds it.
#[derive(Debug)]
pub struct Checkouts {
    folder: TempDir,
    _lock: File,
}

impl Checkouts {
    /// Makes one.
    ///
    /// # Errors
    /// It cannot be made.
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

    /// An empty folder in it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn folder(&self, name: &str) -> Result<PathBuf, GitError> {
        let folder = self.folder.path().join(name);
        match fs::create_dir(&folder) {
            Ok(()) => Ok(folder),
            Err(source) => Err(GitError::Folder { folder, source }),
        }
    }
}

/// Folders that a process which died left behind.
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

/// Whether it is one of ours that nobody uses: what we cannot tell is not ours.
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

/// Removes one that [`left_over`] found.
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
        // As a process that died leaves it.
        let Checkouts { folder, _lock } = checkouts;
        let kept = folder.keep();
        drop(_lock);
        assert!(left_over().contains(&kept));
        remove(&kept).unwrap();
        assert!(!path.exists());
    }
}
