//! What a context holds, and the guarded reading of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

/// One entry of a context, as the scan found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContextEntry {
    /// A folder.
    Folder,
    /// A regular file.
    File {
        /// Its size in bytes.
        size: u64,
        /// Whether its owner may execute it.
        executable: bool,
        /// Sent although the rules exclude it: the Dockerfile.
        forced: bool,
    },
    /// A file that no tree holds: clutter that a scenario asks for.
    Made(Bytes),
    /// A symbolic link with its target as it stands, wherever it leads.
    Link(PathBuf),
}

/// A failed read of a file that is being sent.
#[derive(Debug, thiserror::Error)]
#[error("failed to send `{path}`")]
struct Unsent {
    path: String,
    #[source]
    source: io::Error,
}

/// A file that is not what the scan saw.
#[derive(Debug, thiserror::Error)]
#[error("it {0} since the build context was scanned")]
struct Changed(&'static str);

/// The same error with the file's name on it.
pub(super) fn named(path: &str, source: io::Error) -> io::Error {
    let kind = source.kind();
    let path = path.to_owned();
    io::Error::new(kind, Unsent { path, source })
}

/// Reads a file of the size that the scan found; any other size is an error.
#[derive(Debug)]
pub(super) struct SizedFile<'a> {
    file: File,
    path: &'a str,
    left: u64,
}

impl<'a> SizedFile<'a> {
    /// Opens it. A link or a pipe that took the file's place meanwhile is
    /// neither followed nor waited for.
    pub fn open(root: &Path, path: &'a str, size: u64) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(root.join(path))
            .map_err(|error| named(path, error))?;
        let kind = file.metadata().map_err(|error| named(path, error))?;
        if !kind.is_file() {
            return Err(named(path, changed("was replaced by something else")));
        }
        Ok(Self {
            file,
            path,
            left: size,
        })
    }
}

impl Read for SizedFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            // One byte past the end shows whether the file has grown.
            return match self.file.read(&mut [0]) {
                Ok(0) => Ok(0),
                Ok(_) => Err(named(self.path, changed("grew"))),
                Err(error) => Err(named(self.path, error)),
            };
        }
        let room = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        match self.file.read(&mut buffer[..room]) {
            Ok(0) => Err(named(self.path, changed("shrank"))),
            Ok(read) => {
                self.left -= read as u64;
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(named(self.path, error)),
        }
    }
}

pub(super) fn changed(how: &'static str) -> io::Error {
    io::Error::other(Changed(how))
}

/// The permissions with which an entry is sent: no umask of a checkout reaches the image.
pub(super) fn mode(entry: &ContextEntry) -> u32 {
    match entry {
        ContextEntry::Link(_) => 0o777,
        ContextEntry::Folder
        | ContextEntry::File {
            executable: true, ..
        } => 0o755,
        ContextEntry::File { .. } | ContextEntry::Made(_) => 0o644,
    }
}
