//! Where packages go, and how many there may be.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::inspection::PackageKind;

/// Packages of all layers that are held. The listing of the final tree has a lower bound: what
/// is listed should not depend on the order in which layers are read.
pub(super) const MOST_PACKAGES: u64 = 500_000;
/// Bytes of their texts.
const MOST_TEXT_BYTES: u64 = 64 << 20;
/// Places in binaries of all layers that are tried as the beginning of packed data.
pub(super) const MOST_TRIES: u64 = 8 << 20;
/// Bytes that what is packed within archives and binaries may unpack to, for all layers.
pub(super) const MOST_UNPACKED_BYTES: u64 = 2 << 30;
/// Most bytes of a name and of a version. Longer ones are none.
pub(super) const MOST_NAME_BYTES: usize = 512;
pub(super) const MOST_VERSION_BYTES: usize = 256;
/// Bytes of a description that has what matters at its beginning.
pub(super) const HEAD_BYTES: usize = 64 << 10;

/// A package as a file states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::image) struct FoundPackage {
    pub kind: PackageKind,
    pub name: String,
    pub version: Option<String>,
    pub group: Option<String>,
    pub architecture: Option<String>,
    /// The archive in the file.
    pub within: Option<String>,
}

impl FoundPackage {
    pub(super) fn new(kind: PackageKind, name: impl Into<String>, version: Option<&str>) -> Self {
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
pub(in crate::image) struct Bounds {
    pub(super) packages: AtomicU64,
    text_bytes: AtomicU64,
    pub(super) unpacked: AtomicU64,
    pub(super) tries: AtomicU64,
}

impl Bounds {
    /// Whether one more place may be tried.
    pub(super) fn may_try(&self) -> bool {
        self.tries.fetch_add(1, Relaxed) < MOST_TRIES
    }

    /// Whether so many more unpacked bytes may be read.
    pub(super) fn may_unpack(&self, bytes: usize) -> bool {
        self.unpacked.fetch_add(bytes as u64, Relaxed) < MOST_UNPACKED_BYTES
    }
}

/// Where the packages of a file go.
pub(super) struct Sink<'a> {
    pub(super) bounds: &'a Bounds,
    pub(super) list: Vec<FoundPackage>,
    pub(super) more: Vec<(PackageKind, u64)>,
    pub(super) problem: Option<&'static str>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(bounds: &'a Bounds) -> Self {
        Self {
            bounds,
            list: Vec::new(),
            more: Vec::new(),
            problem: None,
        }
    }

    pub(super) fn add(&mut self, package: FoundPackage) {
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
    pub(super) fn problem(&mut self, problem: &'static str) {
        self.problem.get_or_insert(problem);
    }
}
