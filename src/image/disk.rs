//! Images on the disk: an archive's file, whose entries are passed over by seeking, and the
//! folder of an OCI layout or of an unpacked archive. What may be a layer is noted by its
//! place, and read once it is known whether the image has it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::archive::{
    ArchivePart, ArchiveParts, DiskPlace, Packing, READ_BYTES, Shelve, clean, document, entries_of,
    peek, read,
};
use super::entries::{Entries, Head};
use super::error::ImageError;
use super::layer::Reading;
use super::unpack_limit::Bounded;
use crate::files;

/// Folders within one another that a layout may have.
const DEEPEST: usize = 6;
/// A block, and what is read around it: a blob's first bytes say what it is.
const PEEKED_BYTES: usize = 4 << 10;

/// Reads an archive's file. One that is packed as a whole is read as a stream.
pub(super) fn read_file(path: &Path, reading: &Reading<'_>) -> Result<ArchiveParts, ImageError> {
    let failed = |source| ImageError::Open {
        path: path.display().to_string(),
        source,
    };
    let mut file = files::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let head = peek(&mut file).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    match Packing::of(&head) {
        Packing::Tar | Packing::None => {}
        _ => return read_packed(Box::new(file), bytes, reading),
    }
    let reader = Positioned {
        reader: BufReader::with_capacity(PEEKED_BYTES, file),
        at: 0,
        bytes,
    };
    let mut shelve = ByPlace {
        file: Arc::new(path.to_owned()),
        kept: 0,
    };
    entries_of(Entries::passing(reader, Positioned::pass), &mut shelve)
}

/// Reads a stream, which may be packed as a whole. `bytes` is its size, where that is known.
pub(super) fn read_stream(
    stream: Box<dyn Read + Send>,
    reading: &Reading<'_>,
) -> Result<ArchiveParts, ImageError> {
    read_packed(stream, u64::MAX, reading)
}

fn read_packed(
    mut stream: Box<dyn Read + Send>,
    bytes: u64,
    reading: &Reading<'_>,
) -> Result<ArchiveParts, ImageError> {
    let failed = |source| ImageError::Archive {
        place: "at its beginning".to_owned(),
        source,
    };
    let head = peek(&mut stream).map_err(failed)?;
    let packing = Packing::of(&head);
    let whole = io::Cursor::new(head).chain(stream);
    match packing {
        Packing::Gzip => {
            let decoder = flate2::read::MultiGzDecoder::new(BufReader::new(whole));
            read(Bounded::of(decoder, bytes, reading.budget()), reading)
        }
        Packing::Zstd => {
            let decoder = zstd::stream::read::Decoder::new(whole).map_err(failed)?;
            read(Bounded::of(decoder, bytes, reading.budget()), reading)
        }
        Packing::Tar | Packing::None => read(whole, reading),
    }
}

/// Reads the folder of a layout.
pub(super) fn read_folder(folder: &Path) -> Result<ArchiveParts, ImageError> {
    let failed = |path: &Path, source| ImageError::Open {
        path: path.display().to_string(),
        source,
    };
    let mut parts = ArchiveParts::default();
    let mut kept = 0;
    let walk = WalkDir::new(folder).min_depth(1).max_depth(DEEPEST);
    for entry in walk.sort_by_file_name() {
        let entry = entry.map_err(|error| failed(folder, error.into()))?;
        let path = entry.path();
        let below = path.strip_prefix(folder).unwrap_or(path);
        let name = clean(&below.to_string_lossy());
        let kind = entry.file_type();
        let added = if kind.is_file() {
            shelve_file(path, &mut kept).and_then(|part| parts.add(name, part))
        } else if kind.is_symlink() {
            // Only within the folder: what lies elsewhere is not of the image.
            let target = std::fs::read_link(path).map_err(|error| failed(path, error))?;
            match target.is_absolute() {
                true => Ok(()),
                false => parts.link(name, &target.to_string_lossy(), true),
            }
        } else {
            Ok(())
        };
        added.map_err(|error| failed(path, error))?;
    }
    Ok(parts)
}

fn shelve_file(path: &Path, kept: &mut u64) -> io::Result<ArchivePart> {
    let mut file = files::open(path)?;
    let bytes = file.metadata()?.len();
    let head = peek(&mut file)?;
    let place = DiskPlace {
        file: Arc::new(path.to_owned()),
        at: 0,
        bytes,
    };
    shelve(&head, file, place, kept)
}

/// A document, or the place of what may be a layer.
fn shelve(
    head: &[u8],
    rest: impl Read,
    place: DiskPlace,
    kept: &mut u64,
) -> io::Result<ArchivePart> {
    match Packing::of(head) {
        Packing::None if !head.is_empty() => document(head.chain(rest), place.bytes, kept),
        _ => Ok(ArchivePart::Unread(place)),
    }
}

/// Opens what lies at a place.
pub(super) fn open(place: &DiskPlace) -> io::Result<impl Read + use<>> {
    let mut file = files::open(&place.file)?;
    file.seek(SeekFrom::Start(place.at))?;
    Ok(BufReader::with_capacity(READ_BYTES, file.take(place.bytes)))
}

/// A file and how far it was read.
struct Positioned {
    reader: BufReader<File>,
    at: u64,
    bytes: u64,
}

impl Positioned {
    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        // A seek beyond the end is no error to the system.
        let to = self.at.saturating_add(bytes);
        let by = i64::try_from(bytes).ok().filter(|_| to <= self.bytes);
        let by = by.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.reader.seek_relative(by)?;
        self.at = to;
        Ok(())
    }
}

impl Read for Positioned {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(into)?;
        self.at += read as u64;
        Ok(read)
    }
}

struct ByPlace {
    file: Arc<PathBuf>,
    kept: u64,
}

impl Shelve<Positioned> for ByPlace {
    fn part(
        &mut self,
        entries: &mut Entries<Positioned>,
        head: &Head,
        _: &str,
    ) -> io::Result<ArchivePart> {
        if head.size != head.stored {
            return Ok(ArchivePart::Other("a sparse file"));
        }
        let place = DiskPlace {
            file: Arc::clone(&self.file),
            at: entries.reader().at,
            bytes: head.stored,
        };
        let mut content = entries.content();
        let first = peek(&mut content)?;
        shelve(&first, content, place, &mut self.kept)
    }
}
