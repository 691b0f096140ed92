//! A tree of names: what one layer holds, and what layers on top of one another give.
//!
//! Within a layer, symbolic links are followed, as an engine that unpacks it would. How
//! layers are laid over one another is in `cover`.
//!
//! Names lie in one list and their texts in one buffer, since an image may have millions:
//! a name takes some 40 bytes and its text. Nothing recurses, so that depth costs no stack.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// Links in a row, as the kernel bounds them.
pub(super) const MOST_LINKS: usize = 40;
/// The kernel's bound for a path.
pub(super) const MOST_PATH_BYTES: usize = 4096;
/// Steps along links that all names of a tree may take together, and those for each name:
/// chains of long links take some 80,000 for one.
const MOST_STEPS: u64 = 10_000_000;
const STEPS_PER_NAME: u64 = 64;

/// A name's place in the list.
pub(super) type Id = u32;
/// No place.
pub(super) const NONE: Id = u32::MAX;

/// Why a name cannot be placed.
pub(super) type Misplaced = &'static str;

const LOOP: Misplaced = "it lies behind a loop of symbolic links";
const DEEP: Misplaced = "its path is longer than 4096 bytes";
const LABYRINTH: Misplaced = "the names of its layer lead through too many symbolic links";
const FULL: Misplaced = "the names of its layer are too long together";

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// A folder.
    Folder,
    /// A regular file: its number among the files of all layers.
    File(u32),
    /// A symbolic link: its target's place in the texts and its length.
    Link(u32, u32),
    /// A hard link to a file of a lower layer: its path's place and length.
    Below(u32, u32),
    /// A device or a pipe.
    Special,
    /// A name of lower layers that is hidden.
    Whiteout,
}

/// A name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub parent: Id,
    /// The next name in the same folder.
    pub next: Id,
    /// A folder's first name.
    pub first: Id,
    name_at: u32,
    name_len: u16,
    /// Whether it was replaced or hidden. Names below it are out of reach then.
    pub gone: bool,
    /// Whether a folder hides all that lower layers have in it.
    pub opaque: bool,
    pub lead: Lead,
}

/// Names within one another.
#[derive(Debug)]
pub(super) struct Tree {
    slots: Vec<Slot>,
    pub(super) texts: Vec<u8>,
    pub(super) root: Id,
    /// Names by folder and text; those that are gone are not in it.
    names: HashTable<Id>,
    keys: RandomState,
    steps: u64,
    /// The folder that was reached last, by the path that led there, and the length of its
    /// own. Nothing that a path leads through has changed since.
    last: Option<(Vec<u8>, Id, usize)>,
}

impl Default for Tree {
    fn default() -> Self {
        let mut tree = Self {
            slots: Vec::new(),
            texts: Vec::new(),
            root: 0,
            names: HashTable::new(),
            keys: RandomState::new(),
            steps: 0,
            last: None,
        };
        tree.slots.push(Slot::new(NONE, Lead::Folder));
        tree
    }
}

impl Slot {
    fn new(parent: Id, lead: Lead) -> Self {
        Self {
            parent,
            next: NONE,
            first: NONE,
            name_at: 0,
            name_len: 0,
            gone: false,
            opaque: false,
            lead,
        }
    }
}

impl Tree {
    pub fn slot(&self, id: Id) -> &Slot {
        &self.slots[id as usize]
    }

    pub(super) fn slot_mut(&mut self, id: Id) -> &mut Slot {
        &mut self.slots[id as usize]
    }

    /// How many names were ever placed.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The last part of a name.
    pub fn name(&self, id: Id) -> &[u8] {
        let slot = self.slot(id);
        self.text(slot.name_at, u32::from(slot.name_len))
    }

    pub fn text(&self, at: u32, len: u32) -> &[u8] {
        &self.texts[at as usize..][..len as usize]
    }

    /// Nothing is placed any more: what that takes is given back.
    pub fn finish(&mut self) {
        self.names = HashTable::new();
        self.slots.shrink_to_fit();
        self.texts.shrink_to_fit();
    }

    /// Lays something at a name and returns its place. Folders over folders leave what is
    /// in them.
    pub fn place(&mut self, at: &[&[u8]], lead: Lead) -> Result<Id, Misplaced> {
        let Some((last, above)) = at.split_last() else {
            return Ok(self.root);
        };
        let folder = self.reach(above, last.len())?;
        self.set(folder, last, lead)
    }

