//! A tree of names: what one layer holds, and what layers on top of one another give.
//!
//! Layers are laid over one another as overlayfs does it: a folder over a folder is
//! merged, anything else replaces what is below, and a folder that a layer implies by a
//! name replaces a symbolic link of a lower layer. Within a layer, symbolic links are
//! followed, as an engine that unpacks it would.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::known::Known;

/// Folders within one another; deeper ones cannot be reached by a path.
const DEEPEST: usize = 1024;
/// Links in a row, as the kernel bounds them.
const MOST_LINKS: usize = 40;

/// The content that one or more names lead to.
#[derive(Debug)]
pub(super) struct Inode {
    /// One of a kind in an analysis.
    pub number: u64,
    /// Bytes of content.
    pub size: u64,
    /// Permission bits with setuid, setgid and sticky.
    pub mode: u32,
    /// What a known file says.
    pub known: Option<Known>,
    /// Whether a private key was seen in it.
    pub private_key: bool,
}

/// A name's meaning.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// A folder.
    Folder(Folder),
    /// A regular file.
    File(Rc<Inode>),
    /// A symbolic link.
    Link(Box<[u8]>),
    /// A hard link to a file of a lower layer, by its parts.
    Below(Vec<Box<[u8]>>),
    /// A device or a pipe.
    Special,
}

/// Names and what lower layers are to hide.
#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    children: BTreeMap<Box<[u8]>, Node>,
    deleted: BTreeSet<Box<[u8]>>,
    opaque: bool,
}

/// Why a name cannot be placed.
pub(super) type Misplaced = &'static str;

const LOOP: Misplaced = "it lies behind a loop of symbolic links";
const DEEP: Misplaced = "it lies too deep";

impl Folder {
    /// Names with what they lead to, in order of their bytes.
    pub fn children(&self) -> impl Iterator<Item = (&[u8], &Node)> {
        self.children.iter().map(|(name, node)| (&**name, node))
    }

    /// Lays something at a name. Folders over folders leave what is in them.
    pub fn place(&mut self, at: &[&[u8]], node: Node) -> Result<(), Misplaced> {
        let Some((last, above)) = at.split_last() else {
            return Ok(());
        };
        let folder = self.reach(above)?;
        match (folder.children.get(*last), &node) {
            (Some(Node::Folder(_)), Node::Folder(_)) => {}
            _ => {
                folder.children.insert((*last).into(), node);
            }
        }
        Ok(())
    }

    /// Hides a name of lower layers in a folder.
    pub fn delete(&mut self, at: &[&[u8]], name: &[u8]) -> Result<(), Misplaced> {
        self.reach(at)?.deleted.insert(name.into());
        Ok(())
    }

    /// Hides all that lower layers have in a folder.
    pub fn hide(&mut self, at: &[&[u8]]) -> Result<(), Misplaced> {
        self.reach(at)?.opaque = true;
        Ok(())
    }

    /// What a hard link to a name leads to: the thing itself, also where that is a
    /// symbolic link. Only the folders above are followed.
    pub fn hard_link(&self, target: &[&[u8]]) -> Result<Node, Misplaced> {
        let Some((last, above)) = target.split_last() else {
            return Err("it is a hard link to the root");
        };
        let mut at = self.settle(above)?;
        at.push((*last).into());
        match self.find(&at) {
            Some(Node::Folder(_)) => Err("it is a hard link to a folder"),
            Some(node) => Ok(node.clone()),
            None => Ok(Node::Below(at)),
        }
    }

    /// Where a folder's name leads, links followed; what is not there counts as a folder.
    fn settle(&self, at: &[&[u8]]) -> Result<Vec<Box<[u8]>>, Misplaced> {
        let mut waiting: VecDeque<Box<[u8]>> = at.iter().map(|part| (*part).into()).collect();
        let mut settled: Vec<Box<[u8]>> = Vec::new();
        let mut links = 0;
        while let Some(part) = waiting.pop_front() {
            if &*part == b".." {
                settled.pop();
                continue;
            }
            settled.push(part);
            if settled.len() > DEEPEST {
                return Err(DEEP);
            }
            let Some(Node::Link(target)) = self.find(&settled) else {
                continue;
            };
            links += 1;
            if links > MOST_LINKS {
                return Err(LOOP);
            }
            settled.pop();
            if target.starts_with(b"/") {
                settled.clear();
            }
            for part in steps(target).rev() {
                waiting.push_front(part.into());
            }
        }
        Ok(settled)
    }

    /// The folder of a name, links followed. It is made where it is missing.
    fn reach(&mut self, at: &[&[u8]]) -> Result<&mut Self, Misplaced> {
        let settled = self.settle(at)?;
        let mut folder = self;
        for part in settled {
            let child = folder
                .children
                .entry(part)
                .or_insert_with(|| Node::Folder(Self::default()));
            if !matches!(child, Node::Folder(_)) {
                *child = Node::Folder(Self::default());
            }
            let Node::Folder(next) = child else {
                return Err("it lies below a file");
            };
            folder = next;
        }
        Ok(folder)
    }

