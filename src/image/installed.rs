//! The packages of the final tree.

use std::collections::{BTreeSet, HashMap};

use super::examined::Examined;
use super::known::Known;
use super::layer::Layer;
use super::name;
use super::packages::{self, FoundPackage, FoundPackages, PackageFile};
use super::tree::{Id, Lead, Tree};
use super::view::{Node, TreeFile};
use super::waste::layer_number;
use crate::inspection::{LinuxDistribution, Package, PackageKind, Packages, UnreadPackages};
use crate::units::Count;

/// Bytes of the packages that are listed, with their paths.
const MOST_LIST_BYTES: usize = 64 << 20;
/// Packages that are listed, in their order.
const MOST_LISTED: usize = 100_000;
/// Why a file with several names is not read under one of them.
const OTHER_NAME: &str = "another name of it in its layer is not that of such a file";
/// Names of a folder of a layer that are looked through one by one.
const FEW_NAMES: usize = 32;
/// Files that could not be read and are listed.
const MOST_UNREAD: usize = 1_000;

/// Where a distribution has its name; the first that is there counts (os-release(5)).
const OS_RELEASE: [&[u8]; 2] = [b"/etc/os-release", b"/usr/lib/os-release"];

#[derive(Default)]
struct Listing {
    packages: Packages,
    bytes: usize,
    /// Runtimes that are listed: one may have its version in several files.
    runtimes: BTreeSet<(String, Option<String>)>,
}

impl Examined {
    /// The packages of the final tree with the layer that brought each.
    pub(super) fn packages(&self) -> Packages {
        let view = self.view();
        let mut listing = Listing::default();
        let mut seen = BTreeSet::new();
        let mut folders = Folders::default();
        view.walk(&mut |at, node| {
            let Node::File(file) = node else { return };
            let kind = packages::kind(at).filter(|kind| kind.has_packages());
            let found = match file.inode.known.as_deref() {
                Some(Known::Packages(found)) => Some(found),
                _ => None,
            };
            let is_read = match (kind, found) {
                (None, _) => true,
                (Some(kind), Some(found)) => found.file == kind || !found.file.is_by_name(),
                (Some(kind), None) => self.read_as(file.number) == Some(kind),
            };
            if let (Some(kind), false) = (kind, is_read) {
                let layer = layer_number(self.position_of(file.number));
                listing.unread(name::path(at), layer, OTHER_NAME);
                listing.packages.open_ended.0 += u64::from(kind.is_open());
                return;
            }
            let Some(found) = found else { return };
            // A package of a language is where its description has its name. All others are
            // what they are under any name, and once.
            let counts = match found.file.is_by_name() {
                true => kind == Some(found.file),
                false => seen.insert(file.number),
            };
            if !counts {
                return;
            }
            let path = name::path(at);
            let layer = layer_number(self.position_of(file.number));
            let layers = match found.file.is_database() {
                true => self.layers_of(&mut folders, at, file.number, found),
                false => Vec::new(),
            };
            for (number, package) in found.list.iter().enumerate() {
                let layer = layers.get(number).copied().unwrap_or(layer);
                listing.add(package, &path, layer);
            }
            for (kind, count) in &found.more {
                listing.count(*kind, *count);
                listing.packages.more.0 += count;
            }
            if let Some(problem) = found.problem {
                listing.unread(path, layer, problem);
                listing.packages.open_ended.0 += u64::from(found.is_open());
                listing.packages.nothing.0 += u64::from(found.is_nothing());
            }
        });
        let mut packages = listing.packages;
        packages.distribution = OS_RELEASE
            .iter()
            .find_map(|path| match view.resolve(path)? {
                (_, Node::File(file)) => distribution(file),
                _ => None,
            });
        packages.list.sort_unstable();
        let cut = packages.list.len().saturating_sub(MOST_LISTED);
        packages.list.truncate(MOST_LISTED);
        packages.more.0 += cut as u64;
        packages
    }

    /// What a file was read as: its first name in its layer decides.
    fn read_as(&self, number: u32) -> Option<PackageFile> {
        let placed = self.stack.get(self.position_of(number))?;
        let id = placed.layer.names.get((number - placed.first) as usize)?;
        packages::kind(&placed.layer.tree.path(*id))
    }

