//! The mounts that this process sees.

use std::fs;
use std::path::{Path, PathBuf};

/// A mount point and the type of what is mounted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MountPoint {
    pub point: PathBuf,
    pub kind: String,
}

/// All mounts; empty if the system does not list them.
pub(super) fn all() -> Vec<MountPoint> {
    parse(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default())
}

fn parse(mountinfo: &str) -> Vec<MountPoint> {
    mountinfo
        .lines()
        .filter_map(|line| {
            let (before, after) = line.split_once(" - ")?;
            Some(MountPoint {
                point: PathBuf::from(unescape(before.split(' ').nth(4)?)),
                kind: after.split(' ').next()?.to_owned(),
            })
        })
        .collect()
}

/// Decodes the octal escapes of space, tab, newline and backslash.
fn unescape(text: &str) -> String {
    text.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\")
}

/// Whether a file system is mounted on a folder or below it.
pub(super) fn any_within(mounts: &[MountPoint], folder: &Path) -> bool {
    mounts.iter().any(|mount| mount.point.starts_with(folder))
}

/// Mounts that a room must not keep busy: all below `/run`, which the room covers, and those of
/// other engines' containers. `keep` is a folder that the room needs.
pub(super) fn foreign(mounts: &[MountPoint], keep: &Path) -> Vec<PathBuf> {
    let system = ["/usr", "/etc", "/opt", "/boot", "/nix"];
    let of_a_container = |mount: &MountPoint| {
        let point = &mount.point;
        let shm = point.ends_with("mounts/shm");
        let root = matches!(
            mount.kind.as_str(),
            "overlay" | "fuse.fuse-overlayfs" | "nsfs"
        );
        (shm || root)
            && point.parent().is_some()
            && !system.iter().any(|system| point.starts_with(system))
    };
    mounts
        .iter()
        .filter(|mount| mount.point.starts_with("/run") || of_a_container(mount))
        .filter(|mount| !keep.starts_with(&mount.point))
        .map(|mount| mount.point.clone())
        .filter(|point| !point.to_string_lossy().contains('\n'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
1 1 254:0 / / rw shared:1 - overlay overlay rw
2 1 0:5 / /proc rw - proc proc rw
3 1 0:20 / /run rw shared:2 master:7 - tmpfs tmpfs rw
4 3 0:4 net:[4026] /run/docker/netns/abc rw - nsfs nsfs rw
5 1 0:50 / /var/lib/docker/overlay2/ab/merged rw - overlay overlay rw
6 1 0:51 / /var/lib/docker/containers/ab/mounts/shm rw - tmpfs shm rw
7 1 0:52 / /usr/share/x rw - overlay overlay rw
8 1 0:53 / /data/with\\040space rw - overlay overlay rw
9 1 0:54 / /var/lib/docker rw - ext4 /dev/vda rw
10 1 0:55 / /runner rw - ext4 /dev/vda rw
";

    #[test]
    fn a_room_unmounts_the_mounts_of_others_only() {
        let mounts = parse(TEXT);
        assert_eq!(mounts.len(), 10);
        let points = |keep: &str| {
            foreign(&mounts, Path::new(keep))
                .iter()
                .map(|point| point.display().to_string())
                .collect::<Vec<_>>()
        };
        let others = [
            "/run",
            "/run/docker/netns/abc",
            "/var/lib/docker/overlay2/ab/merged",
            "/var/lib/docker/containers/ab/mounts/shm",
        ];
        assert_eq!(points("/data/with space/rooms"), others);
        assert_eq!(points("/var/tmp/rooms").len(), 5);
    }

    #[test]
    fn a_mount_below_a_folder_is_found() {
        let mounts = parse(TEXT);
        assert!(any_within(&mounts, Path::new("/data")));
        assert!(any_within(&mounts, Path::new("/run/docker")));
        assert!(!any_within(&mounts, Path::new("/var/tmp")));
        assert!(!any_within(&mounts, Path::new("/run/dock")));
    }
}
