//! The heaviest files and folders of a layer.

use std::collections::BTreeMap;

use super::layer::Layer;
use super::name;
use super::tree::Node;
use crate::record::{LayerContents, Weight};
use crate::units::{Bytes, Count};

/// Names of each kind that are told.
const TOLD: usize = 12;
/// Folders that are told lie at most so deep.
const DEEPEST: usize = 4;
/// What weighs less explains nothing.
const LEAST: u64 = 16 * 1024;

/// Weighs a layer by its names. A file with several names counts at the first.
pub(super) fn weigh(layer: &Layer) -> LayerContents {
    let mut seen = std::collections::BTreeSet::new();
    let mut files = BTreeMap::new();
    let mut folders: BTreeMap<String, u64> = BTreeMap::new();
    layer.tree.walk(&mut |at, node| {
        let Node::File(inode) = node else { return };
        if !seen.insert(inode.number) {
            return;
        }
        files.insert(name::path(at), inode.size);
        for depth in 1..=(at.len() - 1).min(DEEPEST) {
            *folders.entry(name::path(&at[..depth])).or_default() += inode.size;
        }
    });
    LayerContents {
        bytes: Bytes(layer.bytes),
        files: Count(files.len() as u64),
        heaviest_files: heaviest(files),
        heaviest_folders: heaviest(folders),
    }
}

fn heaviest(weights: BTreeMap<String, u64>) -> Vec<Weight> {
    let mut weights: Vec<_> = weights
        .into_iter()
        .filter(|(_, bytes)| *bytes >= LEAST)
        .map(|(path, bytes)| Weight {
            path,
            bytes: Bytes(bytes),
        })
        .collect();
    // The sort is stable: names of one weight stay in order.
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.bytes));
    weights.truncate(TOLD);
    weights
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::tree::Inode;
    use super::*;

    fn file(number: u64, size: u64) -> Node {
        Node::File(Rc::new(Inode {
            number,
            size,
            mode: 0o644,
            known: None,
            private_key: false,
        }))
    }

    fn told(weights: &[Weight]) -> Vec<(&str, u64)> {
        let weights = weights.iter();
        weights
            .map(|one| (one.path.as_str(), one.bytes.0))
            .collect()
    }

    #[test]
    fn folders_add_up_and_what_is_light_is_left_out() {
        let mut layer = Layer {
            bytes: 150_000,
            ..Layer::default()
        };
        let mut place = |path: &[u8], number, size| {
            let parts = name::parts(path);
            layer.tree.place(&parts, file(number, size)).unwrap();
        };
        place(b"app/node_modules/a/lib/deep/x.js", 1, 60_000);
        place(b"app/node_modules/b/y.js", 2, 70_000);
        // The same file by another name.
        place(b"app/z.js", 2, 70_000);
        place(b"etc/hosts", 3, 100);
        let weights = weigh(&layer);
        assert_eq!(weights.files, Count(3));
        assert_eq!(
            told(&weights.heaviest_files),
            [
                ("/app/node_modules/b/y.js", 70_000),
                ("/app/node_modules/a/lib/deep/x.js", 60_000)
            ]
        );
        assert_eq!(
            told(&weights.heaviest_folders),
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
    fn a_long_list_is_cut() {
        let many = (0..99u64)
            .map(|n| (format!("/{n:02}"), LEAST + n))
            .collect();
        let weights = heaviest(many);
        assert_eq!(weights.len(), TOLD);
        assert_eq!(told(&weights)[0], ("/98", LEAST + 98));
    }
}
