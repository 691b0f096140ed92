//! The packages of an image.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::{Texts, Visit};
use crate::units::Count;

/// What installs a package, or the language that it is of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PackageKind {
    /// A package of Debian and what derives from it.
    Dpkg,
    /// A package of Alpine and what derives from it.
    Apk,
    /// A package of npm.
    Npm,
    /// A distribution package of Python.
    Python,
    /// An artifact of Java.
    Java,
    /// A gem of Ruby.
    Ruby,
    /// A module of Go in a binary, or the standard library in it.
    Go,
    /// A crate of Rust in a binary.
    Rust,
    /// What runs programs: Node.js, Python, Java, the toolchain of Go.
    Runtime,
}

impl PackageKind {
    /// As the output has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dpkg => "dpkg",
            Self::Apk => "apk",
            Self::Npm => "npm",
            Self::Python => "python",
            Self::Java => "java",
            Self::Ruby => "ruby",
            Self::Go => "go",
            Self::Rust => "rust",
            Self::Runtime => "runtime",
        }
    }
}

/// The packages of the final tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Packages {
    /// The distribution, as its `os-release` names it.
    pub distribution: Option<LinuxDistribution>,
    /// How many there are of a kind, those that are not listed included.
    pub counts: BTreeMap<PackageKind, Count>,
    /// The packages, by kind, name, version and path.
    pub list: Vec<Package>,
    /// How many more there are than are listed.
    pub more: Count,
    /// Files that have packages and could not be read, or not to their end.
    pub unread: Vec<UnreadPackages>,
    /// How many more such files there are than are listed.
    pub more_unread: Count,
    /// How many of these files may have any number of packages. All others describe one, or
    /// only have the name of an archive.
    pub open_ended: Count,
    /// How many of these files only have the name of an archive.
    #[serde(rename = "no_archives")]
    pub nothing: Count,
}

/// A Linux distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinuxDistribution {
    /// `debian`, `alpine`.
    pub id: String,
    /// `12`, `3.20.1`.
    pub version: Option<String>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Package {
    /// Its kind.
    pub kind: PackageKind,
    /// Its name.
    pub name: String,
    /// Its version, where it states one.
    pub version: Option<String>,
    /// The group of an artifact of Java.
    pub group: Option<String>,
    /// The architecture that it is for, where it states one.
    pub architecture: Option<String>,
    /// The path that it is read from: a database, a description, a binary, an archive.
    pub path: String,
    /// The archive in that archive that it is of.
    pub within: Option<String>,
    /// The number of the layer that brought that path.
    pub layer: u32,
}

impl Package {
    /// The name that all spellings of it have: for Python as PEP 503 has it
    /// (<https://peps.python.org/pep-0503/#normalized-names>), else the name.
    pub fn key_name(&self) -> Cow<'_, str> {
        if self.kind != PackageKind::Python {
            return Cow::Borrowed(&self.name);
        }
        let parts = self.name.split(['-', '_', '.']);
        let mut name = String::new();
        for (number, part) in parts.enumerate() {
            if number > 0 && !name.ends_with('-') {
                name.push('-');
            }
            name.push_str(&part.to_lowercase());
        }
        Cow::Owned(name)
    }
}

/// A file whose packages are not known, or not all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct UnreadPackages {
    /// The path.
    pub path: String,
    /// The number of the layer that brought it.
    pub layer: u32,
    /// Why.
    pub problem: String,
}

impl Packages {
    /// How many packages there are. What runs programs is none; a description of one package
    /// that cannot be read is one.
    pub fn installed(&self) -> Count {
        let counts = self.counts.iter();
        let counts = counts.filter(|(kind, _)| **kind != PackageKind::Runtime);
        let others = self.open_ended + self.nothing;
        let single = self.all_unread().0.saturating_sub(others.0);
        counts.map(|(_, count)| *count).sum::<Count>() + Count(single)
    }

    /// How many files with packages could not be read to their end.
    pub fn all_unread(&self) -> Count {
        Count(self.unread.len() as u64) + self.more_unread
    }
}

/// A package that differs between two images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackageGrowth {
    /// Its kind.
    pub kind: PackageKind,
    /// Its name, with the group of an artifact of Java.
    pub name: String,
    /// Its versions in the image that it is compared with; one for each place. Empty where
    /// that image does not have it.
    pub before: Vec<String>,
    /// Its versions in the image. Empty where it does not have it.
    pub after: Vec<String>,
}

/// What stands for a version that a package does not state.
const NO_VERSION: &str = "?";

