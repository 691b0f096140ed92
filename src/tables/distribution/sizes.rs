//! Packed sizes, pushes, and the bytes of pulls.

use super::super::metric_table::{TableSpec, metric_table};
use super::super::table::Table;
use super::phrases;
use crate::record::{CaseRecord, Link, Metric, ScenarioRecord};
use crate::summary::distribution::pulled_links;
use crate::summary::exact_text::exact_text;
use crate::summary::figure::over;
use crate::summary::{Analysis, Series};
use crate::units::{Unit, quantity_of as quantity};

const BYTES: [Metric; 3] = [
    Metric::PullColdBytes,
    Metric::PullBaseBytes,
    Metric::PullUpdateBytes,
];

/// A row per variant. The bytes of pulls are those over the first link; a note says whether other
/// links differ.
pub(crate) fn table(analysis: &Analysis<'_>, scenario: &ScenarioRecord) -> Table {
    let links = pulled_links(analysis);
    let mut series: Vec<Series> = [Metric::SizeTransfer, Metric::PushTime, Metric::PushBytes]
        .map(Series::unlinked)
        .to_vec();
    let mut notes = vec![
        "Sizes and bytes are packed, as the registry of the run stores, takes in and serves them. Push: into a \
         registry that holds the bases and no more of the image."
            .to_owned(),
    ];
    if let Some((first, others)) = links.split_first() {
        series.extend(BYTES.map(|metric| over(metric, *first)));
        notes.push(phrases::PULLS.to_owned());
        notes.extend(other_links(analysis, scenario, *first, others));
    }
    notes.extend(spread(analysis, scenario, &series));
    notes.push(phrases::puller(analysis, !links.is_empty()));
    metric_table(
        analysis,
        &scenario.name,
        &TableSpec {
            what: "distribution",
            series,
            one_time_unit: false,
            timed: "Times",
            notes,
        },
    )
}

/// Compares the bytes of pulls over the other links.
fn other_links(
    analysis: &Analysis<'_>,
    scenario: &ScenarioRecord,
    first: Link,
    others: &[Link],
) -> Option<String> {
    let names: Vec<String> = others.iter().map(ToString::to_string).collect();
    let mut widest: Option<f64> = None;
    for case in cases(analysis, scenario) {
        for metric in BYTES {
            let median = |link: Link| {
                let entry = analysis.at(&case.id, over(metric, link))?;
                Some(entry.summary.as_ref()?.median)
            };
            let differences = others
                .iter()
                .filter_map(|link| Some((median(*link)? - median(first)?).abs()));
            for difference in differences {
                widest = Some(widest.map_or(difference, |widest| widest.max(difference)));
            }
        }
    }
    let names = names.join(" and ");
    let widest = widest?;
    Some(if widest > 0.0 {
        let bytes = exact_text(quantity(Unit::Bytes, widest));
        format!(
            "The bytes are those over {first}; over {names} a median differs by up to {bytes} bytes."
        )
    } else {
        format!("The bytes are those over {first}; over {names} they are the same.")
    })
}

/// A note on packed bytes that differ between rounds.
fn spread(analysis: &Analysis<'_>, scenario: &ScenarioRecord, series: &[Series]) -> Option<String> {
    let ranges = cases(analysis, scenario).flat_map(|case| {
        series.iter().filter_map(|series| {
            let entry = analysis.at(&case.id, *series)?;
            let summary = entry.summary.as_ref()?;
            (series.metric.unit() == Unit::Bytes).then_some(summary.max - summary.min)
        })
    });
    let widest = ranges.fold(0.0_f64, f64::max);
    (widest > 0.0).then(|| {
        format!(
            "Packed bytes differ between rounds, by {} bytes at the most: shown is the lower middle.",
            exact_text(quantity(Unit::Bytes, widest))
        )
    })
}

fn cases<'a>(
    analysis: &Analysis<'a>,
    scenario: &ScenarioRecord,
) -> impl Iterator<Item = &'a CaseRecord> {
    analysis.cases_of(&scenario.name).iter().copied()
}
