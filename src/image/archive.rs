//! The outer tar, in one pass. What an entry is shows in its first bytes and not in its
//! name: engines name layers differently, and what is a layer of the image is known
//! only at the end. Layers are reduced as they come by; documents are kept.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::error::ImageError;
use super::layer::{Layer, Reading};
use super::name;

/// Bytes that are read of the stream at a time.
pub(super) const READ_BYTES: usize = 256 << 10;
/// A block of a tar.
const BLOCK_BYTES: usize = 512;
/// Most bytes of a document that is kept.
const DOCUMENT_BYTES: u64 = 8 << 20;
/// Most bytes of all documents.
const DOCUMENTS_BYTES: u64 = 64 << 20;
/// Links in a row.
const MOST_LINKS: usize = 40;

/// An entry that is no link.
pub(super) enum Part {
    /// A layer, or why it cannot be read: that matters only if the image has it.
    Layer(Result<Layer, ImageError>),
    /// A document.
    Document(Vec<u8>),
    /// Something else, in words.
    Other(&'static str),
}

/// All that an archive holds, by name.
#[derive(Default)]
pub(super) struct Parts {
    parts: BTreeMap<String, Part>,
    links: BTreeMap<String, String>,
}

impl Parts {
    /// What a name leads to, and the name itself.
    pub fn find(&self, name: &str) -> Option<(&str, &Part)> {
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
            Part::Document(text) => Some(text),
            _ => None,
        }
    }

    /// Takes a part out.
    pub fn take(&mut self, name: &str) -> Option<Part> {
        self.parts.remove(name)
    }
}

/// A name without what means nothing.
fn clean(name: &str) -> String {
    let path = name::path(&name::parts(name.as_bytes()));
    path.trim_start_matches('/').to_owned()
}

/// Reads the archive to its end.
pub(super) fn read(stream: impl Read, reading: &mut Reading<'_>) -> Result<Parts, ImageError> {
    let mut place = "at its beginning".to_owned();
    let mut parts = Parts::default();
    let mut kept = 0;
    let mut archive = Archive::new(BufReader::with_capacity(READ_BYTES, stream));
    let failed = |place: &str, source| ImageError::Archive {
        place: place.to_owned(),
        source,
    };
    let entries = archive.entries().map_err(|error| failed(&place, error))?;
    for entry in entries {
        let mut entry = entry.map_err(|error| failed(&place, error))?;
        let name = clean(&String::from_utf8_lossy(&entry.path_bytes()));
        place = format!("after `{name}`");
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {
                let part = part(&mut entry, &name, reading, &mut kept)
                    .map_err(|error| failed(&format!("within `{name}`"), error))?;
                parts.links.remove(&name);
                parts.parts.insert(name, part);
            }
            EntryType::Symlink | EntryType::Link => {
                let target = entry.link_name_bytes().unwrap_or_default();
                let mut target = String::from_utf8_lossy(&target).into_owned();
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                if entry.header().entry_type() == EntryType::Symlink && !target.starts_with('/') {
                    target = format!("{folder}/{target}");
                }
                parts.parts.remove(&name);
                parts.links.insert(name, clean(&target));
            }
            _ => {}
        }
    }
    Ok(parts)
}

fn part(
    entry: &mut Entry<'_, impl Read>,
    name: &str,
    reading: &mut Reading<'_>,
    kept: &mut u64,
) -> io::Result<Part> {
    let size = entry.size();
    let head = peek(entry)?;
    if (head.len() as u64) < size.min(BLOCK_BYTES as u64) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if size == 0 {
        return Ok(Part::Layer(Ok(Layer::default())));
    }
    let whole = Cursor::new(head.clone()).chain(&mut *entry);
    match Packing::of(&head) {
        Packing::Tar => Ok(Part::Layer(reading.layer(whole, name))),
        Packing::Gzip => Ok(unpack(MultiGzDecoder::new(whole), name, reading)),
        Packing::Zstd => match zstd::stream::read::Decoder::new(whole) {
            Ok(decoder) => Ok(unpack(decoder, name, reading)),
            Err(source) => Ok(broken(name, source)),
        },
        Packing::None if size > DOCUMENT_BYTES || *kept + size > DOCUMENTS_BYTES => {
            Ok(Part::Other("too large to be read as a document"))
        }
        Packing::None => {
            let mut text = Vec::new();
            { whole }.read_to_end(&mut text)?;
            if text.len() as u64 != size {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            *kept += size;
            Ok(Part::Document(text))
        }
    }
}

/// A packed layer. What follows the end of its tar is read too: it holds the checksum.
fn unpack(decoder: impl Read, name: &str, reading: &mut Reading<'_>) -> Part {
    let mut decoder = BufReader::with_capacity(READ_BYTES, decoder);
    let head = match peek(&mut decoder) {
        Ok(head) => head,
        Err(source) => return broken(name, source),
    };
    if !head.is_empty() && Packing::of(&head) != Packing::Tar {
        return Part::Other("packed, and no tar");
    }
    let layer = reading.layer(Cursor::new(head).chain(&mut decoder), name);
    if layer.is_ok()
        && let Err(source) = io::copy(&mut decoder, &mut io::sink())
    {
        return broken(name, source);
    }
    Part::Layer(layer)
}

fn broken(name: &str, source: io::Error) -> Part {
    Part::Layer(Err(ImageError::Layer {
        layer: name.to_owned(),
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
        let mut parts = Parts::default();
        parts
            .parts
            .insert("a/layer.tar".to_owned(), Part::Other("x"));
        for (name, target) in [("b/layer.tar", "a/layer.tar"), ("c", "d"), ("d", "c")] {
            parts.links.insert(name.to_owned(), target.to_owned());
        }
        assert_eq!(parts.find("./b/layer.tar").unwrap().0, "a/layer.tar");
        assert!(parts.find("c").is_none());
        assert!(parts.find("none").is_none());
    }
}
