//! Which instructions and which names grew.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Line, RunComparison, series};
use super::parts::{Cause, largest};
use crate::record::{CaseRecord, LayerContents, Metric, RunRecord, Weight};
use crate::units::{Bytes, Quantity};

/// The part of the base image: what is unpacked and not the app's own.
pub(super) fn base_of(comparison: &RunComparison<'_>, line: &Line<'_>) -> Option<Cause> {
    let part = |record: &RunRecord| {
        let series = series::of_run(record);
        let of = |metric: Metric| {
            let key = (line.case.as_str(), metric, None);
            match series.get(&key)?.middle(metric)? {
                Quantity::Bytes(bytes) => Some(bytes.0),
                _ => None,
            }
        };
        let own = of(Metric::SizeOwn)?;
        Some(Bytes(of(Metric::SizeUnpacked)?.saturating_sub(own)))
    };
    let (before, after) = (part(comparison.base)?, part(comparison.head)?);
    (before != after).then_some(Cause::Base { before, after })
}

/// Instructions whose layers grew or shrank, as far as they went the way of the whole.
pub(super) fn instructions(old: &CaseRecord, new: &CaseRecord, change: f64) -> Vec<Cause> {
    let weighed = |case: &CaseRecord| {
        let mut weights: BTreeMap<String, u64> = BTreeMap::new();
        for (bytes, text) in case.image.iter().flat_map(|image| &image.history) {
            *weights.entry(text.clone()).or_default() += bytes.0;
        }
        weights
    };
    let parts = pairs(&weighed(old), &weighed(new));
    let parts = parts.into_iter().map(|(text, before, after)| {
        let cause = Cause::Instruction {
            text,
            before: before.map(Bytes),
            after: after.map(Bytes),
        };
        (difference(before, after), cause)
    });
    largest(parts.collect(), change)
}

/// Files that grew or shrank; where none accounts for half of the change, the deepest
/// folder that does.
pub(super) fn names(old: &CaseRecord, new: &CaseRecord, change: f64) -> Vec<Cause> {
    let files = changed(old, new, |layer| &layer.heaviest_files);
    let half = |part: f64| part.abs() >= change.abs() / 2.0 && part.signum() == change.signum();
    if files.iter().any(|(part, ..)| half(*part)) {
        let named = files.into_iter().map(|part| named(part, ""));
        return largest(named.collect(), change);
    }
    let mut folders = changed(old, new, |layer| &layer.heaviest_folders);
    folders.retain(|(part, ..)| half(*part));
    folders.sort_by_key(|(_, path, ..)| std::cmp::Reverse(path.matches('/').count()));
    folders.truncate(1);
    let mut causes: Vec<_> = folders.into_iter().map(|part| named(part, "/")).collect();
    causes.extend(files.into_iter().map(|part| named(part, "")));
    largest(causes, change)
}

type Part = (f64, String, Option<u64>, Option<u64>);

fn named((part, path, before, after): Part, end: &str) -> (f64, Cause) {
    let cause = Cause::Name {
        path: format!("{path}{end}"),
        before: before.map(Bytes),
        after: after.map(Bytes),
    };
    (part, cause)
}

/// Names whose weight is known to differ.
fn changed(
    old: &CaseRecord,
    new: &CaseRecord,
    list: fn(&LayerContents) -> &Vec<Weight>,
) -> Vec<Part> {
    let (before, after) = (Weights::of(old, list), Weights::of(new, list));
    let parts = pairs(&before.named, &after.named).into_iter();
    parts
        .filter(|(_, old, new)| match (old, new) {
            // It may be there, and lighter than what is listed.
            (None, Some(bytes)) => *bytes > before.unseen,
            (Some(bytes), None) => *bytes > after.unseen,
            _ => true,
        })
        .map(|(path, old, new)| (difference(old, new), path, old, new))
        .collect()
}

/// The names in an image's layers.
struct Weights {
    named: BTreeMap<String, u64>,
    /// The most that a name can weigh without being listed.
    unseen: u64,
}

impl Weights {
    fn of(case: &CaseRecord, list: fn(&LayerContents) -> &Vec<Weight>) -> Self {
        let mut named: BTreeMap<String, u64> = BTreeMap::new();
        for weight in case.layers.iter().flat_map(list) {
            *named.entry(weight.path.clone()).or_default() += weight.bytes.0;
        }
        let last = case.layers.iter().filter_map(|layer| list(layer).last());
        let unseen = last.map(|weight| weight.bytes.0).max().unwrap_or(0);
        Self { named, unseen }
    }
}

/// What either side names.
fn pairs(
    old: &BTreeMap<String, u64>,
    new: &BTreeMap<String, u64>,
) -> Vec<(String, Option<u64>, Option<u64>)> {
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let of = |name: &String| (old.get(name).copied(), new.get(name).copied());
    names
        .into_iter()
        .map(|name| (name.clone(), of(name).0, of(name).1))
        .filter(|(_, old, new)| old != new)
        .collect()
}

fn difference(before: Option<u64>, after: Option<u64>) -> f64 {
    after.unwrap_or(0) as f64 - before.unwrap_or(0) as f64
}
