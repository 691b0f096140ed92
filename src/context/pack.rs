//! What goes into the tar, decided before a byte of it is read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::entry::Entry;
use super::error::ContextError;
use super::ignore::parents;
use super::overlay::Overlay;
use super::scan::{Context, inside};

/// Modification time of every untouched file: 2020-01-01T00:00:00Z.
///
/// One constant, so that two checkouts give the same stream. It lies before any
/// build, because cargo and make compare the time of a source with that of what
/// they built: an untouched file must look older than the contents of a warm
/// cache mount, and an edited one newer, which is why that carries the present.
/// It lies after 1980, before which zip cannot count.
pub(super) const UNTOUCHED_MTIME_S: u64 = 1_577_836_800;

/// One entry of the tar.
#[derive(Debug)]
pub(super) struct Item {
    pub path: String,
    pub mode: u32,
    pub mtime_s: u64,
    pub body: Body,
}

/// Where an entry's content comes from.
#[derive(Debug)]
pub(super) enum Body {
    Folder,
    Link(PathBuf),
    /// A file of the tree, of this size.
    Tree(u64),
    Overlaid(Bytes),
}

/// The permissions with which an entry is sent: no umask of a checkout reaches the image.
pub(super) fn mode(entry: &Entry) -> u32 {
    match entry {
        Entry::Link(_) => 0o777,
        Entry::Folder
        | Entry::File {
            executable: true, ..
        } => 0o755,
        Entry::File { .. } | Entry::Made(_) => 0o644,
    }
}

/// The entries of the tar, in order.
pub(super) fn plan(context: &Context, overlay: &Overlay) -> Result<Vec<Item>, ContextError> {
    let mut items: BTreeMap<String, Item> = context
        .entries
        .iter()
        .map(|(path, entry)| (path.clone(), untouched(path, entry)))
        .collect();
    // A clock before 1970 is no reason to fail; such a file merely looks untouched.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(UNTOUCHED_MTIME_S, |since| since.as_secs());
    for (path, content) in overlay.iter() {
        let path = inside(path)?;
        if !context.admits(&path) {
            continue;
        }
        for dir in parents(&path) {
            let fits = items
                .entry(dir.to_owned())
                .or_insert_with(|| Item {
                    mtime_s: now,
                    ..untouched(dir, &Entry::Folder)
                })
                .is_folder();
            if !fits {
                return Err(clash(&path, "a folder above it is a file or a link"));
            }
        }
        let old = items.get(&path);
        if old.is_some_and(Item::is_folder) {
            return Err(clash(&path, "it is a folder"));
        }
        let mode = match old {
            Some(Item {
                mode,
                body: Body::Tree(_),
                ..
            }) => *mode,
            _ => 0o644,
        };
        let item = Item {
            path: path.clone(),
            mode,
            mtime_s: now,
            body: Body::Overlaid(content.clone()),
        };
        items.insert(path, item);
    }
    Ok(items.into_values().collect())
}

impl Item {
    fn is_folder(&self) -> bool {
        matches!(self.body, Body::Folder)
    }
}

fn untouched(path: &str, entry: &Entry) -> Item {
    Item {
        path: path.to_owned(),
        mode: mode(entry),
        mtime_s: UNTOUCHED_MTIME_S,
        body: match entry {
            Entry::Folder => Body::Folder,
            Entry::Link(target) => Body::Link(target.clone()),
            Entry::File { size, .. } => Body::Tree(*size),
            Entry::Made(content) => Body::Overlaid(content.clone()),
        },
    }
}

fn clash(path: &str, problem: &'static str) -> ContextError {
    ContextError::Overlay {
        path: path.to_owned(),
        problem,
    }
}
