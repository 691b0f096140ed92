//! A lock file that marks a running run on its machine, independent of its folder, so that
//! `clean` with another home does not remove what the run uses.
//!
//! The lock files are in the shared folder for temporary files. So operations there never block,
//! links are not followed, and an existing file is treated as another user's unless its owner
//! matches.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Whoever asks whether a run is running locks its file for a moment.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(5);

const OF_ANOTHER_USER: &str = "another user holds the name of this run";

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

/// The file of a run.
pub(super) fn place(run: &str) -> PathBuf {
    dir().join(run)
}

impl Beacon {
    /// Creates and locks the file of a run.
    ///
    /// The objects of a run in the engine have its name, so a name belongs to one process at a
    /// time: runs that begin in the same second in different folders would remove each other's.
    ///
    /// # Errors
    /// The kind is [`io::ErrorKind::WouldBlock`] if another process or user has the name.
    pub fn light(run: &str) -> io::Result<Self> {
        let dir = dir();
        open_to_all(&dir)?;
        let path = place(run);
        for _ in 0..TRIES {
            let opened = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                // Another user who may open it may also lock it.
                .mode(0o600)
                // Opening a named pipe would block.
                .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
                .open(&path);
            let mut file = match opened {
                Err(error) if is_denied(&error) && fs::symlink_metadata(&path).is_ok() => {
                    return Err(taken(OF_ANOTHER_USER));
                }
                opened => opened?,
            };
            let facts = file.metadata()?;
            // A file with a second name may be one of this user's elsewhere: it is written to.
            let is_own = facts.uid() == rustix::process::geteuid().as_raw() && facts.nlink() <= 1;
            if !facts.is_file() || !is_own {
                return Err(taken(OF_ANOTHER_USER));
            }
            if is_free(file.try_lock())? {
                // Whoever held it before may have removed it in between.
                if !is_at(&facts, &path) {
                    continue;
                }
                file.set_len(0)?;
                file.write_all(mark().as_bytes()).inspect_err(|_| {
                    // It is locked by this process.
                    let _ = fs::remove_file(&path);
                })?;
            }
            // An exclusive lock is released before the shared one is taken: another process may
            // come in between.
            if !is_free(file.try_lock_shared())? {
                thread::sleep(PAUSE);
                continue;
            }
            let mut holder = vec![0; mark().len()];
            let is_own = file.read_exact_at(&mut holder, 0).is_ok() && holder == mark().as_bytes();
            if is_own && is_at(&facts, &path) {
                return Ok(Self { path, file });
            }
            // Another process has it, or removed it, or asked whether it is in use.
            drop(file);
            thread::sleep(PAUSE);
        }
        Err(taken("another process holds the lock of this run"))
    }
}

impl Drop for Beacon {
    fn drop(&mut self) {
        // A run of this process in another folder of runs may have the same name.
        if self.file.try_lock().is_ok() {
            // The lock is released even if the file cannot be removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Identifies this process, also among those with its number in another container.
fn mark() -> &'static str {
    static MARK: OnceLock<String> = OnceLock::new();
    MARK.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_nanos();
        // Of one length, so that none is the beginning of another.
        format!("{:010} {now:030}\n", std::process::id())
    })
}

fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

fn taken(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::WouldBlock, reason)
}

/// Whether a lock was taken.
fn is_free(attempt: Result<(), TryLockError>) -> io::Result<bool> {
    match attempt {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
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
    let file = match file {
        Ok(file) => file,
        // Another user's, who may be executing it.
        Err(error) => return is_denied(&error),
    };
    file.metadata().is_ok_and(|facts| facts.is_file())
        && matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

fn dir() -> PathBuf {
    std::env::temp_dir().join("plimsoll-runs")
}

#[cfg(test)]
mod tests {
    use super::super::RunFolder;
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
        let mode = fs::metadata(&beacon.path).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600, "another user could lock it");
        drop(beacon);
        assert!(!is_running(&run));
        assert!(!is_running("../x"));
    }

    #[test]
    fn a_name_that_another_process_has_is_taken() {
        let run = format!("beacon-other-{}", std::process::id());
        drop(Beacon::light(&run).unwrap());
        let path = dir().join(&run);
        fs::write(&path, "0000000001 000000000000000000000000000001\n").unwrap();
        let other = File::open(&path).unwrap();
        other.lock_shared().unwrap();
        let error = Beacon::light(&run).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        // Its process died.
        drop(other);
        drop(Beacon::light(&run).unwrap());
        assert!(!path.exists());
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

    #[test]
    fn a_run_of_another_process_in_another_folder_keeps_its_name() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let name = format!("same-second-{}", std::process::id());
        let create = |dir: &tempfile::TempDir| {
            RunFolder::create(dir.path(), "2026-11-20T20:40:00Z", &name).unwrap()
        };
        let id = create(&there).id();
        let file = dir().join(&id);
        fs::write(&file, "of another process").unwrap();
        let held = File::open(&file).unwrap();
        held.lock_shared().unwrap();
        assert_eq!(create(&here).id(), format!("{id}-2"));
        assert!(!here.path().join(&id).exists());
        // It may run on when the other one has ended, and not before.
        let mut folder = RunFolder::open(&there.path().join(&id)).unwrap();
        let error = folder.lock().unwrap_err();
        assert!(error.to_string().ends_with("its name is in use"), "{error}");
        drop(held);
        folder.lock().unwrap();
    }
}
