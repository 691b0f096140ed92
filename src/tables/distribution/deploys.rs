//! The cost of deploys over one link: a row per variant.

use super::super::figure_cell::cell;
use super::super::metric_table::{head_columns, pending_note, row_head, table_title};
use super::super::notes::Notes;
use super::super::table::{Column, Table};
use crate::record::{CaseRecord, DeployPlan, Link, Metric, ScenarioRecord};
use crate::summary::Analysis;
use crate::summary::distribution::{DAYS, moved, parts, updates_a_month};
use crate::summary::figure::{Figure, median, over, scale_of, sum, times};
use crate::summary::order::sorted_cases;
use crate::summary::scale::Scale;
use crate::units::{TimeScale, Unit, human_count};

/// A column: its key, its heading, its unit.
type ColumnHead = (&'static str, &'static str, Unit);

const HEADS: [ColumnHead; 5] = [
    ("deploy_first", "first deploy", Unit::Seconds),
    ("deploy_sibling", "with siblings", Unit::Seconds),
    ("deploy_update", "update deploy", Unit::Seconds),
    ("month_moved", "a month, moved", Unit::Bytes),
    ("month_pulling", "a month, pulling", Unit::Seconds),
];

/// A row per variant.
pub(crate) fn table(analysis: &Analysis<'_>, scenario: &ScenarioRecord, link: Link) -> Table {
    let cases = sorted_cases(analysis, &scenario.name);
    let figures: Vec<[Figure; 5]> = cases
        .iter()
        .map(|case| figures_of(analysis, case, scenario.deploy, link))
        .collect();
    let mut notes = Notes::default();
    let texts = explained(scenario.deploy);
    let of_builds = usize::from(analysis.is_built(&scenario.name));
    for text in texts.into_iter().take(1 + of_builds) {
        notes.whole(text);
    }
    pending_note(&cases, &mut notes);
    let is_built = analysis.is_built(&scenario.name);
    let shows = |key: &str| is_built || key == HEADS[0].0;
    let mut scales = Vec::new();
    let mut columns = head_columns();
    for (at, (key, title, unit)) in HEADS.into_iter().enumerate() {
        let scale = match key {
            "month_pulling" => Scale::Time(TimeScale::Minutes),
            // One unit for the three deploys, because they are compared.
            _ if unit == Unit::Seconds => scale_of(unit, figures.iter().map(|row| &row[0])),
            _ => scale_of(unit, figures.iter().map(|row| &row[at])),
        };
        if shows(key) {
            columns.push(Column::values(key, title, unit, scale.symbol()));
        }
        scales.push(scale);
    }
    let mut rows = Vec::new();
    for (case, figures) in cases.iter().zip(&figures) {
        let mut row = row_head(case, &mut notes);
        for ((key, ..), (figure, scale)) in HEADS.iter().zip(figures.iter().zip(&scales)) {
            if !shows(key) {
                continue;
            }
            row.push(cell(figure, *scale, &mut notes));
        }
        rows.push(row);
    }
    Table {
        title: table_title(analysis, &scenario.name, &format!("deploys over {link}")),
        columns,
        rows,
        notes: notes.finish(analysis.record),
    }
}

/// In the order of [`HEADS`].
fn figures_of(
    analysis: &Analysis<'_>,
    case: &CaseRecord,
    plan: DeployPlan,
    link: Link,
) -> [Figure; 5] {
    let deploy = |pull| sum(parts(pull, link).map(|part| median(analysis.at(&case.id, part))));
    let pulls = median(analysis.at(&case.id, over(Metric::PullUpdate, link)));
    [
        deploy(Metric::PullCold),
        deploy(Metric::PullBase),
        deploy(Metric::PullUpdate),
        moved(analysis, case, plan, link),
        times(pulls, updates_a_month(plan)),
    ]
}

fn explained(plan: DeployPlan) -> [String; 2] {
    let DeployPlan {
        per_day,
        environments,
        ..
    } = plan;
    [
        "Computed, not measured as a whole: a pull (cold, base there, update) plus create plus start until ready, each \
         its median. A sum of medians has no interval. The start is one with a warm page cache."
            .to_owned(),
        format!(
            "A month: {per_day} deploys a day x {environments} environments x {DAYS} days = {} update pulls, one node each.",
            human_count(updates_a_month(plan)),
            per_day = human_count(per_day),
            environments = human_count(environments),
        ),
    ]
}
