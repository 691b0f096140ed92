//! A second implementation of what `image` says about a stack of layers, as plain as can be:
//! maps of whole paths, rebuilt for each layer, and sets that are compared. It shares no code
//! with the first one.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use plimsoll::inspection::{Inspection, NameChange, WasteCause};
use tar::EntryType;

type Path = Vec<u8>;

/// What lies at a path; files by their place among all files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    File(usize),
    Other,
}

struct File {
    path: Path,
    layer: u32,
    content: Vec<u8>,
    owner: (u64, u64),
    mode: u32,
}

/// A wasted file: path, bytes, the two layers, and the cause where it is not a question of
/// which of its names was lost last.
pub(super) type Wasted = (String, u64, u32, u32, Option<WasteCause>);

/// What the second implementation says.
pub(super) struct Replayed {
    pub wasted: Vec<Wasted>,
    pub tree_bytes: u64,
    pub layer_bytes: u64,
    pub names: u64,
    /// Names that each layer adds, changes and removes.
    changes: Vec<[Vec<String>; 3]>,
    /// Bytes of the final tree by path.
    kept: BTreeMap<String, u64>,
}

fn shown(path: &[u8]) -> String {
    format!("/{}", String::from_utf8_lossy(path))
}

fn clean(name: &[u8]) -> Path {
    let parts = name.split(|byte| *byte == b'/');
    let parts: Vec<_> = parts
        .filter(|part| !part.is_empty() && *part != b".")
        .collect();
    parts.join(&b'/')
}

fn ancestors(path: &[u8]) -> impl Iterator<Item = Path> {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    ends.map(|(end, _)| path[..end].to_vec())
}

fn is_below(path: &[u8], folder: &[u8]) -> bool {
    folder.is_empty() || (path.starts_with(folder) && path.get(folder.len()) == Some(&b'/'))
}

/// What one layer lays and hides.
#[derive(Default)]
struct Own {
    nodes: BTreeMap<Path, Node>,
    whiteouts: BTreeSet<Path>,
    opaque: BTreeSet<Path>,
}

impl Own {
    fn lay(&mut self, path: &[u8], node: Node) {
        for folder in ancestors(path) {
            self.lay_one(&folder, Node::Folder);
        }
        self.lay_one(path, node);
    }

    fn lay_one(&mut self, path: &[u8], node: Node) {
        if path.is_empty() {
            return;
        }
        self.whiteouts.remove(path);
        let known = self.nodes.get(path).copied();
        if (known, node) == (Some(Node::Folder), Node::Folder) {
            return;
        }
        self.nodes.retain(|other, _| !is_below(other, path));
        self.whiteouts.retain(|other| !is_below(other, path));
        self.opaque
            .retain(|other| !is_below(other, path) && other != path);
        self.nodes.insert(path.to_vec(), node);
    }
}

/// Replays unpacked layers, bottom first.
pub(super) fn replay(layers: &[Vec<u8>]) -> Replayed {
    let mut files: Vec<File> = Vec::new();
    let mut tree: BTreeMap<Path, Node> = BTreeMap::new();
    let mut hidden: BTreeMap<usize, (u32, Option<WasteCause>)> = BTreeMap::new();
    let mut changes = Vec::new();
    for (number, layer) in (1..).zip(layers) {
        let first = files.len();
        let own = read(layer, number, &tree, &mut files);
        let before = tree.clone();
        lay(&mut tree, &own);
        let was_alive = alive(&before);
        let is_alive = alive(&tree);
        for file in is_alive.keys() {
            hidden.remove(file);
        }
        for file in (0..files.len()).filter(|file| !is_alive.contains_key(file)) {
            if file >= first {
                hidden.insert(file, (number, Some(WasteCause::Overwritten)));
            } else if let Some(names) = was_alive.get(&file) {
                let cause = match names.as_slice() {
                    [name] => Some(cause(&files, file, tree.get(name))),
                    _ => None,
                };
                hidden.insert(file, (number, cause));
            }
        }
        changes.push(changed(&before, &tree, &own));
    }
    let size = |file: &usize| files[*file].content.len() as u64;
    let kept = alive(&tree).into_keys().map(|file| size(&file)).sum();
    let by_path = tree.iter().filter_map(|(path, node)| match node {
        Node::File(file) => Some((shown(path), size(file))),
        _ => None,
    });
    Replayed {
        kept: by_path.collect(),
        tree_bytes: kept,
        layer_bytes: (0..files.len()).map(|file| size(&file)).sum(),
        names: tree.len() as u64,
        changes,
        wasted: { hidden.into_iter() }
            .map(|(file, (by, cause))| {
                let (path, written) = (shown(&files[file].path), files[file].layer);
                (path, size(&file), written, by, cause)
            })
            .collect(),
    }
}

