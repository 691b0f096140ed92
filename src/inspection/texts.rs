//! The texts of an inspection that come from outside.

use super::{Base, Heavy, InspectedLayer, Inspection, Waste};
use crate::record::{Texts, Visit};

impl Texts for Inspection {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            image: _,
            selected: _,
            id: _,
            platform,
            digests: _,
            stands_in_for,
            unpacked_bytes: _,
            packed_bytes: _,
            listed_bytes: _,
            files: _,
            waste_bytes: _,
            efficiency: _,
            base,
            layers,
            missing_layers: _,
            history,
            waste,
            heaviest,
            unlisted_heavy_files: _,
            packages,
            posture,
            notes,
        } = self;
        visit(platform);
        stands_in_for.each_text(visit);
        base.each_text(visit);
        layers.each_text(visit);
        let instructions = history.iter_mut();
        instructions.for_each(|entry| visit(&mut entry.instruction));
        waste.each_text(visit);
        heaviest.each_text(visit);
        packages.each_text(visit);
        posture.each_text(visit);
        notes.each_text(visit);
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        visit(&mut self.image);
        self.selected.iter_mut().for_each(&mut *visit);
        self.digests.iter_mut().for_each(visit);
    }
}

impl Texts for Base {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        visit(&mut self.reference);
    }
}

impl Texts for Heavy {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        visit(&mut self.path);
    }
}

impl Texts for InspectedLayer {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        // All others are numbers and digests.
        let weights = self.heaviest_files.iter_mut();
        let weights = weights.chain(&mut self.heaviest_folders);
        weights.for_each(|weight| visit(&mut weight.path));
        self.names.each_text(visit);
    }
}

impl Texts for Waste {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            bytes: _,
            files: _,
            groups,
            folders,
            more_folders: _,
            paths,
            more: _,
        } = self;
        groups.iter_mut().for_each(|group| visit(&mut group.path));
        folders
            .iter_mut()
            .for_each(|folder| visit(&mut folder.path));
        paths.iter_mut().for_each(|file| visit(&mut file.path));
    }
}
