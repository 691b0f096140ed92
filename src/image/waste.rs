//! The waste of an image by path: which layer wrote it, which hides it, and why.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use super::condense::{NameLoad, TakenApart, condense};
use super::examined::Examined;
use super::fates::Fate;
use super::layer::Layer;
use super::name;
use super::tree::{Id, Lead};
use super::view::{Files, Inode};
use crate::inspection::{Waste, WasteCause, WasteGroup, WastedFile, WastedFolder};
use crate::units::{Bytes, Count};

/// Rows after which a group is one row.
const MOST_GROUPS: usize = 2_000;
/// Names of one cause and two layers that are listed. The others are one row.
const MOST_OF_A_GROUP: usize = 200;
/// The path of a row that holds what has no row of its own.
const REST: &str = "/";
/// Folders that are summed up lie at most so deep.
const DEEPEST: usize = 6;
/// Bytes of all rows that are listed, with their paths.
const MOST_LIST_BYTES: usize = 64 << 20;
/// Wasted files whose folders are summed up and whose paths are listed.
const MOST_FILES: usize = 2_000_000;

/// What hides a file: the layer, from 1, and why.
pub(super) type HiddenBy = (u32, WasteCause);

impl Examined {
    /// What hides a file of a layer, if anything does. Positions count from 0.
    pub(super) fn hidden(
        &self,
        position: usize,
        local: u32,
        files: &Files<'_>,
    ) -> Option<HiddenBy> {
        let placed = &self.stack[position];
        let number = layer_number(position);
        let fate = self.fates.of(placed.first + local);
        let by = match fate {
            Fate::Kept => None,
            Fate::Removed { by } | Fate::Overwritten { by, .. } => Some(u32::from(by)),
        };
        if self.overwrites_itself(position, local) {
            return Some((number, WasteCause::Overwritten));
        }
        if self
            .stack
            .get(position + 1)
            .is_some_and(|above| above.is_again)
        {
            return Some((number + 1, WasteCause::CopiedAgain));
        }
        let cause = match fate {
            Fate::Kept => return None,
            Fate::Removed { .. } => WasteCause::Removed,
            Fate::Overwritten { with, .. } => {
                let old = &placed.layer.inodes[local as usize];
                let new = with.and_then(|with| files.get(with));
                new.map_or(WasteCause::Overwritten, |new| cause(old, new.inode))
            }
        };
        by.map(|by| (by, cause))
    }

    /// Whether a layer writes a file of its own again.
    fn overwrites_itself(&self, position: usize, local: u32) -> bool {
        let placed = &self.stack[position];
        let by = match self.fates.of(placed.first + local) {
            Fate::Kept => return false,
            Fate::Removed { by } | Fate::Overwritten { by, .. } => u32::from(by),
        };
        // The lowest of layers that are the same one is laid, and stands for all of them.
        by == placed.laid
    }

    /// The waste, and how much of it one layer wrote and another hides. Each path of it is
    /// listed where `is_whole`.
    pub(super) fn waste(&self, is_whole: bool) -> (Waste, Vec<Hiding>) {
        let files = self.files();
        let mut sum = Sum::default();
        for (first, run) in self.runs() {
            let layer = &*run[0].layer;
            let locals = || (0..).take(layer.inodes.len());
            let last = first + run.len() - 1;
            // What hides the files of a layer below the same one is known without a look at
            // each, and there may be hundreds.
            if last > first {
                let (own, rest) = locals().partition(|local| self.overwrites_itself(first, *local));
                let own = Group::of(layer, WasteCause::Overwritten, own);
                let rest = Group::of(layer, WasteCause::CopiedAgain, rest);
                for number in (first..last).map(layer_number) {
                    sum.add(&own, (number, number), is_whole);
                    sum.add(&rest, (number, number + 1), is_whole);
                }
            }
            let mut groups: BTreeMap<HiddenBy, Vec<u32>> = BTreeMap::new();
            for local in locals() {
                if let Some(by) = self.hidden(last, local, &files) {
                    groups.entry(by).or_default().push(local);
                }
            }
            for ((hidden_by, cause), locals) in groups {
                let group = Group::of(layer, cause, locals);
                sum.add(&group, (layer_number(last), hidden_by), is_whole);
            }
        }
        sum.finish()
    }
}

