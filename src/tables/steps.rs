//! The steps of each variant's median cold build.

use super::notes::Notes;
use super::table::{Cell, Column, Table};
use crate::record::{RunRecord, StepRecord};
use crate::summary::scale::Scale;
use crate::summary::steps::MedianBuild;
use crate::summary::wording::{one_line, plural};
use crate::units::{Nanos, Quantity, Ratio, Unit, native};

/// Steps below this share of their build are counted, not listed.
const LEAST_SHARE: f64 = 0.01;

/// Longest name of a step in characters, because a RUN line may contain a whole script.
const NAME_CHARS: usize = 120;

/// Lists steps of at least 1 % of the build, and cached ones, in the builder's order.
pub(crate) fn steps_table(record: &RunRecord, median: &MedianBuild<'_>) -> Table {
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
