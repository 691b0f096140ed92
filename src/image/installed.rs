//! The packages of the final tree.

use std::collections::BTreeSet;

use super::examined::Examined;
use super::known::Known;
use super::name;
use super::packages::{self, FoundPackage};
use super::view::{File, Node};
use super::waste::layer_number;
use crate::inspection::{Distribution, Package, PackageKind, Packages, UnreadPackages};
use crate::units::Count;

/// Bytes of the packages that are listed, with their paths.
const MOST_LIST_BYTES: usize = 64 << 20;
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
        view.walk(&mut |at, node| {
            let Node::File(file) = node else { return };
            let Some(Known::Packages(found)) = file.inode.known.as_deref() else {
                return;
            };
            // A package of a language is where its description has its name. All others are
            // what they are under any name, and once.
            let counts = match found.file.is_by_name() {
                true => packages::kind(at) == Some(found.file),
                false => seen.insert(file.number),
            };
            if !counts {
                return;
            }
            let path = name::path(at);
            let layer = layer_number(self.position_of(file.number));
            for package in &found.list {
                listing.add(package, &path, layer);
            }
            for (kind, count) in &found.more {
                listing.count(*kind, *count);
                listing.packages.more.0 += count;
            }
            if let Some(problem) = found.problem {
                listing.unread(path, layer, problem);
                if !found.file.is_by_name() {
                    listing.packages.open_ended.0 += 1;
                }
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
        packages
    }
}

fn distribution(file: File<'_>) -> Option<Distribution> {
    match file.inode.known.as_deref() {
        Some(Known::Distribution(distribution)) => Some(distribution.clone()),
        _ => None,
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
