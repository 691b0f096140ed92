//! What runs programs, by the files that it installs with itself.

use super::sink::{FoundPackage, Sink};
use crate::inspection::PackageKind;

fn add(name: &str, version: &str, sink: &mut Sink<'_>) {
    sink.add(FoundPackage::new(PackageKind::Runtime, name, Some(version)));
}

/// `src/node_version.h` of Node.js, which `make install` puts below `include/node`. Other
/// files have that name, too.
pub(super) fn node_header(text: &str, sink: &mut Sink<'_>) {
    let number = |name: &str| {
        let mut lines = text.lines().map(|line| line.split_whitespace());
        let value = lines.find_map(|mut words| {
            let is_it = words.next() == Some("#define") && words.next() == Some(name);
            words.next().filter(|_| is_it)
        });
        value.filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let version = [
        "NODE_MAJOR_VERSION",
        "NODE_MINOR_VERSION",
        "NODE_PATCH_VERSION",
    ];
    if let [Some(major), Some(minor), Some(patch)] = version.map(number) {
        add("node", &format!("{major}.{minor}.{patch}"), sink);
    }
}

/// `Include/patchlevel.h` of Python, which `make install` puts below `include/python3.N`.
pub(super) fn python_header(text: &str, sink: &mut Sink<'_>) {
    let version = text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let is_it = words.next() == Some("#define") && words.next() == Some("PY_VERSION");
        words.next().filter(|_| is_it)
    });
    let version = version.map(|version| version.trim_matches('"'));
    if let Some(version) = version.filter(|it| it.starts_with(|c: char| c.is_ascii_digit())) {
        add("python", version, sink);
    }
}

/// The `release` file of a JDK or JRE, with `JAVA_VERSION="21.0.2"` (JEP 223). Other files
/// have that name, too.
pub(super) fn java_release(text: &str, sink: &mut Sink<'_>) {
    let mut lines = text.lines();
    let version = lines.find_map(|line| line.strip_prefix("JAVA_VERSION="));
    let version = version.map(|version| version.trim().trim_matches('"'));
    if let Some(version) = version.filter(|version| !version.is_empty()) {
        add("java", version, sink);
    }
}

/// The `VERSION` file of a GOROOT: `go1.22.1` in its first line.
pub(super) fn go_version(text: &str, sink: &mut Sink<'_>) {
    let first = text
        .lines()
        .next()
        .and_then(|line| line.trim().strip_prefix("go"));
    if let Some(version) = first.filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    {
        add("go", version, sink);
    }
}

/// A version in the binary of a runtime, which its file's name announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needle {
    /// The name of the runtime.
    pub runtime: &'static str,
    /// What is right before the version, or its first part.
    pub text: Vec<u8>,
    /// Whether the last two numbers of the version are in the needle.
    begins: usize,
}

impl Needle {
    /// Node.js has `node.js/v20.11.1` in its binary or in `libnode`; Python its version as a
    /// text (`PY_VERSION`) in `python3.12` or in `libpython3.12`. The same texts serve other
    /// scanners (anchore/syft, syft/pkg/cataloger/binary/classifiers.go).
    pub fn of(file: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(file).ok()?;
        if matches!(name, "node" | "nodejs") || name.starts_with("libnode.so") {
            let text = b"node.js/v".to_vec();
            let begins = text.len();
            return Some(Self {
                runtime: "node",
                text,
                begins,
            });
        }
        let library = name.strip_prefix("libpython3.").and_then(|rest| {
            let (minor, _) = rest.split_once(".so")?;
            Some(minor)
        });
        let minor = library.or_else(|| name.strip_prefix("python3."))?;
        let is_number = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self {
            runtime: "python",
            text: format!("\03.{minor}.").into_bytes(),
            begins: 1,
        })
    }

    /// The version at a place where the needle was found; `rest` begins with the needle.
    pub fn version(&self, rest: &[u8]) -> Option<String> {
        let rest = &rest[self.begins..];
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_+".contains(byte);
        let end = rest.iter().position(|byte| !is_part(byte))?;
        let text = std::str::from_utf8(&rest[..end]).ok()?;
        // Python ends its own with a zero.
        let ends = self.runtime != "python" || rest[end] == 0;
        let numbers = text
            .split('.')
            .filter(|part| part.starts_with(|c: char| c.is_ascii_digit()));
        (ends && end <= 32 && numbers.count() == 3).then(|| text.to_owned())
    }
}
