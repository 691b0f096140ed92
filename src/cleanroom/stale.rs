//! Rooms whose owner has died, and how they are removed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::cgroup;
use super::error::{RoomError, failed};
use super::folder::{LOCK_FILE, UNNAMED, is_id};
use super::metadata::RoomMetadata;
use super::mounts;

/// How long the kernel may take to end killed processes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A younger unnamed folder may belong to a room that is being created.
const CREATED_WITHIN: Duration = Duration::from_secs(60);

const OPERATION: &str = "remove clean room";

/// The remains of a room whose owner has died.
#[derive(Debug)]
pub struct StaleRoom {
    /// The room's name.
    pub id: String,
    /// The run that used it, if its metadata can be read.
    pub run: Option<String>,
    /// Its purpose.
    pub purpose: String,
    /// When it was opened, in RFC 3339.
    pub created_at: Option<String>,
    folder: PathBuf,
    metadata: Option<RoomMetadata>,
    /// Keeps the lock, so that two processes do not remove the same room.
    _lock: Option<File>,
}

/// Rooms in a folder that no living process owns. Empty if the folder is missing or unreadable.
pub fn stale_rooms(folder: &Path) -> Vec<StaleRoom> {
    let mut rooms: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        // `file_type` does not follow links.
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| {
            let id = entry.file_name().into_string().ok()?;
            match id.strip_prefix(UNNAMED) {
                Some(wanted) => is_id(wanted).then(|| unnamed(wanted, entry.path()))?,
                None => is_id(&id).then(|| stale(id, entry.path()))?,
            }
        })
        .collect();
    rooms.sort_by(|one, other| one.id.cmp(&other.id));
    rooms
}

/// A folder whose owner died before it got its final name.
fn unnamed(id: &str, folder: PathBuf) -> Option<StaleRoom> {
    let made = fs::symlink_metadata(&folder).ok()?.modified().ok()?;
    let is_old = made.elapsed().is_ok_and(|age| age > CREATED_WITHIN);
    let lock = File::open(folder.join(LOCK_FILE)).ok();
    let is_held = lock.as_ref().is_some_and(|lock| lock.try_lock().is_err());
    (is_old && !is_held).then(|| StaleRoom {
        id: id.to_owned(),
        run: None,
        purpose: id.split('-').next().unwrap_or_default().to_owned(),
        created_at: None,
        folder,
        metadata: None,
        _lock: lock,
    })
}

fn stale(id: String, folder: PathBuf) -> Option<StaleRoom> {
    let lock = match File::open(folder.join(LOCK_FILE)) {
        Ok(lock) => lock,
        // The lock is created first and removed last, so a folder without one is not a complete
        // room.
        Err(_) => return None,
    };
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
    }
    let metadata = RoomMetadata::read(&folder).filter(|metadata| metadata.id == id);
    let word = id.split('-').next().unwrap_or_default().to_owned();
    Some(StaleRoom {
        run: metadata.as_ref().map(|metadata| metadata.run.clone()),
        purpose: metadata
            .as_ref()
            .map_or(word, |metadata| metadata.purpose.clone()),
        created_at: metadata
            .as_ref()
            .map(|metadata| metadata.created_at.clone()),
        id,
        folder,
        metadata,
        _lock: Some(lock),
    })
}

impl StaleRoom {
    /// Kills its remaining processes and removes its files and cgroup directories. Takes as long
    /// as the removal of its images.
    ///
    /// # Errors
    /// A process does not end, or a file or directory cannot be removed.
    pub fn remove(self) -> Result<(), RoomError> {
        if let Some(metadata) = &self.metadata {
            kill(metadata).map_err(failed(OPERATION, &self.id))?;
        }
        erase(&self.id, &self.folder)
    }
}

