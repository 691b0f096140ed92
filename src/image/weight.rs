//! The heaviest files and folders of a layer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::layer::Layer;
use super::name;
use super::view::{Node, View};
use crate::record::{LayerContents, Weight};
use crate::units::{Bytes, Count};

/// Names of each kind that are listed.
const LISTED: usize = 12;
/// Folders that are listed lie at most so deep.
const DEEPEST: usize = 4;
/// What weighs less explains nothing.
pub(super) const LEAST: u64 = 16 * 1024;

/// Weighs a layer by its names. A file with several names counts at the first.
pub(super) fn weigh(layer: &Layer) -> LayerContents {
    let mut seen = std::collections::HashSet::new();
    let (mut files, mut folders) = (Heaviest::default(), Heaviest::default());
    let mut count = 0;
    // The folders above the name that is looked at, by their depth.
    let mut open: Vec<(Vec<u8>, u64)> = Vec::new();
    View::new(&layer.tree, &layer.inodes).walk(&mut |at, node| {
        while open.len() >= at.len().min(DEEPEST + 1) {
            folders.close(&mut open);
        }
        match node {
            Node::Folder(_) if at.len() <= DEEPEST => open.push((at.join(&b'/'), 0)),
            Node::File(inode) if seen.insert(inode.number) => {
                count += 1;
                files.add(inode.size, || at.join(&b'/'));
                for (_, bytes) in &mut open {
                    *bytes = bytes.saturating_add(inode.size);
                }
            }
            _ => {}
        }
    });
    while !open.is_empty() {
        folders.close(&mut open);
    }
    LayerContents {
        bytes: Bytes(layer.bytes),
        files: Count(count),
        heaviest_files: files.heaviest(),
        heaviest_folders: folders.heaviest(),
    }
}

/// The heaviest names of those that came by, the lightest on top.
#[derive(Default)]
struct Heaviest(BinaryHeap<(Reverse<u64>, Vec<u8>)>);

impl Heaviest {
    fn add(&mut self, bytes: u64, path: impl FnOnce() -> Vec<u8>) {
        let full = self.0.len() == LISTED;
        let lightest = self.0.peek().map_or(0, |(Reverse(bytes), _)| *bytes);
        if bytes < LEAST || full && bytes < lightest {
            return;
        }
        self.0.push((Reverse(bytes), path()));
        if self.0.len() > LISTED {
            self.0.pop();
        }
    }

    /// Adds the deepest open folder, with all that is in it.
    fn close(&mut self, open: &mut Vec<(Vec<u8>, u64)>) {
        if let Some((path, bytes)) = open.pop() {
            self.add(bytes, || path);
        }
    }

    /// The heaviest first; names of one weight in order.
    fn heaviest(self) -> Vec<Weight> {
        let mut weights = self.0.into_vec();
        weights.sort();
        let weight = |(Reverse(bytes), path): (Reverse<u64>, Vec<u8>)| Weight {
            path: name::path(&[path]),
            bytes: Bytes(bytes),
        };
        weights.into_iter().map(weight).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Lead, Tree};
    use super::super::view::Inode;
    use super::*;

    fn files(sizes: &[u64]) -> Vec<Inode> {
        sizes.iter().map(|size| Inode::of_size(*size)).collect()
    }

    fn layer(bytes: u64, paths: &[(&[u8], u32)], inodes: Vec<Inode>) -> Layer {
        let mut tree = Tree::default();
        for (path, number) in paths {
            tree.place(&name::parts(path), Lead::File(*number)).unwrap();
        }
        Layer {
            tree,
            bytes,
            inodes,
            ..Layer::default()
        }
    }

    fn paths(weights: &[Weight]) -> Vec<(&str, u64)> {
        let weights = weights.iter();
        weights
            .map(|one| (one.path.as_str(), one.bytes.0))
            .collect()
    }

    #[test]
    fn folders_add_up_and_what_is_light_is_left_out() {
        let layer = layer(
            150_000,
            &[
                (b"app/node_modules/a/lib/deep/x.js", 0),
                (b"app/node_modules/b/y.js", 1),
                // The same file by another name.
                (b"app/z.js", 1),
                (b"etc/hosts", 2),
            ],
            files(&[60_000, 70_000, 100]),
        );
        let weights = weigh(&layer);
        assert_eq!(weights.files, Count(3));
        assert_eq!(
            paths(&weights.heaviest_files),
            [
                ("/app/node_modules/b/y.js", 70_000),
                ("/app/node_modules/a/lib/deep/x.js", 60_000)
            ]
        );
        assert_eq!(
            paths(&weights.heaviest_folders),
            [
                ("/app", 130_000),
                ("/app/node_modules", 130_000),
                ("/app/node_modules/b", 70_000),
                ("/app/node_modules/a", 60_000),
                ("/app/node_modules/a/lib", 60_000),
            ]
        );
    }

    #[test]
    fn names_that_are_no_utf8_are_counted_apart() {
        let inodes = files(&[20_000, 20_000]);
        let layer = layer(40_000, &[(b"d\xff/a", 0), (b"d\xfe/a", 1)], inodes);
        let weights = weigh(&layer);
        assert_eq!(weights.files, Count(2));
        assert_eq!(weights.heaviest_files.len(), 2);
        let folders = paths(&weights.heaviest_folders);
        assert_eq!(folders, [("/d\u{fffd}", 20_000), ("/d\u{fffd}", 20_000)]);
    }

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<_> = (0..99).map(|n| format!("{n:02}")).collect();
        let entries: Vec<_> = names.iter().map(|name| name.as_bytes()).zip(0..).collect();
        let sizes: Vec<_> = (0..99).map(|n| LEAST + n).collect();
        let weights = weigh(&layer(0, &entries, files(&sizes)));
        assert_eq!(weights.files, Count(99));
        assert_eq!(weights.heaviest_files.len(), LISTED);
        assert_eq!(paths(&weights.heaviest_files)[0], ("/98", LEAST + 98));
    }
}
