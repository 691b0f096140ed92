//! Programs by name: shells, package managers of the system, compilers and build tools.
//!
//! A program is an executable file, or a link that leads to one, in a folder called
//! `bin`, `sbin` or `.bin`, or in one of the image's PATH. One file with several names
//! of the same sort is listed once for each listed name, by its shortest path.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use crate::image::config::Config;
use crate::image::name;
use crate::image::view::{Node, View};
use crate::units::Count;

const EXECUTABLE: u16 = 0o111;

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish"];

/// Folders in which a shell is looked for, before those of PATH.
const SHELL_FOLDERS: &[&str] = &["/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/busybox"];

const FOLDERS: &[&[u8]] = &[b"bin", b"sbin", b".bin"];

const MANAGERS: &[&str] = &[
    "apk",
    "apt",
    "apt-get",
    "aptitude",
    "dnf",
    "dnf5",
    "dpkg",
    "emerge",
    "ipkg",
    "microdnf",
    "nix-env",
    "opkg",
    "pacman",
    "rpm",
    "tdnf",
    "xbps-install",
    "yum",
    "zypper",
];

const COMPILERS: &[&str] = &[
    "as",
    "bazel",
    "c++",
    "cargo",
    "cc",
    "clang",
    "clang++",
    "cmake",
    "csc",
    "dotnet-sdk",
    "esbuild",
    "g++",
    "gcc",
    "gfortran",
    "ghc",
    "gmake",
    "go",
    "gradle",
    "javac",
    "kotlinc",
    "ld",
    "lld",
    "make",
    "meson",
    "mvn",
    "ninja",
    "node-gyp",
    "rustc",
    "scalac",
    "swc",
    "swiftc",
    "tsc",
    "zig",
];

/// Compilers that are installed with a target before or a version after their name.
const VERSIONED: &[&str] = &["c++", "clang", "clang++", "g++", "gcc"];

/// The first shell that is there.
pub(super) fn shell(tree: &View<'_>, config: &Config) -> Option<String> {
    let path = config.search_path();
    let folders = SHELL_FOLDERS
        .iter()
        .copied()
        .chain(path.iter().map(String::as_str));
    folders
        .flat_map(|folder| SHELLS.iter().map(move |name| format!("{folder}/{name}")))
        .find(|path| match tree.resolve(path.as_bytes()) {
            Some((_, Node::File(inode))) => inode.mode & EXECUTABLE != 0,
            _ => false,
        })
}

/// Names of a sort that are kept; no image that is built to run something has so many.
const MOST_FOUND: usize = 1_000;

/// Names of a sort with their paths, by name and by the file that they lead to.
#[derive(Default)]
struct Found {
    paths: BTreeMap<(String, u32), String>,
    /// Those that are too many to be kept: hashes of the names, and the files.
    more: BTreeSet<(u64, u32)>,
}

/// Paths, and how many more there are.
type Listed = (Vec<String>, Count);

pub(super) struct Programs<'a> {
    tree: &'a View<'a>,
    path: BTreeSet<String>,
    keys: RandomState,
    managers: Found,
    compilers: Found,
    versioned: Found,
}

impl<'a> Programs<'a> {
    pub fn new(tree: &'a View<'a>, config: &Config) -> Self {
        let path = config.search_path();
        Self {
            tree,
            path: path
                .iter()
                .map(|folder| folder.trim_end_matches('/').to_owned())
                .collect(),
            keys: RandomState::new(),
            managers: Found::default(),
            compilers: Found::default(),
            versioned: Found::default(),
        }
    }

    /// Looks at one name of the tree.
    pub fn see(&mut self, at: &[&[u8]], node: Node<'a>) {
        let Some((name, folder)) = at.split_last() else {
            return;
        };
        let Ok(program) = std::str::from_utf8(name) else {
            return;
        };
        let found = if MANAGERS.contains(&program) {
            &mut self.managers
        } else if COMPILERS.contains(&program) {
            &mut self.compilers
        } else if is_versioned(program) {
            &mut self.versioned
        } else {
            return;
        };
        let is_program_folder = folder.last().is_some_and(|last| FOLDERS.contains(last))
            || self.path.contains(&name::path(folder));
        if !is_program_folder {
            return;
        }
        let inode = match node {
            Node::File(inode) => inode,
            Node::Link(target) => match self.tree.resolve_from(folder, target) {
                // busybox has applets of such names, which install nothing by themselves.
                Some((real, _)) if real.last() == Some(&&b"busybox"[..]) => return,
                Some((_, Node::File(inode))) => inode,
                _ => return,
            },
            _ => return,
        };
        if inode.mode & EXECUTABLE == 0 {
            return;
        }
        let path = name::path(at);
        let key = (program.to_owned(), inode.number);
        let shorter = |known: &String| (path.len(), &path) < (known.len(), known);
        let known = found.paths.get(&key);
        if known.is_some_and(shorter) || (known.is_none() && found.paths.len() < MOST_FOUND) {
            found.paths.insert(key, path);
        } else if known.is_none() {
            let name = self.keys.hash_one(program);
            found.more.insert((name, inode.number));
        }
    }

    /// Package managers and compilers, by path. What has a plain name too is listed by it.
    pub fn split(self) -> (Listed, Listed) {
        let Found { paths, more } = self.compilers;
        let files = paths.keys().map(|(_, inode)| *inode);
        let plain: BTreeSet<u32> = files.chain(more.iter().map(|(_, inode)| *inode)).collect();
        let mut rest: BTreeMap<u32, String> = BTreeMap::new();
        for ((_, inode), path) in self.versioned.paths {
            let known = rest.entry(inode).or_insert_with(|| path.clone());
            if (path.len(), &path) < (known.len(), known) {
                *known = path;
            }
        }
        rest.retain(|inode, _| !plain.contains(inode));
        let others = self.versioned.more.iter().map(|(_, inode)| *inode);
        let others: BTreeSet<u32> = others
            .filter(|inode| !plain.contains(inode) && !rest.contains_key(inode))
            .collect();
        let mut compilers: Vec<_> = paths.into_values().chain(rest.into_values()).collect();
        compilers.sort();
        let mut managers: Vec<_> = self.managers.paths.into_values().collect();
        managers.sort();
        let count = |more: usize| Count(more as u64);
        (
            (managers, count(self.managers.more.len())),
            (compilers, count(more.len() + others.len())),
        )
    }
}

/// `gcc-12`, `x86_64-linux-gnu-g++`, `aarch64-linux-gnu-gcc-12`.
fn is_versioned(program: &str) -> bool {
    let name = match program.rsplit_once('-') {
        Some((name, version)) if version.bytes().all(|c| c.is_ascii_digit() || c == b'.') => name,
        _ => program,
    };
    let bare = name.rsplit('-').next().unwrap_or(name);
    bare.len() < program.len() && VERSIONED.contains(&bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_targets_are_seen_through() {
        for name in [
            "gcc-12",
            "x86_64-linux-gnu-g++-12",
            "aarch64-linux-gnu-gcc",
            "clang-14",
        ] {
            assert!(is_versioned(name), "{name}");
        }
        for name in [
            "gcc",
            "gcc-ar-12",
            "gcc-nm",
            "clang-format-14",
            "c89-gcc-x",
            "-12",
        ] {
            assert!(!is_versioned(name), "{name}");
        }
    }
}
