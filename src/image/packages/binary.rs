//! Programs and libraries in the ELF format: what compilers write into them. The file streams
//! by once, so nothing is looked up by the section table at its end: all searches go by marks.

use std::ops::Range;

use object::elf::{ET_DYN, ET_EXEC, FileHeader32, FileHeader64, PF_W, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};

use super::runtime::Needle;
use super::rust::AHEAD_BYTES;
use super::sink::{Bounds, FoundPackage, Sink};
use super::{go, rust};
use crate::inspection::PackageKind;

/// Loaded segments of a binary that are looked at; linkers make some four.
const MOST_SEGMENTS: usize = 64;

/// An ELF file as it streams by.
pub(super) struct Binary<'a> {
    bounds: &'a Bounds,
    /// Where its writable data lies.
    writable: Vec<Range<u64>>,
    /// The place of the window in the file.
    at: u64,
    window: Vec<u8>,
    go: go::GoSearch,
    rust: rust::RustSearch,
    runtime: Option<Needle>,
    version: Option<String>,
}

impl<'a> Binary<'a> {
    /// A program or a library, by its name and its first bytes.
    pub fn of(name: &[u8], head: &[u8], bounds: &'a Bounds) -> Option<Self> {
        let writable = match head.get(..5)? {
            b"\x7fELF\x01" => writable::<FileHeader32<object::Endianness>>(head)?,
            b"\x7fELF\x02" => writable::<FileHeader64<object::Endianness>>(head)?,
            _ => return None,
        };
        Some(Self {
            bounds,
            writable,
            at: 0,
            window: Vec::new(),
            go: go::GoSearch::default(),
            rust: rust::RustSearch::default(),
            runtime: Needle::of(name),
            version: None,
        })
    }

    /// Takes the next bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        self.go.follow(bytes);
        self.rust.follow(bytes);
        self.window.extend_from_slice(bytes);
        self.look(self.window.len().saturating_sub(AHEAD_BYTES));
    }

    /// Looks at what begins in the window before `until`, and lets it go.
    fn look(&mut self, until: usize) {
        let window = &self.window;
        self.go.look(window, until, self.at, &self.writable);
        self.rust.look(window, until, self.bounds);
        if let (Some(needle), None) = (&self.runtime, &self.version) {
            let end = (until + needle.text.len()).min(window.len());
            let found = memchr::memmem::find_iter(&window[..end], &needle.text);
            let mut versions = found.filter_map(|at| needle.version(&window[at..]));
            self.version = versions.next();
        }
        self.window.drain(..until);
        self.at += until as u64;
    }

    /// The packages that it states.
    pub fn finish(mut self, sink: &mut Sink<'_>) {
        self.look(self.window.len());
        self.go.finish(sink);
        self.rust.finish(sink);
        if let (Some(needle), Some(version)) = (self.runtime, self.version) {
            let runtime = needle.runtime;
            sink.add(FoundPackage::new(
                PackageKind::Runtime,
                runtime,
                Some(&version),
            ));
        }
    }
}

/// Where the file has the writable segments of what is loaded; none where it is not loaded.
fn writable<H: FileHeader<Endian = object::Endianness>>(head: &[u8]) -> Option<Vec<Range<u64>>> {
    let header = H::parse(head).ok()?;
    let endian = header.endian().ok()?;
    if !matches!(header.e_type(endian), ET_EXEC | ET_DYN) {
        return None;
    }
    let segments = header.program_headers(endian, head).ok()?.iter();
    let writable =
        segments.filter(|one| one.p_type(endian) == PT_LOAD && one.p_flags(endian) & PF_W != 0);
    let ranges = writable.map(|one| {
        let from: u64 = one.p_offset(endian).into();
        let size: u64 = one.p_filesz(endian).into();
        from..from.saturating_add(size)
    });
    Some(ranges.take(MOST_SEGMENTS).collect())
}
