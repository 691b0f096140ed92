//! The packages of one file.

use super::file::PackageFile;
use super::jar;
use super::sink::FoundPackage;
use crate::inspection::PackageKind;

/// The packages of one file.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::image) struct FoundPackages {
    /// What the file is.
    pub file: PackageFile,
    /// The packages.
    pub list: Vec<FoundPackage>,
    /// How many more there are than all layers may hold, by kind.
    pub more: Vec<(PackageKind, u64)>,
    /// Why there may be more.
    pub problem: Option<&'static str>,
}

impl FoundPackages {
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
