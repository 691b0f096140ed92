//! Layers laid over one another as overlayfs does it: a folder over a folder is merged,
//! anything else replaces what is below, and a folder that a layer implies by a name
//! replaces a symbolic link of a lower layer.
//!
//! A whiteout that its own layer follows with the same name hides nothing: engines that
//! unpack to overlayfs make a device of the whiteout, and what follows replaces that.

use super::fates::Fates;
use super::tree::{Id, Lead, Misplaced, NONE, Tree};

/// Why a layer cannot be laid on top.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Uncovered {
    /// The path of a hard link that leads to nothing.
    Link(Vec<Vec<u8>>),
    /// There are too many names.
    Full(Misplaced),
}

impl From<Misplaced> for Uncovered {
    fn from(why: Misplaced) -> Self {
        Self::Full(why)
    }
}

/// A name that is taken out of a folder, and what lies in its place once the layer is laid.
struct Taken {
    old: Id,
    /// The folder; none for the root itself.
    folder: Option<Id>,
}

impl Tree {
    /// Lays a layer on top. `first` is the number of its first file; `fates` hears what
    /// becomes of files.
    ///
    /// # Errors
    /// What cannot be laid.
    pub fn cover(&mut self, layer: &Self, first: u32, fates: &mut Fates) -> Result<(), Uncovered> {
        // Hard links lead to what lies below before anything of the layer lies on it.
        let mut links = self.links(layer)?.into_iter();
        let mut taken = Vec::new();
        self.root = self.open(layer.root, self.root, layer, &mut taken)?;
        let mut open = vec![(layer.root, self.root)];
        while let Some((upper, lower)) = open.pop() {
            for id in layer.in_folder(upper) {
                if layer.slot(id).lead == Lead::Whiteout {
                    self.take(lower, layer.name(id), &mut taken);
                }
            }
            for id in layer.in_folder(upper) {
                let name = layer.name(id);
                let lead = match layer.slot(id).lead {
                    Lead::Whiteout => continue,
                    Lead::Folder => {
                        let old = self.child(lower, name);
                        if old.is_some_and(|old| self.slot(old).lead != Lead::Folder) {
                            self.take(lower, name, &mut taken);
                        }
                        let at = self.set(lower, name, Lead::Folder)?;
                        open.push((id, self.open(id, at, layer, &mut taken)?));
                        continue;
                    }
                    Lead::Link(at, len) => self.link(layer.text(at, len))?,
                    // In the order in which they were found.
                    Lead::Below(..) => match links.next() {
                        Some(lead) => lead,
                        None => continue,
                    },
                    Lead::File(number) => Lead::File(first + number),
                    lead => lead,
                };
                if let Lead::File(number) = lead {
                    fates.named(number);
                }
                match self.child(lower, name).map(|old| self.slot(old).lead) {
                    Some(Lead::Folder) => {
                        self.take(lower, name, &mut taken);
                        fates.added(self.set(lower, name, lead)?);
                    }
                    Some(old) => {
                        if let Lead::File(old) = old {
                            fates.unnamed(old, Some(file(lead)));
                        }
                        fates.changed(self.set(lower, name, lead)?);
                    }
                    None => fates.added(self.set(lower, name, lead)?),
                }
            }
        }
        for taken in taken {
            self.settle_taken(&taken, fates);
        }
        Ok(())
    }

    /// Takes a name out, with what is below it.
    fn take(&mut self, folder: Id, name: &[u8], taken: &mut Vec<Taken>) {
        if let Some(old) = self.child(folder, name) {
            taken.push(Taken {
                old,
                folder: Some(folder),
            });
            self.remove(folder, name);
        }
    }

    /// What becomes of the files below a name that was taken out: the same layer may have
    /// laid the same names again.
    fn settle_taken(&self, taken: &Taken, fates: &mut Fates) {
        let now = match taken.folder {
            None => Some(self.root),
            Some(folder) => self.child(folder, self.name(taken.old)),
        };
        let mut open = vec![(taken.old, now)];
        while let Some((old, now)) = open.pop() {
            let lead = now.map(|now| self.slot(now).lead);
            if self.slot(old).lead == Lead::Folder {
                for child in self.in_folder(old) {
                    let now = now.filter(|_| lead == Some(Lead::Folder));
                    open.push((child, now.and_then(|now| self.child(now, self.name(child)))));
                }
                continue;
            }
            match now.filter(|now| self.slot(*now).lead != Lead::Folder) {
                Some(now) => fates.laid_again(now),
                None => fates.removed(old),
            }
            if let Lead::File(number) = self.slot(old).lead {
                fates.unnamed(number, lead.map(file));
            }
        }
    }

    /// What the layer's hard links to lower layers lead to, in the order of a walk.
    fn links(&mut self, layer: &Self) -> Result<Vec<Lead>, Uncovered> {
        let mut found = Vec::new();
        let mut open = vec![layer.root];
        while let Some(folder) = open.pop() {
            for id in layer.in_folder(folder) {
                match layer.slot(id).lead {
                    Lead::Folder => open.push(id),
                    Lead::Below(at, len) => {
                        let target = self.find(layer.text(at, len));
                        match target.map(|id| self.slot(id).lead) {
                            Some(lead @ (Lead::File(_) | Lead::Link(..) | Lead::Special)) => {
                                found.push(lead);
                            }
                            _ => {
                                let path = layer.path(id);
                                let path = path.into_iter().map(<[u8]>::to_vec);
                                return Err(Uncovered::Link(path.collect()));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    /// The lower folder as the upper one lets it be seen: another one in its place, where
    /// the upper one hides what is in it.
    fn open(
        &mut self,
        upper: Id,
        lower: Id,
        layer: &Self,
        taken: &mut Vec<Taken>,
    ) -> Result<Id, Misplaced> {
        if !layer.slot(upper).opaque || self.slot(lower).first == NONE {
            return Ok(lower);
        }
        if self.slot(lower).parent == NONE {
            taken.push(Taken {
                old: lower,
                folder: None,
            });
            return self.new_root();
        }
        let (parent, name) = (self.slot(lower).parent, self.name(lower).to_vec());
        self.take(parent, &name, taken);
        self.set(parent, &name, Lead::Folder)
    }

    /// A name by its parts; no link is followed.
    fn find(&self, path: &[u8]) -> Option<Id> {
        let mut parts = path.split(|byte| *byte == b'/').filter(|it| !it.is_empty());
        parts.try_fold(self.root, |folder, part| self.child(folder, part))
    }

    /// The names of a folder that are not gone.
    pub(super) fn in_folder(&self, folder: Id) -> impl Iterator<Item = Id> {
        let mut next = self.slot(folder).first;
        std::iter::from_fn(move || {
            while next != NONE {
                let id = next;
                next = self.slot(id).next;
                if !self.slot(id).gone {
                    return Some(id);
                }
            }
            None
        })
    }
}

/// The number of the file that something leads to.
fn file(lead: Lead) -> Option<u32> {
    match lead {
        Lead::File(number) => Some(number),
        _ => None,
    }
}
