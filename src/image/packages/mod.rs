//! Packages with names and versions, from the files in which package managers, compilers and
//! archives leave them. A file is read as its layer streams by: texts are held up to a bound,
//! binaries and archives are looked through in a window.

mod binary;
mod go;
mod jar;
mod language;
mod runtime;
mod rust;
mod system;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use self::binary::Binary;
use self::jar::Archive;
use super::known::Known;
use crate::inspection::PackageKind;

/// Packages of all layers that are held. The listing of the final tree has a lower bound: what
/// is listed should not depend on the order in which layers are read.
const MOST_PACKAGES: u64 = 500_000;
/// Bytes of their texts.
const MOST_TEXT_BYTES: u64 = 64 << 20;
/// Places in binaries of all layers that are tried as the beginning of packed data.
const MOST_TRIES: u64 = 8 << 20;
/// Bytes that what is packed within archives and binaries may unpack to, for all layers.
const MOST_UNPACKED_BYTES: u64 = 2 << 30;
/// Most bytes of a name and of a version. Longer ones are none.
const MOST_NAME_BYTES: usize = 512;
const MOST_VERSION_BYTES: usize = 256;
/// Most bytes of a database of the system.
pub(super) const MOST_DATABASE_BYTES: u64 = 32 << 20;
/// Most bytes of the description of an npm package, which is read as a whole.
const MOST_JSON_BYTES: usize = 1 << 20;
/// Bytes of a description that has what matters at its beginning.
const HEAD_BYTES: usize = 64 << 10;

/// What a file has packages as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PackageFile {
    /// dpkg's database, or the part of one package in a distroless image.
    Dpkg,
    /// apk's database.
    Apk,
    /// `package.json` of an installed package.
    Npm,
    /// `METADATA` of a wheel, or `PKG-INFO` of an egg.
    Python,
    /// The specification of a gem.
    Gem,
    /// `node_version.h` of Node.js.
    NodeHeader,
    /// `patchlevel.h` of Python.
    PythonHeader,
    /// The `release` file of a JDK or JRE.
    JavaRelease,
    /// The `VERSION` file of Go's toolchain.
    GoVersion,
    /// The name of the distribution.
    OsRelease,
    /// A jar.
    Archive,
    /// An ELF file: it is known by its content.
    Binary,
}

impl PackageFile {
    /// Whether each of several names of one file is a package of its own.
    pub fn is_by_name(self) -> bool {
        matches!(self, Self::Npm | Self::Python | Self::Gem)
    }

    /// Whether it is a database of the system.
    pub fn is_database(self) -> bool {
        matches!(self, Self::Dpkg | Self::Apk)
    }

    /// Whether it has packages under each name that says so, whatever its content.
    pub fn has_packages(self) -> bool {
        self.is_by_name() || self.is_open()
    }

    /// Whether it may have any number of packages.
    pub fn is_open(self) -> bool {
        self.is_database() || matches!(self, Self::Archive | Self::Binary)
    }
}

/// Which file with packages a path is.
pub(super) fn kind(parts: &[&[u8]]) -> Option<PackageFile> {
    let (last, above) = parts.split_last()?;
    let ends = |ends: &[&str]| ends.iter().any(|end| last.ends_with(end.as_bytes()));
    match (*last, above) {
        (b"status", [b"var", b"lib", b"dpkg"]) => Some(PackageFile::Dpkg),
        (_, [b"var", b"lib", b"dpkg", b"status.d"]) if !ends(&[".md5sums"]) => {
            Some(PackageFile::Dpkg)
        }
        (b"installed", [.., b"lib", b"apk", b"db"]) => Some(PackageFile::Apk),
        // The package's own; those deeper in it are parts of it.
        (b"package.json", [.., b"node_modules", name]) if !name.starts_with(b"@") => {
            Some(PackageFile::Npm)
        }
        (b"package.json", [.., b"node_modules", scope, _]) if scope.starts_with(b"@") => {
            Some(PackageFile::Npm)
        }
        // What a package carries along for itself is not installed.
        (b"METADATA", [outer @ .., info]) if info.ends_with(b".dist-info") => {
            (outer.last() != Some(&&b"_vendor"[..])).then_some(PackageFile::Python)
        }
        (b"PKG-INFO", [outer @ .., info]) if info.ends_with(b".egg-info") => {
            (outer.last() != Some(&&b"_vendor"[..])).then_some(PackageFile::Python)
        }
        (b"PKG-INFO", [outer @ .., egg, b"EGG-INFO"]) if egg.ends_with(b".egg") => {
            (outer.last() != Some(&&b"_vendor"[..])).then_some(PackageFile::Python)
        }
        (_, outer) if ends(&[".egg-info"]) => {
            (outer.last() != Some(&&b"_vendor"[..])).then_some(PackageFile::Python)
        }
        (_, [.., b"specifications"] | [.., b"specifications", b"default"])
            if ends(&[".gemspec"]) =>
        {
            Some(PackageFile::Gem)
        }
        (b"node_version.h", [.., b"include", b"node"]) => Some(PackageFile::NodeHeader),
        (b"patchlevel.h", [.., b"include", python]) if python.starts_with(b"python3.") => {
            Some(PackageFile::PythonHeader)
        }
        (b"release", [_, ..]) => Some(PackageFile::JavaRelease),
        (b"VERSION", [.., go]) if is_go_root(go) => Some(PackageFile::GoVersion),
        (b"os-release", [b"etc"] | [b"usr", b"lib"]) => Some(PackageFile::OsRelease),
        _ if jar::is_archive(last) => Some(PackageFile::Archive),
        _ => None,
    }
}

