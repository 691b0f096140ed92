//! The walk over an app's folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::entry::{ContextEntry, SizedFile, mode};
use super::error::ContextError;
use super::ignore::{Rules, clean, parents};
use super::overlay::Overlay;
use crate::units::{Bytes, Count};

/// What of an app's folder is sent to a builder, as it was when it was scanned.
///
/// Links are sent as links. Sockets are left out, since a tar cannot hold one
/// (the BuildKit client of Docker 20.10 sends an empty file in their place, seen);
/// pipes and devices are refused, because their content is not the tree's.
#[derive(Debug, Clone)]
pub struct Context {
    pub(super) root: PathBuf,
    pub(super) dockerfile: String,
    pub(super) rules: Rules,
    /// Byte order of the paths, in which a folder comes before what it holds.
    pub(super) entries: BTreeMap<String, ContextEntry>,
}

impl Context {
    /// Scans the folder `dir` for a build by `dockerfile`, a path relative to it.
    ///
    /// # Errors
    /// An unreadable file or folder, a bad ignore pattern, a missing Dockerfile,
    /// and among what would be sent a name that is not UTF-8, a pipe or a device.
    pub fn scan(dir: &Path, dockerfile: &str) -> Result<Self, ContextError> {
        Self::scan_with(dir, dockerfile, &Overlay::new())
    }

    /// The same with made-up files, as if they lay in the folder: the ignore file counts
    /// for them, and so do [`Context::bytes`] and [`Context::digest`].
    ///
    /// # Errors
    /// As [`Context::scan`]; and a made-up file where the folder has something.
    pub fn scan_with(dir: &Path, dockerfile: &str, made: &Overlay) -> Result<Self, ContextError> {
        let dockerfile = inside(dockerfile)?;
        let rules = Rules::read(dir, &dockerfile)?;
        let mut context = Self {
            root: dir.to_owned(),
            dockerfile,
            rules,
            entries: BTreeMap::new(),
        };
        context.walk()?;
        context.add(made)?;
        context.force_dockerfile()?;
        Ok(context)
    }

    /// A context of which nothing is sent: that of a ready image, which nobody builds.
    pub fn empty(dir: &Path) -> Self {
        Self {
            root: dir.to_owned(),
            dockerfile: String::new(),
            rules: Rules::default(),
            entries: BTreeMap::new(),
        }
    }

    fn walk(&mut self) -> Result<(), ContextError> {
        let mut folders = vec![(String::new(), None)];
        while let Some((folder, above)) = folders.pop() {
            let full = self.root.join(&folder);
            let fault = |source| ContextError::Read {
                path: full.clone(),
                source,
            };
            for item in fs::read_dir(&full).map_err(fault)? {
                let item = item.map_err(fault)?;
                let name = item.file_name();
                let lossy = name.to_string_lossy();
                let path = match folder.as_str() {
                    "" => lossy.clone().into_owned(),
                    folder => format!("{folder}/{lossy}"),
                };
                let verdict = self.rules.verdict(&path, above.as_ref());
                let ignored = verdict.ignored;
                let facts = item.metadata().map_err(|source| ContextError::Read {
                    path: item.path(),
                    source,
                })?;
                if ignored && !(facts.is_dir() && self.rules.may_except_below(&path)) {
                    continue;
                }
                if name.to_str().is_none() {
                    return Err(ContextError::Name { path: item.path() });
                }
                if facts.is_dir() {
                    folders.push((path.clone(), Some(verdict)));
                }
                if !ignored && let Some(entry) = entry(&item.path(), &facts, false)? {
                    self.insert(path, entry);
                }
            }
        }
        Ok(())
    }

    /// An excluded folder is sent after all where an exception saves what it holds.
    fn insert(&mut self, path: String, entry: ContextEntry) {
        for dir in parents(&path) {
            if !self.entries.contains_key(dir) {
                self.entries.insert(dir.to_owned(), ContextEntry::Folder);
            }
        }
        self.entries.insert(path, entry);
    }

    fn add(&mut self, made: &Overlay) -> Result<(), ContextError> {
        for (path, content) in made.iter() {
            let path = inside(path)?;
            let clash = |problem| ContextError::Overlay {
                path: path.clone(),
                problem,
            };
            if fs::symlink_metadata(self.root.join(&path)).is_ok() {
                return Err(clash("the folder has something of that name"));
            }
            if self.rules.ignores(&path) {
                continue;
            }
            let is_folder = |dir: &str| match self.entries.get(dir) {
                Some(entry) => *entry == ContextEntry::Folder,
                None => true,
            };
            if !parents(&path).all(is_folder) {
                return Err(clash("a folder above it is a file or a link"));
            }
            self.insert(path, ContextEntry::Made(content.clone()));
        }
        Ok(())
    }

