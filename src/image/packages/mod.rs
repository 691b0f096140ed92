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

/// Packages of all layers that are held.
const MOST_PACKAGES: u64 = 100_000;
/// Bytes of their texts.
const MOST_TEXT_BYTES: u64 = 32 << 20;
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
        (_, outer) if ends(&[".egg-info"]) => {
            (outer.last() != Some(&&b"_vendor"[..])).then_some(PackageFile::Python)
        }
        (_, [.., b"specifications"] | [.., b"specifications", b"default"])
            if ends(&[".gemspec"]) =>
        {
            Some(PackageFile::Gem)
        }
        (b"node_version.h", [.., b"include", b"node"]) => Some(PackageFile::NodeHeader),
        (b"release", [_, ..]) => Some(PackageFile::JavaRelease),
        (b"VERSION", [.., b"go"]) => Some(PackageFile::GoVersion),
        (b"os-release", [b"etc"] | [b"usr", b"lib"]) => Some(PackageFile::OsRelease),
        _ if jar::is_archive(last) => Some(PackageFile::Archive),
        _ => None,
    }
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
}

impl Bounds {
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
    state: State<'a>,
    sink: Sink<'a>,
}

enum State<'a> {
    /// A text, of which so many bytes are held.
    Text(Vec<u8>, usize),
    /// A file that is a binary if its content says so. The name may be that of a runtime.
    Unknown(Vec<u8>),
    Binary(Box<Binary>),
    Archive(Box<Archive<'a>>),
    Nothing,
}

impl<'a> Collector<'a> {
    /// A file by its path.
    pub fn new(parts: &[&[u8]], bounds: &'a Bounds) -> Self {
        let file = kind(parts);
        let last = parts.last().copied().unwrap_or_default();
        let state = match file {
            None | Some(PackageFile::Binary) => State::Unknown(last.to_vec()),
            Some(PackageFile::Archive) => State::Archive(Box::new(Archive::new(last, bounds))),
            Some(PackageFile::Dpkg | PackageFile::Apk) => State::Text(Vec::new(), usize::MAX),
            Some(PackageFile::Npm) => State::Text(Vec::new(), MOST_JSON_BYTES + 1),
            Some(_) => State::Text(Vec::new(), HEAD_BYTES),
        };
        Self {
            file: file.unwrap_or(PackageFile::Binary),
            state,
            sink: Sink::new(bounds),
        }
    }

    /// Takes the next bytes of the file. The first have its headers.
    pub fn take(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let State::Unknown(name) = &self.state {
            self.state = match Binary::of(name, bytes) {
                Some(binary) => State::Binary(Box::new(binary)),
                None => State::Nothing,
            };
        }
        match &mut self.state {
            State::Text(text, most) => {
                let room = most.saturating_sub(text.len()).min(bytes.len());
                text.extend_from_slice(&bytes[..room]);
            }
            State::Binary(binary) => binary.take(bytes),
            State::Archive(archive) => archive.take(bytes),
            State::Unknown(_) | State::Nothing => {}
        }
    }

    /// What the file says; none where it has no packages.
    pub fn finish(mut self) -> Option<Known> {
        let sink = &mut self.sink;
        match self.state {
            State::Unknown(_) | State::Nothing => return None,
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
