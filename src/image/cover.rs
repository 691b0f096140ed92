//! Layers laid over one another as overlayfs does it: a folder over a folder is merged,
//! anything else replaces what is below, and a folder that a layer implies by a name
//! replaces a symbolic link of a lower layer.
//!
//! A whiteout that its own layer follows with the same name hides nothing: engines that
//! unpack to overlayfs make a device of the whiteout, and what follows replaces that.

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

impl Tree {
    /// Lays a layer on top.
    ///
    /// # Errors
    /// What cannot be laid.
    pub fn cover(&mut self, layer: &Self) -> Result<(), Uncovered> {
        // Hard links lead to what lies below before anything of the layer lies on it.
        let mut links = self.links(layer)?.into_iter();
        self.root = self.open(layer.root, self.root, layer)?;
        let mut open = vec![(layer.root, self.root)];
        while let Some((upper, lower)) = open.pop() {
            for id in layer.in_folder(upper) {
                if layer.slot(id).lead == Lead::Whiteout {
                    self.remove(lower, layer.name(id));
                }
            }
            for id in layer.in_folder(upper) {
                let name = layer.name(id);
                let lead = match layer.slot(id).lead {
                    Lead::Whiteout => continue,
                    Lead::Folder => {
                        let at = self.set(lower, name, Lead::Folder)?;
                        open.push((id, self.open(id, at, layer)?));
                        continue;
                    }
                    Lead::Link(at, len) => self.link(layer.text(at, len))?,
                    // In the order in which they were found.
                    Lead::Below(..) => match links.next() {
                        Some(lead) => lead,
                        None => continue,
                    },
                    lead => lead,
                };
                self.set(lower, name, lead)?;
            }
        }
        Ok(())
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
    fn open(&mut self, upper: Id, lower: Id, layer: &Self) -> Result<Id, Misplaced> {
        if !layer.slot(upper).opaque || self.slot(lower).first == NONE {
            return Ok(lower);
        }
        if self.slot(lower).parent == NONE {
            return self.new_root();
        }
        let (parent, name) = (self.slot(lower).parent, self.name(lower).to_vec());
        self.remove(parent, &name);
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
