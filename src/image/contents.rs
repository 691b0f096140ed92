//! From the stream to the contents of the image.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use super::config::Config;
use super::error::ImageError;
use super::examined::{Examined, Placed, examine_stream};
use super::facts;
use super::layer::{LayerFind, MOST_FINDS};
use super::name;
use super::secrets::{Hit, Planted};
use super::selection::ImageSelection;
use super::view::{Node, View};
use super::weight;
use crate::engine::Secret;
use crate::record::{LayerContents, Posture, SecretFinding, SecretPlace};
use crate::units::{Bytes, Count, Ratio, human_count};

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
    examine_stream(archive, &ImageSelection::default(), planted)?.contents()
}

impl Examined {
    /// What is known of the image as a whole.
    ///
    /// # Errors
    /// When its programs lie behind too many symbolic links.
    pub fn contents(&self) -> Result<ImageContents, ImageError> {
        let view = self.view();
        let (files, tree_bytes, seen) = weigh(&view, self.numbers());
        let layers = self.stack.iter().map(|placed| placed.layer.bytes);
        let layer_bytes = layers.fold(0, u64::saturating_add);
        let config = self.document.config.as_ref();
        let mut posture = facts::of(&view, config.unwrap_or(&Config::default()));
        if view.is_exhausted() {
            return Err(ImageError::Unfit {
                problem: "its programs lie behind too many symbolic links".to_owned(),
            });
        }
        let (secrets, more) = self.secrets(&seen);
        posture.secrets = secrets;
        posture.unlisted.secrets = Count(more);
        let mut notes = self.notes.clone();
        if more > 0 {
            let more = human_count(Count(more));
            notes.push(format!("{more} more secrets in files are not listed"));
        }
        Ok(ImageContents {
            files: Count(files),
            tree_bytes: Bytes(tree_bytes),
            layer_bytes: Bytes(layer_bytes),
            makers_of_layers: self.document.makers_of_layers(),
            waste: Bytes(layer_bytes.saturating_sub(tree_bytes)),
            efficiency: Ratio::of(tree_bytes as f64, layer_bytes as f64),
            layers: self.weights(),
            posture,
            values: self.search.values(),
            notes,
        })
    }

    /// The layers by their heaviest names; one that the image has twice is weighed once.
    fn weights(&self) -> Vec<LayerContents> {
        let mut known: BTreeMap<&str, LayerContents> = BTreeMap::new();
        let layers = self.stack.iter().map(|Placed { name, layer, .. }| {
            let fresh = || weight::weigh(layer);
            known.entry(name).or_insert_with(fresh).clone()
        });
        layers.collect()
    }

    /// The secrets, and how many more there are in files. `seen` has the files of the final
    /// tree.
    fn secrets(&self, seen: &[bool]) -> (Vec<SecretFinding>, u64) {
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
        let history = self.document.history.as_deref().unwrap_or_default();
        for (number, step) in (1..).zip(history) {
            for text in [&step.created_by, &step.comment].into_iter().flatten() {
                for hit in self.search.text(text.as_bytes()) {
                    let at = format!("entry {number} of {}", history.len());
                    add(SecretPlace::History, at, hit);
                }
            }
        }
        for (key, text) in self.document.config.iter().flat_map(Config::texts) {
            for hit in self.search.text(text.as_bytes()) {
                add(SecretPlace::Config, key.clone(), hit);
            }
        }
        let (mut room, mut more) = (MOST_FINDS, 0_u64);
        for (number, placed) in (1..).zip(&self.stack) {
            let finds = &placed.layer.finds;
            let listed = finds.len().min(room);
            room -= listed;
            more += placed.layer.more_finds + (finds.len() - listed) as u64;
            for LayerFind { file, hit } in &finds[..listed] {
                let layer = format!("layer {number} of {}", self.stack.len());
                let at = match file {
                    Some(file) => {
                        let tree = &placed.layer.tree;
                        let path = tree.path(placed.layer.names[*file as usize]);
                        let is_there = seen[(placed.first + file) as usize];
                        let gone = if is_there { "" } else { ", gone later" };
                        format!("{} in {layer}{gone}", name::path(&path))
                    }
                    None => format!("a file's name in {layer}"),
                };
                add(SecretPlace::Layer, at, hit.clone());
            }
        }
        (found.into_iter().collect(), more)
    }
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