/// Wasted files of one layer that one other hides for one cause.
struct Group<'a> {
    layer: &'a Layer,
    cause: WasteCause,
    locals: Vec<u32>,
    all: NameLoad,
    rows: OnceCell<Rows>,
}

/// Paths that a group is shown by, and whether each is a folder.
type Rows = BTreeMap<(String, bool), NameLoad>;

/// The layer that wrote files, and the one that hides them; both from 1.
type Layers = (u32, u32);

#[derive(Default)]
struct Sum {
    waste: Waste,
    folders: BTreeMap<Vec<u8>, NameLoad>,
    /// Hashes of the folders that are not summed up, with their keys.
    left_out: HashSet<u64>,
    keys: RandomState,
    /// Bytes of all rows so far.
    list_bytes: usize,
    files: usize,
    hidings: Vec<Hiding>,
}

/// Bytes of one layer that another one hides; both from 1.
pub(super) struct Hiding {
    pub written_by: u32,
    pub hidden_by: u32,
    pub bytes: u64,
}

impl Sum {
    fn add(&mut self, group: &Group<'_>, layers: Layers, is_whole: bool) {
        let (layer, all) = (group.layer, group.all);
        if group.locals.is_empty() {
            return;
        }
        self.waste.bytes = Bytes(self.waste.bytes.0.saturating_add(all.bytes));
        self.waste.files = Count(self.waste.files.0 + all.files);
        self.files += group.locals.len();
        self.hidings.push(Hiding {
            written_by: layers.0,
            hidden_by: layers.1,
            bytes: all.bytes,
        });
        let is_long = self.files > MOST_FILES;
        if is_long || self.waste.groups.len() >= MOST_GROUPS {
            let row = group.row(REST, true, all, layers);
            self.waste.groups.push(row);
        } else {
            for ((path, is_folder), load) in group.rows() {
                let row = group.row(path, *is_folder, *load, layers);
                self.waste.groups.push(row);
            }
        }
        if is_long {
            self.waste.more.0 += all.files;
            return;
        }
        for local in &group.locals {
            let path = layer.tree.path(layer.names[*local as usize]);
            let load = load(layer, *local);
            self.sum_folders(&path, load);
            if is_whole {
                self.list(&path, load, layers, group.cause);
            }
        }
    }

    fn sum_folders(&mut self, path: &[&[u8]], load: NameLoad) {
        // The hash of the names that lead to a folder.
        let mut hash = 0_u64;
        for (depth, name) in path.iter().enumerate() {
            let is_summed = depth <= DEEPEST && self.sum_folder(path[..depth].join(&b'/'), load);
            if !is_summed {
                self.left_out.insert(hash);
            }
            hash = self.keys.hash_one((hash, name));
        }
    }

    /// Whether there is room for the folder.
    fn sum_folder(&mut self, folder: Vec<u8>, load: NameLoad) -> bool {
        if let Some(known) = self.folders.get_mut(&folder) {
            known.add(load);
        } else if self.list_bytes < MOST_LIST_BYTES {
            self.list_bytes += folder.len() + size_of::<WastedFolder>();
            self.folders.insert(folder, load);
        } else {
            return false;
        }
        true
    }

    fn list(&mut self, path: &[&[u8]], load: NameLoad, layers: Layers, cause: WasteCause) {
        if self.list_bytes >= MOST_LIST_BYTES {
            self.waste.more.0 += 1;
            return;
        }
        let path = name::path(path);
        self.list_bytes += path.len() + size_of::<WastedFile>();
        self.waste.paths.push(WastedFile {
            path,
            bytes: Bytes(load.bytes),
            written_by: layers.0,
            hidden_by: layers.1,
            cause,
        });
    }

    fn finish(self) -> (Waste, Vec<Hiding>) {
        let mut waste = self.waste;
        let folders = self.folders.into_iter().map(|(path, load)| WastedFolder {
            path: name::path(&[path]),
            bytes: Bytes(load.bytes),
            files: Count(load.files),
        });
        waste.folders = folders.collect();
        waste.more_folders = Count(self.left_out.len() as u64);
        // Of one weight, by their names.
        waste
            .groups
            .sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
        waste
            .folders
            .sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
        waste
            .paths
            .sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
        (waste, self.hidings)
    }
}