/// Paths of the files that layers leave, for hard links to lead to.
pub(super) fn plain_files(layers: &[Vec<u8>]) -> Vec<Path> {
    let mut files = Vec::new();
    let mut tree = BTreeMap::new();
    for layer in layers {
        let own = read(layer, 0, &tree, &mut files);
        lay(&mut tree, &own);
    }
    let nodes = tree.into_iter();
    let files = nodes.filter(|(_, node)| matches!(node, Node::File(_)));
    files.map(|(path, _)| path).collect()
}

fn read(layer: &[u8], number: u32, below: &BTreeMap<Path, Node>, files: &mut Vec<File>) -> Own {
    let mut own = Own::default();
    let mut archive = tar::Archive::new(layer);
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = clean(&entry.path_bytes());
        let (folder, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(at) => (path[..at].to_vec(), path[at + 1..].to_vec()),
            None => (Vec::new(), path.clone()),
        };
        if name == b".wh..wh..opq" {
            own.lay(&folder, Node::Folder);
            own.opaque.insert(folder);
            continue;
        }
        if let Some(gone) = name.strip_prefix(b".wh.") {
            let mut at = folder.clone();
            if !at.is_empty() {
                at.push(b'/');
                own.lay(&folder, Node::Folder);
            }
            at.extend(gone);
            match own.nodes.get(&at) {
                Some(Node::Folder) => own.opaque.insert(at),
                Some(_) => false,
                None => own.whiteouts.insert(at),
            };
            continue;
        }
        let node = match entry.header().entry_type() {
            EntryType::Directory => Node::Folder,
            EntryType::Regular => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                let header = entry.header();
                files.push(File {
                    path: path.clone(),
                    layer: number,
                    content,
                    owner: (header.uid().unwrap_or(0), header.gid().unwrap_or(0)),
                    // Some writers put the kind of file into the mode.
                    mode: header.mode().unwrap_or(0) & 0o7777,
                });
                Node::File(files.len() - 1)
            }
            EntryType::Link => {
                let target = clean(&entry.link_name_bytes().unwrap());
                *own.nodes.get(&target).unwrap_or_else(|| &below[&target])
            }
            _ => Node::Other,
        };
        own.lay(&path, node);
    }
    own
}

fn lay(tree: &mut BTreeMap<Path, Node>, own: &Own) {
    for path in &own.whiteouts {
        tree.retain(|other, _| other != path && !is_below(other, path));
    }
    for folder in &own.opaque {
        tree.retain(|other, _| !is_below(other, folder));
    }
    for (path, node) in &own.nodes {
        if *node != Node::Folder {
            tree.retain(|other, _| !is_below(other, path));
        }
        match (tree.get(path), node) {
            (Some(Node::Folder), Node::Folder) => {}
            _ => {
                tree.insert(path.clone(), *node);
            }
        }
    }
}

/// Files of a tree with their names.
fn alive(tree: &BTreeMap<Path, Node>) -> BTreeMap<usize, Vec<Path>> {
    let mut alive: BTreeMap<usize, Vec<Path>> = BTreeMap::new();
    for (path, node) in tree {
        if let Node::File(file) = node {
            alive.entry(*file).or_default().push(path.clone());
        }
    }
    alive
}

fn cause(files: &[File], old: usize, now: Option<&Node>) -> WasteCause {
    let (old, new) = match now {
        None => return WasteCause::Removed,
        Some(Node::File(new)) => (&files[old], &files[*new]),
        Some(_) => return WasteCause::Overwritten,
    };
    if old.content != new.content {
        WasteCause::Overwritten
    } else if old.owner != new.owner {
        WasteCause::OwnerChanged
    } else if old.mode != new.mode {
        WasteCause::ModeChanged
    } else {
        WasteCause::CopiedAgain
    }
}

fn changed(
    before: &BTreeMap<Path, Node>,
    after: &BTreeMap<Path, Node>,
    own: &Own,
) -> [Vec<String>; 3] {
    let names = |tree: &BTreeMap<Path, Node>| -> BTreeSet<Path> {
        let names = tree.iter().filter(|(_, node)| **node != Node::Folder);
        names.map(|(path, _)| path.clone()).collect()
    };
    let (before, after, laid) = (names(before), names(after), names(&own.nodes));
    let added: Vec<_> = laid.difference(&before).collect();
    let changed: Vec<_> = laid.intersection(&before).collect();
    let removed: Vec<_> = before.difference(&after).collect();
    [added, changed, removed].map(|paths| {
        let mut paths: Vec<String> = paths.into_iter().map(|path| shown(path)).collect();
        paths.sort();
        paths
    })
}