    /// The layer of each package of a database: the lowest from which on each version of the
    /// file holds it. A layer that installs one package writes the others again.
    fn layers_of<'a>(
        &'a self,
        folders: &mut Folders<'a>,
        at: &[&[u8]],
        number: u32,
        found: &FoundPackages,
    ) -> Vec<u32> {
        let top = self.position_of(number);
        let mut layers = vec![layer_number(top); found.list.len()];
        let mut held: BTreeSet<_> = (0..found.list.len()).collect();
        for position in (0..top).rev() {
            if folders.hides_below(position + 1, &self.stack[position + 1].layer, at) {
                break;
            }
            let lower = match folders.version_in(position, &self.stack[position].layer, at) {
                Version::Same => continue,
                Version::Found(lower) => lower,
                Version::None => break,
            };
            let lower: BTreeSet<_> = lower.list.iter().map(key).collect();
            held.retain(|one| lower.contains(&key(&found.list[*one])));
            held.iter()
                .for_each(|one| layers[*one] = layer_number(position));
        }
        layers
    }
}

fn distribution(file: TreeFile<'_>) -> Option<LinuxDistribution> {
    match file.inode.known.as_deref() {
        Some(Known::Distribution(distribution)) => Some(distribution.clone()),
        _ => None,
    }
}

/// What makes a package of a database the same one.
fn key(package: &FoundPackage) -> (&str, Option<&str>, Option<&str>) {
    let (version, architecture) = (&package.version, &package.architecture);
    (&package.name, version.as_deref(), architecture.as_deref())
}

/// What a layer has at the path of a database.
enum Version<'a> {
    /// It does not touch it.
    Same,
    Found(&'a FoundPackages),
    /// Something else, or it hides what is below.
    None,
}

/// The names of large folders of layers, by the layer's position: the index of names of a layer
/// is let go once it is read, and an image may have a database for each of many names.
#[derive(Default)]
struct Folders<'a>(HashMap<(usize, Id), HashMap<&'a [u8], Id>>);

impl<'a> Folders<'a> {
    /// A name in a folder.
    fn child(&mut self, position: usize, tree: &'a Tree, folder: Id, name: &[u8]) -> Option<Id> {
        if let Some(names) = self.0.get(&(position, folder)) {
            return names.get(name).copied();
        }
        if tree.all_in(folder).nth(FEW_NAMES).is_none() {
            return tree.in_folder(folder).find(|id| tree.name(*id) == name);
        }
        let names = self.0.entry((position, folder)).or_default();
        names.extend(tree.in_folder(folder).map(|id| (tree.name(id), id)));
        names.get(name).copied()
    }

    /// Whether a layer hides all of a folder that a path leads through.
    fn hides_below(&mut self, position: usize, layer: &'a Layer, at: &[&[u8]]) -> bool {
        let tree = &layer.tree;
        let mut id = tree.root;
        for part in at {
            if tree.slot(id).opaque {
                return true;
            }
            match self.child(position, tree, id, part) {
                Some(child) => id = child,
                None => return false,
            }
        }
        false
    }

    fn version_in(&mut self, position: usize, layer: &'a Layer, at: &[&[u8]]) -> Version<'a> {
        let tree = &layer.tree;
        let mut id = tree.root;
        for part in at {
            // A whiteout, a file or a link in the place of a folder hides what is below it.
            if tree.slot(id).lead != Lead::Folder {
                return Version::None;
            }
            id = match self.child(position, tree, id, part) {
                Some(id) => id,
                None => return Version::Same,
            };
        }
        let Lead::File(number) = tree.slot(id).lead else {
            return Version::None;
        };
        match layer
            .inodes
            .get(number as usize)
            .and_then(|it| it.known.as_deref())
        {
            Some(Known::Packages(found)) => Version::Found(found),
            _ => Version::None,
        }
    }
}

impl Listing {
    fn add(&mut self, found: &FoundPackage, path: &str, layer: u32) {
        let FoundPackage {
            kind,
            name,
            version,
            group,
            architecture,
            within,
        } = found.clone();
        if kind == PackageKind::Runtime && !self.runtimes.insert((name.clone(), version.clone())) {
            return;
        }
        self.count(kind, 1);
        if self.bytes > MOST_LIST_BYTES {
            self.packages.more.0 += 1;
            return;
        }
        let texts = [&version, &group, &architecture, &within];
        let bytes: usize = texts.into_iter().flatten().map(String::len).sum();
        self.bytes += bytes + name.len() + path.len() + size_of::<Package>();
        self.packages.list.push(Package {
            kind,
            name,
            version,
            group,
            architecture,
            path: path.to_owned(),
            within,
            layer,
        });
    }

    fn count(&mut self, kind: PackageKind, count: u64) {
        let counted = self.packages.counts.entry(kind).or_default();
        *counted = *counted + Count(count);
    }

    fn unread(&mut self, path: String, layer: u32, problem: &'static str) {
        if self.packages.unread.len() >= MOST_UNREAD {
            self.packages.more_unread.0 += 1;
            return;
        }
        self.packages.unread.push(UnreadPackages {
            path,
            layer,
            problem: problem.to_owned(),
        });
    }
}
