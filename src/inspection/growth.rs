//! Two images side by side: what grew, by base, layer, instruction and folder.

use schemars::JsonSchema;
use serde::Serialize;

use super::{InspectedLayer, Inspection, PackageGrowth, growth_of_packages};
use crate::record::{Texts, Visit};
use crate::units::{Bytes, Count};

/// One image against another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Growth {
    /// The image that was asked for.
    pub image: String,
    /// The name, digest or number by which it was selected in its archive.
    pub selected: Option<String>,
    /// The image that it is compared with.
    pub against: String,
    /// The name, digest or number by which that one was selected in its archive.
    pub against_selected: Option<String>,
    /// Bytes of the files of all layers.
    pub unpacked: Sizes,
    /// Bytes of the layers as they are packed, where both have them packed.
    pub packed: Option<Sizes>,
    /// Bytes of the base's layers, where both bases are known.
    pub base: Option<Sizes>,
    /// Bytes of the layers on top of the bases, where both bases are known.
    pub own: Option<Sizes>,
    /// Bytes that layers hold and the final tree does not.
    pub waste: Sizes,
    /// The lowest layers that both have.
    pub shared_layers: Count,
    /// Layers in the order of the images, those of one instruction next to one another.
    pub layers: Vec<LayerGrowth>,
    /// Files and folders of the final trees that differ, none within another, those with the
    /// most bytes first.
    pub paths: Vec<PathGrowth>,
    /// Files that differ and are in none of these rows, because there are too many.
    pub unlisted_files: Count,
    /// Whether the files are not compared, because a saved analysis does not have them.
    pub without_paths: bool,
    /// Packages that differ, by kind and name.
    pub packages: Vec<PackageGrowth>,
    /// Packages of both images that are not compared, because there are too many.
    pub unlisted_packages: Count,
}

/// Bytes in both images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sizes {
    /// Of the image that it is compared with.
    pub before: Bytes,
    /// Of the image.
    pub after: Bytes,
}

/// A layer of one image or of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LayerGrowth {
    /// The number of the layer in the image that it is compared with.
    pub before: Option<u32>,
    /// The number of the layer in the image.
    pub after: Option<u32>,
    /// The instruction, where it is known.
    pub instruction: String,
    /// Bytes of its files.
    pub bytes: Sizes,
    /// Whether it is the same layer.
    pub is_same: bool,
}

/// A file that differs, or a folder with those in it that do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PathGrowth {
    /// The path.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Files that differ.
    pub files: Count,
    /// Bytes of those files.
    pub bytes: Sizes,
}

impl Growth {
    /// What two accounts contain; the paths are to be filled in.
    pub fn of(image: &Inspection, against: &Inspection) -> Self {
        let both = |of: fn(&Inspection) -> Option<Bytes>| {
            let (before, after) = (of(against)?, of(image)?);
            Some(Sizes { before, after })
        };
        let base = |one: &Inspection| one.base.as_ref().and_then(|base| base.bytes);
        let own = |one: &Inspection| {
            let base = one.base.as_ref().and_then(|base| base.bytes)?;
            Some(Bytes(one.unpacked_bytes.0.saturating_sub(base.0)))
        };
        let shared = image.layers.iter().zip(&against.layers);
        let shared = shared.take_while(|(one, other)| one.digest == other.digest);
        Self {
            image: image.image.clone(),
            selected: image.selected.clone(),
            against: against.image.clone(),
            against_selected: against.selected.clone(),
            unpacked: Sizes {
                before: against.unpacked_bytes,
                after: image.unpacked_bytes,
            },
            packed: both(|one| one.packed_bytes),
            base: both(base),
            own: both(own),
            waste: Sizes {
                before: against.waste_bytes,
                after: image.waste_bytes,
            },
            shared_layers: Count(shared.count() as u64),
            layers: layers(image, against),
            paths: Vec::new(),
            unlisted_files: Count(0),
            without_paths: false,
            packages: growth_of_packages(&image.packages, &against.packages),
            unlisted_packages: image.packages.more + against.packages.more,
        }
    }
}

/// The instruction of a layer; empty where it is not known.
fn instruction<'a>(image: &'a Inspection, layer: &InspectedLayer) -> &'a str {
    let entry = layer
        .entry
        .and_then(|entry| (entry as usize).checked_sub(1));
    let entry = entry.and_then(|entry| image.history.get(entry));
    entry.map_or("", |entry| entry.instruction.as_str())
}