/// `go`, `go-1.22`, `go1.22.1`.
fn is_go_root(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b"go");
    rest.is_some_and(|rest| {
        rest.first()
            .is_none_or(|it| *it == b'-' || it.is_ascii_digit())
    })
}

/// The packages of one file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// What the file is.
    pub file: PackageFile,
    /// The packages.
    pub list: Vec<FoundPackage>,
    /// How many more there are than all layers may hold, by kind.
    pub more: Vec<(PackageKind, u64)>,
    /// Why there may be more.
    pub problem: Option<&'static str>,
}

impl Found {
    /// Whether there may be any number of packages more. What only has the name of an archive
    /// is none.
    pub fn is_open(&self) -> bool {
        self.file.is_open() && self.problem.is_some() && !self.is_nothing()
    }

    /// Whether it only has the name of a file with packages.
    pub fn is_nothing(&self) -> bool {
        self.problem == Some(jar::NO_ARCHIVE)
    }

    /// How many packages there are.
    pub fn count(&self) -> u64 {
        let more = self.more.iter().map(|(_, count)| count);
        self.list.len() as u64 + more.sum::<u64>()
    }
}

/// A package as a file states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundPackage {
    pub kind: PackageKind,
    pub name: String,
    pub version: Option<String>,
    pub group: Option<String>,
    pub architecture: Option<String>,
    /// The archive in the file.
    pub within: Option<String>,
}

impl FoundPackage {
    fn new(kind: PackageKind, name: impl Into<String>, version: Option<&str>) -> Self {
        Self {
            kind,
            name: name.into(),
            version: version.map(str::to_owned),
            group: None,
            architecture: None,
            within: None,
        }
    }
}

/// What the packages of all layers may take together.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    packages: AtomicU64,
    text_bytes: AtomicU64,
    unpacked: AtomicU64,
    tries: AtomicU64,
}

impl Bounds {
    /// Whether one more place may be tried.
    fn may_try(&self) -> bool {
        self.tries.fetch_add(1, Relaxed) < MOST_TRIES
    }

    /// Whether so many more unpacked bytes may be read.
    fn may_unpack(&self, bytes: usize) -> bool {
        self.unpacked.fetch_add(bytes as u64, Relaxed) < MOST_UNPACKED_BYTES
    }
}

/// Where the packages of a file go.
struct Sink<'a> {
    bounds: &'a Bounds,
    list: Vec<FoundPackage>,
    more: Vec<(PackageKind, u64)>,
    problem: Option<&'static str>,
}

impl<'a> Sink<'a> {
    fn new(bounds: &'a Bounds) -> Self {
        Self {
            bounds,
            list: Vec::new(),
            more: Vec::new(),
            problem: None,
        }
    }

    fn add(&mut self, package: FoundPackage) {
        let FoundPackage {
            kind,
            name,
            version,
            group,
            architecture,
            within,
        } = &package;
        let texts = [version, group, architecture, within];
        let lengths = texts.into_iter().flatten().map(String::len);
        let is_long = name.len() > MOST_NAME_BYTES
            || version
                .as_ref()
                .is_some_and(|it| it.len() > MOST_VERSION_BYTES)
            || [group, architecture]
                .into_iter()
                .flatten()
                .any(|it| it.len() > MOST_NAME_BYTES);
        if name.is_empty() || is_long {
            self.problem("a name or a version in it makes no sense");
            return;
        }
        let bytes = (name.len() + lengths.sum::<usize>()) as u64;
        let has_room = self.bounds.packages.fetch_add(1, Relaxed) < MOST_PACKAGES
            && self.bounds.text_bytes.fetch_add(bytes, Relaxed) < MOST_TEXT_BYTES;
        if has_room {
            self.list.push(package);
            return;
        }
        match self.more.iter_mut().find(|(of, _)| of == kind) {
            Some((_, count)) => *count += 1,
            None => self.more.push((*kind, 1)),
        }
    }

    /// Keeps the first.
    fn problem(&mut self, problem: &'static str) {
        self.problem.get_or_insert(problem);
    }
}

/// Reads the packages of one file as it streams by.
pub(super) struct Collector<'a> {
    file: PackageFile,
    name: Vec<u8>,
    state: State<'a>,
    sink: Sink<'a>,
}

