//! Where the weight of a tree lies, in few names: files and folders of which none is within
//! another. A folder is taken apart where few names in it hold most of it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::tree::{Id, Lead, Tree};

/// What a name holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NameLoad {
    pub bytes: u64,
    pub files: u64,
}

impl NameLoad {
    pub fn add(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.files += other.files;
    }

    /// What is left of it without a part of it.
    pub fn without(self, part: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(part.bytes),
            files: self.files.saturating_sub(part.files),
        }
    }
}

/// When a folder is taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum TakenApart {
    /// Where few names in it hold most of it, and it is not light itself.
    ByWeight,
    /// Where one name in it holds all of it: what is left is one tree.
    ToOneTree,
}

/// How many names are few.
const FEW: usize = 4;
/// How much of a folder is most of it, in percent.
const MOSTLY: u64 = 70;
/// What holds less of the whole than one in so many is light.
const LIGHT: u64 = 50;

impl TakenApart {
    fn applies(self, whole: NameLoad, own: NameLoad, children: &mut [NameLoad]) -> bool {
        match self {
            Self::ByWeight => {
                children.sort_unstable_by(|one, other| other.cmp(one));
                let few = children.iter().take(FEW).map(|load| load.bytes);
                let held: u64 = few.fold(0, u64::saturating_add);
                let is_heavy = own.bytes > 0 && own.bytes >= whole.bytes / LIGHT;
                let most = u128::from(own.bytes) * u128::from(MOSTLY);
                is_heavy && u128::from(held) * 100 >= most
            }
            Self::ToOneTree => children.iter().any(|load| load.files == own.files),
        }
    }
}

/// The names that hold the weight of a tree, the heaviest first; together they hold all of
/// it unless there are more than `most`. `load` is what a name holds with all below it.
pub(super) fn condense(
    tree: &Tree,
    load: impl Fn(Id) -> NameLoad,
    taken_apart: TakenApart,
    most: usize,
) -> Vec<(Id, NameLoad)> {
    let whole = load(tree.root);
    let mut open = BinaryHeap::from([(whole, Reverse(tree.root))]);
    let mut rows: Vec<(Id, NameLoad)> = Vec::new();
    while let Some((own, Reverse(id))) = open.pop() {
        if rows.len() == most {
            break;
        }
        if own.files == 0 {
            continue;
        }
        if tree.slot(id).lead != Lead::Folder {
            rows.push((id, own));
            continue;
        }
        let children = tree.all_in(id).map(|child| (load(child), Reverse(child)));
        let children: Vec<_> = children.filter(|(load, _)| load.files > 0).collect();
        let mut loads: Vec<NameLoad> = children.iter().map(|(load, _)| *load).collect();
        if id == tree.root || taken_apart.applies(whole, own, &mut loads) {
            open.extend(children);
        } else {
            rows.push((id, own));
        }
    }
    rows.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    rows
}
