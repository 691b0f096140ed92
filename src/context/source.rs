//! A context as builders read it: file by file, or as a tar.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::entry::{SizedFile, changed, named};
use super::follow::follow;
use super::ignore::parents;
use super::overlay::Overlay;
use super::pack::{self, ItemBody, PackedItem};
use super::pattern::Pattern;
use super::scan::Context;
use super::{ContextError, stream};
use crate::engine::{BuildContext, BuildSource, SourceEntry, SourceFiles, SourceKind, SourceTree};

/// A context with an overlay, ready to be sent.
pub(super) struct ContextTree {
    root: PathBuf,
    /// In the order of a walk.
    pub(super) items: Vec<PackedItem>,
    entries: Vec<SourceEntry>,
}

impl Context {
    /// The context for a build by `dockerfile`, a text, with `overlay` laid over it. Builds
    /// of one `sync_key` send only what changed since the build before.
    ///
    /// # Errors
    /// An overlaid file that does not fit the tree.
    pub fn source(
        &self,
        overlay: &Overlay,
        dockerfile: impl Into<Bytes>,
        sync_key: &str,
    ) -> Result<BuildSource, ContextError> {
        let items = pack::plan(self, overlay)?;
        Ok(BuildSource {
            files: Arc::new(ContextTree::new(self.root.clone(), items)),
            dockerfile: dockerfile.into(),
            sync_key: sync_key.to_owned(),
            whole: false,
        })
    }
}

/// Files that lie in no folder, with their permissions.
pub fn in_memory(
    files: impl IntoIterator<Item = (String, u32, Bytes)>,
    dockerfile: impl Into<Bytes>,
    sync_key: &str,
) -> BuildSource {
    let mut items = BTreeMap::new();
    for (path, mode, content) in files {
        for dir in parents(&path) {
            items
                .entry(dir.to_owned())
                .or_insert_with(|| pack::made_folder(dir));
        }
        items.insert(path.clone(), pack::made_file(path, mode, content));
    }
    BuildSource {
        files: Arc::new(ContextTree::new(
            PathBuf::new(),
            items.into_values().collect(),
        )),
        dockerfile: dockerfile.into(),
        sync_key: sync_key.to_owned(),
        whole: false,
    }
}

impl ContextTree {
    fn new(root: PathBuf, mut items: Vec<PackedItem>) -> Self {
        items.sort_by(|one, other| walked(&one.path).cmp(walked(&other.path)));
        let entries = items.iter().map(entry).collect();
        Self {
            root,
            items,
            entries,
        }
    }
}

/// A path as a walk orders it: what a directory holds comes before the directory's next
/// sibling, so a slash is the least of all bytes.
fn walked(path: &str) -> impl Iterator<Item = u8> {
    path.bytes().map(|byte| if byte == b'/' { 0 } else { byte })
}

fn entry(item: &PackedItem) -> SourceEntry {
    SourceEntry {
        path: item.path.clone(),
        mode: item.mode,
        modified: item.modified,
        kind: match &item.body {
            ItemBody::Folder => SourceKind::Directory,
            ItemBody::Link(target) => SourceKind::Link(target.to_string_lossy().into_owned()),
            ItemBody::Tree(size) => SourceKind::File(crate::units::Bytes(*size)),
            ItemBody::Overlaid(content) => {
                SourceKind::File(crate::units::Bytes(content.len() as u64))
            }
        },
    }
}

impl SourceFiles for ContextTree {
    fn entries(&self) -> &[SourceEntry] {
        &self.entries
    }

    fn chosen(&self, include: &[String], follow_paths: &[String]) -> Vec<usize> {
        let followed = match follow_paths {
            [] => None,
            paths => follow(&self.items, paths),
        };
        let patterns: Vec<_> = include
            .iter()
            .chain(followed.iter().flatten())
            // What is no pattern matches nothing; the build then says what it misses.
            .filter_map(|text| Pattern::new(text.trim_matches('/'), false).ok())
            .collect();
        if patterns.is_empty() && followed.is_none() {
            return (0..self.items.len()).collect();
        }
        let mut chosen = vec![false; self.items.len()];
        // Directories above the entry at hand, outermost first, and whether one was matched.
        let mut above: Vec<(usize, bool)> = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            while above
                .last()
                .is_some_and(|(dir, _)| !self.holds(*dir, index))
            {
                above.pop();
            }
            let inherited = above.last().is_some_and(|(_, matched)| *matched);
            let matched = inherited || patterns.iter().any(|pattern| pattern.matches(&item.path));
            if matched {
                chosen[index] = true;
                for (dir, _) in &above {
                    chosen[*dir] = true;
                }
            }
            if matches!(item.body, ItemBody::Folder) {
                above.push((index, matched));
            }
        }
        (0..chosen.len()).filter(|index| chosen[*index]).collect()
    }

    fn check(&self, index: usize) -> io::Result<()> {
        let item = &self.items[index];
        let ItemBody::Tree(size) = item.body else {
            return Ok(());
        };
        let facts = fs::symlink_metadata(self.root.join(&item.path))
            .map_err(|error| named(&item.path, error))?;
        if !facts.is_file() {
            return Err(named(&item.path, changed("was replaced by something else")));
        }
        match facts.len() {
            now if now > size => Err(named(&item.path, changed("grew"))),
            now if now < size => Err(named(&item.path, changed("shrank"))),
            _ => Ok(()),
        }
    }

    fn open(&self, index: usize) -> io::Result<Box<dyn Read + Send + '_>> {
        let item = &self.items[index];
        match &item.body {
            ItemBody::Tree(size) => Ok(Box::new(SizedFile::open(&self.root, &item.path, *size)?)),
            ItemBody::Overlaid(content) => Ok(Box::new(Cursor::new(content.clone()))),
            ItemBody::Folder | ItemBody::Link(_) => Err(named(
                &item.path,
                io::Error::other("it has no content to send"),
            )),
        }
    }
}

impl ContextTree {
    /// Whether the directory `dir` holds the entry, at any depth.
    fn holds(&self, dir: usize, entry: usize) -> bool {
        self.items[entry]
            .path
            .strip_prefix(&self.items[dir].path)
            .is_some_and(|rest| rest.starts_with('/'))
    }
}

impl SourceTree for ContextTree {
    fn tar(&self, path: &str, dockerfile: &Bytes) -> BuildContext {
        let mut items: BTreeMap<_, _> = self
            .items
            .iter()
            .map(|item| (item.path.clone(), item.clone()))
            .collect();
        stream::open(
            self.root.clone(),
            pack::lay(&mut items, path, dockerfile).map(|()| items.into_values().collect()),
        )
    }
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
