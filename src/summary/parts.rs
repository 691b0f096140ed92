//! The parts of a joined run: their cases, and whether they can be compared.

use std::collections::BTreeMap;

use super::analysis::Analysis;
use crate::record::{PartRecord, RunRecord};

/// The cases of each part except its floor, in the order of the record.
pub(crate) fn apps(record: &RunRecord) -> Vec<Vec<&str>> {
    let places = record.parts_by_case();
    let mut apps = vec![Vec::new(); record.parts.len()];
    for case in record.cases.iter().filter(|case| case.strategy != "floor") {
        if let Some(&at) = places.get(&case.id) {
            apps[at].push(case.id.as_str());
        }
    }
    apps
}

/// What is said of a scenario whose cases were measured on several machines.
pub(crate) fn apart_words(analysis: &Analysis<'_>, scenario: &str) -> Option<String> {
    let mut parts: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for case in analysis.cases_of(scenario) {
        if let Some(at) = analysis.part_of(&case.id) {
            parts.entry(at).or_default().push(&case.variant);
        }
    }
    let words = |(at, names): (&usize, &Vec<&str>)| {
        let part = analysis.record.parts[*at].name();
        format!("{} in part {part}", names.join(", "))
    };
    (parts.len() > 1).then(|| {
        format!(
            "Measured on different machines, so that times and memory compare within a part only: {}.",
            parts.iter().map(words).collect::<Vec<_>>().join("; ")
        )
    })
}

/// The distinct texts of all parts that measured something; of the run if it has no parts.
pub(crate) fn of_each<'a>(
    record: &'a RunRecord,
    own: impl Fn(&'a RunRecord) -> String,
    words: impl Fn(&'a PartRecord) -> String,
) -> String {
    if record.parts.is_empty() {
        return own(record);
    }
    let measured = record.parts.iter().filter(|part| !part.cases.is_empty());
    let mut all: Vec<String> = Vec::new();
    for words in measured.map(words) {
        if !all.contains(&words) {
            all.push(words);
        }
    }
    all.join("; ")
}
