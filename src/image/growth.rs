//! Where the final trees of two images differ.

use super::condense::{NameLoad, TakenApart, condense};
use super::examined::Examined;
use super::name;
use super::tree::{Id, Lead, Misplaced, Tree};
use super::view::{Files, TreeFile};
use crate::inspection::{PathGrowth, Sizes};
use crate::units::{Bytes, Count};

/// Paths that are listed.
const MOST_PATHS: usize = 200;

/// A tree of the files that differ, with the bytes of each name before and after.
#[derive(Default)]
struct Differing {
    tree: Tree,
    own: Vec<(Id, u64, u64)>,
}

/// What one image has in a folder, and what the other one has.
struct Pair {
    before: Option<Id>,
    after: Option<Id>,
    /// The folder in the tree of what differs.
    at: Id,
}

impl Examined {
    /// Files and folders of the final tree that differ from those of another image, none
    /// within another, and how many of the files are in none of these rows because there are
    /// too many. A file with several names counts at each.
    pub fn growth_of_paths(&self, against: &Self) -> (Vec<PathGrowth>, Count) {
        let Ok(differing) = self.differing(against) else {
            return (Vec::new(), Count(0));
        };
        let Differing { tree, own } = differing;
        let mut sizes = vec![(0_u64, 0_u64); tree.len()];
        let mut loads = vec![NameLoad::default(); tree.len()];
        for (id, before, after) in own {
            sizes[id as usize] = (before, after);
            loads[id as usize] = NameLoad {
                bytes: before.saturating_add(after).max(1),
                files: 1,
            };
        }
        // A folder comes before what is in it.
        for id in (1..tree.len()).rev() {
            let above = tree.slot(id as Id).parent as usize;
            let (load, (before, after)) = (loads[id], sizes[id]);
            loads[above].add(load);
            sizes[above].0 = sizes[above].0.saturating_add(before);
            sizes[above].1 = sizes[above].1.saturating_add(after);
        }
        let rows = condense(
            &tree,
            |id| loads[id as usize],
            TakenApart::ByWeight,
            MOST_PATHS,
        );
        let listed: u64 = rows.iter().map(|(_, load)| load.files).sum();
        let more = loads[tree.root as usize].files.saturating_sub(listed);
        let rows = rows.into_iter().map(|(id, load)| PathGrowth {
            path: name::path(&tree.path(id)),
            is_folder: tree.slot(id).lead == Lead::Folder,
            files: Count(load.files),
            bytes: Sizes {
                before: Bytes(sizes[id as usize].0),
                after: Bytes(sizes[id as usize].1),
            },
        });
        (rows.collect(), Count(more))
    }

    fn differing(&self, against: &Self) -> Result<Differing, Misplaced> {
        let mut found = Differing::default();
        let (old, new) = (&against.tree, &self.tree);
        let (old_files, new_files) = (against.files(), self.files());
        let mut open = vec![Pair {
            before: Some(old.root),
            after: Some(new.root),
            at: found.tree.root,
        }];
        while let Some(pair) = open.pop() {
            let mut names: Vec<(Option<Id>, Option<Id>)> = Vec::new();
            for id in pair
                .before
                .into_iter()
                .flat_map(|folder| old.in_folder(folder))
            {
                let other = pair
                    .after
                    .and_then(|folder| new.child(folder, old.name(id)));
                names.push((Some(id), other));
            }
            for id in pair
                .after
                .into_iter()
                .flat_map(|folder| new.in_folder(folder))
            {
                let other = pair
                    .before
                    .and_then(|folder| old.child(folder, new.name(id)));
                if other.is_none() {
                    names.push((None, Some(id)));
                }
            }
            for (before, after) in names {
                let is_folder = |tree: &Tree, id: &Id| tree.slot(*id).lead == Lead::Folder;
                let folders = (
                    before.filter(|id| is_folder(old, id)),
                    after.filter(|id| is_folder(new, id)),
                );
                let name = match (before, after) {
                    (Some(id), _) => old.name(id),
                    (None, Some(id)) => new.name(id),
                    (None, None) => continue,
                };
                if folders != (None, None) {
                    let at = found.tree.set(pair.at, name, Lead::Folder)?;
                    open.push(Pair {
                        before: folders.0,
                        after: folders.1,
                        at,
                    });
                    continue;
                }
                let one = before.and_then(|id| file(old, &old_files, id));
                let other = after.and_then(|id| file(new, &new_files, id));
                let is_same = match (&one, &other) {
                    (Some(one), Some(other)) => (one.size, one.hash) == (other.size, other.hash),
                    (None, None) => true,
                    _ => false,
                };
                if !is_same {
                    let at = found.tree.set(pair.at, name, Lead::Special)?;
                    let size = |file: Option<TreeFile<'_>>| file.map_or(0, |file| file.size);
                    found.own.push((at, size(one), size(other)));
                }
            }
        }
        Ok(found)
    }
}

fn file<'a>(tree: &Tree, files: &Files<'a>, id: Id) -> Option<TreeFile<'a>> {
    match tree.slot(id).lead {
        Lead::File(number) => files.get(number),
        _ => None,
    }
}
