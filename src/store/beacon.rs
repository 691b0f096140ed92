//! A lock file that marks a running run on its machine, independent of its folder, so that
//! `clean` with another home does not remove what the run uses.
//!
//! The lock files are in the shared folder for temporary files. So operations there never block,
//! links are not followed, and an existing file is treated as another user's unless its owner
//! matches.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Held until dropped; the kernel releases it when the process dies.
#[derive(Debug)]
pub(super) struct Beacon {
    path: PathBuf,
    file: File,
}

/// The mode of the folder for temporary files: every user may create a file, and only its owner
/// may remove it.
fn open_to_all(dir: &Path) -> io::Result<()> {
    match fs::create_dir(dir) {
        // An existing folder is not changed, because it may be a link.
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
    /// Creates and locks the file of a run.
    pub fn light(run: &str) -> io::Result<Self> {
        let dir = dir();
        open_to_all(&dir)?;
        let path = dir.join(run);
        loop {
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                // Opening a named pipe would block.
                .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
                .open(&path)?;
            let facts = file.metadata()?;
            if !facts.is_file() || facts.uid() != rustix::process::geteuid().as_raw() {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    "another user holds the name of this run",
                ));
            }
            match file.try_lock_shared() {
                // Whoever held it before may have removed it in between.
                Ok(()) if is_at(&facts, &path) => return Ok(Self { path, file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(
                        io::ErrorKind::WouldBlock,
                        "another process holds the lock of this run",
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

impl Drop for Beacon {
    fn drop(&mut self) {
        // A run of the same name in another folder of runs may hold it too.
        if self.file.try_lock().is_ok() {
            // The lock is released even if the file cannot be removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn is_at(facts: &fs::Metadata, path: &Path) -> bool {
    let at = fs::symlink_metadata(path);
    at.is_ok_and(|at| (at.dev(), at.ino()) == (facts.dev(), facts.ino()))
}

/// Whether a living process on this machine executes the run with this name.
pub fn is_running(run: &str) -> bool {
    if run.is_empty() || run.contains('/') {
        return false;
    }
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(dir().join(run));
    let Ok(file) = file else {
        return false;
    };
    file.metadata().is_ok_and(|facts| facts.is_file())
        && matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

fn dir() -> PathBuf {
    std::env::temp_dir().join("plimsoll-runs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_lock_or_a_pipe_in_its_place_stalls_nobody() {
        let run = format!("beacon-held-{}", std::process::id());
        let lit = Beacon::light(&run).unwrap();
        let path = lit.path.clone();
        drop(lit);
        // Another process that has locked the name.
        let held = File::create(&path).unwrap();
        held.lock().unwrap();
        let error = Beacon::light(&run).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        drop(held);
        fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        assert!(Beacon::light(&run).is_err() && !is_running(&run));
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        assert!(Beacon::light(&run).is_err() && !is_running(&run));
        fs::remove_file(&path).unwrap();
    }

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

    #[test]
    fn the_end_of_one_run_does_not_hide_another_of_its_name() {
        let run = format!("beacon-two-{}", std::process::id());
        let (one, two) = (Beacon::light(&run).unwrap(), Beacon::light(&run).unwrap());
        drop(one);
        assert!(is_running(&run));
        let path = two.path.clone();
        drop(two);
        assert!(!is_running(&run) && !path.exists());
    }
}
