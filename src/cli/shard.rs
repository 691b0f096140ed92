//! Splits what is selected over machines.

use std::collections::{BTreeMap, BTreeSet};

use super::args::Place;
use super::cases::{Part, Selection};
use super::failure::Failure;
use super::runs::load_one;
use crate::oci;
use crate::record::{CaseId, Shard, ShardBy, ShardRecord};
use crate::runner::{Portion, rule_of_thumb, split, visit_times};
use crate::units::Nanos;

/// Where expected times come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeSource {
    /// A former run had all cases.
    Measured,
    /// It had this many of them; the others count as the mean of those.
    Partly {
        /// So many have a time of their own.
        known: usize,
    },
    /// The rule of thumb of [`rule_of_thumb`].
    Guessed,
}

/// All that a split needs.
pub(super) struct Units {
    pub(super) units: Vec<Portion>,
    /// Expected time of one visit to each case that can be built.
    pub(super) times: BTreeMap<CaseId, Nanos>,
    pub(super) source: TimeSource,
}

/// What is not separated, with the time that one visit to all of it takes.
///
/// # Errors
/// When the former run cannot be read.
pub(super) fn units(
    place: &Place,
    selection: &Selection,
    by: ShardBy,
    timings: Option<&str>,
) -> Result<Units, Failure> {
    let former = timings.map(|run| load_one(place, run)).transpose()?;
    let known = former.as_ref().map(visit_times).unwrap_or_default();
    let (times, source) = expected(selection, &known);
    let mut units: Vec<(Option<&str>, Portion)> = Vec::new();
    for case in &selection.records {
        let mut scenarios = selection.scenarios.iter();
        let whole = by == ShardBy::Scenario
            || scenarios.any(|one| one.name == case.scenario && one.technique.is_some());
        let together = whole.then_some(case.scenario.as_str());
        // The cases of a scenario stand together in a selection.
        let open = units
            .last_mut()
            .filter(|(of, _)| of.is_some() && *of == together);
        let portion = match open {
            Some((_, portion)) => portion,
            None => {
                units.push((together, Portion::default()));
                // Just pushed.
                match units.last_mut() {
                    Some((_, portion)) => portion,
                    None => continue,
                }
            }
        };
        portion.cases.push(case.id.clone());
        let time = times.get(&case.id).copied().unwrap_or_default();
        portion.expected = Nanos(portion.expected.0.saturating_add(time.0));
    }
    Ok(Units {
        units: units.into_iter().map(|(_, portion)| portion).collect(),
        times,
        source,
    })
}

/// Measured times where there are any, and their mean for what has none: a guess next to
/// them would be on another scale.
fn expected(
    selection: &Selection,
    known: &BTreeMap<CaseId, Nanos>,
) -> (BTreeMap<CaseId, Nanos>, TimeSource) {
    let planned = &selection.planned;
    let measured: Vec<Nanos> = planned
        .iter()
        .filter_map(|case| known.get(&case.id).copied())
        .collect();
    let sum: u64 = measured
        .iter()
        .fold(0, |sum, time| sum.saturating_add(time.0));
    let Some(mean) = u64::try_from(measured.len())
        .ok()
        .and_then(|count| sum.checked_div(count))
    else {
        let times = planned.iter();
        let times = times.map(|case| (case.id.clone(), rule_of_thumb(case)));
        return (times.collect(), TimeSource::Guessed);
    };
    let times = planned.iter().map(|case| {
        let own = known.get(&case.id).copied();
        (case.id.clone(), own.unwrap_or(Nanos(mean)))
    });
    let source = match measured.len() {
        all if all == planned.len() => TimeSource::Measured,
        known => TimeSource::Partly { known },
    };
    (times.collect(), source)
}

/// Leaves of a selection what belongs to a shard.
///
/// # Errors
/// When the former run cannot be read.
pub(super) fn take(
    place: &Place,
    selection: &mut Selection,
    shard: Shard,
    by: ShardBy,
    timings: Option<&str>,
) -> Result<(), Failure> {
    let units = units(place, selection, by, timings)?.units;
    let all: Vec<CaseId> = selection
        .records
        .iter()
        .map(|case| case.id.clone())
        .collect();
    let seed = seed_of(selection);
    let mut shards = split(&units, shard.count()).into_iter();
    // Parts count from 1.
    let at = usize::try_from(shard.index() - 1).unwrap_or(usize::MAX);
    let mine: BTreeSet<CaseId> = shards
        .nth(at)
        .unwrap_or_default()
        .cases
        .into_iter()
        .collect();
    selection.keep(&mine);
    selection.part = Some(Part {
        record: ShardRecord {
            index: shard.index(),
            count: shard.count(),
            by,
            all,
        },
        seed,
    });
    Ok(())
}

/// Of the texts of the scenarios, their apps and the cases.
fn seed_of(selection: &Selection) -> u64 {
    let mut text = String::new();
    for scenario in &selection.scenarios {
        text.push_str(&scenario.sha256);
        text.push_str(&scenario.app_sha256);
    }
    for case in &selection.records {
        text.push_str(case.id.as_str());
        text.push('\n');
    }
    seed_of_text(&text)
}

/// A seed from a text: 48 bits, which every reader of JSON keeps whole.
pub(super) fn seed_of_text(text: &str) -> u64 {
    let hash = oci::sha256_hex(text.as_bytes());
    u64::from_str_radix(&hash[..12], 16).unwrap_or_default()
}
