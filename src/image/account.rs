//! The account of an image: layers and instructions, who wrote which bytes, and where the
//! final tree's lie.

use super::contents::ImageContents;
use super::examined::{Examined, Placed};
use super::manifest::BASE_NAME;
use super::waste::layer_number;
use crate::inspection::{Base, BaseEvidence, HistoryInstruction, InspectedLayer, Inspection};
use crate::record::{LayerContents, Weight};
use crate::units::{Bytes, Count};

impl Examined {
    /// The account of the image. Each wasted path, and each name that a layer changes, is
    /// listed where `is_whole`. What an engine knows of it (its id, its names) is left out.
    pub fn account(&self, contents: ImageContents, is_whole: bool) -> Inspection {
        let (waste, hidings) = self.waste(is_whole);
        let (heaviest, unlisted_heavy_files) = self.heaviest();
        let mut inspection = Inspection {
            id: self.id.clone(),
            platform: self.document.platform(),
            unpacked_bytes: contents.layer_bytes,
            files: contents.files,
            missing_layers: self.missing_layers(),
            waste_bytes: contents.waste,
            efficiency: contents.efficiency,
            waste,
            heaviest,
            unlisted_heavy_files,
            packages: self.packages(),
            posture: contents.posture,
            notes: contents.notes,
            ..Inspection::default()
        };
        let layers = self.stack.iter().enumerate().zip(contents.layers);
        inspection.layers = { layers.zip(self.heaviest_of_layers()) }
            .map(|(((at, placed), weights), heaviest)| layer(at, placed, &weights, heaviest))
            .collect();
        if is_whole {
            let layers = inspection.layers.iter_mut();
            for (layer, names) in layers.zip(self.names_of_layers()) {
                layer.names = names;
            }
        }
        for hiding in hidings {
            let mut add = |number: u32, of: fn(&mut InspectedLayer) -> &mut Bytes| {
                let layer = inspection.layers.get_mut(number as usize - 1);
                if let Some(bytes) = layer.map(of) {
                    *bytes = Bytes(bytes.0.saturating_add(hiding.bytes));
                }
            };
            add(hiding.written_by, |layer| &mut layer.hidden_bytes);
            add(hiding.hidden_by, |layer| &mut layer.hides_bytes);
        }
        let packed = inspection.layers.iter().map(|layer| layer.packed_bytes);
        inspection.packed_bytes = packed
            .collect::<Option<Vec<_>>>()
            .filter(|packed| !packed.is_empty() && inspection.missing_layers == Count(0))
            .map(|packed| packed.into_iter().sum());
        self.link_history(&mut inspection);
        inspection.base = self.named_base().map(|reference| Base {
            reference,
            layers: None,
            bytes: None,
            evidence: BaseEvidence::Label,
        });
        inspection
    }

    /// The base that an annotation or a label names.
    fn named_base(&self) -> Option<String> {
        let label = self.document.config.as_ref();
        let label = label.and_then(|config| config.label(BASE_NAME));
        let named = self.chosen.base.as_deref().or(label)?;
        (!named.is_empty()).then(|| named.to_owned())
    }

    /// Links the entries of the history with the layers, where as many entries made a layer
    /// as there are layers.
    fn link_history(&self, inspection: &mut Inspection) {
        let history = self.document.history.as_deref().unwrap_or_default();
        let made = history.iter().filter(|entry| !entry.empty_layer).count();
        let fits = made == inspection.layers.len();
        let mut layers = inspection.layers.iter_mut().filter(|_| fits);
        for (number, entry) in (1..).zip(history) {
            let layer = match entry.empty_layer {
                true => None,
                false => layers.next(),
            };
            let mut instruction = HistoryInstruction {
                instruction: entry.created_by.clone().unwrap_or_default(),
                ..HistoryInstruction::default()
            };
            if let Some(layer) = layer {
                layer.entry = Some(number);
                instruction.layer = Some(layer.number);
                instruction.unpacked_bytes = layer.bytes;
            }
            inspection.history.push(instruction);
        }
    }
}

/// A layer with its heaviest files and folders, none within another.
fn layer(
    position: usize,
    placed: &Placed,
    weights: &LayerContents,
    [heaviest_files, heaviest_folders]: [Vec<Weight>; 2],
) -> InspectedLayer {
    let packed = placed.layer.packed;
    let blob = placed
        .name
        .strip_prefix("blobs/")
        .filter(|_| packed.is_some());
    InspectedLayer {
        number: layer_number(position),
        digest: placed.layer.digest.clone(),
        blob: blob.map(|name| name.replacen('/', ":", 1)),
        bytes: weights.bytes,
        packed_bytes: packed.map(Bytes),
        files: weights.files,
        added: Count(placed.changes.added.len() as u64),
        changed: Count(placed.changes.changed.len() as u64),
        removed: Count(placed.changes.removed.len() as u64),
        heaviest_files,
        heaviest_folders,
        ..InspectedLayer::default()
    }
}
