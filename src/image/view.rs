//! A tree together with the files of its layers, as facts and weights are read from it.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;

use super::known::Known;
use super::tree::{Id, Lead, MOST_LINKS, Tree, Walk};

/// Steps that all questions where a path leads may take together.
const MOST_STEPS: u64 = 20_000_000;

/// The content that one or more names lead to.
#[derive(Debug, Clone)]
pub(super) struct Inode {
    /// Bytes of content.
    pub size: u64,
    /// Hash of its content.
    pub hash: u64,
    /// What a known file says.
    pub known: Option<Arc<Known>>,
    /// User and group that own it.
    pub owner: (u32, u32),
    /// Permission bits with setuid, setgid and sticky.
    pub mode: u16,
    /// Whether a private key was seen in it.
    pub private_key: bool,
    /// Whether it carries file capabilities.
    pub capabilities: bool,
}

#[cfg(test)]
impl Inode {
    /// A plain file.
    pub fn of_size(size: u64) -> Self {
        Self {
            size,
            hash: 0,
            known: None,
            owner: (0, 0),
            mode: 0o644,
            private_key: false,
            capabilities: false,
        }
    }
}

/// The files of one layer or of several on top of one another. Numbers go on from layer
/// to layer.
#[derive(Debug, Default)]
pub(super) struct Files<'a>(Vec<(u32, &'a [Inode])>);

impl<'a> Files<'a> {
    /// The files of each layer with the number of its first, ascending.
    pub fn of(parts: impl IntoIterator<Item = (u32, &'a [Inode])>) -> Self {
        Self(parts.into_iter().collect())
    }

    /// The file of a number.
    pub fn get(&self, number: u32) -> Option<TreeFile<'a>> {
        let part = self.0.partition_point(|(first, _)| *first <= number);
        let (first, inodes) = self.0.get(part.checked_sub(1)?)?;
        let inode = inodes.get((number - first) as usize)?;
        Some(TreeFile { inode, number })
    }
}

impl<'a> From<&'a [Inode]> for Files<'a> {
    fn from(inodes: &'a [Inode]) -> Self {
        Self(vec![(0, inodes)])
    }
}

impl<'a> From<&'a Vec<Inode>> for Files<'a> {
    fn from(inodes: &'a Vec<Inode>) -> Self {
        inodes.as_slice().into()
    }
}

/// A file of a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct TreeFile<'a> {
    /// Its content.
    pub inode: &'a Inode,
    /// One of a kind in an analysis.
    pub number: u32,
}

impl Deref for TreeFile<'_> {
    type Target = Inode;

    fn deref(&self) -> &Inode {
        self.inode
    }
}

/// A name's meaning.
#[derive(Debug, Clone, Copy)]
pub(super) enum Node<'a> {
    /// A folder.
    Folder(Id),
    /// A regular file.
    File(TreeFile<'a>),
    /// A symbolic link.
    Link(&'a [u8]),
    /// A device or a pipe, or a link to a lower layer.
    Special,
}

/// A tree and the files of its layers.
pub(super) struct View<'a> {
    tree: &'a Tree,
    files: Files<'a>,
    steps: Cell<u64>,
}

impl<'a> View<'a> {
    pub fn new(tree: &'a Tree, files: impl Into<Files<'a>>) -> Self {
        Self {
            tree,
            files: files.into(),
            steps: Cell::new(0),
        }
    }

    /// Whether some path was not followed because all together were too long.
    pub fn is_exhausted(&self) -> bool {
        self.steps.get() > MOST_STEPS
    }

    /// Names of a folder with what they lead to, in order of their bytes.
    pub fn children(&self, folder: Id) -> impl Iterator<Item = (&'a [u8], Node<'a>)> {
        let ids = self.sorted(folder).into_iter();
        ids.map(|id| (self.tree.name(id), self.node(id)))
    }

    /// Where a path leads, all links followed: its parts and what lies there. A link
    /// that dangles or turns in a circle leads nowhere.
    pub fn resolve(&self, path: &[u8]) -> Option<(Vec<&'a [u8]>, Node<'a>)> {
        self.follow(self.tree.root, path)
    }

