//! The account of an image: layers and instructions, who wrote which bytes, and where the
//! final tree's lie.

use super::condense::{NameLoad, TakenApart, condense};
use super::contents::ImageContents;
use super::examined::{Examined, Placed};
use super::manifest::BASE_NAME;
use super::name;
use super::tree::{Id, Lead};
use super::waste::layer_number;
use crate::inspection::{
    Base, BaseEvidence, Heavy, HistoryInstruction, InspectedLayer, Inspection,
};
use crate::record::LayerContents;
use crate::units::{Bytes, Count};

/// Names of the final tree that are listed.
const MOST_HEAVY: usize = 200;

impl Examined {
    /// The account of the image. Each wasted path is listed where `is_whole`. What an
    /// engine knows of it (its id, its names) is left out.
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
        inspection.layers = layers
            .map(|((position, placed), weights)| layer(position, placed, weights))
            .collect();
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

    /// Where the bytes of the final tree lie, and how many of its files are in no row because
    /// there are too many rows.
    fn heaviest(&self) -> (Vec<Heavy>, Count) {
        let mut loads = vec![NameLoad::default(); self.tree.len()];
        let mut seen = vec![false; self.numbers()];
        let files = self.files();
        self.view().walk_ids(&mut |id| {
            if let Lead::File(number) = self.tree.slot(id).lead
                && let Some(file) = files.get(number)
                && !std::mem::replace(&mut seen[number as usize], true)
            {
                loads[id as usize] = NameLoad {
                    bytes: file.size,
                    files: 1,
                };
            }
        });
        let own = loads.clone();
        // A folder comes before what is in it.
        for id in (0..loads.len()).rev() {
            let load = loads[id];
            let above = self.tree.slot(id as Id).parent as usize;
            if let Some(above) = loads.get_mut(above) {
                above.add(load);
            }
        }
        let rows = condense(
            &self.tree,
            |id| loads[id as usize],
            TakenApart::ByWeight,
            MOST_HEAVY,
        );
        let listed: u64 = rows.iter().map(|(_, load)| load.files).sum();
        let more = loads[self.tree.root as usize].files.saturating_sub(listed);
        let rows = rows.into_iter().filter(|(_, load)| load.bytes > 0);
        let rows = rows.map(|(id, load)| {
            let (position, bytes) = self.writer_of(id, &own);
            Heavy {
                path: name::path(&self.tree.path(id)),
                is_folder: self.tree.slot(id).lead == Lead::Folder,
                bytes: Bytes(load.bytes),
                files: Count(load.files),
                layer: layer_number(position),
                layer_bytes: Bytes(bytes),
            }
        });
        (rows.collect(), Count(more))
    }

    /// The position of the layer that wrote most of what is below a name, and how much.
    fn writer_of(&self, id: Id, own: &[NameLoad]) -> (usize, u64) {
        let mut written = vec![0_u64; self.stack.len()];
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            match self.tree.slot(id).lead {
                Lead::Folder => open.extend(self.tree.in_folder(id)),
                Lead::File(number) => {
                    let bytes = &mut written[self.position_of(number)];
                    *bytes = bytes.saturating_add(own[id as usize].bytes);
                }
                _ => {}
            }
        }
        let written = written.into_iter().enumerate();
        let most = written.max_by_key(|(position, bytes)| (*bytes, std::cmp::Reverse(*position)));
        most.unwrap_or_default()
    }
}

fn layer(position: usize, placed: &Placed, weights: LayerContents) -> InspectedLayer {
    let LayerContents {
        bytes,
        files,
        heaviest_files,
        heaviest_folders,
    } = weights;
    let packed = placed.layer.packed;
    let blob = placed
        .name
        .strip_prefix("blobs/")
        .filter(|_| packed.is_some());
    InspectedLayer {
        number: layer_number(position),
        digest: placed.layer.digest.clone(),
        blob: blob.map(|name| name.replacen('/', ":", 1)),
        bytes,
        packed_bytes: packed.map(Bytes),
        files,
        added: Count(placed.changes.added),
        changed: Count(placed.changes.changed),
        removed: Count(placed.changes.removed),
        heaviest_files,
        heaviest_folders,
        ..InspectedLayer::default()
    }
}
