//! The entries of a tar, one after another, in bounded memory.
//!
//! The rules are those of Go's `archive/tar`, with which engines read the same bytes: what
//! describes an entry (a PAX header, a long name of GNU) holds at most 1 MiB, and links,
//! folders and devices have no content whatever their header states. Holes of sparse files
//! are counted and not read.

use std::io::{self, Read};

use tar::{EntryType, GnuExtSparseHeader, GnuSparseHeader, Header};

/// A block of a tar.
pub(super) const BLOCK_BYTES: usize = 512;
/// Most bytes of a PAX header or a long name (`maxSpecialFileSize` of Go's `archive/tar`).
const MOST_EXTENSION_BYTES: u64 = 1 << 20;
/// Sizes are signed to engines.
const MOST_SIZE: u64 = i64::MAX as u64;
/// Bytes that are skipped at a time.
const SKIPPED_BYTES: usize = 64 << 10;

/// What describes an entry.
#[derive(Debug)]
pub(super) struct Head {
    /// Its name, as it stands in the tar.
    pub name: Vec<u8>,
    /// What a link leads to.
    pub link: Option<Vec<u8>>,
    pub kind: EntryType,
    /// Bytes of the file, holes included.
    pub size: u64,
    /// Bytes that the tar has of it.
    pub stored: u64,
    /// Permission bits with setuid, setgid and sticky.
    pub mode: u32,
    /// User and group that own it.
    pub owner: (u32, u32),
    /// Whether it carries file capabilities.
    pub capabilities: bool,
}

/// Passes over so many bytes of a reader.
type Pass<R> = fn(&mut R, u64) -> io::Result<()>;

/// Reads a tar.
pub(super) struct Entries<R> {
    reader: R,
    pass: Pass<R>,
    /// Bytes of the current content that nobody has read.
    content: u64,
    padding: u64,
}

/// What the headers before an entry say of it.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    pax: Pax,
}

#[derive(Default)]
struct Pax {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    owner: (Option<u64>, Option<u64>),
    sparse: Sparse,
    capabilities: bool,
}

/// Keys of GNU's sparse files in a PAX header.
#[derive(Default)]
struct Sparse {
    version: (Option<Vec<u8>>, Option<Vec<u8>>),
    map: bool,
    name: Option<Vec<u8>>,
    size: Option<u64>,
    real_size: Option<u64>,
}

impl<R: Read> Entries<R> {
    pub fn new(reader: R) -> Self {
        Self::passing(reader, read_over)
    }

    /// The same with another way to pass over content.
    pub fn passing(reader: R, pass: Pass<R>) -> Self {
        Self {
            reader,
            pass,
            content: 0,
            padding: 0,
        }
    }

    /// The next entry, once what is left of the one before is skipped; none at the end.
    ///
    /// # Errors
    /// What cannot be read or makes no sense.
    pub fn next(&mut self) -> io::Result<Option<Head>> {
        let mut extension = Extension::default();
        let mut described = false;
        loop {
            self.skip()?;
            let Some(header) = self.header()? else {
                if described {
                    return Err(other(
                        "it ends with the description of an entry that is missing",
                    ));
                }
                return Ok(None);
            };
            let size = bounded(header.entry_size()?)?;
            match header.entry_type() {
                EntryType::GNULongName => extension.name = Some(self.text(size)?),
                EntryType::GNULongLink => extension.link = Some(self.text(size)?),
                EntryType::XHeader => extension.pax = Pax::read(&self.extension(size)?)?,
                EntryType::XGlobalHeader => {
                    self.begin(size);
                    continue;
                }
                _ => return self.head(&header, size, extension).map(Some),
            }
            described = true;
        }
    }

