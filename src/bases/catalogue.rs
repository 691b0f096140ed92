//! The catalogue of stand-in recipes: `bases/bases.toml` and a folder per recipe.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::BasesError;
use crate::context::{Context, Overlay};
use crate::files;
use crate::oci::{self, ImageReference};
use crate::units::Bytes;

/// The domain of all stand-ins. It does not resolve, so nothing is ever pulled from it.
pub const STAND_IN_DOMAIN: &str = "plimsoll.local";

/// The folder of the scripts in the context of every recipe.
const SHARED: &str = "lib";

/// The host's certificate authorities, which every stand-in contains.
const HOST_CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    base: Vec<CatalogueEntry>,
}

/// The kind of a recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecipeKind {
    /// A script writes a tar of the root file system, which is imported.
    Rootfs,
    /// A Dockerfile.
    Dockerfile,
}

/// One stand-in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CatalogueEntry {
    /// The reference in FROM lines.
    pub name: String,
    /// Folder of the recipe.
    pub recipe: String,
    /// Its kind.
    pub kind: RecipeKind,
    /// The approximate unpacked size of the official image; zero without one.
    pub official_bytes: Bytes,
    /// The bases in its own FROM lines.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Whether it is a helper that apps do not use.
    #[serde(default)]
    pub hidden: bool,
    /// Other references that it replaces.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The default command of an imported root file system.
    #[serde(default)]
    pub cmd: Vec<String>,
}

impl CatalogueEntry {
    /// The reference of the stand-in.
    pub fn stand_in(&self) -> String {
        stand_in_of(&self.name)
    }

    /// All references that it replaces.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.tags.iter().map(String::as_str))
    }
}

/// `plimsoll.local/<name>`.
pub fn stand_in_of(name: &str) -> String {
    format!("{STAND_IN_DOMAIN}/{name}")
}

/// All recipes, each after its dependencies.
#[derive(Debug, Clone)]
pub struct Catalogue {
    dir: PathBuf,
    entries: Vec<CatalogueEntry>,
}

impl Catalogue {
    /// Reads `dir/bases.toml`. Without the file the catalogue is empty.
    ///
    /// # Errors
    /// The file cannot be read, is invalid, contains a base twice, or uses a base before it is
    /// defined.
    pub fn load(dir: &Path) -> Result<Self, BasesError> {
        let path = dir.join("bases.toml");
        if !path.exists() {
            return Ok(Self {
                dir: dir.to_owned(),
                entries: Vec::new(),
            });
        }
        let text = files::read_to_string(&path).map_err(|source| BasesError::Read {
            path: path.clone(),
            source,
        })?;
        let file: File = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                text[..span.start.min(text.len())].matches('\n').count() + 1
            });
            BasesError::Catalogue {
                path: format!("{}:{line}", path.display()),
                message: error.message().to_owned(),
            }
        })?;
        let catalogue = Self {
            dir: dir.to_owned(),
            entries: file.base,
        };
        catalogue.check().map_err(|message| BasesError::Catalogue {
            path: path.display().to_string(),
            message,
        })?;
        Ok(catalogue)
    }

    fn check(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for entry in &self.entries {
            if let Some(missing) = entry
                .needs
                .iter()
                .find(|need| !seen.contains(need.as_str()))
            {
                return Err(format!(
                    "`{}` needs `{missing}`, which must stand before it",
                    entry.name
                ));
            }
            for name in entry.names() {
                canonical(name).map_err(|message| format!("`{name}`: {message}"))?;
                if !seen.insert(name) {
                    return Err(format!("`{name}` stands twice"));
                }
            }
        }
        Ok(())
    }

    /// All entries, each after its dependencies.
    pub fn entries(&self) -> &[CatalogueEntry] {
        &self.entries
    }

    /// The entry that replaces a reference, in any form of the reference.
    pub fn find(&self, reference: &str) -> Option<&CatalogueEntry> {
        let wanted = canonical(reference).ok()?;
        self.entries.iter().find(|entry| {
            entry
                .names()
                .any(|name| canonical(name).as_ref() == Ok(&wanted))
        })
    }

    /// The folder of an entry's recipe.
    pub fn folder(&self, entry: &CatalogueEntry) -> PathBuf {
        self.dir.join(&entry.recipe)
    }

    /// The files of an entry's recipe, with the scripts that all recipes share in `lib/`.
    ///
    /// # Errors
    /// A file cannot be read, or the recipe has its own folder `lib`.
    pub(super) fn context(&self, entry: &CatalogueEntry) -> Result<Context, BasesError> {
        let recipe = match entry.kind {
            RecipeKind::Rootfs => "rootfs.sh",
            RecipeKind::Dockerfile => "Dockerfile",
        };
        Context::scan_with(&self.folder(entry), recipe, &self.shared()?).map_err(|source| {
            BasesError::Recipe {
                name: entry.name.clone(),
                source: Box::new(source),
            }
        })
    }

    /// The scripts in `lib/`; empty without this folder.
    fn shared(&self) -> Result<Overlay, BasesError> {
        let folder = self.dir.join(SHARED);
        let mut shared = Overlay::new();
        if !folder.is_dir() {
            return Ok(shared);
        }
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| BasesError::Read { path, source }
        };
        for file in fs::read_dir(&folder).map_err(failed(&folder))? {
            let path = file.map_err(failed(&folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let content = files::read(&path).map_err(failed(&path))?;
            shared.insert(format!("{SHARED}/{name}"), content);
        }
        Ok(shared)
    }

    /// The hash of everything that determines a stand-in: its entry, the files of its recipe, the
    /// hashes of its bases and the host's certificates.
    ///
    /// # Errors
    /// The folder of a recipe cannot be read.
    pub fn recipe_hash(&self, entry: &CatalogueEntry) -> Result<String, BasesError> {
        let mut known = BTreeMap::new();
        self.hash_into(entry, &mut known)
    }

    fn hash_into(
        &self,
        entry: &CatalogueEntry,
        known: &mut BTreeMap<String, String>,
    ) -> Result<String, BasesError> {
        if let Some(hash) = known.get(&entry.name) {
            return Ok(hash.clone());
        }
        let context = self.context(entry)?;
        let mut material = format!("{}\n{:?}\n{:?}\n", entry.name, entry.kind, entry.cmd);
        material.push_str(&context.digest().map_err(|source| BasesError::Recipe {
            name: entry.name.clone(),
            source: Box::new(source),
        })?);
        for need in &entry.needs {
            let base = self
                .find(need)
                .ok_or_else(|| BasesError::Unknown { name: need.clone() })?;
            material.push_str(&self.hash_into(base, known)?);
        }
        if entry.needs.is_empty() {
            material.push_str(&oci::sha256_hex(
                &fs::read(HOST_CERTIFICATES).unwrap_or_default(),
            ));
        }
        let hash = oci::sha256_hex(material.as_bytes());
        known.insert(entry.name.clone(), hash.clone());
        Ok(hash)
    }
}

fn canonical(reference: &str) -> Result<String, String> {
    reference
        .parse::<ImageReference>()
        .map(|reference| reference.canonical())
        .map_err(|error| error.to_string())
}