/// Packages that one of two images has and the other one has not, or in other versions or
/// more often. Where a package lies does not matter. None where either list is cut.
pub fn growth_of_packages(image: &Packages, against: &Packages) -> Vec<PackageGrowth> {
    type Versions<'a> = (Vec<&'a str>, Vec<&'a str>);
    if image.more.0 > 0 || against.more.0 > 0 {
        return Vec::new();
    }
    let mut all: BTreeMap<(PackageKind, Option<&str>, Cow<'_, str>), Versions<'_>> =
        BTreeMap::new();
    for (packages, is_new) in [(against, false), (image, true)] {
        for package in &packages.list {
            let key = (package.kind, package.group.as_deref(), package.key_name());
            let (before, after) = all.entry(key).or_default();
            let versions = if is_new { after } else { before };
            versions.push(package.version.as_deref().unwrap_or(NO_VERSION));
        }
    }
    let mut found = Vec::new();
    for ((kind, group, name), (mut before, mut after)) in all {
        before.sort_unstable();
        after.sort_unstable();
        if before == after {
            continue;
        }
        let owned = |versions: Vec<&str>| versions.into_iter().map(str::to_owned).collect();
        found.push(PackageGrowth {
            kind,
            name: group.map_or_else(|| name.to_string(), |group| format!("{group}:{name}")),
            before: owned(before),
            after: owned(after),
        });
    }
    found
}

impl Texts for Packages {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            distribution,
            counts: _,
            list,
            more: _,
            unread,
            more_unread: _,
            open_ended: _,
            nothing: _,
        } = self;
        if let Some(LinuxDistribution { id, version }) = distribution {
            visit(id);
            version.each_text(visit);
        }
        list.each_text(visit);
        for file in unread {
            visit(&mut file.path);
            // That of a saved analysis may be anything.
            visit(&mut file.problem);
        }
    }
}

impl Texts for Package {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            kind: _,
            name,
            version,
            group,
            architecture,
            path,
            within,
            layer: _,
        } = self;
        visit(name);
        visit(path);
        for text in [version, group, architecture, within] {
            text.each_text(visit);
        }
    }
}

impl Texts for PackageGrowth {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        visit(&mut self.name);
        self.before.each_text(visit);
        self.after.each_text(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(list: &[(PackageKind, &str, &str)]) -> Packages {
        let package = |(kind, name, version): &(PackageKind, &str, &str)| Package {
            kind: *kind,
            name: (*name).to_owned(),
            version: (!version.is_empty()).then(|| (*version).to_owned()),
            group: None,
            architecture: None,
            path: String::new(),
            within: None,
            layer: 1,
        };
        Packages {
            list: list.iter().map(package).collect(),
            ..Packages::default()
        }
    }

    #[test]
    fn names_of_python_are_compared_in_one_spelling() {
        let before = packages(&[(PackageKind::Python, "Foo_Bar", "1")]);
        let mut after = packages(&[(PackageKind::Python, "foo.-bar", "1")]);
        assert_eq!(growth_of_packages(&after, &before), []);
        after.list.clear();
        assert_eq!(growth_of_packages(&after, &before).len(), 1);
        // What is not listed may be the same.
        after.more = Count(1);
        assert_eq!(growth_of_packages(&after, &before), []);
    }

    #[test]
    fn packages_differ_by_their_versions_and_how_often_they_are_there() {
        use PackageKind::{Dpkg, Npm};
        let before = packages(&[
            (Dpkg, "same", "1"),
            (Dpkg, "gone", "2"),
            (Npm, "a", "1"),
            (Npm, "twice", "3"),
            (Npm, "same", "1"),
        ]);
        let after = packages(&[
            (Npm, "same", "1"),
            (Dpkg, "same", "1"),
            (Npm, "a", "2"),
            (Npm, "twice", "3"),
            (Npm, "twice", "3"),
            (Npm, "new", ""),
        ]);
        let growth = growth_of_packages(&after, &before);
        let rows: Vec<_> = { growth.iter() }
            .map(|row| {
                (
                    row.kind,
                    row.name.as_str(),
                    row.before.join(" "),
                    row.after.join(" "),
                )
            })
            .collect();
        let row = |kind, name, before: &str, after: &str| {
            (kind, name, before.to_owned(), after.to_owned())
        };
        assert_eq!(
            rows,
            [
                row(Dpkg, "gone", "2", ""),
                row(Npm, "a", "1", "2"),
                row(Npm, "new", "", "?"),
                row(Npm, "twice", "3", "3 3"),
            ]
        );
    }
}