enum State<'a> {
    /// A text, of which so many bytes are held.
    Text(Vec<u8>, usize),
    /// A file that is a binary if its content says so.
    Unknown,
    /// What may be the description of an npm package: another name of the file may say so.
    Candidate(Vec<u8>),
    Binary(Box<Binary<'a>>),
    Archive(Box<Archive<'a>>),
    Nothing,
}

impl<'a> Collector<'a> {
    /// A file by its path.
    pub fn new(parts: &[&[u8]], bounds: &'a Bounds) -> Self {
        let file = kind(parts);
        let last = parts.last().copied().unwrap_or_default();
        let state = match file {
            None | Some(PackageFile::Binary) => State::Unknown,
            Some(PackageFile::Archive) => State::Archive(Box::new(Archive::new(last, bounds))),
            Some(PackageFile::Dpkg | PackageFile::Apk) => State::Text(Vec::new(), usize::MAX),
            Some(PackageFile::Npm) => State::Text(Vec::new(), MOST_JSON_BYTES + 1),
            Some(_) => State::Text(Vec::new(), HEAD_BYTES),
        };
        Self {
            file: file.unwrap_or(PackageFile::Binary),
            name: last.to_vec(),
            state,
            sink: Sink::new(bounds),
        }
    }

    /// Takes the next bytes of the file. The first have its headers.
    pub fn take(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let is_new = match &self.state {
            State::Unknown => true,
            State::Text(text, _) => text.is_empty() && !self.file.is_database(),
            _ => false,
        };
        if is_new && let Some(binary) = Binary::of(&self.name, bytes, self.sink.bounds) {
            self.file = PackageFile::Binary;
            self.state = State::Binary(Box::new(binary));
        }
        if matches!(self.state, State::Unknown) {
            self.state = match bytes.starts_with(b"{") {
                true => State::Candidate(Vec::new()),
                false => State::Nothing,
            };
        }
        match &mut self.state {
            State::Candidate(text) if text.len() + bytes.len() > MOST_JSON_BYTES => {
                self.state = State::Nothing;
            }
            State::Candidate(text) => text.extend_from_slice(bytes),
            State::Text(text, most) => {
                let room = most.saturating_sub(text.len()).min(bytes.len());
                text.extend_from_slice(&bytes[..room]);
            }
            State::Binary(binary) => binary.take(bytes),
            State::Archive(archive) => archive.take(bytes),
            State::Unknown | State::Nothing => {}
        }
    }

    /// What the file says; none where it has no packages.
    pub fn finish(mut self) -> Option<Known> {
        let sink = &mut self.sink;
        match self.state {
            State::Unknown | State::Nothing => return None,
            State::Candidate(content) => {
                language::npm(&String::from_utf8_lossy(&content), sink);
                self.file = PackageFile::Npm;
                // What is no package under any name, or has no meaning as one.
                if sink.problem.is_some() || sink.list.is_empty() {
                    return None;
                }
            }
            State::Binary(binary) => binary.finish(sink),
            State::Archive(archive) => archive.finish(sink),
            State::Text(content, _) => {
                let text = String::from_utf8_lossy(&content);
                let text = text.trim_start_matches('\u{feff}');
                match self.file {
                    PackageFile::OsRelease => {
                        return system::distribution(text).map(Known::Distribution);
                    }
                    PackageFile::Dpkg => system::dpkg(text, sink),
                    PackageFile::Apk => system::apk(text, sink),
                    PackageFile::Npm if content.len() > MOST_JSON_BYTES => {
                        sink.problem("it is larger than 1 MiB");
                    }
                    PackageFile::Npm => language::npm(text, sink),
                    PackageFile::Python => language::python(text, sink),
                    PackageFile::Gem => language::gem(text, sink),
                    PackageFile::NodeHeader => runtime::node_header(text, sink),
                    PackageFile::PythonHeader => runtime::python_header(text, sink),
                    PackageFile::JavaRelease => runtime::java_release(text, sink),
                    PackageFile::GoVersion => runtime::go_version(text, sink),
                    PackageFile::Archive | PackageFile::Binary => {}
                }
            }
        }
        let Sink {
            list,
            more,
            problem,
            ..
        } = self.sink;
        // A database without packages is one.
        let is_empty = list.is_empty() && more.is_empty() && problem.is_none();
        (!is_empty || self.file.is_database()).then_some(Known::Packages(Found {
            file: self.file,
            list,
            more,
            problem,
        }))
    }
}

/// What a file says that is read as a whole; for tests.
#[cfg(test)]
fn read(path: &str, content: &[u8]) -> Option<Known> {
    let bounds = Bounds::default();
    let mut collector = Collector::new(&super::name::parts(path.as_bytes()), &bounds);
    content.chunks(1000).for_each(|chunk| collector.take(chunk));
    collector.finish()
}

#[cfg(test)]
mod tests;
