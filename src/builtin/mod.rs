//! The scenarios, sample apps and recipes of stand-ins that are inside the program.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use tar::Archive;

use crate::oci::sha256_hex;

/// Packed by `build.rs`.
static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/builtin.tar.gz"));

/// Digits of the archive's hash in the folder's name.
const DIGITS: usize = 16;

/// The built-in files cannot be unpacked.
#[derive(Debug, thiserror::Error)]
#[error("failed to unpack the built-in scenarios to {}", folder.display())]
pub struct BuiltinError {
    folder: PathBuf,
    source: io::Error,
}

impl BuiltinError {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        "set XDG_CACHE_HOME to a folder that you can write to"
    }
}

/// Unpacks the built-in files below `caches`, unless they are there already, and gives their
/// folder: it holds `scenarios/`, `sample-apps/` and `bases/`.
///
/// The folder appears complete or not at all, and processes may do this at the same time.
///
/// # Errors
/// When the folder cannot be written.
pub fn unpack(caches: &Path) -> Result<PathBuf, BuiltinError> {
    let above = caches.join("plimsoll");
    let folder = above.join(format!("builtin-{}", &sha256_hex(ARCHIVE)[..DIGITS]));
    if folder.is_dir() {
        return Ok(folder);
    }
    match unpack_to(&above, &folder) {
        // Another process was quicker.
        Err(_) if folder.is_dir() => Ok(folder),
        Err(source) => Err(BuiltinError { folder, source }),
        Ok(()) => Ok(folder),
    }
}

fn unpack_to(above: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(above)?;
    let beside = tempfile::Builder::new()
        .prefix(".builtin-")
        .tempdir_in(above)?;
    let files = beside.path().join("files");
    let mut archive = Archive::new(GzDecoder::new(ARCHIVE));
    // The right to execute decides over a recipe's hash, so the umask must not.
    archive.set_preserve_permissions(true);
    archive.unpack(&files)?;
    fs::rename(&files, folder)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use walkdir::WalkDir;

    use super::*;

    fn files(root: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
        let entries = WalkDir::new(root).into_iter();
        entries
            .map(Result::unwrap)
            .filter(|entry| !entry.file_type().is_dir())
            .map(|entry| {
                let name = entry.path().strip_prefix(root).unwrap();
                let mode = entry.metadata().unwrap().permissions().mode() & 0o100;
                let content = fs::read(entry.path()).unwrap();
                (name.display().to_string(), (mode, content))
            })
            .collect()
    }

    #[test]
    fn what_is_unpacked_is_what_the_repository_holds() {
        let caches = tempfile::tempdir().unwrap();
        let folder = unpack(caches.path()).unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let listed = Command::new("git")
            .args(["ls-files", "bases", "sample-apps", "scenarios"])
            .current_dir(root)
            .output()
            .unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let mut unpacked = files(&folder);
        for name in listed.lines().filter(|name| root.join(name).exists()) {
            let unpacked = unpacked.remove(name);
            let unpacked = unpacked.unwrap_or_else(|| panic!("{name} is missing"));
            let mode = fs::metadata(root.join(name)).unwrap().permissions().mode() & 0o100;
            let here = (mode, fs::read(root.join(name)).unwrap());
            assert!(unpacked == here, "{name} differs");
        }
        assert!(unpacked.keys().all(|name| !name.contains("node_modules")));
    }

    #[test]
    fn it_is_unpacked_once_and_by_several_at_the_same_time() {
        let caches = tempfile::tempdir().unwrap();
        let all: Vec<_> = std::thread::scope(|scope| {
            let begun: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| unpack(caches.path()).unwrap()))
                .collect();
            begun.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
        let left = fs::read_dir(caches.path().join("plimsoll")).unwrap();
        assert_eq!(left.count(), 1, "no half of it stays");
        let marker = all[0].join("marker");
        fs::write(&marker, "").unwrap();
        unpack(caches.path()).unwrap();
        assert!(marker.exists());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error_with_a_remedy() {
        let caches = tempfile::tempdir().unwrap();
        let file = caches.path().join("file");
        fs::write(&file, "").unwrap();
        let error = unpack(&file).unwrap_err();
        assert!(error.to_string().starts_with("failed to unpack"), "{error}");
        assert!(error.hint().contains("XDG_CACHE_HOME"));
    }
}