    /// The content of the current entry.
    pub fn content(&mut self) -> EntryContent<'_, R> {
        EntryContent(self)
    }

    /// The reader behind the last entry.
    pub fn into_inner(self) -> R {
        self.reader
    }

    fn head(&mut self, header: &Header, size: u64, extension: Extension) -> io::Result<Head> {
        let Extension { name, link, pax } = extension;
        let mut kind = header.entry_type();
        let mut stored = bounded(pax.size.unwrap_or(size))?;
        let mut size = stored;
        if kind == EntryType::GNUSparse {
            size = self.sparse(header, stored)?;
            kind = EntryType::Regular;
        }
        if !matches!(kind, EntryType::Regular | EntryType::Continuous) && has_no_content(kind) {
            (stored, size) = (0, 0);
        }
        let mut name = pax.path.or(name);
        if pax.sparse.is_one() {
            size = bounded(pax.sparse.size.or(pax.sparse.real_size).unwrap_or(size))?;
            name = pax.sparse.name.or(name);
        }
        self.begin(stored);
        let link = pax.link.or(link);
        Ok(Head {
            name: name.unwrap_or_else(|| header.path_bytes().into_owned()),
            link: link.or_else(|| header.link_name_bytes().map(Into::into)),
            kind,
            size,
            stored,
            // An empty field is zero to engines.
            mode: header.mode().unwrap_or(0) & 0o7777,
            owner: (
                id(pax.owner.0.or(header.uid().ok())),
                id(pax.owner.1.or(header.gid().ok())),
            ),
            capabilities: pax.capabilities,
        })
    }

    fn begin(&mut self, stored: u64) {
        self.content = stored;
        self.padding = stored.next_multiple_of(BLOCK_BYTES as u64) - stored;
    }

    /// The reader, whose next byte is the content's.
    pub fn reader(&mut self) -> &mut R {
        &mut self.reader
    }

    fn skip(&mut self) -> io::Result<()> {
        let left = self.content.saturating_add(self.padding);
        (self.content, self.padding) = (0, 0);
        match left {
            0 => Ok(()),
            left => (self.pass)(&mut self.reader, left),
        }
    }

    /// A header whose checksum is right; none at the end.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut header = Header::new_old();
        if !self.block(header.as_mut_bytes())? || header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let bytes = header.as_bytes();
        let sum = bytes[..148].iter().chain(&bytes[156..]);
        let sum = sum.fold(8 * 32, |sum, byte| sum + u32::from(*byte));
        if header.cksum()? != sum {
            return Err(other("archive header checksum mismatch"));
        }
        Ok(Some(header))
    }

    /// Fills a block; false where nothing is left.
    fn block(&mut self, block: &mut [u8]) -> io::Result<bool> {
        let mut filled = 0;
        while filled < block.len() {
            match self.reader.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(other("failed to read entire block")),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn extension(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > MOST_EXTENSION_BYTES {
            return Err(other(format!(
                "a header that describes an entry has {size} bytes, and at most {MOST_EXTENSION_BYTES} are read"
            )));
        }
        self.begin(size);
        let mut text = Vec::new();
        self.content().read_to_end(&mut text)?;
        Ok(text)
    }

    /// A long name, which ends at a zero byte.
    fn text(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let mut text = self.extension(size)?;
        let end = text.iter().position(|byte| *byte == 0);
        text.truncate(end.unwrap_or(text.len()));
        Ok(text)
    }

    /// The size of a sparse file in GNU's own form. What describes it lies before its
    /// content; `stored` bytes are its parts without the holes.
    fn sparse(&mut self, header: &Header, stored: u64) -> io::Result<u64> {
        let gnu = header
            .as_gnu()
            .ok_or_else(|| other("sparse entry type listed but not GNU header"))?;
        let (mut end, mut left) = (0, stored);
        let mut add = |parts: &[GnuSparseHeader]| -> io::Result<()> {
            for part in parts.iter().filter(|part| !part.is_empty()) {
                let (from, length) = (part.offset()?, part.length()?);
                let fits = from >= end && length <= left;
                let to = from.checked_add(length).filter(|_| fits);
                end = to.ok_or_else(|| other("the parts of a sparse file do not fit"))?;
                left -= length;
            }
            Ok(())
        };
        add(&gnu.sparse)?;
        let mut goes_on = gnu.is_extended();
        while goes_on {
            let mut more = GnuExtSparseHeader::new();
            if !self.block(more.as_mut_bytes())? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            add(&more.sparse)?;
            goes_on = more.is_extended();
        }
        let size = bounded(gnu.real_size()?)?;
        if end > size || left > 0 {
            return Err(other("the parts of a sparse file do not fit its size"));
        }
        Ok(size)
    }
}

fn read_over(reader: &mut impl Read, mut left: u64) -> io::Result<()> {
    let mut buffer = [0; SKIPPED_BYTES];
    while left > 0 {
        let most = usize::try_from(left).map_or(SKIPPED_BYTES, |left| left.min(SKIPPED_BYTES));
        match reader.read(&mut buffer[..most]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => left -= read as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn has_no_content(kind: EntryType) -> bool {
    matches!(
        kind,
        EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Directory
            | EntryType::Fifo
    )
}

/// Ids have 32 bits to the kernel.
fn id(stated: Option<u64>) -> u32 {
    u32::try_from(stated.unwrap_or(0)).unwrap_or(u32::MAX)
}

fn bounded(size: u64) -> io::Result<u64> {
    match size {
        ..=MOST_SIZE => Ok(size),
        _ => Err(other("a size is larger than any file")),
    }
}

fn other(problem: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::other(problem)
}

/// What is left of an entry's content. An archive that ends within it is an error.
pub(super) struct EntryContent<'a, R>(&'a mut Entries<R>);

impl<R: Read> Read for EntryContent<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.0.content).unwrap_or(usize::MAX);
        let most = into.len().min(left);
        if most == 0 {
            return Ok(0);
        }
        match self.0.reader.read(&mut into[..most])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.0.content -= read as u64;
                Ok(read)
            }
        }
    }
}

