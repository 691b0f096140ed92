//! Whole files or none.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use tempfile::NamedTempFile;

/// As a new file commonly is; temporary files are private.
const MODE: u32 = 0o644;

/// First part of the name of a file that is being written.
pub(super) const UNFINISHED: &str = ".writing-";

const BUFFER: usize = 1 << 18;

/// Replaces `path` by a file that holds `bytes`: written beside, brought to
/// disk, renamed. On failure the old file stays and nothing else is left.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_by(path, |file| file.write_all(bytes))
}

/// The same of what `make` writes, piece by piece.
pub(super) fn write_by(
    path: &Path,
    make: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Removed when dropped, so also on every early return.
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

/// Points the link `path` at `target`, at no moment at nothing.
pub(super) fn link(path: &Path, target: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let made = tempfile::Builder::new()
        .prefix(".linking-")
        .make_in(folder, |beside| symlink(target, beside))?;
    made.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// The rename itself is on disk only once its folder is.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems sync no folders; the file itself is safe.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other,
    }
}

/// Whether anything is at the path, be it a link that leads nowhere.
pub(super) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
