//! Packages with names and versions, from the files in which package managers, compilers and
//! archives leave them. A file is read as its layer streams by: texts are held up to a bound,
//! binaries and archives are looked through in a window.

mod binary;
mod file;
mod found;
mod go;
mod jar;
mod language;
mod runtime;
mod rust;
mod sink;
mod system;

pub(super) use self::file::{PackageFile, kind};
pub(super) use self::found::FoundPackages;
pub(super) use self::sink::{Bounds, FoundPackage};

use self::binary::Binary;
use self::jar::Archive;
use self::sink::{HEAD_BYTES, Sink};
use super::known::Known;

/// Most bytes of a database of the system.
pub(super) const MOST_DATABASE_BYTES: u64 = 32 << 20;
/// Most bytes of the description of an npm package, which is read as a whole.
const MOST_JSON_BYTES: usize = 1 << 20;

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
        (!is_empty || self.file.is_database()).then_some(Known::Packages(FoundPackages {
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