    /// A name by its parts; no link is followed.
    fn find<P: AsRef<[u8]>>(&self, at: &[P]) -> Option<&Node> {
        let (last, above) = at.split_last()?;
        let mut folder = self;
        for part in above {
            match folder.children.get(part.as_ref())? {
                Node::Folder(next) => folder = next,
                _ => return None,
            }
        }
        folder.children.get(last.as_ref())
    }

    /// Lays a layer on top.
    ///
    /// # Errors
    /// The path of a hard link that leads to nothing.
    pub fn cover(&mut self, layer: &Self) -> Result<(), Vec<Box<[u8]>>> {
        let mut links = Vec::new();
        find_below(layer, &mut Vec::new(), &mut links);
        let mut found = BTreeMap::new();
        for (at, target) in links {
            match self.find(&target) {
                Some(Node::File(inode)) => found.insert(at, Node::File(Rc::clone(inode))),
                Some(Node::Link(link)) => found.insert(at, Node::Link(link.clone())),
                Some(Node::Special) => found.insert(at, Node::Special),
                Some(Node::Folder(_) | Node::Below(_)) | None => return Err(at),
            };
        }
        self.merge(layer);
        for (at, node) in found {
            // It was just merged.
            let parts: Vec<&[u8]> = at.iter().map(|part| &**part).collect();
            if let Some((last, above)) = parts.split_last()
                && let Ok(folder) = self.reach(above)
            {
                folder.children.insert((*last).into(), node);
            }
        }
        Ok(())
    }

    fn merge(&mut self, upper: &Self) {
        if upper.opaque {
            self.children.clear();
        }
        for name in &upper.deleted {
            self.children.remove(name);
        }
        for (name, node) in &upper.children {
            match (self.children.get_mut(name), node) {
                (Some(Node::Folder(below)), Node::Folder(above)) => below.merge(above),
                (_, Node::Folder(above)) => {
                    // What it hides lies below, and there is nothing below.
                    let mut fresh = Self::default();
                    fresh.merge(above);
                    self.children.insert(name.clone(), Node::Folder(fresh));
                }
                (_, node) => {
                    self.children.insert(name.clone(), node.clone());
                }
            }
        }
    }

    /// Where a path leads, all links followed: its parts and what lies there. A link
    /// that dangles or turns in a circle leads nowhere.
    pub fn resolve(&self, path: &[u8]) -> Option<(Vec<Box<[u8]>>, &Node)> {
        let mut at = Vec::new();
        self.follow(&mut at, steps(path).map(Into::into).collect())
    }

    /// The same for a link's target, as seen from the folder of the link.
    pub fn resolve_from<P: AsRef<[u8]>>(
        &self,
        folder: &[P],
        target: &[u8],
    ) -> Option<(Vec<Box<[u8]>>, &Node)> {
        let mut at: Vec<Box<[u8]>> = folder.iter().map(|part| part.as_ref().into()).collect();
        if target.starts_with(b"/") {
            at.clear();
        }
        self.follow(&mut at, steps(target).map(Into::into).collect())
    }

    fn follow(
        &self,
        at: &mut Vec<Box<[u8]>>,
        mut waiting: VecDeque<Box<[u8]>>,
    ) -> Option<(Vec<Box<[u8]>>, &Node)> {
        let mut links = 0;
        let mut node = self.find(at);
        while let Some(part) = waiting.pop_front() {
            if &*part == b".." {
                at.pop();
                node = self.find(at);
                continue;
            }
            at.push(part);
            node = Some(self.find(at)?);
            match node {
                Some(Node::Link(target)) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return None;
                    }
                    at.pop();
                    if target.starts_with(b"/") {
                        at.clear();
                    }
                    for part in steps(target).rev() {
                        waiting.push_front(part.into());
                    }
                }
                Some(Node::Folder(_)) => {}
                _ if waiting.is_empty() => {}
                _ => return None,
            }
        }
        node.map(|node| (std::mem::take(at), node))
    }

    /// Calls back for each name below, folders before what is in them.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&[&'a [u8]], &'a Node)) {
        self.walk_from(&mut Vec::new(), visit);
    }

    fn walk_from<'a>(
        &'a self,
        at: &mut Vec<&'a [u8]>,
        visit: &mut dyn FnMut(&[&'a [u8]], &'a Node),
    ) {
        for (name, node) in &self.children {
            at.push(name);
            visit(at, node);
            if let Node::Folder(folder) = node {
                folder.walk_from(at, visit);
            }
            at.pop();
        }
    }
}

/// The parts of a link's target; `..` stays, since it means what the links before it say.
fn steps(target: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    target
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
}

type At = Vec<Box<[u8]>>;

fn find_below(folder: &Folder, at: &mut At, found: &mut Vec<(At, At)>) {
    for (name, node) in &folder.children {
        at.push(name.clone());
        match node {
            Node::Below(target) => found.push((at.clone(), target.clone())),
            Node::Folder(folder) => find_below(folder, at, found),
            _ => {}
        }
        at.pop();
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
