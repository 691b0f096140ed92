//! The texts that the rules compare: two runs are equal in a rule if the texts are equal.
//!
//! Separate from the record, so that a history can store the traits of thousands of runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::app_cases::apps;
use super::rule::{Difference, Rule, differ};
use crate::oci::Hasher;
use crate::record::{BaseRecord, CaseRecord, RunRecord, Setup};

/// The traits of a run as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTraits {
    store: String,
    host: String,
    engine: String,
    way: String,
    program: String,
}

impl RunTraits {
    /// The traits of a record; for a joined record those of its first part.
    pub fn of(record: &RunRecord) -> Self {
        Self::of_setup(&record.setup())
    }

    /// The traits of the machine and engine that measured a case.
    pub fn of_case(record: &RunRecord, case: &CaseRecord) -> Self {
        Self::of_setup(&record.setup_of(&case.id))
    }

    fn of_setup(setup: &Setup<'_>) -> Self {
        Self {
            store: setup.engine.store_words(),
            host: setup.host.words(),
            engine: setup.engine.words(),
            way: setup.way(),
            program: setup.build().to_owned(),
        }
    }

    /// The engine as text.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// The differences of head.
    pub fn differences(&self, head: &Self) -> Vec<Difference> {
        [
            differ(Rule::Store, "image store", &self.store, &head.store),
            differ(Rule::Host, "machine", &self.host, &head.host),
            differ(Rule::Engine, "engine", &self.engine, &head.engine),
            differ(Rule::Engine, "way", &self.way, &head.way),
            differ(Rule::Tool, "program", &self.program, &head.program),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The differences between two runs as a whole. For joined runs: the differences between the
/// machines and engines of their common cases.
pub(super) fn between(base: &RunRecord, head: &RunRecord) -> Vec<Difference> {
    if base.parts.is_empty() && head.parts.is_empty() {
        return RunTraits::of(base).differences(&RunTraits::of(head));
    }
    let mut found = Vec::new();
    for case in apps(head) {
        let Some(before) = apps(base).find(|before| before.id == case.id) else {
            continue;
        };
        let traits = RunTraits::of_case(base, before);
        for one in traits.differences(&RunTraits::of_case(head, case)) {
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

/// The differences between a case of two runs, including machine and engine.
pub(super) fn between_cases(
    base: (&RunRecord, &CaseRecord),
    head: (&RunRecord, &CaseRecord),
) -> Vec<Difference> {
    let traits = RunTraits::of_case(base.0, base.1);
    let found = traits.differences(&RunTraits::of_case(head.0, head.1));
    let traits = CaseTraits::of(base.0, base.1);
    traits.with(found, &CaseTraits::of(head.0, head.1))
}

/// The traits of a case of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseTraits {
    platform: String,
    stand_ins: bool,
    /// By reference in the Dockerfile.
    bases: BTreeMap<String, BaseTraits>,
    /// Whether its sizes are sums of layer tars. Older runs have the engine's sizes.
    #[serde(default)]
    sizes_of_layers: bool,
}

/// The image that a reference resolved to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct BaseTraits {
    /// A hash over the digests of its layers.
    layers: String,
    recipe: Option<String>,
}

impl CaseTraits {
    /// Whether a stand-in replaced one of its bases.
    pub fn uses_stand_in(&self) -> bool {
        self.stand_ins
    }

    /// The traits of a case of a record.
    pub fn of(record: &RunRecord, case: &CaseRecord) -> Self {
        let known = record.setup_of(&case.id).bases.iter();
        // A ready image is what is compared, and nothing that it rests on.
        let subject = case.ready_image.as_ref();
        let of_case = known.filter(|base| {
            case.companions.contains(&base.reference)
                || case.bases.contains(&base.reference) && subject != Some(&base.reference)
        });
        Self {
            platform: case.platform.clone(),
            stand_ins: !case.stand_ins.is_empty(),
            bases: of_case
                .map(|base| (base.reference.clone(), BaseTraits::of(base)))
                .collect(),
            sizes_of_layers: case
                .image
                .as_ref()
                .is_some_and(|image| image.layer_bytes.is_some()),
        }
    }

    /// The differences of head, in the case and in machine and engine.
    pub fn with(&self, mut measured_on: Vec<Difference>, head: &Self) -> Vec<Difference> {
        for one in &mut measured_on {
            one.sizes_of_layers =
                one.rule == Rule::Store && self.sizes_of_layers && head.sizes_of_layers;
        }
        measured_on.extend(self.differences(head));
        measured_on
    }

    fn differences(&self, head: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        let platforms = (&self.platform, &head.platform);
        found.extend(differ(Rule::Platform, "platform", platforms.0, platforms.1));
        // A base that only one side has is a change of the Dockerfile, which is the subject of
        // the comparison.
        for (reference, before) in &self.bases {
            if let Some(after) = head.bases.get(reference) {
                found.extend(before.difference(after, reference));
            }
        }
        let rests = (rests_on(self.stand_ins), rests_on(head.stand_ins));
        found.extend(differ(Rule::StandIn, "bases", rests.0, rests.1));
        found.dedup();
        found
    }

    /// The merged traits of both if they are equal: all bases of either.
    pub fn joined(&self, other: &Self) -> Self {
        let mut bases = self.bases.clone();
        bases.extend(other.bases.clone());
        Self {
            bases,
            sizes_of_layers: self.sizes_of_layers && other.sizes_of_layers,
            ..other.clone()
        }
    }
}

fn rests_on(stand_ins: bool) -> &'static str {
    match stand_ins {
        false => "images of a registry",
        true => "stand-ins",
    }
}

impl BaseTraits {
    fn of(base: &BaseRecord) -> Self {
        let layers = base.diff_ids.join(" ");
        let stand_in = base.stand_in.as_ref();
        Self {
            layers: match Hasher::of("sha256") {
                Some(mut hasher) => {
                    hasher.update(layers.as_bytes());
                    hasher.finish().to_string()
                }
                None => layers,
            },
            recipe: stand_in.map(|stand_in| stand_in.recipe_sha256.clone()),
        }
    }

    fn difference(&self, after: &Self, name: &str) -> Option<Difference> {
        if self.layers == after.layers {
            return None;
        }
        Some(if self.recipe == after.recipe {
            Difference {
                rule: Rule::Base,
                what: format!("`{name}` is another image now"),
                sizes_of_layers: false,
            }
        } else {
            Difference {
                rule: Rule::StandIn,
                what: format!("`{name}` is a stand-in by another recipe, or on one side only"),
                sizes_of_layers: false,
            }
        })
    }
}