    fn force_dockerfile(&mut self) -> Result<(), ContextError> {
        let path = self.dockerfile.clone();
        let full = self.root.join(&path);
        let fault = |problem| ContextError::Dockerfile {
            dockerfile: path.clone(),
            dir: self.root.clone(),
            problem,
        };
        // A link is followed, as every client does.
        let facts = match fs::metadata(&full) {
            Ok(facts) if facts.is_file() => facts,
            Ok(_) => return Err(fault("it is not a regular file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(fault("there is none"));
            }
            Err(source) => return Err(ContextError::Read { path: full, source }),
        };
        if !self.entries.contains_key(&path)
            && let Some(entry) = entry(&full, &facts, true)?
        {
            self.insert(path, entry);
        }
        Ok(())
    }

    /// File bytes that the rules let through: an excluded Dockerfile is sent and not counted.
    pub fn bytes(&self) -> Bytes {
        self.entries
            .values()
            .map(|entry| match entry {
                ContextEntry::File {
                    size,
                    forced: false,
                    ..
                } => Bytes(*size),
                ContextEntry::Made(content) => Bytes(content.len() as u64),
                _ => Bytes(0),
            })
            .sum()
    }

    /// Files and links that the rules let through, folders not counted.
    pub fn files(&self) -> Count {
        self.entries
            .values()
            .map(|entry| match entry {
                ContextEntry::Folder | ContextEntry::File { forced: true, .. } => Count(0),
                ContextEntry::File { .. } | ContextEntry::Made(_) | ContextEntry::Link(_) => {
                    Count(1)
                }
            })
            .sum()
    }

    /// The symbolic links that are sent: path to target, as it stands in the link.
    pub fn links(&self) -> BTreeMap<String, String> {
        let links = self.entries.iter().filter_map(|(path, entry)| match entry {
            ContextEntry::Link(target) => {
                Some((path.clone(), target.to_string_lossy().into_owned()))
            }
            _ => None,
        });
        links.collect()
    }

    /// Whether a file, link or folder of the tree is sent.
    pub fn contains(&self, path: &str) -> bool {
        self.entries.contains_key(&clean(path))
    }

    /// Whether the Dockerfile is sent although the rules exclude it: a builder that gets a
    /// tar finds it nowhere else.
    pub fn forces_dockerfile(&self) -> bool {
        let entry = self.entries.get(&self.dockerfile);
        matches!(entry, Some(ContextEntry::File { forced: true, .. }))
    }

    /// Whether the rules let a path through, be it in the tree or not.
    pub fn admits(&self, path: &str) -> bool {
        let path = clean(path);
        path == self.dockerfile || !self.rules.ignores(&path)
    }

    /// All paths that are sent, folders included, a folder before what it holds.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Leaves out what earlier runs left in `out`, a folder of runs, where it lies in the
    /// app's folder: the entries of it that `is_run` recognises, and the folders that hold
    /// nothing else. Says whether `out` lies there.
    pub fn leave_out(&mut self, out: &Path, is_run: impl Fn(&Path) -> bool) -> bool {
        let Ok(root) = self.root.canonicalize() else {
            return false;
        };
        let Some(within) = resolved(out).and_then(|out| {
            let within = out.strip_prefix(&root).ok()?;
            within.to_str().map(str::to_owned)
        }) else {
            return false;
        };
        let prefix = match within.as_str() {
            "" => String::new(),
            within => format!("{within}/"),
        };
        let names = self.entries.keys().filter_map(|path| {
            let below = path.strip_prefix(&prefix)?;
            below.split('/').next()
        });
        let runs: BTreeSet<String> = names
            .map(|name| format!("{prefix}{name}"))
            .filter(|path| is_run(&root.join(path)))
            .collect();
        self.entries.retain(|path, _| {
            !runs.contains(path) && !parents(path).any(|parent| runs.contains(parent))
        });
        // The folder of runs was made for them, and is there in a later scan only.
        let mut folder = within.as_str();
        while !folder.is_empty() {
            let holds = format!("{folder}/");
            if self.entries.keys().any(|path| path.starts_with(&holds)) {
                break;
            }
            self.entries.remove(folder);
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
        true
    }

    /// The Dockerfile's path, relative to the folder.
    pub fn dockerfile(&self) -> &str {
        &self.dockerfile
    }

    /// Whether a path is sent because a rule lets it through, and not only because it is the
    /// Dockerfile.
    pub fn lets_through(&self, path: &str) -> bool {
        let entry = self.entries.get(&clean(path));
        entry.is_some_and(|entry| !matches!(entry, ContextEntry::File { forced: true, .. }))
    }

    /// SHA-256 in hex over the paths, modes and contents that are sent. Reads every file.
    ///
    /// # Errors
    /// A file that cannot be read, or is not what the scan saw.
    pub fn digest(&self) -> Result<String, ContextError> {
        self.digest_with_nameless(&BTreeSet::new())
    }

    /// The same, but the files `nameless` count by mode and content alone, wherever they lie;
    /// a folder that holds nothing else does not count.
    ///
    /// # Errors
    /// As [`Context::digest`].
    pub fn digest_with_nameless(
        &self,
        nameless: &BTreeSet<String>,
    ) -> Result<String, ContextError> {
        let mut hash = Sha256::new();
        let mut apart = Vec::new();
        for (path, entry) in &self.entries {
            if nameless.contains(path) {
                let mut alone = Sha256::new();
                self.hash_entry("", path, entry, &mut alone)?;
                apart.push(alone.finalize());
            } else if *entry != ContextEntry::Folder || !self.holds_only(path, nameless) {
                self.hash_entry(path, path, entry, &mut hash)?;
            }
        }
        apart.sort();
        for one in apart {
            hash.update(one);
        }
        if let Some(ContextEntry::Link(_)) = self.entries.get(&self.dockerfile) {
            hash.update(self.read(&self.dockerfile)?);
        }
        Ok(format!("{:x}", hash.finalize()))
    }

    /// Whether a folder holds files, and none but these.
    fn holds_only(&self, folder: &str, these: &BTreeSet<String>) -> bool {
        if these.is_empty() {
            return false;
        }
        let below = self.entries.iter().filter(|(path, entry)| {
            **entry != ContextEntry::Folder && parents(path).any(|parent| parent == folder)
        });
        let mut some = false;
        for (path, _) in below {
            if !these.contains(path) {
                return false;
            }
            some = true;
        }
        some
    }

    fn hash_entry(
        &self,
        name: &str,
        path: &str,
        entry: &ContextEntry,
        hash: &mut Sha256,
    ) -> Result<(), ContextError> {
        let (kind, size) = match entry {
            ContextEntry::Folder => ("folder", 0),
            ContextEntry::Link(target) => ("link", target.as_os_str().len() as u64),
            ContextEntry::File { size, .. } => ("file", *size),
            ContextEntry::Made(content) => ("file", content.len() as u64),
        };
        let mode = mode(entry);
        // Lengths before the texts, so that no two trees give the same bytes.
        hash.update(format!("{kind} {mode:o} {} {size} ", name.len()));
        hash.update(name);
        match entry {
            ContextEntry::Folder => {}
            ContextEntry::Link(target) => hash.update(target.as_os_str().as_encoded_bytes()),
            ContextEntry::Made(content) => hash.update(content),
            // It may lie behind a link.
            ContextEntry::File { forced: true, .. } => hash.update(self.read(path)?),
            ContextEntry::File { size, .. } => {
                SizedFile::open(&self.root, path, *size)
                    .and_then(|mut file| io::copy(&mut file, hash))
                    .map_err(|source| ContextError::Read {
                        path: self.root.join(path),
                        source,
                    })?;
            }
        }
        Ok(())
    }
}

/// A path without links, be it there yet or not.
fn resolved(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    let there = absolute.ancestors().find(|above| above.exists())?;
    let missing = absolute.strip_prefix(there).ok()?;
    Some(there.canonicalize().ok()?.join(missing))
}

impl Context {
    fn read(&self, path: &str) -> Result<Vec<u8>, ContextError> {
        let path = self.root.join(path);
        crate::files::read(&path).map_err(|source| ContextError::Read { path, source })
    }
}

/// A path relative to the app's folder, cleaned.
pub(super) fn inside(path: &str) -> Result<String, ContextError> {
    let cleaned = clean(path);
    if matches!(cleaned.as_str(), "." | "..")
        || cleaned.starts_with(['/'])
        || cleaned.starts_with("../")
    {
        return Err(ContextError::Outside {
            path: path.to_owned(),
        });
    }
    Ok(cleaned)
}

fn entry(
    full: &Path,
    facts: &Metadata,
    forced: bool,
) -> Result<Option<ContextEntry>, ContextError> {
    let kind = facts.file_type();
    let special = |kind| ContextError::Special {
        path: full.to_owned(),
        kind,
    };
    if kind.is_dir() {
        Ok(Some(ContextEntry::Folder))
    } else if kind.is_file() {
        Ok(Some(ContextEntry::File {
            size: facts.len(),
            // The owner's bit, as git keeps it.
            executable: facts.permissions().mode() & 0o100 != 0,
            forced,
        }))
    } else if kind.is_symlink() {
        let target = fs::read_link(full).map_err(|source| ContextError::Read {
            path: full.to_owned(),
            source,
        })?;
        Ok(Some(ContextEntry::Link(target)))
    } else if kind.is_socket() {
        Ok(None)
    } else if kind.is_fifo() {
        Err(special("named pipe"))
    } else {
        Err(special("device"))
    }
}
