//! Free disk space and file system types.

use std::path::Path;

use crate::units::Bytes;

/// Free bytes for an ordinary user at `path` or its nearest existing parent; `None` if the system
/// does not report it.
pub fn free_bytes(path: &Path) -> Option<Bytes> {
    let absolute = std::path::absolute(path).ok()?;
    let facts = absolute
        .ancestors()
        .find_map(|folder| rustix::fs::statvfs(folder).ok())?;
    // `f_bavail`, not `f_bfree`: a build cannot use the blocks reserved for root.
    facts.f_bavail.checked_mul(facts.f_frsize).map(Bytes)
}

/// The file system type at `path` or its nearest existing parent, for example `ext4`; `None` if
/// the system does not report it.
pub fn file_system(path: &Path) -> Option<String> {
    let absolute = std::path::absolute(path).ok()?;
    let there = absolute.ancestors().find_map(|it| it.canonicalize().ok())?;
    of_mounts(
        &std::fs::read_to_string("/proc/self/mountinfo").ok()?,
        &there,
    )
}

/// The last mount with the longest mount point that contains `path`.
fn of_mounts(table: &str, path: &Path) -> Option<String> {
    let mounts = table.lines().filter_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let point = mount.split(' ').nth(4)?;
        let holds = path.starts_with(point);
        holds.then(|| (point.len(), kind.split(' ').next().unwrap_or_default()))
    });
    let (_, kind) = mounts.max_by_key(|(length, _)| *length)?;
    Some(kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_gives_the_kind() {
        let table = "21 1 0:19 / / rw - ext4 /dev/a rw\n\
            22 21 0:20 / /run rw shared:1 - tmpfs tmpfs rw\n\
            23 21 0:21 / /running rw - xfs /dev/b rw\n";
        let kind = |path: &str| of_mounts(table, Path::new(path)).unwrap();
        assert_eq!(kind("/run/x"), "tmpfs");
        assert_eq!(kind("/running/x"), "xfs");
        assert_eq!(kind("/home"), "ext4");
        assert!(file_system(Path::new("/not/there")).is_some());
    }

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_room_of_the_one_above() {
        let dir = tempfile::tempdir().unwrap();
        let here = free_bytes(dir.path()).unwrap();
        assert!(here > Bytes(0));
        assert!(free_bytes(&dir.path().join("not/yet")).is_some());
    }
}
