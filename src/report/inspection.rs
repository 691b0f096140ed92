//! One image by itself: what it weighs, what is in it, and what it gives away.

use serde_json::{Value, json};

use super::layers::{history_of, layers_of};
use super::notes::one_line;
use super::posture::{CONTENTS, Fact, found};
use super::table::{Cell, Column, Note, Table};
use crate::record::{LayerContents, Posture, Texts, Visit};
use crate::units::{Bytes, Count, Ratio, human_count};

/// An image that was looked into.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The name by which it was asked for.
    pub name: String,
    /// The engine's id.
    pub id: String,
    /// `os/arch`.
    pub platform: String,
    /// Digests by which registries know it.
    pub digests: Vec<String>,
    /// What it stands in for, if it is a stand-in base.
    pub stands_in_for: Option<String>,
    /// Bytes of the uncompressed layers.
    pub unpacked: Bytes,
    /// What the engine's image list prints.
    pub listed: Bytes,
    /// Unpacked size and instruction per history entry, bottom first.
    pub history: Vec<(Bytes, String)>,
    /// Files, links and folders of the final tree.
    pub files: Count,
    /// What layers hold and the final tree does not.
    pub waste: Bytes,
    /// The final tree's bytes by those of all layers.
    pub efficiency: Option<Ratio>,
    /// The layers, bottom first.
    pub layers: Vec<LayerContents>,
    /// Facts that need no start.
    pub posture: Posture,
}

/// Characters of a secret's place.
const PLACE_CHARS: usize = 200;

/// What it is, where its bytes lie, and what made it.
pub fn inspection_tables(image: &Inspection) -> Vec<Table> {
    let mut layers = layers_of("Layers and what is heaviest in them", &image.layers);
    layers.notes.push(Note::whole("The lowest layer first."));
    vec![
        summary(image),
        layers,
        history_of("Instructions that made the image", &image.history),
    ]
}

fn summary(image: &Inspection) -> Table {
    let mut rows: Vec<[String; 2]> = vec![
        ["id".to_owned(), image.id.clone()],
        ["platform".to_owned(), image.platform.clone()],
    ];
    for digest in &image.digests {
        rows.push(["digest".to_owned(), digest.clone()]);
    }
    if let Some(base) = &image.stands_in_for {
        rows.push(["stands in for".to_owned(), base.clone()]);
    }
    let efficiency = image.efficiency.map(|ratio| {
        let percent = ratio.get() * 100.0;
        format!(" ({percent:.1} % of the layers' bytes are in the final tree)")
    });
    rows.extend([
        ["unpacked".to_owned(), image.unpacked.to_string()],
        ["listed by the engine".to_owned(), image.listed.to_string()],
        ["files".to_owned(), human_count(image.files)],
        [
            "waste".to_owned(),
            format!("{}{}", image.waste, efficiency.unwrap_or_default()),
        ],
    ]);
    let posture = &image.posture;
    // What takes a start is not told.
    let facts = [Fact::User, Fact::HealthCheck].into_iter();
    let facts = facts.chain(CONTENTS).chain([Fact::Secrets]);
    rows.extend(facts.map(|fact| [fact.title().to_owned(), fact.words(posture)]));
    let mut notes: Vec<Note> = posture
        .secrets
        .iter()
        .map(|secret| Note::whole(one_line(&found(secret), PLACE_CHARS)))
        .collect();
    notes.push(Note::whole(
        "Facts that need no start: a run says too whether it starts hardened, how it stops, and what scanners find.",
    ));
    Table {
        title: image.name.clone(),
        columns: vec![Column::text("fact", "fact"), Column::text("found", "found")],
        rows: rows
            .into_iter()
            .map(|row| row.map(Cell::text).to_vec())
            .collect(),
        notes,
    }
}

/// The same for machines, in base units.
pub fn inspection_json(image: &Inspection) -> Value {
    let history = image.history.iter();
    let history: Vec<Value> = history
        .map(|(bytes, instruction)| json!({ "unpacked_bytes": bytes, "instruction": instruction }))
        .collect();
    json!({
        "image": image.name,
        "id": image.id,
        "platform": image.platform,
        "digests": image.digests,
        "stands_in_for": image.stands_in_for,
        "unpacked_bytes": image.unpacked,
        "listed_bytes": image.listed,
        "files": image.files,
        "waste_bytes": image.waste,
        "efficiency": image.efficiency,
        "layers": image.layers,
        "history": history,
        "posture": image.posture,
    })
}

impl Texts for Inspection {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            name: _,
            id: _,
            platform: _,
            digests: _,
            stands_in_for,
            unpacked: _,
            listed: _,
            history,
            files: _,
            waste: _,
            efficiency: _,
            layers,
            posture,
        } = self;
        stands_in_for.each_text(visit);
        history.iter_mut().for_each(|(_, made)| visit(made));
        layers.each_text(visit);
        posture.each_text(visit);
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        visit(&mut self.name);
        self.digests.iter_mut().for_each(visit);
    }
}
