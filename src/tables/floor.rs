//! The floor: the cost of the engine itself, next to the apps.

use super::metric_cell::metric_cell;
use super::notes::Notes;
use super::table::{Cell, Column, Table};
use crate::record::{CaseId, Metric, RunRecord};
use crate::summary::scale::Scale;
use crate::summary::{Analysis, MetricSummary};
use crate::units::{Quantity, Ratio, Unit, human_ratio, quantity_of as quantity};

/// `floor.*` next to the fastest and the slowest app of the run. Nothing is subtracted. Each row
/// has its own unit, because phases differ by orders of magnitude.
pub fn floor_table(record: &RunRecord) -> Table {
    floor_of(&Analysis::of(record))
}

pub(crate) fn floor_of(analysis: &Analysis<'_>) -> Table {
    let mut notes = Notes::default();
    let mut rows = Vec::new();
    for entry in analysis
        .entries()
        .iter()
        .filter(|entry| entry.metric.is_floor())
    {
        let unit = entry.metric.unit();
        let median = entry
            .summary
            .as_ref()
            .map(|summary| quantity(unit, summary.median));
        let scale = median.map_or(
            Scale::for_values(unit, std::iter::empty()),
            Scale::for_value,
        );
        let mut floor = metric_cell(Some(entry), scale, true, &mut notes);
        if let super::table::Content::Value { text, quantity, .. } = &mut floor.content {
            *text = scale.with_unit(*quantity);
        }
        let apps = app_medians(analysis, entry);
        let app_cell = |app: Option<&(Quantity, &CaseId)>| match app {
            Some((value, id)) => Cell::value(format!("{} ({id})", scale.with_unit(*value)), *value),
            None => Cell::missing(),
        };
        let share = median
            .zip(apps.first())
            .and_then(|(floor, (app, _))| Ratio::of(floor.base_value(), app.base_value()));
        rows.push(vec![
            Cell::text(match analysis.record.parts.is_empty() {
                true => entry.metric.id().to_owned(),
                false => format!("{} ({})", entry.metric.id(), entry.subject.variant()),
            }),
            floor,
            app_cell(apps.first()),
            app_cell(apps.last()),
            share.map_or_else(Cell::missing, |share| {
                Cell::value(human_ratio(share), Quantity::Ratio(share))
            }),
        ]);
    }
    Table {
        title: "The engine's floor: the same phases for an image with one small file".to_owned(),
        columns: vec![
            Column::text("metric", "metric"),
            Column::values("floor", "floor", Unit::Seconds, None),
            Column::values("least_app", "least of the apps", Unit::Seconds, None),
            Column::values("most_app", "most of the apps", Unit::Seconds, None),
            Column::values("floor_to_least_app", "floor / least", Unit::Ratio, None),
        ],
        rows,
        notes: notes.finish(analysis.record),
    }
}

/// Medians of the phase of a floor metric, ascending, for cases measured on the same machine.
fn app_medians<'a>(
    analysis: &Analysis<'a>,
    floor: &MetricSummary<'_>,
) -> Vec<(Quantity, &'a CaseId)> {
    let Some(phase) = floor
        .metric
        .id()
        .strip_prefix("floor.")
        .and_then(|id| id.parse::<Metric>().ok())
    else {
        return Vec::new();
    };
    let mut medians: Vec<_> = analysis
        .entries()
        .iter()
        .filter(|entry| {
            let same_round = || analysis.side_by_side(entry.subject.id, floor.subject.id);
            entry.metric == phase && same_round()
        })
        .filter_map(|entry| {
            Some((
                quantity(phase.unit(), entry.summary.as_ref()?.median),
                entry.subject.id,
            ))
        })
        .collect();
    medians.sort_by(|left, right| {
        left.0
            .base_value()
            .total_cmp(&right.0.base_value())
            .then(left.1.cmp(right.1))
    });
    medians
}