impl<'a> Group<'a> {
    fn of(layer: &'a Layer, cause: WasteCause, locals: Vec<u32>) -> Self {
        let mut all = NameLoad::default();
        for local in &locals {
            all.add(load(layer, *local));
        }
        Self {
            layer,
            cause,
            locals,
            all,
            rows: OnceCell::new(),
        }
    }

    /// The rows, which are the same whichever layer hides the files.
    fn rows(&self) -> &Rows {
        self.rows.get_or_init(|| {
            let tree = &self.layer.tree;
            let loads = self.loads();
            let of = |id: Id| loads.get(&id).copied().unwrap_or_default();
            let rows = condense(tree, of, self.taken_apart(), MOST_OF_A_GROUP);
            let mut listed = NameLoad::default();
            rows.iter().for_each(|(_, load)| listed.add(*load));
            let rows = rows.into_iter().map(|(id, load)| {
                let is_folder = tree.slot(id).lead == Lead::Folder;
                (name::path(&tree.path(id)), is_folder, load)
            });
            let mut rows = gathered(rows.collect());
            let rest = self.all.without(listed);
            if rest.files > 0 {
                rows.insert((REST.to_owned(), true), rest);
            }
            rows
        })
    }

    fn row(&self, path: &str, is_folder: bool, load: NameLoad, layers: Layers) -> WasteGroup {
        WasteGroup {
            path: path.to_owned(),
            is_folder,
            bytes: Bytes(load.bytes),
            files: Count(load.files),
            written_by: layers.0,
            hidden_by: layers.1,
            cause: self.cause,
        }
    }

    /// What was written again as a whole is one tree.
    fn taken_apart(&self) -> TakenApart {
        match self.cause {
            WasteCause::Removed | WasteCause::Overwritten => TakenApart::ByWeight,
            WasteCause::OwnerChanged | WasteCause::ModeChanged | WasteCause::CopiedAgain => {
                TakenApart::ToOneTree
            }
        }
    }

    /// What the files hold, by name with all names above it.
    fn loads(&self) -> HashMap<Id, NameLoad> {
        let mut open: BTreeMap<Id, NameLoad> = BTreeMap::new();
        for local in &self.locals {
            let id = self.layer.names[*local as usize];
            open.entry(id).or_default().add(load(self.layer, *local));
        }
        let mut loads = HashMap::new();
        // A folder comes before what is in it.
        while let Some((id, load)) = open.pop_last() {
            loads.insert(id, load);
            if id != self.layer.tree.root {
                let above = self.layer.tree.slot(id).parent;
                open.entry(above).or_default().add(load);
            }
        }
        loads
    }
}

/// Rows by path and whether it is a folder, none within another. A layer that lays a file, a
/// folder and a file again at one name has that name several times in its tree.
fn gathered(rows: Vec<(String, bool, NameLoad)>) -> Rows {
    let folders = rows.iter().filter(|(_, is_folder, _)| *is_folder);
    let folders: BTreeSet<String> = folders.map(|(path, ..)| path.clone()).collect();
    let mut gathered = Rows::new();
    for (path, is_folder, load) in rows {
        let mut above = path.match_indices('/').map(|(end, _)| &path[..end]);
        let row = match above.find(|folder| folders.contains(*folder)) {
            Some(folder) => (folder.to_owned(), true),
            None => (path, is_folder),
        };
        gathered.entry(row).or_default().add(load);
    }
    gathered
}

/// The number of a layer at a position.
pub(super) fn layer_number(position: usize) -> u32 {
    u32::try_from(position + 1).unwrap_or(u32::MAX)
}

fn load(layer: &Layer, local: u32) -> NameLoad {
    NameLoad {
        bytes: layer.inodes[local as usize].size,
        files: 1,
    }
}

/// Why a file gave way to another one.
fn cause(old: &Inode, new: &Inode) -> WasteCause {
    match (old.size, old.hash) == (new.size, new.hash) {
        false => WasteCause::Overwritten,
        true if old.owner != new.owner => WasteCause::OwnerChanged,
        true if old.mode != new.mode => WasteCause::ModeChanged,
        true => WasteCause::CopiedAgain,
    }
}
