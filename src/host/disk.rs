//! Room on disk.

use std::path::Path;

use crate::units::Bytes;

/// Bytes that an ordinary user may still write below `path`, or below the
/// nearest folder above it that exists; `None` where the system does not say.
pub fn free_bytes(path: &Path) -> Option<Bytes> {
    let absolute = std::path::absolute(path).ok()?;
    let facts = absolute
        .ancestors()
        .find_map(|folder| rustix::fs::statvfs(folder).ok())?;
    // `f_bavail`, not `f_bfree`: what is kept back for root is not there for a build.
    facts.f_bavail.checked_mul(facts.f_frsize).map(Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_room_of_the_one_above() {
        let dir = tempfile::tempdir().unwrap();
        let here = free_bytes(dir.path()).unwrap();
        assert!(here > Bytes(0));
        assert!(free_bytes(&dir.path().join("not/yet")).is_some());
    }
}
