//! One layer, read once: its names as a tree, its bytes, and what was found in its files.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use sha2::{Digest, Sha256};
use tar::EntryType;
use xxhash_rust::xxh3::Xxh3Default;

use super::entries::{Entries, EntryContent, Head};
use super::error::ImageError;
use super::known::{self, Known, KnownKind};
use super::name::{self, Wish};
use super::packages::{self, Bounds, Collector};
use super::path_class;
use super::secrets::{Depth, Hit, PRIVATE_KEY, Search};
use super::tree::{Id, Lead, Tree};
use super::unpack_limit::UnpackBudget;
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
pub(super) const MOST_FINDS: usize = 2_000;
/// Secrets that all layers keep together before it is known in which order they lie.
const MOST_KEPT_FINDS: u64 = 50 * MOST_FINDS as u64;

/// What a layer holds.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// Its names.
    pub tree: Tree,
    /// Its files.
    pub inodes: Vec<Inode>,
    /// The place of the name under which each file came.
    pub names: Vec<Id>,
    /// Bytes of its files, by the headers of its tar.
    pub bytes: u64,
    /// Digest of its tar.
    pub digest: String,
    /// Bytes as it is packed; none where it is a plain tar.
    pub packed: Option<u64>,
    /// Secrets in its files.
    pub finds: Vec<LayerFind>,
    /// How many more there are.
    pub more_finds: u64,
}

/// A secret in a layer.
#[derive(Debug, Clone)]
pub(super) struct LayerFind {
    /// The number of the file in its layer; none where a name is what has the secret.
    pub file: Option<u32>,
    /// What it is.
    pub hit: Hit,
}

/// What the readings of all layers share: what to look for, and bounds of what all layers
/// may take together.
pub(super) struct Reading<'a> {
    search: &'a Search,
    entries: AtomicU64,
    names: AtomicU64,
    text_bytes: AtomicU64,
    users_bytes: AtomicU64,
    finds: AtomicU64,
    budget: UnpackBudget,
    packages: Bounds,
}

/// The reading of one layer.
struct OneReading<'a, 'b> {
    shared: &'b Reading<'a>,
    buffer: Vec<u8>,
    layer: Layer,
    /// Names and bytes of texts that are counted already.
    counted: (u64, u64),
}

impl<'a> Reading<'a> {
    pub fn new(search: &'a Search) -> Self {
        Self {
            search,
            entries: AtomicU64::new(0),
            names: AtomicU64::new(0),
            text_bytes: AtomicU64::new(0),
            users_bytes: AtomicU64::new(0),
            finds: AtomicU64::new(0),
            budget: UnpackBudget::default(),
            packages: Bounds::default(),
        }
    }

    /// What packed layers may unpack to beyond a multiple of their size.
    pub fn budget(&self) -> &UnpackBudget {
        &self.budget
    }

    /// Reads a layer's tar to its end. `layer` is its name in the archive.
    pub fn layer(&self, reader: impl Read, layer: &str) -> Result<Layer, ImageError> {
        let failed = |source| ImageError::Layer {
            layer: name::brief(layer),
            source,
        };
        let mut one = OneReading {
            shared: self,
            buffer: Vec::new(),
            layer: Layer::default(),
            counted: (0, 0),
        };
        let mut hash = Sha256::new();
        let mut entries = Entries::new(Hashed(reader, &mut hash));
        while let Some(head) = entries.next().map_err(failed)? {
            if self.entries.fetch_add(1, Relaxed) >= MOST_ENTRIES {
                let problem = format!("the layers have more than {MOST_ENTRIES} entries");
                return Err(failed(io::Error::other(problem)));
            }
            let placed = one.entry(&head, &mut entries.content());
            placed
                .and_then(|()| one.bound())
                .map_err(|problem| problem.into_error(layer, &head.name))?;
        }
        // What follows the end of the tar belongs to the layer's digest.
        io::copy(&mut entries.into_inner(), &mut io::sink()).map_err(failed)?;
        let mut read = one.layer;
        read.digest = format!("sha256:{:x}", hash.finalize());
        read.tree.finish();
        read.inodes.shrink_to_fit();
        read.names.shrink_to_fit();
        Ok(read)
    }
}

impl OneReading<'_, '_> {
    /// Holds the layers to what their names may take.
    fn bound(&mut self) -> Result<(), Problem> {
        let tree = &self.layer.tree;
        let now = (tree.len() as u64, tree.texts.len() as u64);
        let (names, bytes) = (now.0 - self.counted.0, now.1 - self.counted.1);
        self.counted = now;
        let names = self.shared.names.fetch_add(names, Relaxed) + names;
        let bytes = self.shared.text_bytes.fetch_add(bytes, Relaxed) + bytes;
        let entries = self.shared.entries.load(Relaxed);
        if names > MOST_NAMES + NAMES_PER_ENTRY * entries {
            return Err("the paths of the layers imply too many folders".into());
        }
        if bytes > MOST_TEXT_BYTES + TEXT_BYTES_PER_ENTRY * entries {
            return Err("the names and link targets of the layers are too long together".into());
        }
        Ok(())
    }

