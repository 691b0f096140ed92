//! The cgroup directories of a room. The kernel keeps them after their processes have ended, so
//! plimsoll removes them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// The mount point of cgroups, in versions 1 and 2.
pub(super) const ROOT: &str = "/sys/fs/cgroup";

/// The prefix of the directory names.
const PREFIX: &str = "plimsoll-";

/// A killed process may stay in its cgroup for a short time.
const PATIENCE: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_millis(20);

/// The directory's name below each hierarchy.
pub(super) fn name(id: &str) -> String {
    format!("{PREFIX}{id}")
}

/// The directories with this name: one in version 2, one per controller in version 1.
pub(super) fn directories(root: &Path, name: &str) -> Vec<PathBuf> {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !plain || !name.starts_with(PREFIX) {
        return Vec::new();
    }
    let hierarchies = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path());
    std::iter::once(root.to_owned())
        .chain(hierarchies)
        .map(|hierarchy| hierarchy.join(name))
        .filter(|path| path.is_dir())
        .collect()
}

/// Removes the directories of this name, innermost first. The kernel refuses to remove one that
/// has processes.
pub(super) fn remove(root: &Path, name: &str) -> io::Result<()> {
    let end = Instant::now() + PATIENCE;
    for directory in directories(root, name) {
        while let Err(error) = remove_tree(&directory) {
            if Instant::now() > end {
                return Err(error);
            }
            thread::sleep(STEP);
        }
    }
    Ok(())
}

fn remove_tree(directory: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    match fs::remove_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_directories_of_the_room_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let make = |path: &str| fs::create_dir_all(root.path().join(path)).unwrap();
        for path in [
            "cpu/plimsoll-a-1/x/y",
            "memory/plimsoll-a-1",
            "plimsoll-a-1/z",
            "cpu/plimsoll-a-10",
            "cpu/docker/plimsoll-a-1",
        ] {
            make(path);
        }
        assert_eq!(directories(root.path(), "plimsoll-a-1").len(), 3);
        remove(root.path(), "plimsoll-a-1").unwrap();
        assert!(directories(root.path(), "plimsoll-a-1").is_empty());
        assert!(root.path().join("cpu/plimsoll-a-10").is_dir());
        assert!(root.path().join("cpu/docker/plimsoll-a-1").is_dir());
        for strange in ["docker", "plimsoll-../cpu", "plimsoll-", ""] {
            let found = directories(root.path(), strange);
            assert!(found.is_empty(), "{strange}: {found:?}");
        }
    }
}
