//! The modules and the toolchain in a binary of Go, as `go version -m` reads them
//! (`debug/buildinfo` of the standard library, src/debug/buildinfo/buildinfo.go).
//!
//! A block of 32 bytes at a multiple of 16 in the writable data begins with a mark. Since Go
//! 1.18 the version and the list of modules follow it. Before, it had addresses of both. The
//! list then lies between two marks in the data before (`infoStart` and `infoEnd` of
//! src/cmd/go/internal/modload/build.go), and the version is not read.

use std::ops::Range;

use super::sink::{FoundPackage, Sink};
use crate::inspection::PackageKind;

const MARK: &[u8] = b"\xff Go buildinf:";
const BLOCK_BYTES: usize = 32;
const ALIGN: u64 = 16;
/// Set in the flags where both texts follow.
const IS_INLINE: u8 = 2;
const LIST_START: &[u8] = b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";
const LIST_END: &[u8] = b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2";
/// Bytes of a list of modules. That of Kubernetes has some 20 kB.
const MOST_LIST_BYTES: usize = 1 << 20;
const MOST_VERSION_BYTES: usize = 256;

/// Both texts of a build.
#[derive(Debug, Default, PartialEq, Eq)]
struct Build {
    /// `go1.22.1`; empty where it is not read.
    version: String,
    modules: String,
}

/// The search for a build in a binary.
#[derive(Default)]
pub(super) struct GoSearch {
    /// What follows a mark of a block, while it is not known whether it is one.
    block: Option<Vec<u8>>,
    /// What follows the mark of a list.
    list: Option<Vec<u8>>,
    /// The list without its marks.
    listed: Option<String>,
    has_addresses: bool,
    /// Whether a list has no end within its bound.
    is_list_bad: bool,
    build: Option<Build>,
}

/// What a block turns out to be.
enum Block {
    Short,
    Bad,
    Addresses,
    Build(Build),
}

impl GoSearch {
    /// Takes the next bytes for what has begun.
    pub fn follow(&mut self, bytes: &[u8]) {
        if let Some(block) = &mut self.block {
            block.extend_from_slice(bytes);
            self.settle_block();
        }
        if let Some(list) = &mut self.list {
            list.extend_from_slice(bytes);
            self.settle_list();
        }
    }

    /// Looks for marks that begin before `until`. `at` is the place of the window.
    pub fn look(&mut self, window: &[u8], until: usize, at: u64, writable: &[Range<u64>]) {
        let is_known = self.build.is_some() || self.has_addresses;
        if !is_known && self.block.is_none() {
            let end = (until + MARK.len()).min(window.len());
            for found in memchr::memmem::find_iter(&window[..end], MARK) {
                let place = at + found as u64;
                if place.is_multiple_of(ALIGN) && writable.iter().any(|one| one.contains(&place)) {
                    self.block = Some(window[found..].to_vec());
                    self.settle_block();
                }
                if self.block.is_some() || self.build.is_some() || self.has_addresses {
                    break;
                }
            }
        }
        if self.list.is_none() && self.listed.is_none() {
            let end = (until + LIST_START.len()).min(window.len());
            if let Some(found) = memchr::memmem::find(&window[..end], LIST_START) {
                self.list = Some(window[found + LIST_START.len()..].to_vec());
                self.settle_list();
            }
        }
    }

    fn settle_block(&mut self) {
        let Some(block) = &self.block else { return };
        match read_block(block) {
            Block::Short => return,
            Block::Bad => {}
            Block::Addresses => self.has_addresses = true,
            Block::Build(build) => self.build = Some(build),
        }
        self.block = None;
    }

    fn settle_list(&mut self) {
        let Some(list) = &self.list else { return };
        let end = memchr::memmem::find(list, LIST_END);
        if let Some(end) = end {
            self.listed = Some(String::from_utf8_lossy(&list[..end]).into_owned());
        } else if list.len() <= MOST_LIST_BYTES {
            return;
        } else {
            self.is_list_bad = true;
        }
        self.list = None;
    }

