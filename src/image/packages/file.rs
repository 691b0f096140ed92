//! Which files have packages, by their paths.

use super::jar;

/// What a file has packages as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::image) enum PackageFile {
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
pub(in crate::image) fn kind(parts: &[&[u8]]) -> Option<PackageFile> {
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
