//! What becomes of each file of a stack of layers: whether the final tree has it, or which
//! layer hides it and what lies in its place.

use super::tree::Id;
use crate::inspection::NameChange;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is in the final tree.
    Kept,
    /// Nothing of its last name is there any more.
    Removed {
        /// The layer, from 1.
        by: u16,
    },
    /// Something else took the place of its last name.
    Overwritten {
        /// The layer, from 1. It is the file's own where that lays a name twice.
        by: u16,
        /// The number of the file in its place; none where that is no file.
        with: Option<u32>,
    },
}

/// The names that a layer changes, by their places in the tree. Folders are no names here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Names that were not there.
    pub added: Vec<Id>,
    /// Names that were there, and lead to something else now.
    pub changed: Vec<Id>,
    /// Names that are not there any more.
    pub removed: Vec<Id>,
}

impl Changes {
    /// The names of one change.
    pub fn of(&self, change: NameChange) -> &[Id] {
        match change {
            NameChange::Added => &self.added,
            NameChange::Changed => &self.changed,
            NameChange::Removed => &self.removed,
        }
    }

    /// The changes of the same layer once more: it writes again all that it wrote.
    pub fn again(&self) -> Self {
        Self {
            changed: [&self.added[..], &self.changed].concat(),
            ..Self::default()
        }
    }
}

/// No file, and no layer.
const NO_FILE: u32 = u32::MAX;
const NO_LAYER: u16 = 0;

#[derive(Debug, Clone, Copy)]
struct Hidden {
    by: u16,
    is_removed: bool,
    with: u32,
}

const KEPT: Hidden = Hidden {
    by: NO_LAYER,
    is_removed: false,
    with: NO_FILE,
};

/// The fates of all files so far, by number.
#[derive(Debug, Default)]
pub(super) struct Fates {
    /// How many names of the tree lead to each file.
    names: Vec<u32>,
    hidden: Vec<Hidden>,
    layer: u16,
    first: u32,
    /// Files that lost their last name in this layer. A hard link may bring one back.
    nameless: Vec<u32>,
    changes: Changes,
    /// Names that count as added, and were there.
    laid_again: Vec<Id>,
}

impl Fates {
    /// The layer has a name that was not there.
    pub fn added(&mut self, name: Id) {
        self.changes.added.push(name);
    }

    /// The layer has a name that was there.
    pub fn changed(&mut self, name: Id) {
        self.changes.changed.push(name);
    }

    /// A name that counts as added was there: the layer takes its folder out, and lays it again.
    pub fn laid_again(&mut self, name: Id) {
        self.laid_again.push(name);
    }

    /// The layer takes a name out.
    pub fn removed(&mut self, name: Id) {
        self.changes.removed.push(name);
    }

    /// The next layer, from 1, with the number of its first file and how many it has.
    pub fn begin(&mut self, layer: u16, first: u32, files: usize) {
        self.layer = layer;
        self.first = first;
        self.changes = Changes::default();
        self.names.resize(first as usize + files, 0);
        self.hidden.resize(first as usize + files, KEPT);
    }

    /// A name leads to a file.
    pub fn named(&mut self, file: u32) {
        self.names[file as usize] += 1;
    }

    /// A name does not lead to a file any more. `with` is what lies there now, if anything.
    pub fn unnamed(&mut self, file: u32, with: Option<Option<u32>>) {
        let names = &mut self.names[file as usize];
        *names = names.saturating_sub(1);
        if *names == 0 {
            self.nameless.push(file);
            self.hidden[file as usize] = Hidden {
                by: self.layer,
                is_removed: with.is_none(),
                with: with.flatten().unwrap_or(NO_FILE),
            };
        }
    }

    /// The layer is laid.
    pub fn end(&mut self) -> Changes {
        for file in self.nameless.drain(..) {
            if self.names[file as usize] > 0 {
                self.hidden[file as usize] = KEPT;
            }
        }
        let own = self.first as usize..;
        let own = self.names[own.clone()].iter().zip(&mut self.hidden[own]);
        for (names, hidden) in own {
            // The layer itself laid something else over it.
            if *names == 0 && hidden.by == NO_LAYER {
                hidden.by = self.layer;
            }
        }
        let mut changes = std::mem::take(&mut self.changes);
        let mut again = std::mem::take(&mut self.laid_again);
        again.sort_unstable();
        if !again.is_empty() {
            changes
                .added
                .retain(|name| again.binary_search(name).is_err());
            changes.changed.extend(again);
        }
        changes.added.shrink_to_fit();
        changes.changed.shrink_to_fit();
        changes.removed.shrink_to_fit();
        changes
    }

    /// What became of a file.
    pub fn of(&self, file: u32) -> Fate {
        match self.hidden.get(file as usize) {
            None | Some(Hidden { by: NO_LAYER, .. }) => Fate::Kept,
            Some(Hidden {
                by,
                is_removed: true,
                ..
            }) => Fate::Removed { by: *by },
            Some(Hidden { by, with, .. }) => Fate::Overwritten {
                by: *by,
                with: (*with != NO_FILE).then_some(*with),
            },
        }
    }

    /// Nothing is laid any more: what that takes is given back.
    pub fn finish(&mut self) {
        self.names = Vec::new();
        self.nameless = Vec::new();
    }
}
