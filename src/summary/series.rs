//! The series that a record can have: the links of its pulls, and whether it has distribution
//! metrics.

use std::collections::BTreeSet;

use crate::record::{Link, Metric, RunRecord};

/// The distinct links of a run: the planned ones in order, then those that only samples name.
pub(crate) fn links_of(record: &RunRecord) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let in_samples = record.samples.iter().filter_map(|sample| sample.link);
    for link in record.plan.links.iter().copied().chain(in_samples) {
        if !links.contains(&link) {
            links.push(link);
        }
    }
    links
}

/// Whether the run measured pushes and pulls. If not, no output mentions them.
pub(crate) fn distributed(record: &RunRecord) -> bool {
    record.distribution.is_some()
        || record
            .samples
            .iter()
            .any(|sample| sample.metric.is_distribution())
}

/// The metrics of a record: those of every run, those of distribution if it was measured, and the
/// optional ones that some case has.
pub(crate) fn metrics_of(record: &RunRecord) -> impl Iterator<Item = Metric> + use<> {
    let distributed = distributed(record);
    let taken: BTreeSet<_> = record.samples.iter().map(|sample| sample.metric).collect();
    Metric::ALL.iter().copied().filter(move |metric| {
        (distributed || !metric.is_distribution())
            && (!metric.is_optional() || taken.contains(metric))
    })
}
