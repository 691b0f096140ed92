//! The folder that contains all rooms, and the folder of one room.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::{RoomError, failed};

/// The file whose lock the room's owner holds.
pub(super) const LOCK_FILE: &str = "lock";
/// The socket on which the engine listens.
pub(super) const SOCKET_FILE: &str = "sock";
/// The engine's data root.
pub(super) const DATA_FOLDER: &str = "data";
/// The engine's log.
pub(super) const LOG_FILE: &str = "log";

/// The longest path of a socket (the kernel allows 107 bytes), with a margin for names derived
/// from it.
const LONGEST_SOCKET: usize = 100;

/// Number of digits after the purpose in a room's id.
const DIGITS: usize = 8;

/// The prefix of a room's folder until its lock is held.
pub(super) const UNNAMED: &str = ".making-";

const OPERATION: &str = "make folder of clean room in";

/// A room's folder, and the lock on it.
#[derive(Debug)]
pub(super) struct Folder {
    pub id: String,
    pub path: PathBuf,
    /// Keeps the file locked.
    _lock: File,
}

/// Creates the locked folder of a room in the folder of all rooms.
pub(super) fn make(rooms: &Path, purpose: &str) -> Result<Folder, RoomError> {
    if !is_id(&fresh_id(purpose)) {
        return Err(RoomError::new(
            "open clean room",
            purpose,
            "the purpose must consist of lower-case letters",
        ));
    }
    let rooms = prepare(rooms)?;
    let fault = |error: io::Error| failed(OPERATION, rooms.display())(error);
    // The folder has a temporary name until its lock is held, so that no other process sees a
    // room without an owner.
    let made = rooms.join(format!("{UNNAMED}{}", fresh_id(purpose)));
    private(&made).map_err(fault)?;
    let locked = || -> io::Result<File> {
        let mut options = OpenOptions::new();
        let lock = options.write(true).create_new(true);
        let lock = lock.open(made.join(LOCK_FILE))?;
        lock.lock()?;
        Ok(lock)
    };
    let placed = locked().and_then(|lock| {
        loop {
            let id = fresh_id(purpose);
            // NOREPLACE, because a plain rename would replace an existing empty folder.
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            let cwd = rustix::fs::CWD;
            match rustix::fs::renameat_with(cwd, &made, cwd, rooms.join(&id), flags) {
                Ok(()) => return Ok((id, lock)),
                Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
    });
    let (id, lock) = placed.map_err(|error| {
        // Best effort: the folder contains only the lock.
        let _ = fs::remove_dir_all(&made);
        fault(error)
    })?;
    let path = rooms.join(&id);
    Ok(Folder {
        id,
        path,
        _lock: lock,
    })
}

/// Creates the folder of all rooms if it is missing, and checks that only this user can write to
/// it.
fn prepare(rooms: &Path) -> Result<PathBuf, RoomError> {
    let fault = |error: io::Error| failed(OPERATION, rooms.display())(error);
    let refuse = |why: &str| {
        RoomError::new(OPERATION, rooms.display().to_string(), why.to_owned())
            .with_hint("name another folder with `--rooms DIR`")
    };
    let rooms = std::path::absolute(rooms).map_err(fault)?;
    if let Some(parent) = rooms.parent() {
        fs::create_dir_all(parent).map_err(fault)?;
    }
    match private(&rooms) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(fault(error)),
        _ => {}
    }
    // Through a link or a folder that others can write to, they could control the daemon.
    let facts = fs::symlink_metadata(&rooms).map_err(fault)?;
    if !facts.is_dir() {
        return Err(refuse("it is not a folder"));
    }
    if facts.uid() != rustix::process::geteuid().as_raw() || facts.mode() & 0o022 != 0 {
        return Err(refuse("others can write to it"));
    }
    let rooms = rooms.canonicalize().map_err(fault)?;
    if rooms.starts_with("/run") {
        return Err(refuse("a room mounts its own file system on /run"));
    }
    let socket = rooms.join("purpose-12345678").join(SOCKET_FILE);
    if socket.as_os_str().len() > LONGEST_SOCKET {
        return Err(refuse("its path is too long for a socket"));
    }
    Ok(rooms)
}

fn private(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

fn fresh_id(purpose: &str) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let mixed = now.subsec_nanos() ^ std::process::id().rotate_left(20) ^ (now.as_secs() as u32);
    format!("{purpose}-{mixed:0DIGITS$x}")
}

/// Whether a name has the form of a room's id.
pub(super) fn is_id(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(purpose, digits)| {
        !purpose.is_empty()
            && purpose.bytes().all(|byte| byte.is_ascii_lowercase())
            && digits.len() == DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use std::fs::TryLockError;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn refusal(rooms: &Path) -> String {
        use std::error::Error;
        let error = make(rooms, "build").unwrap_err();
        error.source().unwrap().to_string()
    }

    #[test]
    fn a_room_has_a_locked_folder_of_its_own() {
        let place = tempfile::tempdir().unwrap();
        let rooms = place.path().join("new/rooms");
        let one = make(&rooms, "build").unwrap();
        let two = make(&rooms, "pull").unwrap();
        assert!(is_id(&one.id) && is_id(&two.id), "{} {}", one.id, two.id);
        let mode = fs::metadata(&one.path).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700);
        let lock = File::open(one.path.join(LOCK_FILE)).unwrap();
        assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
        drop(one);
        lock.try_lock().unwrap();
    }

    #[test]
    fn a_folder_that_others_could_change_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let open = place.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(refusal(&open), "others can write to it");
        let link = place.path().join("link");
        symlink(place.path(), &link).unwrap();
        assert_eq!(refusal(&link), "it is not a folder");
        let long = place.path().join("x".repeat(LONGEST_SOCKET));
        assert_eq!(refusal(&long), "its path is too long for a socket");
    }

    #[test]
    fn names_of_other_folders_are_not_room_ids() {
        for name in [
            "build",
            "build-123",
            "-12345678",
            "Build-12345678",
            "a-1234567g",
        ] {
            assert!(!is_id(name), "{name}");
        }
        assert!(is_id("pull-00ff12ab"));
    }
}
