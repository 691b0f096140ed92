//! The source of a build: files that the builder requests individually, or all of them as a tar.

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes as Chunk;

use super::BuildContext;
use crate::units::{Bytes, Nanos};

/// An entry of a tree that is sent to a builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceEntry {
    /// Its path below the tree's root, with forward slashes.
    pub path: String,
    /// Its permission bits.
    pub mode: u32,
    /// Its modification time, since 1970.
    pub modified: Nanos,
    /// Its kind.
    pub kind: SourceKind,
}

/// The kind of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A directory.
    Directory,
    /// A symbolic link with its target.
    Link(String),
    /// A regular file of this size.
    File(Bytes),
}

/// A tree whose files can be read one by one.
pub trait SourceFiles: Send + Sync + 'static {
    /// All entries in walk order: a directory before its entries, names in byte order.
    fn entries(&self) -> &[SourceEntry];

    /// The entries that a builder requests, in the same order, with their parent directories.
    /// `include` are patterns as in an ignore file; `follow` are paths whose links are followed.
    /// Without either, all entries.
    fn chosen(&self, include: &[String], follow: &[String]) -> Vec<usize>;

    /// Reads the metadata of an entry again.
    ///
    /// # Errors
    /// The entry differs from [`SourceFiles::entries`].
    fn check(&self, entry: usize) -> io::Result<()>;

    /// Opens the content of a file. Its size is that of [`SourceFiles::entries`].
    ///
    /// # Errors
    /// The file cannot be read; the reader fails if the size differs.
    fn open(&self, entry: usize) -> io::Result<Box<dyn io::Read + Send + '_>>;
}

/// A tree that can also be sent as one tar.
pub trait SourceTree: SourceFiles {
    /// The tree as a tar stream, with this Dockerfile in it.
    fn tar(&self, path: &str, dockerfile: &Chunk) -> BuildContext;
}

/// The source of a build.
#[derive(Clone)]
pub struct BuildSource {
    /// The context, with the user's Dockerfile unless the ignore file excludes it.
    pub files: Arc<dyn SourceTree>,
    /// The Dockerfile that is built.
    pub dockerfile: Chunk,
    /// Builds with the same key send only changes since the previous one.
    pub sync_key: String,
    /// Whether the whole context is sent instead of the requested files. A builder drops files
    /// that it did not request, and the next build with this key would send them again.
    pub whole: bool,
}

impl fmt::Debug for BuildSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuildSource")
            .field("entries", &self.files.entries().len())
            .field("sync_key", &self.sync_key)
            .finish_non_exhaustive()
    }
}
