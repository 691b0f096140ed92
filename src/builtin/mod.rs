//! The scenarios, sample apps and recipes of stand-ins that are inside the program.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::GzDecoder;
use tar::Archive;
use walkdir::WalkDir;

use crate::oci::sha256_hex;

/// Packed by `build.rs`.
static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/builtin.tar.gz"));

/// Digits of the archive's hash in the folder's name.
const DIGITS: usize = 16;

/// The folders' names begin with this.
const PREFIX: &str = "builtin-";

/// After so long, the files of another version of the program are removed.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

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
/// The folder appears complete or not at all, and processes may do this at the same time. One
/// of which a cleaner of old files took a part is unpacked anew.
///
/// # Errors
/// When the folder cannot be written.
pub fn unpack(caches: &Path) -> Result<PathBuf, BuiltinError> {
    let above = caches.join("plimsoll");
    let folder = above.join(format!("{PREFIX}{}", &sha256_hex(ARCHIVE)[..DIGITS]));
    if is_complete(&folder) {
        return Ok(folder);
    }
    match unpack_to(&above, &folder) {
        // Another process was quicker.
        Err(_) if is_complete(&folder) => Ok(folder),
        Err(source) => Err(BuiltinError { folder, source }),
        Ok(()) => {
            remove_old(&above, &folder);
            Ok(folder)
        }
    }
}

/// As [`unpack`], for a user without a folder for caches: below a folder for temporary files,
/// where other users may write, in a folder that only this user can use.
///
/// # Errors
/// When the folder cannot be written, or somebody else made it.
pub fn unpack_privately(temporary: &Path) -> Result<PathBuf, BuiltinError> {
    let user = rustix::process::getuid().as_raw();
    let folder = temporary.join(format!("plimsoll-{user}"));
    match private(&folder, user) {
        Ok(()) => unpack(&folder),
        Err(source) => Err(BuiltinError { folder, source }),
    }
}

fn private(folder: &Path, user: u32) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let facts = fs::symlink_metadata(folder)?;
    if facts.is_dir() && facts.uid() == user && facts.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "it exists, and other users can write to it",
    ))
}

/// `build.rs` counts the files.
fn is_complete(folder: &Path) -> bool {
    let entries = WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| !entry.file_type().is_dir()).count();
    env!("BUILTIN_FILES")
        .parse()
        .is_ok_and(|all: usize| files >= all)
}

fn unpack_to(above: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(above)?;
    let staging = tempfile::Builder::new()
        .prefix(".builtin-")
        .tempdir_in(above)?;
    let files = staging.path().join("files");
    let mut archive = Archive::new(GzDecoder::new(ARCHIVE));
    // The right to execute decides over a recipe's hash, so the umask must not.
    archive.set_preserve_permissions(true);
    archive.unpack(&files)?;
    if folder.exists() && !is_complete(folder) {
        fs::rename(folder, staging.path().join("incomplete"))?;
    }
    fs::rename(&files, folder)
}

/// Removes what other versions of the program unpacked long ago. They unpack it again.
fn remove_old(above: &Path, but: &Path) {
    let entries = fs::read_dir(above).into_iter().flatten();
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let is_old = || {
            let modified = entry.metadata().and_then(|facts| facts.modified());
            let age = modified.ok().and_then(|at| at.elapsed().ok());
            age.is_some_and(|age| age > KEPT_FOR)
        };
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| {
            let digits = name.strip_prefix(PREFIX).unwrap_or_default();
            digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        if is_ours && path != but && is_old() {
            // What stays takes a few hundred kilobytes.
            let _ = fs::remove_dir_all(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    use std::time::SystemTime;

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
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .args(["bases", "sample-apps", "scenarios"])
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
        let others: Vec<_> = unpacked.keys().collect();
        assert!(others.is_empty(), "not of the repository: {others:?}");
    }

    #[test]
    fn what_a_cleaner_took_is_unpacked_anew() {
        let caches = tempfile::tempdir().unwrap();
        let folder = unpack(caches.path()).unwrap();
        let lost = folder.join("scenarios/go.toml");
        fs::remove_file(&lost).unwrap();
        assert_eq!(unpack(caches.path()).unwrap(), folder);
        assert!(lost.exists());
        let left = fs::read_dir(caches.path().join("plimsoll")).unwrap();
        assert_eq!(left.count(), 1);
    }

    #[test]
    fn the_files_of_other_versions_are_removed_when_they_are_old() {
        let caches = tempfile::tempdir().unwrap();
        let above = caches.path().join("plimsoll");
        let make = |name: &str, age: Duration| {
            let folder = above.join(name);
            fs::create_dir_all(&folder).unwrap();
            let time = SystemTime::now() - age;
            File::open(&folder).unwrap().set_modified(time).unwrap();
            folder
        };
        let day = Duration::from_secs(24 * 60 * 60);
        let old = make("builtin-0123456789abcdef", 31 * day);
        let young = make("builtin-fedcba9876543210", 29 * day);
        let theirs = make("builtin-notes", 100 * day);
        unpack(caches.path()).unwrap();
        assert!(!old.exists());
        assert!(young.exists() && theirs.exists());
    }

    #[test]
    fn without_a_folder_for_caches_no_other_user_can_write_to_the_files() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = unpack_privately(temporary.path()).unwrap();
        let user = rustix::process::getuid().as_raw();
        let own = temporary.path().join(format!("plimsoll-{user}"));
        assert!(folder.starts_with(&own));
        assert_eq!(fs::metadata(&own).unwrap().mode() & 0o777, 0o700);
        unpack_privately(temporary.path()).unwrap();

        fs::set_permissions(&own, fs::Permissions::from_mode(0o777)).unwrap();
        let error = unpack_privately(temporary.path()).unwrap_err();
        assert!(error.source.to_string().contains("other users"));
        fs::rename(&own, temporary.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(temporary.path().join("elsewhere"), &own).unwrap();
        assert!(unpack_privately(temporary.path()).is_err());
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
