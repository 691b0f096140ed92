//! Where bytes lie, in the final tree and in each layer: files and folders, none within another.

use std::collections::BTreeMap;

use super::condense::{NameLoad, TakenApart, condense};
use super::examined::{Examined, Placed};
use super::layer::Layer;
use super::name;
use super::tree::{Id, Lead, Tree};
use super::view::{Files, View};
use super::waste::layer_number;
use super::weight::LEAST;
use crate::inspection::Heavy;
use crate::record::Weight;
use crate::units::{Bytes, Count};

/// Names of the final tree that are listed.
const MOST_HEAVY: usize = 200;
/// Names of a layer that are listed.
const MOST_OF_A_LAYER: usize = 12;

/// The heaviest files of a layer, and its heaviest folders.
type FilesAndFolders = [Vec<Weight>; 2];

impl Examined {
    /// The heaviest files and folders of each layer; one that the image has twice is looked
    /// through once.
    pub(super) fn heaviest_of_layers(&self) -> Vec<FilesAndFolders> {
        let mut known: BTreeMap<&str, FilesAndFolders> = BTreeMap::new();
        let layers = self.stack.iter().map(|Placed { name, layer, .. }| {
            let fresh = || of_layer(layer);
            known.entry(name).or_insert_with(fresh).clone()
        });
        layers.collect()
    }

    /// Where the bytes of the final tree lie, and how many of its files are in no row because
    /// there are too many rows.
    pub(super) fn heaviest(&self) -> (Vec<Heavy>, Count) {
        let own = own_loads(&self.view(), &self.tree, &self.files(), self.numbers());
        let loads = whole_loads(&self.tree, own.clone());
        let rows = condense(
            &self.tree,
            |id| loads[id as usize],
            TakenApart::ByWeight,
            MOST_HEAVY,
        );
        let listed: u64 = rows.iter().map(|(_, load)| load.files).sum();
        let more = loads[self.tree.root as usize].files.saturating_sub(listed);
        let rows = rows.into_iter().filter(|(_, load)| load.bytes > 0);
        let rows = rows.map(|(id, load)| {
            let (position, bytes) = self.writer_of(id, &own);
            Heavy {
                path: name::path(&self.tree.path(id)),
                is_folder: self.tree.slot(id).lead == Lead::Folder,
                bytes: Bytes(load.bytes),
                files: Count(load.files),
                layer: layer_number(position),
                layer_bytes: Bytes(bytes),
            }
        });
        (rows.collect(), Count(more))
    }

    /// The position of the layer that wrote most of what is below a name, and how much.
    fn writer_of(&self, id: Id, own: &[NameLoad]) -> (usize, u64) {
        let mut written = vec![0_u64; self.stack.len()];
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            match self.tree.slot(id).lead {
                Lead::Folder => open.extend(self.tree.in_folder(id)),
                Lead::File(number) => {
                    let bytes = &mut written[self.position_of(number)];
                    *bytes = bytes.saturating_add(own[id as usize].bytes);
                }
                _ => {}
            }
        }
        let written = written.into_iter().enumerate();
        let most = written.max_by_key(|(position, bytes)| (*bytes, std::cmp::Reverse(*position)));
        most.unwrap_or_default()
    }
}

fn of_layer(layer: &Layer) -> FilesAndFolders {
    let tree = &layer.tree;
    let view = View::new(tree, &layer.inodes);
    let files = Files::from(&layer.inodes);
    let own = own_loads(&view, tree, &files, layer.inodes.len());
    let loads = whole_loads(tree, own);
    let rows = condense(
        tree,
        |id| loads[id as usize],
        TakenApart::ByWeight,
        MOST_OF_A_LAYER,
    );
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for (id, load) in rows.into_iter().filter(|(_, load)| load.bytes >= LEAST) {
        let weights = match tree.slot(id).lead {
            Lead::Folder => &mut folders,
            _ => &mut files,
        };
        weights.push(Weight {
            path: name::path(&tree.path(id)),
            bytes: Bytes(load.bytes),
        });
    }
    [files, folders]
}

/// What each name of a tree holds by itself. A file with several names counts at the first;
/// `numbers` is how many files there are.
fn own_loads(view: &View<'_>, tree: &Tree, files: &Files<'_>, numbers: usize) -> Vec<NameLoad> {
    let mut loads = vec![NameLoad::default(); tree.len()];
    let mut seen = vec![false; numbers];
    view.walk_ids(&mut |id| {
        if let Lead::File(number) = tree.slot(id).lead
            && let Some(file) = files.get(number)
            && !std::mem::replace(&mut seen[number as usize], true)
        {
            loads[id as usize] = NameLoad {
                bytes: file.size,
                files: 1,
            };
        }
    });
    loads
}

/// What each name holds with all below it, from what each holds by itself.
fn whole_loads(tree: &Tree, mut loads: Vec<NameLoad>) -> Vec<NameLoad> {
    // A folder comes before what is in it.
    for id in (0..loads.len()).rev() {
        let load = loads[id];
        let above = tree.slot(id as Id).parent as usize;
        if let Some(above) = loads.get_mut(above) {
            above.add(load);
        }
    }
    loads
}
