//! From the stream to what is told of the image.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::rc::Rc;

use super::archive::{self, Part, Parts};
use super::config::{Config, Document};
use super::error::ImageError;
use super::facts;
use super::layer::{Find, Layer, Reading};
use super::manifest::{self, Chosen};
use super::name;
use super::secrets::{Hit, Search};
use super::tree::{Folder, Node};
use super::weight;
use crate::engine::Secret;
use crate::record::{LayerContents, Posture, SecretFinding, SecretPlace};
use crate::units::{Bytes, Count, Ratio};

/// A token that was put into a build to see where it goes.
#[derive(Debug, Clone)]
pub struct Planted {
    /// The token.
    pub token: Secret,
}

/// What an image holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageContents {
    /// Files, links and folders of the final tree; its root is not counted.
    pub files: Count,
    /// Bytes of the files of the final tree, those with several names once.
    pub tree_bytes: Bytes,
    /// Bytes of the files of all layers, by the headers of their tars. A layer that the
    /// image has twice counts twice.
    pub layer_bytes: Bytes,
    /// Which entries of the image's history made a layer, bottom first; empty where it has none.
    pub makers_of_layers: Vec<bool>,
    /// What layers hold and the final tree does not: overwritten or deleted later.
    pub waste: Bytes,
    /// The final tree's bytes divided by those of all layers; none where there are no bytes.
    pub efficiency: Option<Ratio>,
    /// The layers, bottom first, by their heaviest names.
    pub layers: Vec<LayerContents>,
    /// Facts; those that need a start or a scanner are left out.
    pub posture: Posture,
    /// The values of all secrets that were found: no output may hold them.
    pub values: Vec<Secret>,
}

/// Looks into an image in the form of `docker save`, or an OCI layout in a tar.
///
/// The stream is read once. What is held in memory are the names of all
/// layers, and at most 64 MiB of documents and one small known file; of other files
/// 256 KiB at a time.
///
/// # Errors
/// When the stream breaks off, holds not exactly one image, or a part of the image is
/// missing or makes no sense.
pub fn analyse(archive: impl Read, planted: &[Planted]) -> Result<ImageContents, ImageError> {
    let search = Search::new(planted).map_err(ImageError::Search)?;
    let mut reading = Reading {
        search: &search,
        buffer: Vec::new(),
        inodes: 0,
    };
    let mut parts = archive::read(archive, &mut reading)?;
    let chosen = manifest::choose(&parts)?;
    let Some(text) = parts.document(&chosen.config) else {
        return Err(manifest::missing(&parts, &chosen.config, &chosen.by));
    };
    let document: Document = manifest::document(&chosen.config, text)?;
    let layers = layers(&mut parts, &chosen, &document)?;

    let mut tree = Folder::default();
    for (name, layer) in &layers {
        tree.cover(&layer.tree).map_err(|at| ImageError::Entry {
            layer: name.clone(),
            entry: name::path(&at).trim_start_matches('/').to_owned(),
            problem: "it is a hard link to nothing",
        })?;
    }
    let (files, tree_bytes, inodes) = weigh(&tree);
    let layer_bytes: u64 = layers.iter().map(|(_, layer)| layer.bytes).sum();
    let config = document.config.as_ref();
    let mut posture = facts::of(&tree, config.unwrap_or(&Config::default()));
    posture.secrets = secrets(&search, &document, &layers, &inodes);
    Ok(ImageContents {
        files: Count(files),
        tree_bytes: Bytes(tree_bytes),
        layer_bytes: Bytes(layer_bytes),
        makers_of_layers: document.makers_of_layers(),
        waste: Bytes(layer_bytes.saturating_sub(tree_bytes)),
        efficiency: Ratio::of(tree_bytes as f64, layer_bytes as f64),
        layers: layers
            .iter()
            .map(|(_, layer)| weight::weigh(layer))
            .collect(),
        posture,
        values: search.values(),
    })
}

/// The image's layers, bottom first, with their names. One may be there twice.
fn layers(
    parts: &mut Parts,
    chosen: &Chosen,
    document: &Document,
) -> Result<Vec<(String, Rc<Layer>)>, ImageError> {
    let stated = document.rootfs.as_ref().and_then(|fs| fs.diff_ids.as_ref());
    if let Some(stated) = stated
        && stated.len() != chosen.layers.len()
    {
        return Err(ImageError::Unfit {
            problem: format!(
                "`{}` names {} layers, `{}` {}",
                chosen.by,
                chosen.layers.len(),
                chosen.config,
                stated.len()
            ),
        });
    }
    let mut names = Vec::new();
    for layer in &chosen.layers {
        match parts.find(layer) {
            Some((name, Part::Layer(_))) => names.push(name.to_owned()),
            _ => return Err(manifest::missing(parts, layer, &chosen.by)),
        }
    }
    let mut taken: BTreeMap<String, Rc<Layer>> = BTreeMap::new();
    let mut layers = Vec::new();
    for name in names {
        if !taken.contains_key(&name)
            && let Some(Part::Layer(layer)) = parts.take(&name)
        {
            taken.insert(name.clone(), Rc::new(layer?));
        }
        layers.extend(taken.get(&name).map(|layer| (name, Rc::clone(layer))));
    }
    Ok(layers)
}

/// Names, bytes and contents of a tree.
fn weigh(tree: &Folder) -> (u64, u64, BTreeSet<u64>) {
    let (mut files, mut bytes, mut inodes) = (0, 0, BTreeSet::new());
    tree.walk(&mut |_, node| {
        files += 1;
        if let Node::File(inode) = node
            && inodes.insert(inode.number)
        {
            bytes += inode.size;
        }
    });
    (files, bytes, inodes)
}

fn secrets(
    search: &Search,
    document: &Document,
    layers: &[(String, Rc<Layer>)],
    inodes: &BTreeSet<u64>,
) -> Vec<SecretFinding> {
    let mut found = BTreeSet::new();
    let mut add = |place, at: String, hit: Hit| {
        found.insert(SecretFinding {
            place,
            at,
            kind: hit.kind,
            masked: hit.masked,
            planted: hit.planted,
        });
    };
    let history = document.history.as_deref().unwrap_or_default();
    for (number, step) in (1..).zip(history) {
        for text in [&step.created_by, &step.comment].into_iter().flatten() {
            for hit in search.text(text.as_bytes()) {
                let at = format!("entry {number} of {}", history.len());
                add(SecretPlace::History, at, hit);
            }
        }
    }
    for (key, text) in document.config.iter().flat_map(Config::texts) {
        for hit in search.text(text.as_bytes()) {
            add(SecretPlace::Config, key.clone(), hit);
        }
    }
    for (number, (_, layer)) in (1..).zip(layers) {
        for Find { file, hit } in &layer.finds {
            let layer = format!("layer {number} of {}", layers.len());
            let at = match file {
                Some((path, inode)) if inodes.contains(inode) => format!("{path} in {layer}"),
                Some((path, _)) => format!("{path} in {layer}, gone later"),
                None => format!("a file's name in {layer}"),
            };
            add(SecretPlace::Layer, at, hit.clone());
        }
    }
    found.into_iter().collect()
}