/// Layers of both images by the longest common order of their digests and instructions.
fn layers(image: &Inspection, against: &Inspection) -> Vec<LayerGrowth> {
    let (old, new) = (&against.layers, &image.layers);
    let fits = |before: usize, after: usize| {
        let (one, other) = (&old[before], &new[after]);
        let made = instruction(against, one);
        one.digest == other.digest || (!made.is_empty() && made == instruction(image, other))
    };
    // How many pairs the ends from each place on have.
    let mut pairs = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for before in (0..old.len()).rev() {
        for after in (0..new.len()).rev() {
            pairs[before][after] = match fits(before, after) {
                true => pairs[before + 1][after + 1] + 1,
                false => pairs[before + 1][after].max(pairs[before][after + 1]),
            };
        }
    }
    let row = |before: Option<usize>, after: Option<usize>| {
        let (one, other) = (before.map(|at| &old[at]), after.map(|at| &new[at]));
        let made = other.map(|layer| instruction(image, layer));
        let made = made.or_else(|| one.map(|layer| instruction(against, layer)));
        let bytes = |layer: Option<&InspectedLayer>| layer.map_or(Bytes(0), |layer| layer.bytes);
        LayerGrowth {
            before: one.map(|layer| layer.number),
            after: other.map(|layer| layer.number),
            instruction: made.unwrap_or_default().to_owned(),
            bytes: Sizes {
                before: bytes(one),
                after: bytes(other),
            },
            is_same: one.is_some_and(|one| other.is_some_and(|other| one.digest == other.digest)),
        }
    };
    let (mut before, mut after) = (0, 0);
    let mut rows = Vec::new();
    while before < old.len() || after < new.len() {
        let both = before < old.len() && after < new.len();
        if both && fits(before, after) {
            rows.push(row(Some(before), Some(after)));
            (before, after) = (before + 1, after + 1);
        } else if after == new.len()
            || (both && pairs[before + 1][after] >= pairs[before][after + 1])
        {
            rows.push(row(Some(before), None));
            before += 1;
        } else {
            rows.push(row(None, Some(after)));
            after += 1;
        }
    }
    rows
}

impl Texts for Growth {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let layers = self.layers.iter_mut();
        layers.for_each(|layer| visit(&mut layer.instruction));
        self.paths.iter_mut().for_each(|path| visit(&mut path.path));
        self.packages.each_text(visit);
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        visit(&mut self.image);
        visit(&mut self.against);
        let selected = [&mut self.selected, &mut self.against_selected];
        selected.into_iter().flatten().for_each(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::super::HistoryInstruction;
    use super::*;

    fn image(layers: &[(&str, &str, u64)]) -> Inspection {
        let mut image = Inspection::default();
        for (number, (digest, made, bytes)) in (1..).zip(layers) {
            image.layers.push(InspectedLayer {
                number,
                digest: (*digest).to_owned(),
                bytes: Bytes(*bytes),
                entry: Some(number),
                ..InspectedLayer::default()
            });
            image.history.push(HistoryInstruction {
                instruction: (*made).to_owned(),
                ..HistoryInstruction::default()
            });
        }
        image
    }

    /// An archive may be compared with itself: which of its images are meant is part of it.
    #[test]
    fn a_comparison_names_the_images_that_were_selected() {
        let mut after = image(&[]);
        let before = Inspection {
            selected: Some("b:1".to_owned()),
            ..image(&[])
        };
        after.selected = Some("a:1".to_owned());
        let mut growth = Growth::of(&after, &before);
        assert_eq!(growth.selected.as_deref(), Some("a:1"));
        assert_eq!(growth.against_selected.as_deref(), Some("b:1"));
        let mut names = Vec::new();
        growth.each_name(&mut |name| names.push(name.clone()));
        assert_eq!(names, ["", "", "a:1", "b:1"]);
    }

    #[test]
    fn layers_are_next_to_those_of_the_same_instruction() {
        let before = image(&[
            ("a", "ADD", 5),
            ("b", "RUN old", 2),
            ("c", "COPY", 3),
            ("e", "RUN", 1),
        ]);
        let after = image(&[
            ("a", "ADD", 5),
            ("d", "COPY", 9),
            ("f", "RUN new", 4),
            ("e", "RUN", 1),
        ]);
        let growth = Growth::of(&after, &before);
        let rows: Vec<_> = { growth.layers.iter() }
            .map(|row| {
                let bytes = (row.bytes.before.0, row.bytes.after.0);
                (
                    row.instruction.as_str(),
                    row.before,
                    row.after,
                    bytes,
                    row.is_same,
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("ADD", Some(1), Some(1), (5, 5), true),
                ("RUN old", Some(2), None, (2, 0), false),
                ("COPY", Some(3), Some(2), (3, 9), false),
                ("RUN new", None, Some(3), (0, 4), false),
                ("RUN", Some(4), Some(4), (1, 1), true),
            ]
        );
        assert_eq!(growth.shared_layers, Count(1));
    }
}
