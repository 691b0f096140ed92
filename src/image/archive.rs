//! The outer tar, in one pass. What an entry is shows in its first bytes and not in its
//! name: engines name layers differently, and what is a layer of the image is known
//! only at the end. Layers are reduced as they come by; documents are kept.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::entries::{BLOCK_BYTES, Entries, Head};
use super::error::ImageError;
use super::layer::{Layer, Reading};
use super::name;
use super::unpack_limit::Bounded;

/// Bytes that are read of the stream at a time.
pub(super) const READ_BYTES: usize = 256 << 10;
/// Most bytes of a document that is kept; registries take manifests of that size.
const DOCUMENT_BYTES: u64 = 4 << 20;
/// Most bytes of all documents.
const DOCUMENTS_BYTES: u64 = 32 << 20;
/// Most entries, and bytes of the name of one. An archive has some for each layer.
const MOST_ENTRIES: usize = 100_000;
const MOST_NAME_BYTES: usize = 512;
/// Links in a row.
const MOST_LINKS: usize = 40;

/// An entry that is no link.
pub(super) enum ArchivePart {
    /// A layer, or why it cannot be read: that matters only if the image has it.
    Layer(Result<Box<Layer>, ImageError>),
    /// A document.
    Document(Vec<u8>),
    /// What may be a layer, and is read once it is known whether the image has it.
    Unread(DiskPlace),
    /// Something else, in words.
    Other(&'static str),
}

/// Where bytes lie on the disk.
#[derive(Debug, Clone)]
pub(super) struct DiskPlace {
    pub file: Arc<PathBuf>,
    pub at: u64,
    pub bytes: u64,
}

/// All that an archive holds, by name.
#[derive(Default)]
pub(super) struct ArchiveParts {
    parts: BTreeMap<String, ArchivePart>,
    links: BTreeMap<String, String>,
}

impl ArchiveParts {
    /// What a name leads to, and the name itself.
    pub fn find(&self, name: &str) -> Option<(&str, &ArchivePart)> {
        let mut name = clean(name);
        for _ in 0..MOST_LINKS {
            if let Some((name, part)) = self.parts.get_key_value(&name) {
                return Some((name, part));
            }
            name = self.links.get(&name)?.clone();
        }
        None
    }

    /// A document by its name.
    pub fn document(&self, name: &str) -> Option<&[u8]> {
        match self.find(name)?.1 {
            ArchivePart::Document(text) => Some(text),
            _ => None,
        }
    }

    /// Takes a part out.
    pub fn take(&mut self, name: &str) -> Option<ArchivePart> {
        self.parts.remove(name)
    }