impl Replayed {
    /// Checks an account against this one.
    pub(super) fn assert_agrees(&self, found: &Inspection, what: &str) {
        assert_eq!(found.files.0, self.names, "{what}: names");
        assert_eq!(found.unpacked_bytes.0, self.layer_bytes, "{what}: layers");
        let waste = self.layer_bytes - self.tree_bytes;
        assert_eq!(found.waste_bytes.0, waste, "{what}: waste");
        assert_eq!(found.waste.bytes.0, waste, "{what}: waste by path");
        assert_eq!(found.waste.files.0, self.wasted.len() as u64, "{what}");
        assert_eq!(found.layers.len(), self.changes.len(), "{what}: layers");
        for (layer, changes) in found.layers.iter().zip(&self.changes) {
            let counts = [layer.added.0, layer.changed.0, layer.removed.0];
            let expected = changes.each_ref().map(|names| names.len() as u64);
            assert_eq!(counts, expected, "{what}: added, changed, removed");
            let names = NameChange::ALL.map(|change| layer.names.of(change).to_vec());
            assert_eq!(names, *changes, "{what}: names of layer {}", layer.number);
            assert_eq!(layer.names.more.0, 0, "{what}");
        }
        self.assert_paths(found, what);
        self.assert_layers(found, what);
        self.assert_groups(found, what);
        self.assert_folders(found, what);
        self.assert_heaviest(found, what);
    }

    fn assert_paths(&self, found: &Inspection, what: &str) {
        let mut listed: Vec<Wasted> = { found.waste.paths.iter() }
            .map(|file| {
                let (written, hidden) = (file.written_by, file.hidden_by);
                (
                    file.path.clone(),
                    file.bytes.0,
                    written,
                    hidden,
                    Some(file.cause),
                )
            })
            .collect();
        let mut wasted = self.wasted.clone();
        let key = |one: &Wasted| (one.0.clone(), one.1, one.2, one.3);
        listed.sort_by_key(key);
        wasted.sort_by_key(key);
        for (listed, wasted) in listed.iter_mut().zip(&wasted) {
            if wasted.4.is_none() {
                listed.4 = None;
            }
        }
        assert_eq!(listed, wasted, "{what}: wasted files");
    }

    fn assert_layers(&self, found: &Inspection, what: &str) {
        for layer in &found.layers {
            let sum = |of: fn(&Wasted) -> u32| -> u64 {
                let own = self.wasted.iter().filter(|one| of(one) == layer.number);
                own.map(|one| one.1).sum()
            };
            assert_eq!(layer.hidden_bytes.0, sum(|one| one.2), "{what}: hidden");
            assert_eq!(layer.hides_bytes.0, sum(|one| one.3), "{what}: hides");
        }
    }

    /// Each group holds what its path holds of its cause, and all together hold everything.
    fn assert_groups(&self, found: &Inspection, what: &str) {
        let mut all = 0;
        for group in &found.waste.groups {
            let listed = found.waste.paths.iter().filter(|file| {
                let is_it = file.path == group.path && !group.is_folder;
                let is_in = group.is_folder && holds(&group.path, &file.path);
                (is_it || is_in)
                    && (file.written_by, file.hidden_by, file.cause)
                        == (group.written_by, group.hidden_by, group.cause)
            });
            let bytes: Vec<u64> = listed.map(|file| file.bytes.0).collect();
            assert_eq!(
                group.bytes.0,
                bytes.iter().sum::<u64>(),
                "{what}: {group:?}"
            );
            assert_eq!(group.files.0, bytes.len() as u64, "{what}: {group:?}");
            all += group.bytes.0;
        }
        assert_eq!(all, found.waste.bytes.0, "{what}: groups");
    }

    fn assert_folders(&self, found: &Inspection, what: &str) {
        let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (path, bytes, ..) in &self.wasted {
            let ends = path
                .char_indices()
                .filter(|(_, c)| *c == '/')
                .map(|(at, _)| at);
            for end in ends.take(7) {
                let folder = if end == 0 { "/" } else { &path[..end] };
                let sum = sums.entry(folder.to_owned()).or_default();
                *sum = (sum.0 + bytes, sum.1 + 1);
            }
        }
        // Folders whose names are no text may look the same.
        let mut listed: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for folder in &found.waste.folders {
            let sum = listed.entry(folder.path.clone()).or_default();
            *sum = (sum.0 + folder.bytes.0, sum.1 + folder.files.0);
        }
        assert_eq!(listed, sums, "{what}: folders");
    }

    /// No path is within another, and together they hold the final tree.
    fn assert_heaviest(&self, found: &Inspection, what: &str) {
        let all: u64 = found.heaviest.iter().map(|heavy| heavy.bytes.0).sum();
        assert_eq!(all, self.tree_bytes, "{what}: heaviest");
        for heavy in &found.heaviest {
            let others = { found.heaviest.iter() }.filter(|other| holds(&heavy.path, &other.path));
            assert_eq!(others.count(), 0, "{what}: {} holds others", heavy.path);
            let held = self.kept.iter().filter(|(path, _)| match heavy.is_folder {
                true => holds(&heavy.path, path),
                false => **path == heavy.path,
            });
            let held: u64 = held.map(|(_, bytes)| bytes).sum();
            // Files with several names count once.
            assert!(heavy.bytes.0 <= held, "{what}: {heavy:?} of {held}");
        }
    }
}

fn holds(folder: &str, path: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}
