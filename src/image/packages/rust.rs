//! The crates in a binary of Rust, where `cargo auditable` wrote them into it: JSON in zlib in
//! the section `.dep-v0` (<https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>).
//!
//! The table of the sections comes last, so the data are found by trying what looks like the
//! beginning of zlib data: it has to unpack to the beginning of such JSON.

use auditable_serde::DependencyKind;
use flate2::{Decompress, FlushDecompress};
use serde::Deserialize;

use super::sink::{Bounds, FoundPackage, Sink};
use crate::inspection::PackageKind;

/// Bytes behind a mark that have to be there before it is looked at.
pub(super) const AHEAD_BYTES: usize = 512;
/// The first byte of zlib data with a window of 32 KiB, and the second by level.
const FIRST: u8 = 0x78;
const SECOND: [u8; 4] = [0x01, 0x5e, 0x9c, 0xda];
/// How the JSON begins.
const START: &[u8] = b"{\"packages\":";
/// Places of a binary that are tried, at least and for each KiB of it. By chance there are
/// some 60 in a MiB.
const LEAST_TRIES: u64 = 10_000;
const TRIES_PER_KIB: u64 = 1;
/// Bytes of the data, packed and unpacked. Large programs have some 20 kB packed.
const MOST_PACKED_BYTES: usize = 1 << 20;
const MOST_JSON_BYTES: usize = 8 << 20;

/// What is read of the data. `VersionInfo` of the library also looks for circles of
/// dependencies, and the time for that grows with the square of their number.
#[derive(Deserialize)]
struct Audit {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    #[serde(default)]
    kind: DependencyKind,
}

/// The search for such data in a binary.
pub(super) struct RustSearch {
    inflate: Decompress,
    tries: u64,
    /// Bytes that were looked at.
    seen: u64,
    is_given_up: bool,
    found: Option<Vec<u8>>,
}

impl Default for RustSearch {
    fn default() -> Self {
        Self {
            inflate: Decompress::new(true),
            tries: 0,
            seen: 0,
            is_given_up: false,
            found: None,
        }
    }
}

/// Whether a header of zlib is there with a block that there is (RFC 1951, 3.2.3): of the four
/// types, one is reserved, and one has its length twice.
fn may_begin(data: &[u8]) -> bool {
    let Some(&[_, second, block, ref rest @ ..]) = data.get(..7) else {
        return false;
    };
    let is_sized = match block >> 1 & 3 {
        0 => rest[0] == !rest[2] && rest[1] == !rest[3],
        of => of != 3,
    };
    SECOND.contains(&second) && is_sized
}

impl RustSearch {
    /// Takes the next bytes of data that have begun.
    pub fn follow(&mut self, bytes: &[u8]) {
        if let Some(found) = &mut self.found {
            let room = MOST_PACKED_BYTES.saturating_sub(found.len());
            found.extend_from_slice(&bytes[..room.min(bytes.len())]);
        }
    }

    /// Looks for data that begin before `until`.
    pub fn look(&mut self, window: &[u8], until: usize, bounds: &Bounds) {
        if self.found.is_some() || self.is_given_up {
            return;
        }
        self.seen += until as u64;
        let most = LEAST_TRIES + TRIES_PER_KIB * (self.seen >> 10);
        for at in memchr::memchr_iter(FIRST, &window[..until]) {
            if !may_begin(&window[at..]) {
                continue;
            }
            self.tries += 1;
            if self.tries > most || !bounds.may_try() {
                self.is_given_up = true;
                return;
            }
            if self.begins(&window[at..]) {
                let end = window.len().min(at + MOST_PACKED_BYTES);
                self.found = Some(window[at..end].to_vec());
                return;
            }
        }
    }

    fn begins(&mut self, data: &[u8]) -> bool {
        self.inflate.reset(true);
        let mut start = [0; 4 * START.len()];
        let data = &data[..data.len().min(AHEAD_BYTES)];
        // An error comes after what could be unpacked.
        let _ = self
            .inflate
            .decompress(data, &mut start, FlushDecompress::None);
        let filled = usize::try_from(self.inflate.total_out()).unwrap_or(0);
        let text = start[..filled.min(start.len())].iter();
        let dense = text.filter(|byte| !byte.is_ascii_whitespace());
        dense.take(START.len()).eq(START)
    }

    /// The crates. Those that only build others are not in the binary.
    pub fn finish(mut self, sink: &mut Sink<'_>) {
        if self.is_given_up {
            sink.problem("it has too many places that look like data of cargo auditable");
        }
        let Some(found) = self.found else { return };
        self.inflate.reset(true);
        let mut json = Vec::new();
        let read = loop {
            let consumed = usize::try_from(self.inflate.total_in()).unwrap_or(usize::MAX);
            let rest = found.get(consumed..).unwrap_or_default();
            json.reserve(32 << 10);
            let before = json.len();
            match self
                .inflate
                .decompress_vec(rest, &mut json, FlushDecompress::None)
            {
                Ok(flate2::Status::StreamEnd) => break Some(()),
                Ok(_) if json.len() > before && json.len() <= MOST_JSON_BYTES => {}
                _ => break None,
            }
        };
        let is_bounded = sink.bounds.may_unpack(json.len());
        let text = std::str::from_utf8(&json).ok();
        let text = text.filter(|_| read.is_some() && is_bounded);
        let Some(audit) = text.and_then(|text| serde_json::from_str::<Audit>(text).ok()) else {
            sink.problem("what cargo auditable wrote cannot be read");
            return;
        };
        for Crate {
            name,
            version,
            kind,
        } in audit.packages
        {
            if kind == DependencyKind::Runtime {
                sink.add(FoundPackage::new(PackageKind::Rust, name, Some(&version)));
            }
        }
    }
}
