//! One layer, read once: its names as a tree, its bytes, and what was found in its files.

use std::io::{self, Read};
use std::rc::Rc;

use sha2::{Digest, Sha256};
use tar::EntryType;

use super::entries::{Content, Entries, Head};
use super::error::ImageError;
use super::ground;
use super::known::{self, Kind, Known};
use super::name::{self, Wish};
use super::secrets::{Depth, Hit, PRIVATE_KEY, Search};
use super::tree::{Lead, Tree};
use super::view::Inode;

/// Entries of all layers; their names are held in memory.
const MOST_ENTRIES: u64 = 20_000_000;
/// Names of all layers: folders that a path implies take memory, too.
const MOST_NAMES: u64 = 1_000_000;
const NAMES_PER_ENTRY: u64 = 2;
/// Bytes of the names and link targets of all layers, and those for each entry. The parts
/// of a path in images have some 15 bytes on average.
const MOST_TEXT_BYTES: u64 = 64 << 20;
const TEXT_BYTES_PER_ENTRY: u64 = 80;
/// Secrets that are reported of the files of all layers.
const MOST_FINDS: usize = 2_000;

/// What a layer holds.
#[derive(Debug)]
pub(super) struct Layer {
    /// Its names.
    pub tree: Tree,
    /// Bytes of its files, by the headers of its tar.
    pub bytes: u64,
    /// Digest of its tar.
    pub digest: String,
    /// Secrets in its files.
    pub finds: Vec<Find>,
}

/// A secret in a layer.
#[derive(Debug)]
pub(super) struct Find {
    /// The file; none where its name is what tells the secret.
    pub file: Option<(String, u32)>,
    /// What it is.
    pub hit: Hit,
}

/// What the readings of all layers share.
pub(super) struct Reading<'a> {
    search: &'a Search,
    buffer: Vec<u8>,
    /// The files of all layers.
    pub inodes: Vec<Inode>,
    entries: u64,
    names: u64,
    text_bytes: u64,
    finds: usize,
    /// Whether there are more secrets than are reported.
    pub finds_cut: bool,
    users_bytes: u64,
}

impl<'a> Reading<'a> {
    pub fn new(search: &'a Search) -> Self {
        Self {
            search,
            buffer: Vec::new(),
            inodes: Vec::new(),
            entries: 0,
            names: 0,
            text_bytes: 0,
            finds: 0,
            finds_cut: false,
            users_bytes: 0,
        }
    }

