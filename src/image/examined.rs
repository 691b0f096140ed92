//! An image that was read: its layers on top of one another, and what became of each file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use super::archive::{self, ArchivePart, ArchiveParts};
use super::config::Document;
use super::cover::Uncovered;
use super::disk;
use super::error::ImageError;
use super::fates::{Changes, Fates};
use super::gather;
use super::layer::{Layer, Reading};
use super::manifest::{self, Chosen};
use super::name;
use super::secrets::{Planted, Search};
use super::selection::{self, ImageSelection};
use super::tree::Tree;
use super::view::{Files, View};
use crate::units::Count;

/// Bytes of names that layers may lay down again which the image has more than once.
const MOST_REPEATED_BYTES: usize = 64 << 20;
/// What a name takes next to its text.
const NAME_BYTES: usize = 64;

/// Where an image comes from. Nothing is unpacked to the disk, whichever it is.
pub enum ImageSource {
    /// An archive that is read once: an engine's export, or standard input. It may be packed.
    Stream(Box<dyn Read + Send>),
    /// An archive's file. It may be packed.
    File(PathBuf),
    /// The folder of an OCI layout, or of an unpacked archive.
    Folder(PathBuf),
}

/// A layer in its place.
pub(super) struct Placed {
    /// Its name in the archive.
    pub name: String,
    pub layer: Arc<Layer>,
    /// The number of its first file.
    pub first: u32,
    /// Whether it is the same as the one right below: both share their files' numbers, and
    /// the lowest of them is laid.
    pub is_again: bool,
    /// The number of the layer that is laid for it, from 1.
    pub laid: u32,
    /// How it changes what is below.
    pub changes: Arc<Changes>,
}

/// An image that was read.
pub struct Examined {
    /// Its layers, bottom first.
    pub(super) stack: Vec<Placed>,
    /// The final tree.
    pub(super) tree: Tree,
    pub(super) fates: Fates,
    pub(super) document: Document,
    /// The digest of its config.
    pub(super) id: String,
    pub(super) chosen: Chosen,
    pub(super) search: Search,
    pub(super) notes: Vec<String>,
}

/// Reads an image. Layers on a disk are read side by side.
///
/// # Errors
/// As [`super::analyse`], and where several images or platforms are there and none is named.
pub fn examine(
    source: ImageSource,
    selection: &ImageSelection,
    planted: &[Planted],
) -> Result<Examined, ImageError> {
    let search = Search::new(planted).map_err(ImageError::Search)?;
    let reading = Reading::new(&search);
    let mut parts = open(source, &reading)?;
    let chosen = selection::choose(&parts, selection)?;
    let named = chosen.layers.iter().flatten().map(String::as_str);
    gather::read_layers(&mut parts, named, &reading);
    put_together(parts, chosen, search)
}

/// The digests of an image's unpacked layers as its config states them, bottom first. Its
/// layers are not read where it lies on the disk.
///
/// # Errors
/// As [`examine`].
pub fn stated_layers(
    source: ImageSource,
    selection: &ImageSelection,
) -> Result<Vec<String>, ImageError> {
    let search = Search::new(&[]).map_err(ImageError::Search)?;
    let parts = open(source, &Reading::new(&search))?;
    let chosen = selection::choose(&parts, selection)?;
    let Some(text) = parts.document(&chosen.config) else {
        return Err(manifest::missing(&parts, &chosen.config, &chosen.by));
    };
    let document: Document = manifest::document(&chosen.config, text)?;
    Ok(document
        .rootfs
        .and_then(|root| root.diff_ids)
        .unwrap_or_default())
}

fn open(source: ImageSource, reading: &Reading<'_>) -> Result<ArchiveParts, ImageError> {
    match source {
        ImageSource::Stream(stream) => disk::read_stream(stream, reading),
        ImageSource::File(path) => disk::read_file(&path, reading),
        ImageSource::Folder(path) => disk::read_folder(&path),
    }
}

/// Reads an archive as it comes.
pub(super) fn examine_stream(
    archive: impl Read,
    selection: &ImageSelection,
    planted: &[Planted],
) -> Result<Examined, ImageError> {
    let search = Search::new(planted).map_err(ImageError::Search)?;
    let parts = archive::read(archive, &Reading::new(&search))?;
    let chosen = selection::choose(&parts, selection)?;
    put_together(parts, chosen, search)
}

fn put_together(
    mut parts: ArchiveParts,
    chosen: Chosen,
    search: Search,
) -> Result<Examined, ImageError> {
    let Some(text) = parts.document(&chosen.config) else {
        return Err(manifest::missing(&parts, &chosen.config, &chosen.by));
    };
    let document: Document = manifest::document(&chosen.config, text)?;
    let id = format!("sha256:{}", crate::oci::sha256_hex(text));
    let notes = chosen.notes.clone();
    let layers = layers(&mut parts, &chosen, &document)?;
    drop(parts);
    let (stack, tree, fates) = lay(layers)?;
    Ok(Examined {
        stack,
        tree,
        fates,
        document,
        id,
        chosen,
        search,
        notes,
    })
}

