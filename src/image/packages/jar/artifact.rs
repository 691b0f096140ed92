//! What an archive of Java says of itself.

use super::{FoundPackage, MOST_NAME_BYTES, MOST_VERSION_BYTES};
use crate::inspection::PackageKind;

/// Artifacts that one archive may carry the descriptions of.
const MOST_POMS: usize = 2_000;

/// An entry that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The manifest
    /// (<https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#jar-manifest>).
    Manifest,
    /// What Maven writes of the artifact
    /// (<https://maven.apache.org/shared/maven-archiver/index.html>, `pomPropertiesFile`).
    Pom,
}

impl Wanted {
    pub fn of(name: &[u8]) -> Option<Self> {
        if name == b"META-INF/MANIFEST.MF" {
            return Some(Self::Manifest);
        }
        let is_pom = name.starts_with(b"META-INF/maven/") && name.ends_with(b"/pom.properties");
        is_pom.then_some(Self::Pom)
    }
}

/// One archive.
pub(super) struct Artifact {
    /// The name of its file.
    file: String,
    /// Where it lies in the file of the image; none where it is that file.
    within: Option<String>,
    version: Option<String>,
    group: Option<String>,
    /// Group, name and version of what Maven put into it.
    poms: Vec<(Option<String>, String, String)>,
}

impl Artifact {
    /// An archive by its path in the one around it.
    pub fn new(path: &[u8], around: Option<&Self>) -> Self {
        let path = String::from_utf8_lossy(path);
        let file = path.rsplit('/').next().unwrap_or_default().to_owned();
        let within = around.map(|around| match &around.within {
            Some(outer) => format!("{outer}!/{path}"),
            None => path.into_owned(),
        });
        Self {
            file,
            within,
            version: None,
            group: None,
            poms: Vec::new(),
        }
    }

    /// Reads an entry, and says how many bytes are kept of it.
    pub fn read(&mut self, wanted: Wanted, text: &str) -> usize {
        match wanted {
            Wanted::Manifest => self.manifest(text),
            Wanted::Pom => return self.pom(text),
        }
        0
    }

    fn manifest(&mut self, text: &str) {
        // A line of 72 bytes goes on after a space.
        let text = text.replace("\r\n", "\n").replace("\n ", "");
        let main = text.lines().take_while(|line| !line.is_empty());
        let (mut implementation, mut bundle) = (None, None);
        for (key, value) in main.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            let is_one = !value.is_empty() && value.len() <= MOST_VERSION_BYTES;
            match key {
                "Implementation-Version" if is_one => implementation = Some(value),
                "Bundle-Version" if is_one => bundle = Some(value),
                "Implementation-Vendor-Id" if is_one => self.group = Some(value.to_owned()),
                _ => {}
            }
        }
        self.version = implementation.or(bundle).map(str::to_owned);
    }

    fn pom(&mut self, text: &str) -> usize {
        let value = |key: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(['=', ':']));
            let (_, value) = lines.find(|(name, _)| name.trim() == key)?;
            let value = value.trim();
            (!value.is_empty() && value.len() <= MOST_NAME_BYTES).then(|| value.to_owned())
        };
        let (Some(name), Some(version)) = (value("artifactId"), value("version")) else {
            return 0;
        };
        if self.poms.len() >= MOST_POMS {
            return 0;
        }
        let group = value("groupId");
        let bytes = name.len() + version.len() + group.as_ref().map_or(0, String::len);
        self.poms.push((group, name, version));
        bytes + size_of::<FoundPackage>()
    }

    /// The artifacts: those that Maven put into it, and else the archive by its name.
    pub fn packages(self) -> Vec<FoundPackage> {
        let package = |name: String, version: Option<String>, group: Option<String>| FoundPackage {
            group,
            within: self.within.clone(),
            ..FoundPackage::new(PackageKind::Java, name, version.as_deref())
        };
        if !self.poms.is_empty() {
            let poms = self.poms.into_iter();
            let poms = poms.map(|(group, name, version)| package(name, Some(version), group));
            return poms.collect();
        }
        let (name, version) = split(&self.file);
        let version = self.version.clone().or_else(|| version.map(str::to_owned));
        vec![package(name.to_owned(), version, self.group.clone())]
    }
}

/// Name and version of a file: `guava-33.0.0-jre.jar`.
fn split(file: &str) -> (&str, Option<&str>) {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let dashes = stem.match_indices('-').map(|(at, _)| at);
    let mut starts = dashes.filter(|at| stem[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    match starts.next() {
        Some(at) if at > 0 => (&stem[..at], Some(&stem[at + 1..])),
        _ => (stem, None),
    }
}