    /// Reads a layer's tar to its end. `layer` is its name in the archive.
    pub fn layer(&mut self, reader: impl Read, layer: &str) -> Result<Layer, ImageError> {
        let failed = |source| ImageError::Layer {
            layer: name::brief(layer),
            source,
        };
        let mut read = Layer {
            tree: Tree::default(),
            bytes: 0,
            digest: String::new(),
            finds: Vec::new(),
        };
        let mut hash = Sha256::new();
        let mut entries = Entries::new(Hashed(reader, &mut hash));
        while let Some(head) = entries.next().map_err(failed)? {
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                let problem = format!("the layers have more than {MOST_ENTRIES} entries");
                return Err(failed(io::Error::other(problem)));
            }
            let placed = self.entry(&mut read, &head, &mut entries.content());
            placed
                .and_then(|()| self.bound(&read.tree))
                .map_err(|problem| problem.into_error(layer, &head.name))?;
        }
        // What follows the end of the tar belongs to the layer's digest.
        io::copy(&mut entries.into_inner(), &mut io::sink()).map_err(failed)?;
        read.digest = format!("sha256:{:x}", hash.finalize());
        self.names += read.tree.len() as u64;
        self.text_bytes += read.tree.texts.len() as u64;
        read.tree.finish();
        Ok(read)
    }

    /// Holds the layers to what their names may take.
    fn bound(&self, tree: &Tree) -> Result<(), Problem> {
        let names = self.names + tree.len() as u64;
        if names > MOST_NAMES + NAMES_PER_ENTRY * self.entries {
            return Err("the paths of the layers imply too many folders".into());
        }
        let bytes = self.text_bytes + tree.texts.len() as u64;
        if bytes > MOST_TEXT_BYTES + TEXT_BYTES_PER_ENTRY * self.entries {
            return Err("the names and link targets of the layers are too long together".into());
        }
        Ok(())
    }

    fn entry(
        &mut self,
        layer: &mut Layer,
        head: &Head,
        content: &mut Content<'_, impl Read>,
    ) -> Result<(), Problem> {
        let parts = match name::read(&head.name)? {
            Wish::Lay(parts) => parts,
            Wish::Delete(folder, name) => return Ok(layer.tree.delete(&folder, name)?),
            Wish::Hide(folder) => return Ok(layer.tree.hide(&folder)?),
            Wish::Skip => return Ok(()),
        };
        let link = head.link.as_deref();
        for text in [Some(&*head.name), link].into_iter().flatten() {
            if let Some(hit) = self.search.planted(text) {
                self.find(layer, Find { file: None, hit });
            }
        }
        let lead = match head.kind {
            EntryType::Regular if head.name.ends_with(b"/") && head.size == 0 => {
                // How tars older than POSIX say it.
                Lead::Folder
            }
            EntryType::Regular | EntryType::Continuous => {
                Lead::File(self.file(layer, &parts, head, content)?)
            }
            EntryType::Directory => Lead::Folder,
            EntryType::Symlink => match link {
                Some(target) if !target.is_empty() => layer.tree.link(target)?,
                _ => return Err("it is a symbolic link to nothing".into()),
            },
            EntryType::Link => match link {
                Some(target) if target.len() > name::LONGEST => {
                    return Err("its target is longer than a path can be".into());
                }
                Some(target) => layer.tree.hard_link(&name::parts(target))?,
                None => return Err("it is a hard link to nothing".into()),
            },
            EntryType::Char | EntryType::Block | EntryType::Fifo => Lead::Special,
            // Volume names and the like.
            _ => return Ok(()),
        };
        Ok(layer.tree.place(&parts, lead)?)
    }

    fn find(&mut self, layer: &mut Layer, find: Find) {
        if self.finds < MOST_FINDS {
            self.finds += 1;
            layer.finds.push(find);
        } else {
            self.finds_cut = true;
        }
    }

    /// Reads a file and returns its number.
    fn file(
        &mut self,
        layer: &mut Layer,
        parts: &[&[u8]],
        head: &Head,
        content: &mut Content<'_, impl Read>,
    ) -> Result<u32, Problem> {
        let searched = ground::of(parts).is_searched();
        // A file with holes is none of those.
        let kind = known::kind(parts).filter(|kind| match kind {
            _ if head.stored != head.size => false,
            Kind::Settings => searched && head.size <= known::MOST_SETTINGS_BYTES,
            _ => true,
        });
        if kind == Some(Kind::Passwd) {
            self.users_bytes = self.users_bytes.saturating_add(head.size);
        }
        if kind.is_some() && head.size.max(self.users_bytes) > known::MOST_BYTES
            || self.users_bytes > known::MOST_USERS_BYTES
        {
            return Err("it is larger than such a file can be".into());
        }
        let mut text = Vec::new();
        let mut hits = Vec::new();
        let depth = match searched {
            true => Depth::General,
            false => Depth::Planted,
        };
        self.search.stream(
            content,
            depth,
            &mut self.buffer,
            &mut |bytes| {
                if kind.is_some() {
                    text.extend_from_slice(bytes);
                }
            },
            &mut hits,
        )?;
        if kind == Some(Kind::Settings) {
            hits = self.search.text(&text);
        }
        let number = u32::try_from(self.inodes.len()).unwrap_or(u32::MAX);
        layer.bytes = layer.bytes.saturating_add(head.size);
        let known = kind.and_then(|kind| -> Option<Known> { known::read(kind, &text) });
        self.inodes.push(Inode {
            size: head.size,
            known: known.map(Rc::new),
            number,
            mode: u16::try_from(head.mode).unwrap_or(0o7777),
            private_key: hits.iter().any(|hit| hit.kind == PRIVATE_KEY),
            capabilities: head.capabilities,
        });
        for hit in hits {
            let file = Some((name::path(parts), number));
            self.find(layer, Find { file, hit });
        }
        Ok(number)
    }
}

/// A reader whose bytes are hashed.
struct Hashed<'a, R>(R, &'a mut Sha256);

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(into)?;
        self.1.update(&into[..read]);
        Ok(read)
    }
}

/// What is wrong with an entry.
enum Problem {
    Read(io::Error),
    Sense(&'static str),
}

impl Problem {
    fn into_error(self, layer: &str, entry: &[u8]) -> ImageError {
        let layer = name::brief(layer);
        let entry = name::brief(&String::from_utf8_lossy(entry));
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