    /// Hides a name of lower layers in a folder.
    pub fn delete(&mut self, at: &[&[u8]], name: &[u8]) -> Result<(), Misplaced> {
        let folder = self.reach(at, name.len())?;
        if self.child(folder, name).is_none() {
            self.add(folder, name, Lead::Whiteout)?;
            return Ok(());
        }
        // What the layer itself has laid there stays: it hides the same, unless it is a
        // folder, and a folder that is laid before its whiteout hides what is below.
        let id = self.child(folder, name).unwrap_or(NONE);
        if self.slot(id).lead == Lead::Folder {
            self.slot_mut(id).opaque = true;
        }
        Ok(())
    }

    /// Hides all that lower layers have in a folder.
    pub fn hide(&mut self, at: &[&[u8]]) -> Result<(), Misplaced> {
        let folder = self.reach(at, 0)?;
        self.slot_mut(folder).opaque = true;
        Ok(())
    }

    /// A symbolic link's target.
    pub fn link(&mut self, target: &[u8]) -> Result<Lead, Misplaced> {
        if target.len() > MOST_PATH_BYTES {
            return Err("its target is longer than a path can be");
        }
        let (at, len) = self.keep(target)?;
        Ok(Lead::Link(at, len))
    }

    /// What a hard link to a name leads to: the thing itself, also where that is a
    /// symbolic link. Only the folders above are followed.
    pub fn hard_link(&mut self, target: &[&[u8]]) -> Result<Lead, Misplaced> {
        let Some((last, above)) = target.split_last() else {
            return Err("it is a hard link to the root");
        };
        let settled = self.settle(above, last.len())?;
        let found = match settled.missing.is_empty() {
            true => self.child(settled.folder, last),
            false => None,
        };
        match found.map(|id| self.slot(id).lead) {
            Some(Lead::Folder) => Err("it is a hard link to a folder"),
            Some(Lead::Whiteout) | None => {
                let mut parts = self.path(settled.folder);
                parts.extend(settled.missing.iter().map(|part| &**part));
                parts.push(last);
                let path = parts.join(&b'/');
                let (at, len) = self.keep(&path)?;
                Ok(Lead::Below(at, len))
            }
            Some(lead) => Ok(lead),
        }
    }

    /// The parts of a name's path.
    pub fn path(&self, mut id: Id) -> Vec<&[u8]> {
        let mut parts = Vec::new();
        while self.slot(id).parent != NONE {
            parts.push(self.name(id));
            id = self.slot(id).parent;
        }
        parts.reverse();
        parts
    }

    /// All names that were ever in a folder.
    pub fn all_in(&self, folder: Id) -> impl Iterator<Item = Id> {
        let named = |id: Id| (id != NONE).then_some(id);
        let next = move |id: &Id| named(self.slot(*id).next);
        std::iter::successors(named(self.slot(folder).first), next)
    }

    /// A name in a folder.
    pub fn child(&self, folder: Id, name: &[u8]) -> Option<Id> {
        let hash = self.keys.hash_one((folder, name));
        let is_it = |id: &Id| self.slot(*id).parent == folder && self.name(*id) == name;
        self.names.find(hash, is_it).copied()
    }

    /// Sets what a name of a folder leads to and returns its place. A folder stays the
    /// folder that it is; one that gives way takes what is in it along.
    pub(super) fn set(&mut self, folder: Id, name: &[u8], lead: Lead) -> Result<Id, Misplaced> {
        let Some(id) = self.child(folder, name) else {
            return self.add(folder, name, lead);
        };
        match (self.slot(id).lead, lead) {
            (Lead::Folder, Lead::Folder) => Ok(id),
            (Lead::Folder, _) | (_, Lead::Folder) => {
                self.remove(folder, name);
                self.add(folder, name, lead)
            }
            _ => {
                self.last = None;
                self.slot_mut(id).lead = lead;
                Ok(id)
            }
        }
    }

    /// Takes a name out, with what is below it.
    pub(super) fn remove(&mut self, folder: Id, name: &[u8]) {
        let hash = self.keys.hash_one((folder, name));
        let Some(id) = self.child(folder, name) else {
            return;
        };
        if let Ok(entry) = self.names.find_entry(hash, |other| *other == id) {
            entry.remove();
        }
        self.last = None;
        self.slot_mut(id).gone = true;
    }

    /// An empty root instead of the one that is there.
    pub(super) fn new_root(&mut self) -> Result<Id, Misplaced> {
        let id = Id::try_from(self.slots.len()).map_err(|_| FULL)?;
        self.slots.push(Slot::new(NONE, Lead::Folder));
        Ok(id)
    }

