//! A light that a running run shows on its machine, wherever its folder lies:
//! `clean` of another home must not take what a living run uses.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Held until dropped; the kernel puts it out when the process dies.
#[derive(Debug)]
pub(super) struct Beacon {
    path: PathBuf,
    _file: File,
}

/// As the folder for temporary files itself: every user may light one there, and
/// remove none of another's.
fn open_to_all(dir: &Path) -> io::Result<()> {
    match fs::create_dir(dir) {
        // Of one that was there nothing is changed: who knows where it leads.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(dir),
        Err(error) => Err(error),
        #[cfg(unix)]
        Ok(()) => {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(dir, fs::Permissions::from_mode(0o1777))
        }
        #[cfg(not(unix))]
        Ok(()) => Ok(()),
    }
}

impl Beacon {
    /// Lights it for a run.
    pub fn light(run: &str) -> io::Result<Self> {
        let dir = dir();
        open_to_all(&dir)?;
        let path = dir.join(run);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        file.lock_shared()?;
        Ok(Self { path, _file: file })
    }
}

impl Drop for Beacon {
    fn drop(&mut self) {
        // What cannot be removed is put out all the same.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a living process on this machine runs the run of this name.
pub fn is_running(run: &str) -> bool {
    if run.is_empty() || run.contains('/') {
        return false;
    }
    let Ok(file) = File::open(dir().join(run)) else {
        return false;
    };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

fn dir() -> PathBuf {
    std::env::temp_dir().join("plimsoll-runs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shines_as_long_as_it_is_held() {
        let run = format!("beacon-test-{}", std::process::id());
        assert!(!is_running(&run));
        let beacon = Beacon::light(&run).unwrap();
        assert!(is_running(&run));
        drop(beacon);
        assert!(!is_running(&run));
        assert!(!is_running("../x"));
    }
}
