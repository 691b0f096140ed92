//! All reading of files that a scenario needs, and the guard of its tree.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The folder that a scenario's paths are relative to.
#[derive(Debug)]
pub(super) struct ScenarioFolder {
    /// As derived from how the user named the file: for messages.
    pub shown: PathBuf,
    /// Absolute, without links.
    pub root: PathBuf,
}

/// Why a path is not one that a scenario may name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PathFault {
    Empty,
    Absolute,
    /// By `..`, written out.
    Climbs,
    /// By a link.
    Leaves(PathBuf),
    Missing,
    NotAFile,
    NotAFolder,
    Unreadable(String),
}

impl ScenarioFolder {
    /// The tree of a scenario's file: the folder above `scenarios/`, or the file's own.
    pub fn of(file: &Path) -> io::Result<Self> {
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        // `cd scenarios; plimsoll run ./node.toml` names the folder only in full.
        let full = fs::canonicalize(&folder)?;
        if full.file_name().is_some_and(|name| name == "scenarios") {
            let shown = match folder.parent() {
                Some(parent) if folder.ends_with("scenarios") => parent.to_path_buf(),
                _ => folder.join(".."),
            };
            let root = full.parent().unwrap_or(&full).to_path_buf();
            return Ok(Self { shown, root });
        }
        Ok(Self {
            shown: folder,
            root: full,
        })
    }

    /// A folder of the tree, absolute.
    pub fn folder(&self, within: &Path, path: &str) -> Result<PathBuf, PathFault> {
        let found = self.resolve(within, path)?;
        if found.is_dir() {
            Ok(found)
        } else {
            Err(PathFault::NotAFolder)
        }
    }

    /// The content of a file of the tree.
    pub fn bytes(&self, within: &Path, path: &str) -> Result<Vec<u8>, PathFault> {
        let found = self.resolve(within, path)?;
        if !found.is_file() {
            return Err(PathFault::NotAFile);
        }
        crate::files::read(&found).map_err(|error| PathFault::Unreadable(error.to_string()))
    }

    /// `within` is a folder of the tree; the path may not leave the tree, by itself or by links.
    fn resolve(&self, within: &Path, path: &str) -> Result<PathBuf, PathFault> {
        if path.is_empty() {
            return Err(PathFault::Empty);
        }
        let relative = Path::new(path);
        for component in relative.components() {
            match component {
                Component::ParentDir => return Err(PathFault::Climbs),
                Component::RootDir | Component::Prefix(_) => return Err(PathFault::Absolute),
                Component::CurDir | Component::Normal(_) => {}
            }
        }
        let found =
            fs::canonicalize(within.join(relative)).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => PathFault::Missing,
                _ => PathFault::Unreadable(error.to_string()),
            })?;
        if found.starts_with(&self.root) {
            Ok(found)
        } else {
            Err(PathFault::Leaves(found))
        }
    }
}

/// Names near which a missing one may lie: what its folder holds.
pub(super) fn siblings(within: &Path, path: &str) -> Vec<String> {
    let missing = within.join(path);
    let folder = missing.parent().unwrap_or(within);
    let prefix = Path::new(path).parent().unwrap_or(Path::new(""));
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<_> = entries
        .flatten()
        .map(|entry| {
            prefix
                .join(entry.file_name())
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// The whole text of a scenario's file.
pub(super) fn read(file: &Path) -> io::Result<String> {
    crate::files::read_to_string(file)
}

/// Whether there is a file.
pub(super) fn is_file(file: &Path) -> bool {
    file.is_file()
}

/// The `*.toml` files of a folder, by name.
pub(super) fn toml_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
            && path.is_file()
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
