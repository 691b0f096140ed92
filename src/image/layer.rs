//! One layer, read once: its names as a tree, its bytes, and what was found in its files.

use std::io::{self, Read};
use std::rc::Rc;

use tar::{Archive, Entry, EntryType};

use super::error::ImageError;
use super::ground;
use super::known::{self, Kind, Known};
use super::name::{self, Wish};
use super::secrets::{Depth, Hit, PRIVATE_KEY, Search};
use super::tree::{Folder, Inode, Node};

/// Entries of one layer; their names are held in memory.
const MOST_ENTRIES: u64 = 20_000_000;

/// What a layer holds.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// Its names.
    pub tree: Folder,
    /// Bytes of its files, by the headers of its tar.
    pub bytes: u64,
    /// Secrets in its files.
    pub finds: Vec<Find>,
}

/// A secret in a layer.
#[derive(Debug)]
pub(super) struct Find {
    /// The file; none where its name is what tells the secret.
    pub file: Option<(String, u64)>,
    /// What it is.
    pub hit: Hit,
}

/// What the readings of all layers share.
pub(super) struct Reading<'a> {
    pub search: &'a Search,
    pub buffer: Vec<u8>,
    pub inodes: u64,
}

impl Reading<'_> {
    /// Reads a layer's tar to its end. `layer` is its name in the archive.
    pub fn layer(&mut self, reader: impl Read, layer: &str) -> Result<Layer, ImageError> {
        let failed = |source| ImageError::Layer {
            layer: layer.to_owned(),
            source,
        };
        let mut read = Layer::default();
        let mut archive = Archive::new(reader);
        for (number, entry) in (0..).zip(archive.entries().map_err(failed)?) {
            let mut entry = entry.map_err(failed)?;
            if number == MOST_ENTRIES {
                return Err(failed(io::Error::other("it has too many entries")));
            }
            self.entry(&mut read, &mut entry).map_err(|problem| {
                let entry = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                problem.into_error(layer, entry)
            })?;
        }
        Ok(read)
    }

    fn entry(
        &mut self,
        layer: &mut Layer,
        entry: &mut Entry<'_, impl Read>,
    ) -> Result<(), Problem> {
        let path = entry.path_bytes().into_owned();
        let parts = match name::read(&path)? {
            Wish::Lay(parts) => parts,
            Wish::Delete(folder, name) => return Ok(layer.tree.delete(&folder, name)?),
            Wish::Hide(folder) => return Ok(layer.tree.hide(&folder)?),
            Wish::Skip => return Ok(()),
        };
        let link = entry.link_name_bytes();
        for text in [Some(&*path), link.as_deref()].into_iter().flatten() {
            let hit = self.search.planted(text);
            layer.finds.extend(hit.map(|hit| Find { file: None, hit }));
        }
        let node = match entry.header().entry_type() {
            EntryType::Regular if path.ends_with(b"/") && entry.size() == 0 => {
                // How tars older than POSIX say it.
                Node::Folder(Folder::default())
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                Node::File(Rc::new(self.file(layer, &parts, entry)?))
            }
            EntryType::Directory => Node::Folder(Folder::default()),
            EntryType::Symlink => match link {
                Some(target) if !target.is_empty() => Node::Link(target.as_ref().into()),
                _ => return Err("it is a symbolic link to nothing".into()),
            },
            EntryType::Link => match link {
                Some(target) => layer.tree.hard_link(&name::parts(&target))?,
                None => return Err("it is a hard link to nothing".into()),
            },
            EntryType::Char | EntryType::Block | EntryType::Fifo => Node::Special,
            // Volume names and the like.
            _ => return Ok(()),
        };
        Ok(layer.tree.place(&parts, node)?)
    }

    fn file(
        &mut self,
        layer: &mut Layer,
        parts: &[&[u8]],
        entry: &mut Entry<'_, impl Read>,
    ) -> Result<Inode, Problem> {
        let size = entry.size();
        let mode = entry.header().mode()? & 0o7777;
        let searched = ground::of(parts).is_searched();
        let kind = known::kind(parts).filter(|kind| match kind {
            Kind::Settings => searched && size <= known::MOST_SETTINGS_BYTES,
            _ => true,
        });
        if kind.is_some() && size > known::MOST_BYTES {
            return Err("it is larger than such a file can be".into());
        }
        let mut content = Vec::new();
        let mut hits = Vec::new();
        let depth = match searched {
            true => Depth::General,
            false => Depth::Planted,
        };
        let read = self.search.stream(
            entry,
            depth,
            &mut self.buffer,
            &mut |bytes| {
                if kind.is_some() {
                    content.extend_from_slice(bytes);
                }
            },
            &mut hits,
        )?;
        if read != size {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        if kind == Some(Kind::Settings) {
            hits = self.search.text(&content);
        }
        self.inodes += 1;
        layer.bytes += size;
        let inode = Inode {
            number: self.inodes,
            size,
            mode,
            known: kind.and_then(|kind| -> Option<Known> { known::read(kind, &content) }),
            private_key: hits.iter().any(|hit| hit.kind == PRIVATE_KEY),
        };
        let path = name::path(parts);
        layer.finds.extend(hits.into_iter().map(|hit| Find {
            file: Some((path.clone(), inode.number)),
            hit,
        }));
        Ok(inode)
    }
}

/// What is wrong with an entry.
enum Problem {
    Read(io::Error),
    Sense(&'static str),
}

impl Problem {
    fn into_error(self, layer: &str, entry: String) -> ImageError {
        let layer = layer.to_owned();
        match self {
            Self::Read(source) => ImageError::File {
                layer,
                entry,
                source,
            },
            Self::Sense(problem) => ImageError::Entry {
                layer,
                entry,
                problem,
            },
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<&'static str> for Problem {
    fn from(problem: &'static str) -> Self {
        Self::Sense(problem)
    }
}