fn kill(metadata: &RoomMetadata) -> io::Result<()> {
    for process in &metadata.processes {
        process.kill()?;
    }
    let end = Instant::now() + PATIENCE;
    while let Some(process) = metadata.living().first() {
        if Instant::now() > end {
            let text = format!("{} (process {}) does not end", process.name, process.pid);
            return Err(io::Error::other(text));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Removes the cgroup directories and the folder of a room whose processes have ended, and checks
/// that they are gone.
pub(super) fn erase(id: &str, folder: &Path) -> Result<(), RoomError> {
    cgroup::remove(Path::new(cgroup::ROOT), &cgroup::name(id)).map_err(failed(OPERATION, id))?;
    let real = folder.canonicalize().map_err(failed(OPERATION, id))?;
    if mounts::any_within(&mounts::all(), &real) {
        let text = format!("a file system is mounted in {}", real.display());
        return Err(RoomError::new(OPERATION, id, text)
            .with_hint("unmount it, then run `plimsoll clean` again"));
    }
    empty(&real).map_err(failed(OPERATION, id))?;
    if folder.exists() {
        let text = format!("{} still exists", folder.display());
        return Err(RoomError::new(OPERATION, id, text));
    }
    Ok(())
}

/// Removes the lock file last, so that an interrupted removal can be repeated.
fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == LOCK_FILE {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::folder;
    use super::*;

    #[test]
    fn only_rooms_without_an_owner_are_stale() {
        let place = tempfile::tempdir().unwrap();
        let rooms = place.path().join("rooms");
        let held = folder::make(&rooms, "build").unwrap();
        let dead = folder::make(&rooms, "pull").unwrap();
        let (id, path) = (dead.id.clone(), dead.path.clone());
        let metadata = RoomMetadata::new(&id, "a-run", "pull", cgroup::name(&id));
        metadata.write(&path).unwrap();
        drop(dead);
        fs::create_dir(rooms.join("build-00000000")).unwrap();
        fs::create_dir(rooms.join("other")).unwrap();
        symlink(&path, rooms.join("pull-00000000")).unwrap();

        let mut stale = stale_rooms(&rooms);
        assert_eq!(stale.len(), 1, "{stale:?}");
        assert!(stale_rooms(&rooms).is_empty(), "the first holds the lock");
        let room = stale.remove(0);
        assert_eq!(
            (room.id.as_str(), room.run.as_deref()),
            (id.as_str(), Some("a-run"))
        );

        let outside = place.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("mine"), "").unwrap();
        fs::create_dir(path.join("data")).unwrap();
        symlink(&outside, path.join("data/link")).unwrap();
        room.remove().unwrap();
        assert!(!path.exists() && outside.join("mine").exists());
        assert!(held.path.exists());
        assert!(stale_rooms(&place.path().join("none")).is_empty());
    }

    #[test]
    fn an_unnamed_room_is_stale_once_it_is_old() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join(".making-build-12345678");
        fs::create_dir(&folder).unwrap();
        assert!(
            stale_rooms(place.path()).is_empty(),
            "it may still be created"
        );
        let long_ago = std::time::SystemTime::now() - 2 * CREATED_WITHIN;
        File::open(&folder).unwrap().set_modified(long_ago).unwrap();
        let held = File::create(folder.join(LOCK_FILE)).unwrap();
        File::open(&folder).unwrap().set_modified(long_ago).unwrap();
        held.lock().unwrap();
        assert!(stale_rooms(place.path()).is_empty(), "its owner lives");
        drop(held);
        stale_rooms(place.path()).remove(0).remove().unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn a_room_without_metadata_is_stale_too() {
        let place = tempfile::tempdir().unwrap();
        let rooms = place.path().join("rooms");
        drop(folder::make(&rooms, "build").unwrap());
        let room = stale_rooms(&rooms).pop().unwrap();
        assert_eq!((room.run.clone(), room.purpose.as_str()), (None, "build"));
        room.remove().unwrap();
        assert!(stale_rooms(&rooms).is_empty());
    }
}
