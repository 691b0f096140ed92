//! The steps of each variant's median cold build.

use super::analysis::Analysis;
use super::native::native;
use super::notes::{Notes, one_line, plural};
use super::scale::Scale;
use super::table::{Cell, Column, Table};
use crate::record::{BuildRecord, CaseId, Metric, RunRecord, StepRecord};
use crate::units::{Nanos, Quantity, Ratio, Unit};

/// Steps below this share of their build are counted, not listed.
const LEAST_SHARE: f64 = 0.01;

/// Longest name of a step in characters, because a RUN line may contain a whole script.
const NAME_CHARS: usize = 120;

/// The median build, which is always a real build: the lower of the middle two for an even number.
#[derive(Debug, Clone, Copy)]
pub(super) struct MedianBuild<'a> {
    pub(super) case: &'a CaseId,
    pub(super) duration: Nanos,
    pub(super) build: &'a BuildRecord,
}

/// The median cold build of each case that has a valid one with steps.
pub(super) fn median_cold_builds<'a>(analysis: &Analysis<'a>) -> Vec<MedianBuild<'a>> {
    let record = analysis.record;
    record
        .cases
        .iter()
        .filter(|case| {
            let entry = analysis.get(&case.id, Metric::BuildCold);
            entry.is_some_and(|entry| entry.summary.is_some())
        })
        .filter_map(|case| median_build(analysis, &case.id, Metric::BuildCold))
        .collect()
}

/// The median of the valid builds of one kind that have steps.
pub(super) fn median_build<'a>(
    analysis: &Analysis<'a>,
    case: &'a CaseId,
    metric: Metric,
) -> Option<MedianBuild<'a>> {
    let own = || {
        let builds = analysis.builds_of(case).iter();
        builds.filter(|build| build.metric == metric)
    };
    let mut builds: Vec<MedianBuild<'a>> = analysis
        .samples_of(case)
        .iter()
        .filter(|sample| sample.metric == metric)
        .filter_map(|sample| {
            let Some(Quantity::Time(duration)) = sample.outcome.counted() else {
                return None;
            };
            let build = own().find(|build| build.round == sample.round)?;
            Some(MedianBuild {
                case,
                duration,
                build,
            })
        })
        .collect();
    builds.sort_by_key(|build| (build.duration, build.build.round));
    builds.get(builds.len().saturating_sub(1) / 2).copied()
}

/// Lists steps of at least 1 % of the build, and cached ones, in the builder's order.
pub(super) fn steps_table(record: &RunRecord, median: &MedianBuild<'_>) -> Table {
    let whole = native(Quantity::Time(median.duration));
    let share = |step: &StepRecord| {
        let part = native(Quantity::Time(step.duration_ns?));
        Ratio::of(part, whole)
    };
    let steps = &median.build.steps;
    let (listed, small): (Vec<&StepRecord>, Vec<&StepRecord>) = steps.iter().partition(|step| {
        step.cached || share(step).is_some_and(|share| share.get() >= LEAST_SHARE)
    });
    let scale = Scale::for_values(
        Unit::Seconds,
        std::iter::once(Quantity::Time(median.duration)),
    );
    let time = |nanos: Option<Nanos>| match nanos.map(Quantity::Time) {
        Some(time) => Cell::value(scale.number(time), time),
        None => Cell::missing(),
    };
    let percent = |ratio: Ratio| {
        Cell::value(
            format!("{:.0} %", ratio.get() * 100.0),
            Quantity::Ratio(ratio),
        )
    };
    let rows = listed
        .into_iter()
        .map(|step| {
            vec![
                Cell::text(one_line(&step.name, NAME_CHARS)),
                time(step.started_ns),
                time(step.duration_ns),
                share(step).map_or_else(Cell::missing, percent),
                Cell::text(if step.cached { "cached" } else { "ran" }),
            ]
        })
        .collect();
    let mut notes = Notes::default();
    notes.whole("Steps may overlap; times are the builder's own.");
    if !small.is_empty() {
        notes.whole(format!(
            "{} below 1 % of the build or without a time.",
            plural(small.len(), "more step")
        ));
    }
    Table {
        title: format!(
            "{}: round {}, {} in all",
            median.case,
            median.build.round,
            scale.with_unit(Quantity::Time(median.duration))
        ),
        columns: vec![
            Column::text("step", "step"),
            Column::values("started", "began", Unit::Seconds, scale.symbol()),
            Column::values("duration", "took", Unit::Seconds, scale.symbol()),
            Column::values("of_build", "of the build", Unit::Ratio, None),
            Column::text("cached", "state"),
        ],
        rows,
        notes: notes.finish(record),
    }
}
