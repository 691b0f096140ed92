//! The times of pulls over one link.

use super::super::metric_table::{TableSpec, metric_table};
use super::super::table::Table;
use super::phrases;
use crate::record::{Link, Metric, ScenarioRecord};
use crate::summary::Analysis;
use crate::summary::distribution::proof;
use crate::summary::figure::over;

/// A row per variant, with notes on the evidence for the cold pulls.
pub(crate) fn table(analysis: &Analysis<'_>, scenario: &ScenarioRecord, link: Link) -> Table {
    let series = [
        Metric::PullCold,
        Metric::PullColdDownload,
        Metric::PullColdUnpack,
        Metric::PullBase,
        Metric::PullUpdate,
    ]
    .map(|metric| over(metric, link))
    .to_vec();
    let mut notes = vec![
        phrases::link(link),
        "Download and unpack are parts of the cold pull, and overlap: layers are unpacked while others still come."
            .to_owned(),
        proof::Proof::of(analysis, &scenario.name, link).to_string(),
    ];
    notes.extend(proof::widest(analysis, &scenario.name, link).map(|widest| widest.to_string()));
    metric_table(
        analysis,
        &scenario.name,
        &TableSpec {
            what: &format!("pulls over {link}"),
            series,
            one_time_unit: true,
            timed: "Times",
            notes,
        },
    )
}
