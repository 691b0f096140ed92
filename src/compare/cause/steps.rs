//! Which steps of a build took longer, or were no longer taken from the cache.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Line, RunComparison};
use super::parts::{Cause, largest};
use crate::dockerfile::without_mount_ids;
use crate::record::{RunRecord, StepRecord};
use crate::units::Nanos;

/// A step over the counted rounds of a run.
#[derive(Debug, Default)]
struct Step {
    /// How long it ran, of rounds in which it did.
    times: Vec<Nanos>,
    /// Rounds in which the cache had it.
    cached: usize,
}

impl Step {
    /// The lower middle; nothing where the cache had it in most rounds.
    fn time(&self) -> Option<Nanos> {
        if self.cached > self.times.len() {
            return None;
        }
        let mut times = self.times.clone();
        times.sort_unstable();
        times.get(times.len().saturating_sub(1) / 2).copied()
    }

    fn was_cached(&self) -> bool {
        self.cached > self.times.len()
    }
}

/// Steps that account for the change of a build.
pub(super) fn slower(comparison: &RunComparison<'_>, line: &Line<'_>, change: f64) -> Vec<Cause> {
    let (old, new) = (steps(comparison.base, line), steps(comparison.head, line));
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let parts = names.into_iter().map(|name| {
        let (before, after) = (old.get(name), new.get(name));
        let time = |step: Option<&Step>| step.and_then(Step::time);
        let (earlier, later) = (time(before), time(after));
        let length = |time: Option<Nanos>| time.map_or(0.0, |time| time.0 as f64);
        let cause = Cause::Step {
            name: name.clone(),
            before: earlier,
            after: later,
            lost_cache: before.is_some_and(Step::was_cached) && later.is_some(),
        };
        (length(later) - length(earlier), cause)
    });
    largest(parts.collect(), change)
}

fn steps(record: &RunRecord, line: &Line<'_>) -> BTreeMap<String, Step> {
    let mut steps: BTreeMap<String, Step> = BTreeMap::new();
    let builds = record.builds.iter().filter(|build| {
        let counted = build.round > record.plan.warmup_rounds;
        counted && build.case == *line.case && build.metric == line.metric
    });
    for StepRecord {
        name,
        duration_ns,
        cached,
        ..
    } in builds.flat_map(|build| &build.steps)
    {
        let name = unnumbered(&without_mount_ids(name));
        let step = steps.entry(name).or_default();
        match (cached, duration_ns) {
            (true, _) => step.cached += 1,
            (false, Some(time)) => step.times.push(*time),
            (false, None) => {}
        }
    }
    steps
}

/// A step's name without its place in the stage, which another step before it changes:
/// `[build 2/5] RUN x` is `[build] RUN x`, `[2/5] RUN x` is `RUN x`.
fn unnumbered(name: &str) -> String {
    let Some((head, text)) = name
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
    else {
        return name.to_owned();
    };
    let is_place = |word: &str| {
        word.split_once('/').is_some_and(|(at, of)| {
            let number = |text: &str| text.parse::<u32>().is_ok();
            number(at) && number(of)
        })
    };
    match head.rsplit_once(' ') {
        Some((stage, place)) if is_place(place) => format!("[{}] {text}", stage.trim_end()),
        None if is_place(head) => text.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_known_wherever_it_stands() {
        for (name, known) in [
            ("[build 2/5] RUN npm ci", "[build] RUN npm ci"),
            ("[build  2/12] RUN npm ci", "[build] RUN npm ci"),
            ("[2/5] RUN [\"a\"] b", "RUN [\"a\"] b"),
            (
                "[internal] load build context",
                "[internal] load build context",
            ),
            ("exporting to image", "exporting to image"),
        ] {
            assert_eq!(unnumbered(name), known);
        }
    }
}
