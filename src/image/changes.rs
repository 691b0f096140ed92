//! Which names each layer adds, changes and removes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::examined::Examined;
use super::fates::Changes;
use super::name;
use super::tree::Tree;
use crate::inspection::{LayerNames, NameChange};

/// Bytes of all names that an account lists, as JSON has them.
const MOST_NAME_BYTES: usize = 8 << 20;
/// Bytes of a character that JSON may escape: `\u001b`.
const ESCAPED_BYTES: usize = 6;

/// What a layer does to the names that it has, by the hashes of their paths: the paths of all
/// names may take a hundred times as much memory.
pub(super) struct ChangesByPath {
    keys: RandomState,
    changes: HashMap<u64, NameChange>,
}

impl ChangesByPath {
    /// The names of a layer that add or change something; `tree` is the final one.
    pub fn of(changes: &Changes, tree: &Tree) -> Self {
        let keys = RandomState::new();
        let of = |change: NameChange| {
            let ids = changes.of(change).iter();
            ids.map(move |id| (*id, change))
        };
        let laid = of(NameChange::Added).chain(of(NameChange::Changed));
        let by_path = laid.map(|(id, change)| (keys.hash_one(tree.path(id)), change));
        let changes = by_path.collect();
        Self { keys, changes }
    }

    /// What the layer does to a name.
    pub fn get(&self, path: &[&[u8]]) -> Option<NameChange> {
        self.changes.get(&self.keys.hash_one(path)).copied()
    }
}

impl Examined {
    /// The names that each layer adds, changes and removes, bottom first. Where there are too
    /// many, those of the lowest layers are not listed.
    pub(super) fn names_of_layers(&self) -> Vec<LayerNames> {
        let mut all = Vec::new();
        let mut bytes = 0;
        for placed in self.stack.iter().rev() {
            let mut of_layer = LayerNames::default();
            for change in NameChange::ALL {
                let ids = placed.changes.of(change);
                let names = of_layer.of_mut(change);
                for id in ids {
                    if bytes > MOST_NAME_BYTES {
                        break;
                    }
                    let path = name::path(&self.tree.path(*id));
                    bytes += json_bytes(&path) + size_of::<String>();
                    names.push(path);
                }
                let cut = ids.len() - names.len();
                names.sort_unstable();
                of_layer.more.0 += cut as u64;
            }
            all.push(of_layer);
        }
        all.reverse();
        all
    }
}

/// Bytes that a text takes in JSON at most.
fn json_bytes(text: &str) -> usize {
    let bytes = text.chars().map(|character| match character {
        '"' | '\\' => ESCAPED_BYTES,
        ' '..='~' => 1,
        _ => ESCAPED_BYTES,
    });
    bytes.sum()
}
