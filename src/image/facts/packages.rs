//! Packages: the system's by its own database, the languages' by the files that their
//! package managers leave with each package.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use crate::image::known::Known;
use crate::image::view::{Node, View};
use crate::units::Count;

const DATABASES: &[&[u8]] = &[
    b"/var/lib/dpkg/status",
    b"/lib/apk/db/installed",
    b"/usr/lib/apk/db/installed",
];
/// Distroless images have a file per package.
const DATABASE_FOLDER: &[u8] = b"/var/lib/dpkg/status.d";

/// Folders of databases that cannot be read here, with the package manager of each.
const UNREAD_FOLDERS: &[(&[u8], &str)] = &[
    (b"/var/lib/rpm", "rpm"),
    (b"/usr/lib/sysimage/rpm", "rpm"),
    (b"/var/lib/pacman/local", "pacman"),
];

/// The package manager of a database that cannot be read here. An empty folder is none.
pub(super) fn unread(tree: &View<'_>) -> Option<&'static str> {
    let has_files = |path: &[u8]| match tree.resolve(path) {
        Some((_, Node::Folder(folder))) => tree.children(folder).next().is_some(),
        _ => false,
    };
    let found = UNREAD_FOLDERS.iter().find(|(path, _)| has_files(path));
    found.map(|(_, manager)| *manager)
}

/// Packages of dpkg and apk that are installed; none where there is no database of them.
pub(super) fn of_system(tree: &View<'_>) -> Option<Count> {
    let mut seen = BTreeSet::new();
    let mut count = None;
    let mut add = |node: Node<'_>| {
        if let Node::File(file) = node
            && let Some(Known::Packages(packages)) = file.inode.known.as_deref()
            // `/lib` may be a link to `/usr/lib`.
            && seen.insert(file.number)
        {
            count = Some(count.unwrap_or(0) + packages.count());
        }
    };
    for path in DATABASES {
        if let Some((_, node)) = tree.resolve(path) {
            add(node);
        }
    }
    if let Some((_, Node::Folder(folder))) = tree.resolve(DATABASE_FOLDER) {
        tree.children(folder).for_each(|(_, node)| add(node));
    }
    count.map(Count)
}

/// Installed packages of languages. A package that is installed twice, in two folders or
/// two versions, counts twice.
#[derive(Default)]
pub(super) struct Languages {
    npm: u64,
    /// Hashes of the paths of its packages, which may be many.
    python: BTreeSet<u64>,
    keys: RandomState,
    java: u64,
    ruby: u64,
}

impl Languages {
    /// Looks at one file.
    pub fn see(&mut self, at: &[&[u8]]) {
        let Some((last, above)) = at.split_last() else {
            return;
        };
        match (*last, above) {
            // The package's own; those deeper in it are parts of it.
            (b"package.json", [.., b"node_modules", name]) if !name.starts_with(b"@") => {
                self.npm += 1;
            }
            (b"package.json", [.., b"node_modules", scope, _]) if scope.starts_with(b"@") => {
                self.npm += 1;
            }
            (b"METADATA", [outer @ .., info]) if info.ends_with(b".dist-info") => {
                self.python_package(outer, info);
            }
            (b"PKG-INFO", [outer @ .., info]) if info.ends_with(b".egg-info") => {
                self.python_package(outer, info);
            }
            (info, outer) if info.ends_with(b".egg-info") => self.python_package(outer, info),
            (jar, _)
                if [&b".jar"[..], b".war", b".ear"]
                    .iter()
                    .any(|end| jar.ends_with(end)) =>
            {
                self.java += 1;
            }
            (gem, [.., b"specifications"] | [.., b"specifications", b"default"])
                if gem.ends_with(b".gemspec") =>
            {
                self.ruby += 1;
            }
            _ => {}
        }
    }

    /// What a package carries along for itself is not installed.
    fn python_package(&mut self, outer: &[&[u8]], info: &[u8]) {
        if outer.last() == Some(&&b"_vendor"[..]) {
            return;
        }
        self.python.insert(self.keys.hash_one((outer, info)));
    }

    /// Counts by language; those without packages are left out.
    pub fn counts(self) -> BTreeMap<String, Count> {
        [
            ("npm", self.npm),
            ("python", self.python.len() as u64),
            ("java", self.java),
            ("ruby", self.ruby),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| (name.to_owned(), Count(count)))
        .collect()
    }
}
