//! Which series a record can have: the links of its pulls, and whether anything travelled.

use std::collections::BTreeSet;

use crate::record::{Link, Metric, RunRecord};

/// The links of a run, each once: as they were planned, then what only samples name.
pub(super) fn links_of(record: &RunRecord) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let in_samples = record.samples.iter().filter_map(|sample| sample.link);
    for link in record.plan.links.iter().copied().chain(in_samples) {
        if !links.contains(&link) {
            links.push(link);
        }
    }
    links
}

/// Whether the run looked at pushes and pulls at all. Where it did not, no form has a
/// column, a row or a word for them.
pub(super) fn distributed(record: &RunRecord) -> bool {
    record.distribution.is_some()
        || record
            .samples
            .iter()
            .any(|sample| sample.metric.is_distribution())
}

/// The metrics that a record can have samples of: those of every run, of distribution
/// where it was looked at, and of the optional ones those that some case has.
pub(super) fn metrics_of(record: &RunRecord) -> impl Iterator<Item = Metric> + use<> {
    let distributed = distributed(record);
    let taken: BTreeSet<_> = record.samples.iter().map(|sample| sample.metric).collect();
    Metric::ALL.iter().copied().filter(move |metric| {
        (distributed || !metric.is_distribution())
            && (!metric.is_optional() || taken.contains(metric))
    })
}
