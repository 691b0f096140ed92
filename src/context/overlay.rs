//! Files laid over a context.

use std::collections::BTreeMap;

use bytes::Bytes;

/// Edited or added files by their path, relative to the app's folder with
/// forward slashes. Cheap to clone.
///
/// An overlaid file passes the same ignore rules as one on disk, so an edit of
/// an ignored file changes nothing, as it would for the user. The Dockerfile is
/// always sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    files: BTreeMap<String, Bytes>,
}

impl Overlay {
    /// Nothing overlaid.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lays a file over the context; a second one of the same path wins.
    pub fn insert(&mut self, path: impl Into<String>, content: impl Into<Bytes>) {
        self.files.insert(path.into(), content.into());
    }

    /// Takes over all of `other`, which wins where both hold a path.
    pub fn merge(&mut self, other: Self) {
        self.files.extend(other.files);
    }

    /// The content of an overlaid file.
    pub fn get(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path)
    }

    /// All of it, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.files
            .iter()
            .map(|(path, content)| (path.as_str(), content))
    }

    /// Whether nothing is overlaid.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