    fn entry(
        &mut self,
        head: &Head,
        content: &mut EntryContent<'_, impl Read>,
    ) -> Result<(), Problem> {
        let parts = match name::read(&head.name)? {
            Wish::Lay(parts) => parts,
            Wish::Delete(folder, name) => return Ok(self.layer.tree.delete(&folder, name)?),
            Wish::Hide(folder) => return Ok(self.layer.tree.hide(&folder)?),
            Wish::Skip => return Ok(()),
        };
        let link = head.link.as_deref();
        for text in [Some(&*head.name), link].into_iter().flatten() {
            if let Some(hit) = self.shared.search.planted(text) {
                self.find(LayerFind { file: None, hit });
            }
        }
        let lead = match head.kind {
            EntryType::Regular if head.name.ends_with(b"/") && head.size == 0 => {
                // How tars older than POSIX say it.
                Lead::Folder
            }
            EntryType::Regular | EntryType::Continuous => {
                Lead::File(self.file(&parts, head, content)?)
            }
            EntryType::Directory => Lead::Folder,
            EntryType::Symlink => match link {
                Some(target) if !target.is_empty() => self.layer.tree.link(target)?,
                _ => return Err("it is a symbolic link to nothing".into()),
            },
            EntryType::Link => match link {
                Some(target) if target.len() > name::LONGEST => {
                    return Err("its target is longer than a path can be".into());
                }
                Some(target) => self.layer.tree.hard_link(&name::parts(target))?,
                None => return Err("it is a hard link to nothing".into()),
            },
            EntryType::Char | EntryType::Block | EntryType::Fifo => Lead::Special,
            // Volume names and the like.
            _ => return Ok(()),
        };
        let id = self.layer.tree.place(&parts, lead)?;
        if let Lead::File(number) = lead
            && number as usize == self.layer.names.len()
        {
            self.layer.names.push(id);
        }
        Ok(())
    }

    fn find(&mut self, mut find: LayerFind) {
        // The name of a key may be as long as its file.
        find.hit.kind = name::brief(&find.hit.kind);
        let has_room = self.layer.finds.len() < MOST_FINDS
            && self.shared.finds.fetch_add(1, Relaxed) < MOST_KEPT_FINDS;
        if has_room {
            self.layer.finds.push(find);
        } else {
            self.layer.more_finds += 1;
        }
    }

    /// Reads a file and returns its number.
    fn file(
        &mut self,
        parts: &[&[u8]],
        head: &Head,
        content: &mut EntryContent<'_, impl Read>,
    ) -> Result<u32, Problem> {
        let is_sparse = head.stored != head.size;
        let searched = path_class::of(parts).is_searched();
        // A file with holes is none of those.
        let kind = known::kind(parts).filter(|kind| match kind {
            _ if is_sparse => false,
            KnownKind::Settings => searched && head.size <= known::MOST_SETTINGS_BYTES,
            _ => true,
        });
        let mut users_bytes = self.shared.users_bytes.load(Relaxed);
        if kind == Some(KnownKind::Passwd) {
            let size = head.size.min(known::MOST_USERS_BYTES + 1);
            users_bytes = self.shared.users_bytes.fetch_add(size, Relaxed) + size;
        }
        let database = packages::kind(parts).filter(|file| !is_sparse && file.is_database());
        if database.is_some() && head.size > packages::MOST_DATABASE_BYTES
            || users_bytes > known::MOST_USERS_BYTES
        {
            return Err("it is larger than such a file can be".into());
        }
        let mut collector = (!is_sparse).then(|| Collector::new(parts, &self.shared.packages));
        let mut text = Vec::new();
        let mut hits = Vec::new();
        let depth = match searched {
            true => Depth::General,
            false => Depth::Planted,
        };
        let mut hash = Xxh3Default::new();
        self.shared.search.stream(
            content,
            depth,
            &mut self.buffer,
            &mut |bytes| {
                hash.update(bytes);
                if let Some(collector) = &mut collector {
                    collector.take(bytes);
                }
                if kind.is_some() {
                    text.extend_from_slice(bytes);
                }
            },
            &mut hits,
        )?;
        if kind == Some(KnownKind::Settings) {
            hits = self.shared.search.text(&text);
        }
        let layer = &mut self.layer;
        let number = u32::try_from(layer.inodes.len()).unwrap_or(u32::MAX);
        layer.bytes = layer.bytes.saturating_add(head.size);
        let known = kind.and_then(|kind| -> Option<Known> { known::read(kind, &text) });
        let known = known.or_else(|| collector.and_then(Collector::finish));
        layer.inodes.push(Inode {
            size: head.size,
            hash: hash.digest(),
            known: known.map(Arc::new),
            owner: head.owner,
            mode: u16::try_from(head.mode).unwrap_or(0o7777),
            private_key: hits.iter().any(|hit| hit.kind == PRIVATE_KEY),
            capabilities: head.capabilities,
        });
        for hit in hits {
            let file = Some(number);
            self.find(LayerFind { file, hit });
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
