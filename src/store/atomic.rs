//! Atomic file replacement.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use tempfile::NamedTempFile;

/// The usual mode of a new file, because temporary files are private.
const MODE: u32 = 0o644;

/// The prefix of temporary file names.
pub(super) const UNFINISHED: &str = ".writing-";

const BUFFER: usize = 1 << 18;

/// Replaces `path` atomically: writes `bytes` to a temporary file, syncs it and renames it. On
/// failure the old file stays and nothing else remains.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_by(path, |file| file.write_all(bytes))
}

/// The same for content that `make` writes.
pub(super) fn write_by(
    path: &Path,
    make: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Removed on drop, so also on every early return.
    let mut file = NamedTempFile::with_prefix_in(UNFINISHED, folder)?;
    let mut buffered = BufWriter::with_capacity(BUFFER, file.as_file_mut());
    make(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    file.as_file()
        .set_permissions(Permissions::from_mode(MODE))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Replaces the link `path` atomically, so that it always has a target.
pub(super) fn link(path: &Path, target: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let made = tempfile::Builder::new()
        .prefix(".linking-")
        .make_in(folder, |temporary| symlink(target, temporary))?;
    made.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// A rename is durable only after its folder is synced.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems cannot sync folders; the file itself is durable.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other,
    }
}

/// Whether the path exists, including a dangling link.
pub(super) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
