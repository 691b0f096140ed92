//! What an archive of Java says of itself.

use super::super::sink::{FoundPackage, MOST_NAME_BYTES, MOST_VERSION_BYTES};
use crate::inspection::PackageKind;

/// Artifacts that one archive may carry the descriptions of.
const MOST_POMS: usize = 2_000;

/// An entry that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WantedEntry {
    /// The manifest
    /// (<https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#jar-manifest>).
    Manifest,
    /// What Maven writes of the artifact
    /// (<https://maven.apache.org/shared/maven-archiver/index.html>, `pomPropertiesFile`).
    Pom,
}

impl WantedEntry {
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
    /// As the manifest states them.
    version: Option<String>,
    names: Vec<String>,
    group: Option<String>,
    /// Group, name and version of what Maven put into it.
    poms: Vec<(Option<String>, String, String)>,
    problem: Option<&'static str>,
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
            names: Vec::new(),
            group: None,
            poms: Vec::new(),
            problem: None,
        }
    }

    /// Reads an entry, and says how many bytes are kept of it.
    pub fn read(&mut self, wanted: WantedEntry, text: &str) -> usize {
        match wanted {
            WantedEntry::Manifest => self.manifest(text),
            WantedEntry::Pom => return self.pom(text),
        }
        0
    }

    fn manifest(&mut self, text: &str) {
        // A line of 72 bytes goes on after a space.
        let text = text.replace("\r\n", "\n").replace("\n ", "");
        let main = text.lines().take_while(|line| !line.is_empty());
        let (mut implementation, mut bundle) = (None, None);
        let (mut title, mut symbol, mut vendor) = (None, None, None);
        for (key, value) in main.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            let is_one = !value.is_empty() && value.len() <= MOST_VERSION_BYTES;
            match key {
                "Implementation-Version" if is_one => implementation = Some(value),
                "Bundle-Version" if is_one => bundle = Some(value),
                "Implementation-Title" if is_one => title = Some(value),
                "Bundle-SymbolicName" if is_one => symbol = Some(value),
                "Implementation-Vendor-Id" if is_one => vendor = Some(value),
                _ => {}
            }
        }
        // There may be any number of manifests: the last one counts, and no other is held.
        let name = |name: &str| name.split(';').next().unwrap_or_default().trim().to_owned();
        self.names = [title, symbol].into_iter().flatten().map(name).collect();
        self.group = vendor.map(str::to_owned);
        self.version = implementation.or(bundle).map(str::to_owned);
    }

    fn pom(&mut self, text: &str) -> usize {
        let value = |key: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(['=', ':']));
            let (_, value) = lines.find(|(name, _)| name.trim() == key)?;
            let value = value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let (Some(name), Some(version)) = (value("artifactId"), value("version")) else {
            return 0;
        };
        if self.poms.len() >= MOST_POMS {
            self.problem = Some("it has more artifacts than are read");
            return 0;
        }
        let group = value("groupId");
        let is_long = name.len().max(group.as_ref().map_or(0, String::len)) > MOST_NAME_BYTES
            || version.len() > MOST_VERSION_BYTES;
        if is_long {
            self.problem = Some("a name or a version in it makes no sense");
            return 0;
        }
        let bytes = name.len() + version.len() + group.as_ref().map_or(0, String::len);
        self.poms.push((group, name, version));
        bytes + size_of::<FoundPackage>()
    }

    /// Why it may have more artifacts.
    pub fn problem(&self) -> Option<&'static str> {
        self.problem
    }

    /// The artifacts: those that Maven put into it, and the archive by its manifest and its
    /// name unless one of them is the archive.
    pub fn packages(self) -> Vec<FoundPackage> {
        let package = |name: String, version: Option<String>, group: Option<String>| FoundPackage {
            group,
            within: self.within.clone(),
            ..FoundPackage::new(PackageKind::Java, name, version.as_deref())
        };
        let (name, stated) = split(&self.file, self.version.as_deref());
        let version = self.version.as_deref().or(stated);
        let own = (!self.has_own_pom(name, version)).then(|| {
            package(
                name.to_owned(),
                version.map(str::to_owned),
                self.group.clone(),
            )
        });
        let poms = self.poms.iter().cloned();
        let poms = poms.map(|(group, name, version)| package(name, Some(version), group));
        poms.chain(own).collect()
    }

    /// Whether Maven's description of the archive itself is in it. A distribution may give the
    /// file another name; then the only description is the right one if the versions agree.
    fn has_own_pom(&self, name: &str, version: Option<&str>) -> bool {
        let stem = stem(&self.file);
        let fits = |artifact: &str| {
            let names = self.names.iter().map(String::as_str);
            let is_named = names.chain([name, stem]).any(|name| {
                let last = name.rsplit('.').next();
                name.eq_ignore_ascii_case(artifact)
                    || last.is_some_and(|last| last.eq_ignore_ascii_case(artifact))
            });
            let rest = stem.strip_prefix(artifact);
            let rest = rest.and_then(|rest| rest.strip_prefix('-'));
            is_named || rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        if self.poms.iter().any(|(_, artifact, _)| fits(artifact)) {
            return true;
        }
        let plain = |version: &str| version.replace(['-', '_'], ".");
        match (self.poms.as_slice(), version) {
            ([(.., of_pom)], Some(version)) => plain(of_pom) == plain(version),
            ([_], None) => true,
            _ => false,
        }
    }
}

fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// Name and version of a file: `guava-33.0.0-jre.jar`. The version of the manifest says where
/// it begins, and else a digit after the last dash that has no letter after a dash behind it:
/// names have digits, too (`log4j-1.2-api-2.17.1.jar`).
fn split<'a>(file: &'a str, version: Option<&str>) -> (&'a str, Option<&'a str>) {
    let stem = stem(file);
    let cut = |at: usize| (&stem[..at], Some(&stem[at + 1..]));
    let stated = version.and_then(|version| {
        let dashed = format!("-{version}");
        let at = stem.rfind(&dashed)?;
        let rest = &stem[at + dashed.len()..];
        (at > 0 && (rest.is_empty() || rest.starts_with('-'))).then_some(at)
    });
    if let Some(at) = stated {
        return cut(at);
    }
    let dashes = stem.match_indices('-').map(|(at, _)| at);
    let starts =
        dashes.filter(|at| *at > 0 && stem[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    let starts: Vec<_> = starts.collect();
    let has_word = |at: usize| {
        let mut parts = stem[at + 1..].split('-').skip(1);
        parts.any(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    let plain = starts.iter().rev().find(|at| !has_word(**at));
    match plain.or(starts.first()) {
        Some(at) => cut(*at),
        None => (stem, None),
    }
}