    /// Sets what a name of a part leads to.
    pub fn put(&mut self, name: &str, part: ArchivePart) {
        self.parts.insert(name.to_owned(), part);
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// When there are too many.
    pub fn add(&mut self, name: String, part: ArchivePart) -> io::Result<()> {
        self.bound()?;
        self.links.remove(&name);
        self.parts.insert(name, part);
        Ok(())
    }

    /// Adds a link; `target` is as it stands in the archive.
    ///
    /// # Errors
    /// When there are too many entries.
    pub fn link(&mut self, name: String, target: &str, is_symbolic: bool) -> io::Result<()> {
        self.bound()?;
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let target = match is_symbolic && !target.starts_with('/') {
            true => clean(&format!("{folder}/{target}")),
            false => clean(target),
        };
        self.parts.remove(&name);
        self.links.insert(name, target);
        Ok(())
    }

    fn bound(&self) -> io::Result<()> {
        match self.parts.len() + self.links.len() >= MOST_ENTRIES {
            true => Err(io::Error::other(format!(
                "it has more than {MOST_ENTRIES} entries"
            ))),
            false => Ok(()),
        }
    }
}

/// A name without what means nothing.
pub(super) fn clean(name: &str) -> String {
    let path = name::path(&name::parts(name.as_bytes()));
    path.trim_start_matches('/').to_owned()
}

/// What makes parts of the files of an archive.
pub(super) trait Shelve<R> {
    /// The part of an entry whose content comes next.
    fn part(
        &mut self,
        entries: &mut Entries<R>,
        head: &Head,
        name: &str,
    ) -> io::Result<ArchivePart>;
}

/// Reads the archive to its end: its layers as they come by.
pub(super) fn read(stream: impl Read, reading: &Reading<'_>) -> Result<ArchiveParts, ImageError> {
    let stream = BufReader::with_capacity(READ_BYTES, stream);
    let mut shelve = AsTheyCome { reading, kept: 0 };
    entries_of(Entries::new(stream), &mut shelve)
}

/// Reads the entries of the outer tar.
pub(super) fn entries_of<R: Read>(
    mut entries: Entries<R>,
    shelve: &mut impl Shelve<R>,
) -> Result<ArchiveParts, ImageError> {
    let mut place = "at its beginning".to_owned();
    let mut parts = ArchiveParts::default();
    let failed = |place: &str, source| ImageError::Archive {
        place: place.to_owned(),
        source,
    };
    while let Some(head) = entries.next().map_err(|error| failed(&place, error))? {
        let name = clean(&String::from_utf8_lossy(&head.name));
        place = format!("after `{}`", name::brief(&name));
        let link = head.link.as_deref().unwrap_or_default();
        if head.name.len().max(link.len()) > MOST_NAME_BYTES {
            let problem = format!("a name has more than {MOST_NAME_BYTES} bytes");
            return Err(failed(&place, io::Error::other(problem)));
        }
        match head.kind {
            EntryType::Regular | EntryType::Continuous => {
                parts.bound().map_err(|error| failed(&place, error))?;
                let within = |error| failed(&format!("within `{}`", name::brief(&name)), error);
                let part = shelve.part(&mut entries, &head, &name).map_err(within)?;
                parts.add(name, part)
            }
            EntryType::Symlink | EntryType::Link => {
                let target = String::from_utf8_lossy(link).into_owned();
                parts.link(name, &target, head.kind == EntryType::Symlink)
            }
            _ => parts.bound(),
        }
        .map_err(|error| failed(&place, error))?;
    }
    Ok(parts)
}

struct AsTheyCome<'a, 'b> {
    reading: &'b Reading<'a>,
    /// Bytes of all documents.
    kept: u64,
}

impl<R: Read> Shelve<R> for AsTheyCome<'_, '_> {
    fn part(
        &mut self,
        entries: &mut Entries<R>,
        head: &Head,
        name: &str,
    ) -> io::Result<ArchivePart> {
        if head.size != head.stored {
            return Ok(ArchivePart::Other("a sparse file"));
        }
        part(
            head.stored,
            entries.content(),
            name,
            self.reading,
            &mut self.kept,
        )
    }
}

/// A document, where it is small enough with all others.
pub(super) fn document(
    mut reader: impl Read,
    size: u64,
    kept: &mut u64,
) -> io::Result<ArchivePart> {
    if size > DOCUMENT_BYTES || *kept + size > DOCUMENTS_BYTES {
        return Ok(ArchivePart::Other("too large to be read as a document"));
    }
    let mut text = Vec::new();
    reader.read_to_end(&mut text)?;
    *kept += size;
    Ok(ArchivePart::Document(text))
}

/// Reads what lies at a place, whose size in the archive it is.
pub(super) fn part(
    size: u64,
    mut content: impl Read,
    name: &str,
    reading: &Reading<'_>,
    kept: &mut u64,
) -> io::Result<ArchivePart> {
    let head = peek(&mut content)?;
    if head.is_empty() {
        return Ok(ArchivePart::Layer(
            reading.layer(io::empty(), name).map(Box::new),
        ));
    }
    let whole = Cursor::new(head.clone()).chain(content);
    match Packing::of(&head) {
        Packing::Tar => Ok(ArchivePart::Layer(reading.layer(whole, name).map(Box::new))),
        Packing::Gzip => Ok(unpack(MultiGzDecoder::new(whole), size, name, reading)),
        Packing::Zstd => match zstd::stream::read::Decoder::new(whole) {
            Ok(decoder) => Ok(unpack(decoder, size, name, reading)),
            Err(source) => Ok(broken(name, source)),
        },
        Packing::None => document(whole, size, kept),
    }
}

/// A packed layer. What follows the end of its tar is read too: it holds the checksum.
fn unpack(decoder: impl Read, packed: u64, name: &str, reading: &Reading<'_>) -> ArchivePart {
    let bounded = Bounded::of(decoder, packed, reading.budget());
    let mut decoder = BufReader::with_capacity(READ_BYTES, bounded);
    let head = match peek(&mut decoder) {
        Ok(head) => head,
        Err(source) => return broken(name, source),
    };
    if !head.is_empty() && Packing::of(&head) != Packing::Tar {
        return ArchivePart::Other("packed, and no tar");
    }
    let layer = reading.layer(Cursor::new(head).chain(decoder), name);
    let packed = |layer| Layer {
        packed: Some(packed),
        ..layer
    };
    ArchivePart::Layer(layer.map(packed).map(Box::new))
}

fn broken(name: &str, source: io::Error) -> ArchivePart {
    ArchivePart::Layer(Err(ImageError::Layer {
        layer: name::brief(name),
        source,
    }))
}

/// The first block, or what there is of it.
pub(super) fn peek(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(BLOCK_BYTES);
    reader.take(BLOCK_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// How something is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Tar,
    Gzip,
    Zstd,
    None,
}

impl Packing {
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or one that decoders skip and that others follow.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            head if is_tar(head) => Self::Tar,
            _ => Self::None,
        }
    }
}

/// Whether a block is a tar's header by its checksum, or the end of an empty tar.
fn is_tar(head: &[u8]) -> bool {
    if head.len() < BLOCK_BYTES {
        return false;
    }
    if head.iter().all(|byte| *byte == 0) {
        return true;
    }
    let field = 148..156;
    let sum: u64 = head
        .iter()
        .enumerate()
        .map(|(at, byte)| u64::from(if field.contains(&at) { b' ' } else { *byte }))
        .sum();
    let stated = String::from_utf8_lossy(&head[field]).into_owned();
    let stated = stated.trim_matches(|c: char| c == '\0' || c == ' ');
    u64::from_str_radix(stated, 8).is_ok_and(|stated| stated == sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_header_by_its_checksum() {
        let mut header = tar::Header::new_gnu();
        header.set_path("a").unwrap();
        header.set_size(3);
        header.set_cksum();
        assert_eq!(Packing::of(header.as_bytes()), Packing::Tar);
        header.set_size(4);
        assert_eq!(Packing::of(header.as_bytes()), Packing::None);
        assert_eq!(Packing::of(&[0; 512]), Packing::Tar);
        assert_eq!(Packing::of(&[0; 511]), Packing::None);
        assert_eq!(Packing::of(b"{}"), Packing::None);
        assert_eq!(Packing::of(&[0x1f, 0x8b, 8]), Packing::Gzip);
        assert_eq!(Packing::of(&[0x28, 0xb5, 0x2f, 0xfd]), Packing::Zstd);
    }

    #[test]
    fn links_of_the_archive_are_followed_and_loops_end() {
        let mut parts = ArchiveParts::default();
        parts
            .parts
            .insert("a/layer.tar".to_owned(), ArchivePart::Other("x"));
        for (name, target) in [("b/layer.tar", "a/layer.tar"), ("c", "d"), ("d", "c")] {
            parts.links.insert(name.to_owned(), target.to_owned());
        }
        assert_eq!(parts.find("./b/layer.tar").unwrap().0, "a/layer.tar");
        assert!(parts.find("c").is_none());
        assert!(parts.find("none").is_none());
    }
}