impl Examined {
    /// The files of all layers.
    pub(super) fn files(&self) -> Files<'_> {
        let firsts = self.stack.iter().filter(|placed| !placed.is_again);
        Files::of(firsts.map(|placed| (placed.first, placed.layer.inodes.as_slice())))
    }

    /// The final tree with its files.
    pub(super) fn view(&self) -> View<'_> {
        View::new(&self.tree, self.files())
    }

    /// How many numbers of files there are.
    pub(super) fn numbers(&self) -> usize {
        let last = self.stack.last();
        last.map_or(0, |placed| {
            placed.first as usize + placed.layer.inodes.len()
        })
    }

    /// The position of the layer that a file is of.
    pub(super) fn position_of(&self, file: u32) -> usize {
        let above = self.stack.partition_point(|placed| placed.first <= file);
        above.saturating_sub(1)
    }

    /// The value of a label of its config.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.document.config.as_ref()?.label(name)
    }

    /// Digests of its unpacked layers, bottom first.
    pub fn diff_ids(&self) -> Vec<&str> {
        let layers = self.stack.iter().map(|placed| &placed.layer);
        layers.map(|layer| layer.digest.as_str()).collect()
    }

    /// How many layers its manifest names that are kept elsewhere (foreign).
    pub(super) fn missing_layers(&self) -> Count {
        let missing = self.chosen.layers.iter().filter(|layer| layer.is_none());
        Count(missing.count() as u64)
    }

    /// The layers with the positions of the lowest, those that are the same several times in
    /// a row together.
    pub(super) fn runs(&self) -> impl Iterator<Item = (usize, &[Placed])> {
        let runs = self.stack.chunk_by(|_, above| above.is_again);
        runs.scan(0, |next, run| {
            let first = *next;
            *next += run.len();
            Some((first, run))
        })
    }
}

/// Lays the layers over one another.
fn lay(layers: Vec<(String, Arc<Layer>)>) -> Result<(Vec<Placed>, Tree, Fates), ImageError> {
    let (mut tree, mut fates) = (Tree::default(), Fates::default());
    let mut stack: Vec<Placed> = Vec::new();
    let mut seen = BTreeSet::new();
    let (mut repeated, mut next) = (0, 0);
    for (number, (name, layer)) in (1..).zip(layers) {
        // Twice in a row is once.
        if let Some(below) = stack.last().filter(|below| below.name == name) {
            let changes = match below.is_again {
                true => Arc::clone(&below.changes),
                false => Arc::new(below.changes.again()),
            };
            stack.push(Placed {
                name,
                layer,
                first: below.first,
                is_again: true,
                laid: below.laid,
                changes,
            });
            continue;
        }
        if !seen.insert(name.clone()) {
            repeated += layer.tree.len() * NAME_BYTES + layer.tree.texts.len();
        }
        let last = u32::try_from(layer.inodes.len())
            .ok()
            .and_then(|files| u32::checked_add(next, files));
        let Some(last) = last.filter(|_| repeated <= MOST_REPEATED_BYTES) else {
            return Err(ImageError::Unfit {
                problem: format!("it names `{}` and others too often", name::brief(&name)),
            });
        };
        fates.begin(number, next, layer.inodes.len());
        tree.cover(&layer.tree, next, &mut fates).map_err(|why| {
            let (at, problem) = match why {
                Uncovered::Link(at) => (at, "it is a hard link to nothing"),
                Uncovered::Full(why) => (Vec::new(), why),
            };
            ImageError::Entry {
                layer: name::brief(&name),
                entry: name::brief(name::path(&at).trim_start_matches('/')),
                problem,
            }
        })?;
        let changes = Arc::new(fates.end());
        stack.push(Placed {
            name,
            layer,
            first: next,
            is_again: false,
            laid: u32::from(number),
            changes,
        });
        next = last;
    }
    fates.finish();
    Ok((stack, tree, fates))
}

/// The image's layers with their names, bottom first. One may be there twice; those that
/// are kept elsewhere are left out.
fn layers(
    parts: &mut ArchiveParts,
    chosen: &Chosen,
    document: &Document,
) -> Result<Vec<(String, Arc<Layer>)>, ImageError> {
    let by = name::brief(&chosen.by);
    let config = name::brief(&chosen.config);
    let stated = document.rootfs.as_ref().and_then(|fs| fs.diff_ids.as_ref());
    if let Some(stated) = stated
        && stated.len() != chosen.layers.len()
    {
        let (named, listed) = (chosen.layers.len(), stated.len());
        return Err(ImageError::Unfit {
            problem: format!("`{by}` names {named} layers, `{config}` {listed}"),
        });
    }
    let mut names = Vec::new();
    for (number, layer) in chosen.layers.iter().enumerate() {
        let Some(layer) = layer else { continue };
        match parts.find(layer) {
            Some((name, ArchivePart::Layer(_))) => names.push((number, name.to_owned())),
            _ => return Err(manifest::missing(parts, layer, &chosen.by)),
        }
    }
    let mut taken: BTreeMap<String, Arc<Layer>> = BTreeMap::new();
    let mut stack = Vec::new();
    for (number, name) in names {
        if !taken.contains_key(&name)
            && let Some(ArchivePart::Layer(layer)) = parts.take(&name)
        {
            taken.insert(name.clone(), Arc::new(*layer?));
        }
        let Some(layer) = taken.get(&name) else {
            continue;
        };
        if let Some(stated) = stated.and_then(|stated| stated.get(number))
            && *stated != layer.digest
        {
            let (name, stated) = (name::brief(&name), name::brief(stated));
            return Err(ImageError::Unfit {
                problem: format!(
                    "the layer `{name}` has the digest {}, and `{config}` states {stated}",
                    layer.digest
                ),
            });
        }
        stack.push((name, Arc::clone(layer)));
    }
    Ok(stack)
}
