//! What is sent, decided before a byte of it is read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::entry::{ContextEntry, mode};
use super::error::ContextError;
use super::ignore::parents;
use super::overlay::Overlay;
use super::scan::{Context, inside};
use crate::units::Nanos;

/// Modification time of every untouched file: 2020-01-01T00:00:00Z.
///
/// One constant, so that two checkouts give the same stream. It lies before any
/// build, because cargo and make compare the time of a source with that of what
/// they built: an untouched file must look older than the contents of a warm
/// cache mount, and an edited one newer, which is why that carries the present.
/// It lies after 1980, before which zip cannot count.
pub(super) const UNTOUCHED: Nanos = Nanos(1_577_836_800 * 1_000_000_000);

/// One entry of what is sent.
#[derive(Debug, Clone)]
pub(super) struct PackedItem {
    pub path: String,
    pub mode: u32,
    /// Since 1970. A tar keeps whole seconds of it.
    pub modified: Nanos,
    pub body: ItemBody,
}

/// Where an entry's content comes from.
#[derive(Debug, Clone)]
pub(super) enum ItemBody {
    Folder,
    Link(PathBuf),
    /// A file of the tree, of this size.
    Tree(u64),
    Overlaid(Bytes),
}

/// The entries of a context with files laid over it, by path.
pub(super) fn plan(context: &Context, overlay: &Overlay) -> Result<Vec<PackedItem>, ContextError> {
    let mut items: BTreeMap<String, PackedItem> = context
        .entries
        .iter()
        // The Dockerfile travels by itself: an excluded one is no part of the context.
        .filter(|(_, entry)| !matches!(entry, ContextEntry::File { forced: true, .. }))
        .map(|(path, entry)| (path.clone(), untouched(path, entry)))
        .collect();
    if context.forces_dockerfile() {
        // Nor are the folders above it that hold nothing else.
        for dir in parents(&context.dockerfile)
            .collect::<Vec<_>>()
            .iter()
            .rev()
        {
            let below = format!("{dir}/");
            let mut held = items.range(below.clone()..);
            let empty = held
                .next()
                .is_none_or(|(path, _)| !path.starts_with(&below));
            if context.rules.ignores(dir) && empty {
                items.remove(*dir);
            }
        }
    }
    for (path, content) in overlay.iter() {
        let path = inside(path)?;
        if context.admits(&path) {
            lay(&mut items, &path, content)?;
        }
    }
    Ok(items.into_values().collect())
}

/// Lays a file over the others. Its modification time is the present, to the nanosecond:
/// a builder takes a file of the same size and time for unchanged.
pub(super) fn lay(
    items: &mut BTreeMap<String, PackedItem>,
    path: &str,
    content: &Bytes,
) -> Result<(), ContextError> {
    let modified = now();
    for dir in parents(path) {
        let fits = items
            .entry(dir.to_owned())
            .or_insert_with(|| PackedItem {
                modified,
                ..untouched(dir, &ContextEntry::Folder)
            })
            .is_folder();
        if !fits {
            return Err(clash(path, "a folder above it is a file or a link"));
        }
    }
    let old = items.get(path);
    if old.is_some_and(PackedItem::is_folder) {
        return Err(clash(path, "it is a folder"));
    }
    let mode = match old {
        Some(PackedItem {
            mode,
            body: ItemBody::Tree(_),
            ..
        }) => *mode,
        _ => 0o644,
    };
    let item = PackedItem {
        path: path.to_owned(),
        mode,
        modified,
        body: ItemBody::Overlaid(content.clone()),
    };
    items.insert(path.to_owned(), item);
    Ok(())
}

/// A file that lies in no folder.
pub(super) fn made_file(path: String, mode: u32, content: Bytes) -> PackedItem {
    PackedItem {
        path,
        mode,
        modified: UNTOUCHED,
        body: ItemBody::Overlaid(content),
    }
}

/// A folder above one.
pub(super) fn made_folder(path: &str) -> PackedItem {
    untouched(path, &ContextEntry::Folder)
}

/// A clock before 1970 is no reason to fail; a file merely looks untouched then.
fn now() -> Nanos {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(UNTOUCHED, Nanos::from)
}

impl PackedItem {
    fn is_folder(&self) -> bool {
        matches!(self.body, ItemBody::Folder)
    }
}

fn untouched(path: &str, entry: &ContextEntry) -> PackedItem {
    PackedItem {
        path: path.to_owned(),
        mode: mode(entry),
        modified: UNTOUCHED,
        body: match entry {
            ContextEntry::Folder => ItemBody::Folder,
            ContextEntry::Link(target) => ItemBody::Link(target.clone()),
            ContextEntry::File { size, .. } => ItemBody::Tree(*size),
            ContextEntry::Made(content) => ItemBody::Overlaid(content.clone()),
        },
    }
}

fn clash(path: &str, problem: &'static str) -> ContextError {
    ContextError::Overlay {
        path: path.to_owned(),
        problem,
    }
}