impl Pax {
    /// Reads `length key=value` lines. A value may hold an end of a line.
    fn read(mut text: &[u8]) -> io::Result<Self> {
        let mut pax = Self::default();
        while !text.is_empty() {
            let (key, value, rest) =
                record(text).ok_or_else(|| other("a PAX header makes no sense"))?;
            text = rest;
            // A record without a value takes nothing's place.
            if !value.is_empty() {
                pax.take(key, value)?;
            }
        }
        Ok(pax)
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let owned = || Some(value.to_vec());
        let number = || {
            let number = std::str::from_utf8(value)
                .ok()
                .and_then(|it| it.parse().ok());
            let number = number.ok_or_else(|| other("a number of a PAX header makes no sense"));
            number.map(Some)
        };
        match key {
            b"path" => self.path = owned(),
            b"linkpath" => self.link = owned(),
            b"size" => self.size = number()?,
            // Ids say who owns a file, and nothing depends on them here.
            b"uid" => self.owner.0 = number().unwrap_or(None),
            b"gid" => self.owner.1 = number().unwrap_or(None),
            b"SCHILY.xattr.security.capability" => self.capabilities = true,
            b"GNU.sparse.major" => self.sparse.version.0 = owned(),
            b"GNU.sparse.minor" => self.sparse.version.1 = owned(),
            b"GNU.sparse.map" => self.sparse.map = true,
            b"GNU.sparse.name" => self.sparse.name = owned(),
            b"GNU.sparse.size" => self.sparse.size = number()?,
            b"GNU.sparse.realsize" => self.sparse.real_size = number()?,
            _ => {}
        }
        Ok(())
    }
}

impl Sparse {
    /// Whether it describes a sparse file in one of the forms that Go knows.
    fn is_one(&self) -> bool {
        match (self.version.0.as_deref(), self.version.1.as_deref()) {
            (Some(b"0"), Some(b"0" | b"1")) | (Some(b"1"), Some(b"0")) => true,
            (None, None) => self.map,
            _ => false,
        }
    }
}

/// Key and value of the first record, and what follows it.
fn record(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = text.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&text[..space]).ok()?.parse().ok()?;
    if length < space + 3 || length > text.len() {
        return None;
    }
    let (line, rest) = text.split_at(length);
    let line = line[space + 1..].strip_suffix(b"\n")?;
    let equals = line.iter().position(|byte| *byte == b'=')?;
    Some((&line[..equals], &line[equals + 1..], rest))
}