    /// The modules and the standard library.
    pub fn finish(self, sink: &mut Sink<'_>) {
        let build = match (self.build, self.listed) {
            (Some(build), _) => build,
            (None, Some(modules)) if self.has_addresses => {
                sink.add(FoundPackage::new(PackageKind::Go, "stdlib", None));
                Build {
                    version: String::new(),
                    modules,
                }
            }
            (None, _) => {
                let is_bad = self.is_list_bad || self.list.is_some();
                if self.block.is_some() || self.has_addresses && is_bad {
                    sink.problem("what Go writes about its build cannot be read");
                } else if self.has_addresses {
                    // Built without modules: there is no list.
                    sink.add(FoundPackage::new(PackageKind::Go, "stdlib", None));
                }
                return;
            }
        };
        // A toolchain under development has `devel go1.23-2e1003e2f7`.
        let mut words = build.version.split_whitespace();
        if let Some(version) = words.find_map(|word| word.strip_prefix("go")) {
            sink.add(FoundPackage::new(PackageKind::Go, "stdlib", Some(version)));
        }
        modules(&build.modules, sink);
    }
}

/// Reads a block from its mark on.
fn read_block(block: &[u8]) -> Block {
    let Some(flags) = block.get(MARK.len() + 1) else {
        return Block::Short;
    };
    if flags & IS_INLINE == 0 {
        return Block::Addresses;
    }
    let Some(rest) = block.get(BLOCK_BYTES..) else {
        return Block::Short;
    };
    let (version, rest) = match text(rest, MOST_VERSION_BYTES) {
        Ok(Some((version, rest))) => (version, rest),
        Ok(None) => return Block::Short,
        Err(TooLong) => return Block::Bad,
    };
    let modules = match text(rest, MOST_LIST_BYTES) {
        Ok(Some((modules, _))) => modules,
        Ok(None) => return Block::Short,
        Err(TooLong) => return Block::Bad,
    };
    if version.is_empty() {
        return Block::Bad;
    }
    // The marks around the list belong to it.
    let marks = LIST_START.len() + LIST_END.len();
    let has_list = modules.len() > marks && modules[modules.len() - LIST_END.len() - 1] == b'\n';
    let modules = match has_list {
        true => &modules[LIST_START.len()..modules.len() - LIST_END.len()],
        false => &[],
    };
    Block::Build(Build {
        version: String::from_utf8_lossy(version).into_owned(),
        modules: String::from_utf8_lossy(modules).into_owned(),
    })
}

/// A text is longer than one can be.
struct TooLong;

/// A text, and what follows it.
type Split<'b> = (&'b [u8], &'b [u8]);

/// A text with its length before it (`binary.Uvarint`), and what follows it; none where it is
/// not whole.
fn text(bytes: &[u8], most: usize) -> Result<Option<Split<'_>>, TooLong> {
    let mut length = 0_usize;
    for (place, byte) in bytes.iter().enumerate() {
        if place > 4 {
            return Err(TooLong);
        }
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            if length > most {
                return Err(TooLong);
            }
            return Ok(bytes[place + 1..].split_at_checked(length));
        }
    }
    Ok(None)
}

/// The lines of `runtime/debug.BuildInfo`: `mod`, `dep` and `=>`, each with path, version and
/// sum, separated by tabs. `=>` replaces the module before it.
fn modules(list: &str, sink: &mut Sink<'_>) {
    let mut waiting: Option<FoundPackage> = None;
    for line in list.lines() {
        let mut fields = line.split('\t');
        let (kind, path, version) = (fields.next(), fields.next(), fields.next());
        // What is built from a working tree has no version.
        let version = version.filter(|version| !version.is_empty() && *version != "(devel)");
        let (Some(kind @ ("mod" | "dep" | "=>")), Some(path)) = (kind, path) else {
            continue;
        };
        let module = FoundPackage::new(PackageKind::Go, path, version);
        let before = match (kind, version) {
            ("=>", Some(_)) => {
                waiting = Some(module);
                None
            }
            // A replacement by a folder has a path of the machine that built it.
            ("=>", None) => None,
            _ => waiting.replace(module),
        };
        before.into_iter().for_each(|module| sink.add(module));
    }
    waiting.into_iter().for_each(|module| sink.add(module));
}
