//! Archives of Java as they stream by: the artifacts that they and the archives in them are.
//!
//! A jar is a zip archive (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>). Its
//! directory comes last, so entries are found by their own headers (4.3.7). An archive stored
//! in another one is looked through in place, a packed one as it unpacks.

use flate2::{Decompress, FlushDecompress, Status};

use super::sink::{Bounds, FoundPackage, HEAD_BYTES, Sink};

mod artifact;

use artifact::{Artifact, WantedEntry};

/// Archives within one another, the file itself included.
const MOST_DEPTH: usize = 4;
/// Bytes of the header of an entry before its name.
const HEADER_BYTES: usize = 30;
/// Bytes of the name of an entry that is looked at.
const MOST_ENTRY_NAME: usize = 1024;
/// Bytes of what is kept of one file.
const MOST_KEPT_BYTES: usize = 8 << 20;
/// Bytes that are unpacked at a time.
const UNPACKED_BYTES: usize = 32 << 10;

/// What the beginning of each packed entry counts as of what may be unpacked.
const ENTRY_COST_BYTES: usize = 4 << 10;
const TOO_MUCH: &str = "the archives of the image unpack to more than is read";

const SIGNATURE: &[u8] = b"PK";
const ENTRY: [u8; 2] = [3, 4];
const END_OF_DIRECTORY: [u8; 2] = [5, 6];

const IS_ENCRYPTED: u16 = 1;
/// The sizes come behind the content.
const HAS_DESCRIPTOR: u16 = 8;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The size is in another field.
const ZIP64: u32 = u32::MAX;

/// What is not even the beginning of an archive.
pub(super) const NO_ARCHIVE: &str = "it is no zip archive";
const IS_CUT_OFF: &str = "it is cut off";

/// Whether a file is an archive of Java by its name.
pub(super) fn is_archive(name: &[u8]) -> bool {
    let ends = [&b".jar"[..], b".war", b".ear"];
    ends.iter().any(|end| name.ends_with(end))
}

/// An archive as it streams by.
pub(super) struct Archive<'a> {
    bounds: &'a Bounds,
    /// Archives around it.
    depth: usize,
    /// The place of the window in the archive.
    at: u64,
    window: Vec<u8>,
    mode: Mode<'a>,
    /// For one entry after the other.
    inflate: Option<Box<Decompress>>,
    unpacked: Vec<u8>,
    /// The archive itself, and those stored in it at the current place.
    open: Vec<Open>,
    done: Vec<FoundPackage>,
    kept_bytes: usize,
    has_entries: bool,
    /// Whether the file begins as a zip archive does.
    has_signature: bool,
    has_directory: bool,
    problem: Option<&'static str>,
}

/// An archive that the current place lies in.
struct Open {
    artifact: Artifact,
    /// Where it ends; the outermost ends with the file.
    end: Option<u64>,
    /// Whether it has more of an archive than the name.
    is_zip: bool,
}

enum Mode<'a> {
    /// Looks for the next header.
    Scan,
    /// Passes over content.
    Skip(u64),
    /// Reads content that is stored.
    Stored(u64, WantedEntry, Vec<u8>),
    /// Unpacks content.
    Inflate(Target<'a>),
}

enum Target<'a> {
    Text(WantedEntry, Vec<u8>),
    Nested(Box<Archive<'a>>),
}

/// The header of an entry.
struct Entry<'w> {
    name: &'w [u8],
    flags: u16,
    method: u16,
    size: Option<u64>,
}

impl<'a> Archive<'a> {
    /// A file, by its name.
    pub fn new(name: &[u8], bounds: &'a Bounds) -> Self {
        Self::within(Artifact::new(name, None), 0, bounds)
    }

    fn within(artifact: Artifact, depth: usize, bounds: &'a Bounds) -> Self {
        Self {
            bounds,
            depth,
            at: 0,
            window: Vec::new(),
            mode: Mode::Scan,
            inflate: None,
            unpacked: Vec::new(),
            open: vec![Open {
                artifact,
                end: None,
                is_zip: false,
            }],
            done: Vec::new(),
            kept_bytes: 0,
            has_entries: false,
            has_signature: false,
            has_directory: false,
            problem: None,
        }
    }