    /// The same for a link's target, as seen from the folder of the link.
    pub fn resolve_from(
        &self,
        folder: &[&[u8]],
        target: &[u8],
    ) -> Option<(Vec<&'a [u8]>, Node<'a>)> {
        let folder = match target.starts_with(b"/") {
            true => self.tree.root,
            false => folder
                .iter()
                .try_fold(self.tree.root, |at, part| self.tree.child(at, part))?,
        };
        self.follow(folder, target)
    }

    fn follow(&self, mut at: Id, path: &[u8]) -> Option<(Vec<&'a [u8]>, Node<'a>)> {
        let mut walk = Walk {
            texts: vec![path],
            parts: [].iter(),
        };
        let mut links = 0;
        while let Some(part) = walk.next() {
            self.steps.set(self.steps.get() + 1);
            if self.is_exhausted() {
                return None;
            }
            if part == b".." {
                if at != self.tree.root {
                    at = self.tree.slot(at).parent;
                }
                continue;
            }
            let id = self.tree.child(at, part)?;
            match self.tree.slot(id).lead {
                Lead::Link(from, len) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return None;
                    }
                    let target = self.tree.text(from, len);
                    if target.starts_with(b"/") {
                        at = self.tree.root;
                    }
                    walk.texts.push(target);
                }
                Lead::Folder => at = id,
                _ => {
                    let is_last = walk.next().is_none();
                    return is_last.then(|| (self.tree.path(id), self.node(id)));
                }
            }
        }
        Some((self.tree.path(at), self.node(at)))
    }

    /// Calls back for each name, folders before what is in them.
    pub fn walk(&self, visit: &mut dyn FnMut(&[&'a [u8]], Node<'a>)) {
        let mut at: Vec<&[u8]> = Vec::new();
        let mut open = vec![self.sorted(self.tree.root).into_iter()];
        while let Some(names) = open.last_mut() {
            let Some(id) = names.next() else {
                open.pop();
                at.pop();
                continue;
            };
            at.push(self.tree.name(id));
            visit(&at, self.node(id));
            match self.tree.slot(id).lead {
                Lead::Folder => open.push(self.sorted(id).into_iter()),
                _ => {
                    at.pop();
                }
            }
        }
    }

    /// Calls back for each name by its place, in the same order.
    pub fn walk_ids(&self, visit: &mut dyn FnMut(Id)) {
        self.walk_all(&mut |id| {
            if self.tree.slot(id).lead != Lead::Whiteout {
                visit(id);
            }
        });
    }

    /// The same with whiteouts.
    pub fn walk_all(&self, visit: &mut dyn FnMut(Id)) {
        let mut open = vec![self.with_whiteouts(self.tree.root).into_iter()];
        while let Some(names) = open.last_mut() {
            let Some(id) = names.next() else {
                open.pop();
                continue;
            };
            visit(id);
            if self.tree.slot(id).lead == Lead::Folder {
                open.push(self.with_whiteouts(id).into_iter());
            }
        }
    }

    fn sorted(&self, folder: Id) -> Vec<Id> {
        let mut names = self.with_whiteouts(folder);
        names.retain(|id| self.tree.slot(*id).lead != Lead::Whiteout);
        names
    }

    fn with_whiteouts(&self, folder: Id) -> Vec<Id> {
        let mut names: Vec<_> = self.tree.in_folder(folder).collect();
        names.sort_unstable_by(|one, other| self.tree.name(*one).cmp(self.tree.name(*other)));
        names
    }

    fn node(&self, id: Id) -> Node<'a> {
        match self.tree.slot(id).lead {
            Lead::Folder => Node::Folder(id),
            Lead::File(number) => match self.files.get(number) {
                Some(file) => Node::File(file),
                None => Node::Special,
            },
            Lead::Link(at, len) => Node::Link(self.tree.text(at, len)),
            Lead::Below(..) | Lead::Special | Lead::Whiteout => Node::Special,
        }
    }
}
