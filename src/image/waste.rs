//! The waste of an image by path: which layer wrote it, which hides it, and why.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::condense::{Load, TakenApart, condense};
use super::examined::Examined;
use super::fates::Fate;
use super::layer::Layer;
use super::name;
use super::tree::{Id, Lead};
use super::view::{Files, Inode};
use crate::inspection::{Waste, WasteCause, WasteGroup, WastedFile, WastedFolder};
use crate::units::{Bytes, Count};

/// Groups that are listed.
const MOST_GROUPS: usize = 2_000;
/// Names of one cause and two layers that are listed.
const MOST_OF_A_GROUP: usize = 200;
/// Folders that are summed up lie at most so deep.
const DEEPEST: usize = 6;
/// Bytes of all paths that are listed.
const MOST_PATH_BYTES: usize = 64 << 20;
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
        // The lowest of layers that are the same one is laid, and stands for all of them.
        let laid = (0..=position).rev().find(|at| !self.stack[*at].is_again);
        if by.is_some() && by == laid.map(layer_number) {
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

    /// The waste, and how much of it one layer wrote and another hides. Each path of it is
    /// listed where `is_whole`.
    pub(super) fn waste(&self, is_whole: bool) -> (Waste, Vec<Hiding>) {
        let files = self.files();
        let mut sum = Sum::default();
        for (position, placed) in self.stack.iter().enumerate() {
            let mut groups: BTreeMap<HiddenBy, Vec<u32>> = BTreeMap::new();
            for local in (0..).take(placed.layer.inodes.len()) {
                if let Some(by) = self.hidden(position, local, &files) {
                    groups.entry(by).or_default().push(local);
                }
            }
            for ((hidden_by, cause), locals) in groups {
                let group = Group {
                    layer: &placed.layer,
                    written_by: layer_number(position),
                    hidden_by,
                    cause,
                    locals: &locals,
                };
                sum.add(&group, is_whole);
            }
        }
        sum.finish()
    }
}

/// Wasted files of one layer that one other hides for one cause.
struct Group<'a> {
    layer: &'a Layer,
    written_by: u32,
    hidden_by: u32,
    cause: WasteCause,
    locals: &'a [u32],
}

#[derive(Default)]
struct Sum {
    waste: Waste,
    folders: BTreeMap<Vec<u8>, Load>,
    /// Bytes of all paths so far.
    path_bytes: usize,
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
    fn add(&mut self, group: &Group<'_>, is_whole: bool) {
        let layer = group.layer;
        let mut all = Load::default();
        for local in group.locals {
            all.add(load(layer, *local));
        }
        self.waste.bytes = Bytes(self.waste.bytes.0.saturating_add(all.bytes));
        self.waste.files = Count(self.waste.files.0 + all.files);
        self.files += group.locals.len();
        self.hidings.push(Hiding {
            written_by: group.written_by,
            hidden_by: group.hidden_by,
            bytes: all.bytes,
        });
        if self.files > MOST_FILES || self.waste.groups.len() >= MOST_GROUPS {
            self.waste.groups.push(group.row("/".to_owned(), true, all));
            self.waste.more.0 += all.files;
            return;
        }
        let loads = group.loads();
        let of = |id: Id| loads.get(&id).copied().unwrap_or_default();
        let rows = condense(&layer.tree, of, group.taken_apart(), MOST_OF_A_GROUP);
        let rows = rows.into_iter().map(|(id, load)| {
            let is_folder = layer.tree.slot(id).lead == Lead::Folder;
            (name::path(&layer.tree.path(id)), is_folder, load)
        });
        for ((path, is_folder), load) in gathered(rows.collect()) {
            self.waste.groups.push(group.row(path, is_folder, load));
        }
        for local in group.locals {
            let path = layer.tree.path(layer.names[*local as usize]);
            self.list(group, &path, load(layer, *local), is_whole);
        }
    }

    fn list(&mut self, group: &Group<'_>, path: &[&[u8]], load: Load, is_whole: bool) {
        for depth in 0..path.len().min(DEEPEST + 1) {
            let folder = path[..depth].join(&b'/');
            if let Some(known) = self.folders.get_mut(&folder) {
                known.add(load);
            } else if self.path_bytes < MOST_PATH_BYTES {
                self.path_bytes += folder.len();
                self.folders.insert(folder, load);
            }
        }
        if !is_whole {
            return;
        }
        if self.path_bytes >= MOST_PATH_BYTES {
            self.waste.more.0 += 1;
            return;
        }
        let path = name::path(path);
        self.path_bytes += path.len();
        self.waste.paths.push(WastedFile {
            path,
            bytes: Bytes(load.bytes),
            written_by: group.written_by,
            hidden_by: group.hidden_by,
            cause: group.cause,
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

impl Group<'_> {
    fn row(&self, path: String, is_folder: bool, load: Load) -> WasteGroup {
        WasteGroup {
            path,
            is_folder,
            bytes: Bytes(load.bytes),
            files: Count(load.files),
            written_by: self.written_by,
            hidden_by: self.hidden_by,
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
    fn loads(&self) -> HashMap<Id, Load> {
        let mut open: BTreeMap<Id, Load> = BTreeMap::new();
        for local in self.locals {
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
fn gathered(rows: Vec<(String, bool, Load)>) -> BTreeMap<(String, bool), Load> {
    let folders = rows.iter().filter(|(_, is_folder, _)| *is_folder);
    let folders: BTreeSet<String> = folders.map(|(path, ..)| path.clone()).collect();
    let mut gathered: BTreeMap<(String, bool), Load> = BTreeMap::new();
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

fn load(layer: &Layer, local: u32) -> Load {
    Load {
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