    /// Takes the next bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        self.window.extend_from_slice(bytes);
        let mut used = 0;
        while let Some(next) = self.step(used) {
            used = next;
        }
        self.window.drain(..used.min(self.window.len()));
        self.at += used as u64;
    }

    /// Goes on from a place in the window, and says up to where; none where it has to wait for
    /// more. What waits stays in the window.
    fn step(&mut self, used: usize) -> Option<usize> {
        let rest = &self.window[used..];
        if rest.is_empty() {
            return None;
        }
        let passed = |left: u64| usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
        match std::mem::replace(&mut self.mode, Mode::Scan) {
            Mode::Scan => self.scan(used),
            Mode::Skip(left) => {
                let taken = passed(left);
                if left > taken as u64 {
                    self.mode = Mode::Skip(left - taken as u64);
                }
                Some(used + taken)
            }
            Mode::Stored(left, wanted, mut text) => {
                let taken = passed(left);
                let room = HEAD_BYTES.saturating_sub(text.len()).min(taken);
                text.extend_from_slice(&rest[..room]);
                match left - taken as u64 {
                    0 => self.read(wanted, &text),
                    left => self.mode = Mode::Stored(left, wanted, text),
                }
                Some(used + taken)
            }
            Mode::Inflate(target) => Some(self.inflate(used, target)),
        }
    }

    fn scan(&mut self, used: usize) -> Option<usize> {
        let rest = &self.window[used..];
        let Some(found) = memchr::memmem::find(rest, SIGNATURE) else {
            // Its first byte may be the last one here.
            let kept = usize::from(rest.ends_with(&SIGNATURE[..1]));
            let next = self.window.len() - kept;
            return (next > used).then_some(next);
        };
        let start = used + found;
        let wait = (start > used).then_some(start);
        let Some(kind) = self.window.get(start + 2..start + 4) else {
            return wait;
        };
        let place = self.at + start as u64;
        self.has_signature |= place == 0;
        let after = start + 4;
        if kind == END_OF_DIRECTORY {
            self.close_until(place);
            self.mark();
            self.has_directory |= self.open.len() == 1;
            return Some(after);
        }
        if kind != ENTRY {
            return Some(after);
        }
        let Some(header) = self.window.get(start..start + HEADER_BYTES) else {
            return wait;
        };
        let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let long = u32::from(short(18)) | u32::from(short(20)) << 16;
        let (flags, method) = (short(6), short(8));
        let name_end = start + HEADER_BYTES + usize::from(short(26));
        let content = name_end + usize::from(short(28));
        if self.window.len() < content {
            return wait;
        }
        let size = (flags & HAS_DESCRIPTOR == 0 && long != ZIP64).then_some(u64::from(long));
        self.close_until(place);
        self.mark();
        self.has_entries = true;
        let name = self.window[start + HEADER_BYTES..name_end].to_vec();
        let entry = Entry {
            name: &name,
            flags,
            method,
            size,
        };
        self.mode = self.begin(&entry, self.at + content as u64);
        Some(content)
    }

    /// What is done with an entry whose content begins at a place.
    fn begin(&mut self, entry: &Entry<'_>, place: u64) -> Mode<'a> {
        let pass = || entry.size.map_or(Mode::Scan, Mode::Skip);
        let is_plain = entry.flags & IS_ENCRYPTED == 0 && entry.name.len() <= MOST_ENTRY_NAME;
        if !is_plain {
            return pass();
        }
        if is_archive(entry.name) {
            let around = self.open.last().map(|open| &open.artifact);
            let artifact = Artifact::new(entry.name, around);
            let depth = self.depth + self.open.len();
            if depth >= MOST_DEPTH {
                self.problem("archives in it are nested too deeply to be read");
                return pass();
            }
            match (entry.method, entry.size) {
                (STORED, Some(size)) => {
                    let end = Some(place.saturating_add(size));
                    self.open.push(Open {
                        artifact,
                        end,
                        is_zip: false,
                    });
                    return Mode::Scan;
                }
                (DEFLATED, _) => {
                    let nested = Self::within(artifact, depth, self.bounds);
                    return self.begin_inflate(Target::Nested(Box::new(nested)));
                }
                _ => self.problem("an archive in it is packed in a way that is not read"),
            }
            return pass();
        }
        match (WantedEntry::of(entry.name), entry.method, entry.size) {
            (Some(wanted), STORED, Some(size)) => Mode::Stored(size, wanted, Vec::new()),
            (Some(wanted), DEFLATED, _) => self.begin_inflate(Target::Text(wanted, Vec::new())),
            _ => pass(),
        }
    }

    fn begin_inflate(&mut self, target: Target<'a>) -> Mode<'a> {
        // Each has a cost of its own, however little it unpacks to.
        if !self.bounds.may_unpack(ENTRY_COST_BYTES) {
            self.problem(TOO_MUCH);
            return Mode::Scan;
        }
        if let Some(inflate) = &mut self.inflate {
            inflate.reset(false);
        }
        self.unpacked.resize(UNPACKED_BYTES, 0);
        Mode::Inflate(target)
    }

    fn inflate(&mut self, used: usize, mut target: Target<'a>) -> usize {
        let inflate = self.inflate.take();
        let mut inflate = inflate.unwrap_or_else(|| Box::new(Decompress::new(false)));
        let mut unpacked = std::mem::take(&mut self.unpacked);
        let (used, is_end) = self.inflate_with(used, &mut inflate, &mut unpacked, &mut target);
        self.inflate = Some(inflate);
        self.unpacked = unpacked;
        match is_end {
            true => self.end(target),
            false => self.mode = Mode::Inflate(target),
        }
        used
    }

    /// Unpacks what the window has, and says up to where and whether this was the end.
    fn inflate_with(
        &mut self,
        mut used: usize,
        inflate: &mut Decompress,
        unpacked: &mut [u8],
        target: &mut Target<'a>,
    ) -> (usize, bool) {
        loop {
            let (from, to) = (inflate.total_in(), inflate.total_out());
            let rest = &self.window[used..];
            let status = inflate.decompress(rest, unpacked, FlushDecompress::None);
            let taken = usize::try_from(inflate.total_in() - from).unwrap_or(0);
            let given = usize::try_from(inflate.total_out() - to).unwrap_or(0);
            used += taken;
            match target {
                Target::Text(_, text) => {
                    let room = HEAD_BYTES.saturating_sub(text.len()).min(given);
                    text.extend_from_slice(&unpacked[..room]);
                }
                Target::Nested(nested) => nested.take(&unpacked[..given]),
            }
            if !self.bounds.may_unpack(given) {
                self.problem(TOO_MUCH);
                return (used, true);
            }
            match status {
                Ok(Status::StreamEnd) => return (used, true),
                Ok(_) if used < self.window.len() && (taken > 0 || given > 0) => {}
                Ok(_) if given == unpacked.len() => {}
                Ok(_) if used == self.window.len() => return (used, false),
                Ok(_) | Err(_) => {
                    self.problem("an entry of it is damaged");
                    return (used, true);
                }
            }
        }
    }

    /// What was unpacked is whole, or there is no more of it.
    fn end(&mut self, target: Target<'a>) {
        match target {
            Target::Text(wanted, text) => self.read(wanted, &text),
            Target::Nested(nested) => {
                let (done, problem) = nested.close();
                // What only has the name of an archive is none, and hides no other problem.
                problem
                    .filter(|problem| *problem != NO_ARCHIVE)
                    .into_iter()
                    .for_each(|problem| self.problem(problem));
                done.into_iter().for_each(|package| self.keep(package));
            }
        }
    }

    fn read(&mut self, wanted: WantedEntry, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let Some(open) = self.open.last_mut() else {
            return;
        };
        if self.kept_bytes > MOST_KEPT_BYTES {
            self.problem("it has more artifacts than are read");
            return;
        }
        self.kept_bytes += open.artifact.read(wanted, &text);
    }

    /// There is a part of an archive at the current place.
    fn mark(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.is_zip = true;
        }
    }

    /// Closes the archives that end before a place.
    fn close_until(&mut self, place: u64) {
        while let Some(open) = self
            .open
            .pop_if(|open| open.end.is_some_and(|end| end <= place))
        {
            if open.is_zip {
                self.close_one(open.artifact);
            }
        }
    }

    fn close_one(&mut self, artifact: Artifact) {
        if let Some(problem) = artifact.problem() {
            self.problem(problem);
        }
        let packages = artifact.packages().into_iter();
        packages.for_each(|package| self.keep(package));
    }

    fn keep(&mut self, package: FoundPackage) {
        if self.kept_bytes > MOST_KEPT_BYTES {
            self.problem("it has more artifacts than are read");
            return;
        }
        let texts = [&package.version, &package.group, &package.within];
        let bytes: usize = texts.into_iter().flatten().map(String::len).sum();
        self.kept_bytes += bytes + package.name.len() + size_of::<FoundPackage>();
        self.done.push(package);
    }

    fn problem(&mut self, problem: &'static str) {
        self.problem.get_or_insert(problem);
    }

    /// The packages of a whole archive, and why there may be more.
    fn close(mut self) -> (Vec<FoundPackage>, Option<&'static str>) {
        match std::mem::replace(&mut self.mode, Mode::Scan) {
            Mode::Stored(_, wanted, text) => self.read(wanted, &text),
            Mode::Inflate(target) => self.end(target),
            Mode::Scan | Mode::Skip(_) => {}
        }
        if !self.has_entries && !self.has_directory {
            let problem = match self.has_signature {
                true => IS_CUT_OFF,
                false => NO_ARCHIVE,
            };
            return (Vec::new(), Some(problem));
        }
        if !self.has_directory {
            self.problem(IS_CUT_OFF);
        }
        self.close_until(u64::MAX);
        if let Some(open) = self.open.pop() {
            self.close_one(open.artifact);
        }
        (self.done, self.problem)
    }

    /// The packages of the file.
    pub fn finish(self, sink: &mut Sink<'_>) {
        let (done, problem) = self.close();
        problem
            .into_iter()
            .for_each(|problem| sink.problem(problem));
        done.into_iter().for_each(|package| sink.add(package));
    }
}
