//! From the stream to what is told of the image.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::rc::Rc;

use super::archive::{self, Part, Parts};
use super::config::{Config, Document};
use super::cover::Uncovered;
use super::error::ImageError;
use super::facts;
use super::layer::{Find, Layer, Reading};
use super::manifest::{self, Chosen};
use super::name;
use super::secrets::{Hit, Search};
use super::tree::Tree;
use super::view::{Node, View};
use super::weight;
use crate::engine::Secret;
use crate::record::{LayerContents, Posture, SecretFinding, SecretPlace};
use crate::units::{Bytes, Count, Ratio};

/// Bytes of names that layers may lay down again which the image has more than once.
const MOST_REPEATED_BYTES: usize = 64 << 20;
/// What a name takes next to its text.
const NAME_BYTES: usize = 64;

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
    /// What was left out of the look, for people.
    pub notes: Vec<String>,
}

/// Looks into an image in the form of `docker save`, or an OCI layout in a tar.
///
/// The stream is read once. What is held in memory are the names of all layers, at most
/// 32 MiB of documents and 32 MiB of one known file; of other files 256 KiB at a time. A
/// test holds it to 256 MiB and 200 bytes for each entry.
///
/// # Errors
/// When the stream breaks off, holds not exactly one image, or a part of the image is
/// missing, makes no sense, has another digest than the config states or is larger than
/// any image's.
pub fn analyse(archive: impl Read, planted: &[Planted]) -> Result<ImageContents, ImageError> {
    let search = Search::new(planted).map_err(ImageError::Search)?;
    let mut reading = Reading::new(&search);
    let mut parts = archive::read(archive, &mut reading)?;
    let chosen = manifest::choose(&parts)?;
    let Some(text) = parts.document(&chosen.config) else {
        return Err(manifest::missing(&parts, &chosen.config, &chosen.by));
    };
    let document: Document = manifest::document(&chosen.config, text)?;
    let mut notes = chosen.notes.clone();
    let stack = layers(&mut parts, &chosen, &document)?;
    drop(parts);
    let tree = cover(&stack)?;
    let view = View::new(&tree, &reading.inodes);
    let (files, tree_bytes, contents) = weigh(&view, reading.inodes.len());
    let layers = stack.iter().map(|(_, layer)| layer);
    let layer_bytes = { layers.clone() }.fold(0, |sum: u64, one| sum.saturating_add(one.bytes));
    let config = document.config.as_ref();
    let mut posture = facts::of(&view, config.unwrap_or(&Config::default()));
    if view.is_exhausted() {
        return Err(ImageError::Unfit {
            problem: "its programs lie behind too many symbolic links".to_owned(),
        });
    }
    posture.secrets = secrets(&search, &document, &stack, &contents);
    if reading.finds_cut {
        notes.push("more secrets were found in files than are reported".to_owned());
    }
    Ok(ImageContents {
        files: Count(files),
        tree_bytes: Bytes(tree_bytes),
        layer_bytes: Bytes(layer_bytes),
        makers_of_layers: document.makers_of_layers(),
        waste: Bytes(layer_bytes.saturating_sub(tree_bytes)),
        efficiency: Ratio::of(tree_bytes as f64, layer_bytes as f64),
        layers: weights(&stack, &reading),
        posture,
        values: search.values(),
        notes,
    })
}

/// The layers by their heaviest names; one that the image has twice is weighed once.
fn weights<'a>(stack: &'a Stack, reading: &Reading<'_>) -> Vec<LayerContents> {
    let mut known: BTreeMap<&'a str, LayerContents> = BTreeMap::new();
    let weigh = |(name, layer): &'a (String, Rc<Layer>)| {
        let fresh = || weight::weigh(layer, &reading.inodes);
        known.entry(name).or_insert_with(fresh).clone()
    };
    stack.iter().map(weigh).collect()
}

/// Lays the layers over one another.
fn cover(stack: &Stack) -> Result<Tree, ImageError> {
    let mut tree = Tree::default();
    let mut seen = BTreeSet::new();
    let (mut repeated, mut below) = (0, "");
    for (name, layer) in stack {
        // Twice in a row is once.
        if name == below {
            continue;
        }
        below = name;
        if !seen.insert(name) {
            repeated += layer.tree.len() * NAME_BYTES + layer.tree.texts.len();
        }
        if repeated > MOST_REPEATED_BYTES {
            return Err(ImageError::Unfit {
                problem: format!("it names `{}` and others too often", name::brief(name)),
            });
        }
        tree.cover(&layer.tree).map_err(|why| {
            let (at, problem) = match why {
                Uncovered::Link(at) => (at, "it is a hard link to nothing"),
                Uncovered::Full(why) => (Vec::new(), why),
            };
            ImageError::Entry {
                layer: name::brief(name),
                entry: name::brief(name::path(&at).trim_start_matches('/')),
                problem,
            }
        })?;
    }
    Ok(tree)
}

/// The image's layers, bottom first, with their names.
type Stack = Vec<(String, Rc<Layer>)>;

/// The image's layers. One may be there twice; those that are kept elsewhere are left out.
fn layers(parts: &mut Parts, chosen: &Chosen, document: &Document) -> Result<Stack, ImageError> {
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
            Some((name, Part::Layer(_))) => names.push((number, name.to_owned())),
            _ => return Err(manifest::missing(parts, layer, &chosen.by)),
        }
    }
    let mut taken: BTreeMap<String, Rc<Layer>> = BTreeMap::new();
    let mut stack = Vec::new();
    for (number, name) in names {
        if !taken.contains_key(&name)
            && let Some(Part::Layer(layer)) = parts.take(&name)
        {
            taken.insert(name.clone(), Rc::new(layer?));
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
        stack.push((name, Rc::clone(layer)));
    }
    Ok(stack)
}

/// Names and bytes of a tree, and which files are in it.
fn weigh(view: &View<'_>, inodes: usize) -> (u64, u64, Vec<bool>) {
    let (mut files, mut bytes, mut seen) = (0, 0_u64, vec![false; inodes]);
    view.walk(&mut |_, node| {
        files += 1;
        if let Node::File(inode) = node
            && !std::mem::replace(&mut seen[inode.number as usize], true)
        {
            bytes = bytes.saturating_add(inode.size);
        }
    });
    (files, bytes, seen)
}

fn secrets(
    search: &Search,
    document: &Document,
    layers: &[(String, Rc<Layer>)],
    seen: &[bool],
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
                Some((path, inode)) if seen[*inode as usize] => format!("{path} in {layer}"),
                Some((path, _)) => format!("{path} in {layer}, gone later"),
                None => format!("a file's name in {layer}"),
            };
            add(SecretPlace::Layer, at, hit.clone());
        }
    }
    found.into_iter().collect()
}
