//! What a build reads: files that the builder asks for one by one, or all of them as a tar.

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes as Chunk;

use super::BuildContext;
use crate::units::{Bytes, Count, Nanos};

/// An entry of a tree that is sent to a builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceEntry {
    /// Its path below the tree's root, with forward slashes.
    pub path: String,
    /// Its permission bits.
    pub mode: u32,
    /// Its modification time, since 1970.
    pub modified: Nanos,
    /// What it is.
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
    /// All entries in the order of a walk: a directory before what it holds, names in byte
    /// order within each directory.
    fn entries(&self) -> &[SourceEntry];

    /// The entries that a builder asks for, in the same order, with the directories above
    /// them. `include` are patterns as in an ignore file; `follow` are paths whose links are
    /// followed. Without either, all.
    fn chosen(&self, include: &[String], follow: &[String]) -> Vec<usize>;

    /// Looks at an entry again.
    ///
    /// # Errors
    /// Where it is no longer what [`SourceFiles::entries`] says.
    fn check(&self, entry: usize) -> io::Result<()>;

    /// Opens the content of a file. It is as long as [`SourceFiles::entries`] says.
    ///
    /// # Errors
    /// Where it cannot be read; the reader gives an error where the length is another.
    fn open(&self, entry: usize) -> io::Result<Box<dyn io::Read + Send + '_>>;
}

/// A tree that can be sent as a whole, too.
pub trait SourceTree: SourceFiles {
    /// All of it as a tar stream, with a Dockerfile laid over it.
    fn tar(&self, path: &str, dockerfile: &Chunk) -> BuildContext;
}

/// What a build reads.
#[derive(Clone)]
pub struct BuildSource {
    /// The context, with the user's own Dockerfile if its ignore file admits it.
    pub files: Arc<dyn SourceTree>,
    /// The Dockerfile as it is built.
    pub dockerfile: Chunk,
    /// Builds of the same key send only what changed since the one before.
    pub sync_key: String,
    /// Whether all of the context is sent, and not what the builder asks for: a builder drops
    /// what it did not ask for, and the next build of the key would send it again.
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

/// What of a build's context went to the builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Content of files.
    pub bytes: Bytes,
    /// Files whose content was sent.
    pub files: Count,
    /// Whether only what the builder asked for was sent, and not a tar of all.
    pub synced: bool,
}