    fn add(&mut self, folder: Id, name: &[u8], lead: Lead) -> Result<Id, Misplaced> {
        let id = Id::try_from(self.slots.len()).map_err(|_| FULL)?;
        let hash = self.keys.hash_one((folder, name));
        let (name_at, len) = self.keep(name)?;
        let slot = Slot {
            next: self.slot(folder).first,
            name_at,
            name_len: u16::try_from(len).map_err(|_| DEEP)?,
            ..Slot::new(folder, lead)
        };
        self.slots.push(slot);
        self.slot_mut(folder).first = id;
        let (slots, texts, keys) = (&self.slots, &self.texts, &self.keys);
        self.names.insert_unique(hash, id, |id| {
            let slot = &slots[*id as usize];
            let name = &texts[slot.name_at as usize..][..usize::from(slot.name_len)];
            keys.hash_one((slot.parent, name))
        });
        Ok(id)
    }

    /// Keeps a text and returns its place and length.
    pub(super) fn keep(&mut self, text: &[u8]) -> Result<(u32, u32), Misplaced> {
        let at = u32::try_from(self.texts.len()).map_err(|_| FULL)?;
        let len = u32::try_from(text.len()).map_err(|_| FULL)?;
        self.texts.extend_from_slice(text);
        Ok((at, len))
    }

    /// Where a folder's name leads, links followed; what is not there counts as a folder.
    /// `more` bytes are to follow it.
    fn settle(&mut self, at: &[&[u8]], more: usize) -> Result<Settled, Misplaced> {
        let mut walk = Walk {
            texts: Vec::new(),
            parts: at.iter(),
        };
        let (mut folder, mut bytes) = (self.root, more);
        let mut missing: Vec<Box<[u8]>> = Vec::new();
        let (mut links, mut steps) = (0, 0);
        while let Some(part) = walk.next() {
            steps += u64::from(links > 0);
            if part == b".." {
                if let Some(part) = missing.pop() {
                    bytes -= part.len() + 1;
                } else if folder != self.root {
                    bytes -= self.name(folder).len() + 1;
                    folder = self.slot(folder).parent;
                }
                continue;
            }
            let child = match missing.is_empty() {
                true => self.child(folder, part),
                false => None,
            };
            match child.map(|id| (id, self.slot(id).lead)) {
                Some((_, Lead::Link(at, len))) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(LOOP);
                    }
                    let target = self.text(at, len);
                    if target.starts_with(b"/") {
                        (folder, bytes) = (self.root, more);
                        missing.clear();
                    }
                    walk.texts.push(target);
                    continue;
                }
                Some((id, _)) => folder = id,
                None => missing.push(part.into()),
            }
            bytes += part.len() + 1;
            if bytes > MOST_PATH_BYTES {
                return Err(DEEP);
            }
        }
        self.steps += steps;
        if self.steps > MOST_STEPS + STEPS_PER_NAME * self.slots.len() as u64 {
            return Err(LABYRINTH);
        }
        Ok(Settled {
            folder,
            missing,
            bytes: bytes - more,
        })
    }

    /// The folder of a name, links followed. It is made where it is missing.
    fn reach(&mut self, at: &[&[u8]], more: usize) -> Result<Id, Misplaced> {
        let path = at.join(&b'/');
        if let Some((known, folder, bytes)) = &self.last
            && *known == path
            && bytes + more <= MOST_PATH_BYTES
        {
            return Ok(*folder);
        }
        let Settled {
            mut folder,
            missing,
            bytes,
        } = self.settle(at, more)?;
        if self.slot(folder).lead != Lead::Folder {
            let (parent, name) = (self.slot(folder).parent, self.name(folder).to_vec());
            folder = self.set(parent, &name, Lead::Folder)?;
        }
        for part in missing {
            folder = self.set(folder, &part, Lead::Folder)?;
        }
        self.last = Some((path, folder, bytes));
        Ok(folder)
    }
}

/// Where a name leads.
struct Settled {
    /// The last part that is there. It may be something else than a folder.
    folder: Id,
    /// The parts below it that are not.
    missing: Vec<Box<[u8]>>,
    /// Bytes of the path to them.
    bytes: usize,
}

/// The parts of a path, with those of the links on the way.
pub(super) struct Walk<'a, 'b> {
    pub texts: Vec<&'a [u8]>,
    pub parts: std::slice::Iter<'b, &'a [u8]>,
}

impl<'a> Walk<'a, '_> {
    pub fn next(&mut self) -> Option<&'a [u8]> {
        while let Some(text) = self.texts.last_mut() {
            let end = text.iter().position(|byte| *byte == b'/');
            let (part, rest) = text.split_at(end.unwrap_or(text.len()));
            *text = rest.get(1..).unwrap_or_default();
            if text.is_empty() {
                self.texts.pop();
            }
            if !part.is_empty() && part != b"." {
                return Some(part);
            }
        }
        self.parts.next().copied()
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
