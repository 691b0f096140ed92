//! Rooms whose owner has died, and their removal.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::card::Card;
use super::cgroup;
use super::error::{RoomError, failed};
use super::folder::{LOCK_FILE, MAKING, is_id};
use super::mounts;

/// The kernel may take a moment to end what it kills.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a room may be without its name.
const MAKING_WITHIN: Duration = Duration::from_secs(60);

const OPERATION: &str = "remove clean room";

/// What a room left whose owner has died.
#[derive(Debug)]
pub struct LeftRoom {
    /// The room's name.
    pub id: String,
    /// The run that it served, where that can still be read.
    pub run: Option<String>,
    /// What it was for.
    pub purpose: String,
    /// When it was opened, in RFC 3339.
    pub created_at: Option<String>,
    folder: PathBuf,
    card: Option<Card>,
    /// Held, so that two do not remove the same.
    _lock: Option<File>,
}

/// Rooms below a folder that no living process owns. Empty where the folder is
/// missing or may not be read.
pub fn left_over(folder: &Path) -> Vec<LeftRoom> {
    let mut rooms: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        // Not of a link.
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| {
            let id = entry.file_name().into_string().ok()?;
            match id.strip_prefix(MAKING) {
                Some(wanted) => is_id(wanted).then(|| unmade(wanted, entry.path()))?,
                None => is_id(&id).then(|| left(id, entry.path()))?,
            }
        })
        .collect();
    rooms.sort_by(|one, other| one.id.cmp(&other.id));
    rooms
}

/// What is left of a room that never got its name: its maker takes a moment, not minutes.
fn unmade(id: &str, folder: PathBuf) -> Option<LeftRoom> {
    let made = fs::symlink_metadata(&folder).ok()?.modified().ok()?;
    let is_old = made.elapsed().is_ok_and(|age| age > MAKING_WITHIN);
    let lock = File::open(folder.join(LOCK_FILE)).ok();
    let is_held = lock.as_ref().is_some_and(|lock| lock.try_lock().is_err());
    (is_old && !is_held).then(|| LeftRoom {
        id: id.to_owned(),
        run: None,
        purpose: id.split('-').next().unwrap_or_default().to_owned(),
        created_at: None,
        folder,
        card: None,
        _lock: lock,
    })
}

fn left(id: String, folder: PathBuf) -> Option<LeftRoom> {
    let lock = match File::open(folder.join(LOCK_FILE)) {
        Ok(lock) => lock,
        // The lock is the first thing in a room and the last to go: this is a
        // removal that was cut short, a room that is being made, or no room.
        Err(_) => return None,
    };
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
    }
    let card = Card::read(&folder).filter(|card| card.id == id);
    let word = id.split('-').next().unwrap_or_default().to_owned();
    Some(LeftRoom {
        run: card.as_ref().map(|card| card.run.clone()),
        purpose: card.as_ref().map_or(word, |card| card.purpose.clone()),
        created_at: card.as_ref().map(|card| card.created_at.clone()),
        id,
        folder,
        card,
        _lock: Some(lock),
    })
}

impl LeftRoom {
    /// Ends what still lives of it and removes its files and cgroup directories.
    /// May take as long as the removal of its images does.
    ///
    /// # Errors
    /// Something of it cannot be ended or removed.
    pub fn remove(self) -> Result<(), RoomError> {
        if let Some(card) = &self.card {
            kill(card).map_err(failed(OPERATION, &self.id))?;
        }
        erase(&self.id, &self.folder)
    }
}

fn kill(card: &Card) -> io::Result<()> {
    for process in &card.processes {
        process.kill()?;
    }
    let end = Instant::now() + PATIENCE;
    while let Some(process) = card.living().first() {
        if Instant::now() > end {
            let text = format!("{} (process {}) does not end", process.name, process.pid);
            return Err(io::Error::other(text));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Removes the cgroup directories and the folder of a room whose processes have
/// ended, and sees that they are gone.
pub(super) fn erase(id: &str, folder: &Path) -> Result<(), RoomError> {
    cgroup::remove(Path::new(cgroup::ROOT), &cgroup::name(id)).map_err(failed(OPERATION, id))?;
    let real = folder.canonicalize().map_err(failed(OPERATION, id))?;
    if mounts::any_within(&mounts::all(), &real) {
        let text = format!("something is mounted in {}", real.display());
        return Err(RoomError::new(OPERATION, id, text)
            .with_hint("unmount what is mounted there, then run `plimsoll clean` again"));
    }
    empty(&real).map_err(failed(OPERATION, id))?;
    if folder.exists() {
        let text = format!("{} is still there", folder.display());
        return Err(RoomError::new(OPERATION, id, text));
    }
    Ok(())
}

/// The lock file goes last, so that a removal that is cut short can be taken up again.
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
    fn only_rooms_without_an_owner_are_left() {
        let place = tempfile::tempdir().unwrap();
        let rooms = place.path().join("rooms");
        let held = folder::make(&rooms, "build").unwrap();
        let dead = folder::make(&rooms, "pull").unwrap();
        let (id, path) = (dead.id.clone(), dead.path.clone());
        let card = Card::new(&id, "a-run", "pull", cgroup::name(&id));
        card.write(&path).unwrap();
        drop(dead);
        fs::create_dir(rooms.join("build-00000000")).unwrap();
        fs::create_dir(rooms.join("other")).unwrap();
        symlink(&path, rooms.join("pull-00000000")).unwrap();

        let mut left = left_over(&rooms);
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(left_over(&rooms).is_empty(), "the first holds the lock");
        let room = left.remove(0);
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
        assert!(left_over(&place.path().join("none")).is_empty());
    }

    #[test]
    fn a_room_that_never_got_its_name_is_left_once_it_is_old() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join(".making-build-12345678");
        fs::create_dir(&folder).unwrap();
        assert!(left_over(place.path()).is_empty(), "it may be being made");
        let long_ago = std::time::SystemTime::now() - 2 * MAKING_WITHIN;
        File::open(&folder).unwrap().set_modified(long_ago).unwrap();
        let held = File::create(folder.join(LOCK_FILE)).unwrap();
        File::open(&folder).unwrap().set_modified(long_ago).unwrap();
        held.lock().unwrap();
        assert!(left_over(place.path()).is_empty(), "its maker lives");
        drop(held);
        left_over(place.path()).remove(0).remove().unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn a_room_without_a_card_is_left_too() {
        let place = tempfile::tempdir().unwrap();
        let rooms = place.path().join("rooms");
        drop(folder::make(&rooms, "build").unwrap());
        let room = left_over(&rooms).pop().unwrap();
        assert_eq!((room.run.clone(), room.purpose.as_str()), (None, "build"));
        room.remove().unwrap();
        assert!(left_over(&rooms).is_empty());
    }
}
