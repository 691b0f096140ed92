//! The median build of a case.

use super::analysis::Analysis;
use crate::record::{BuildRecord, CaseId, Metric};
use crate::units::{Nanos, Quantity};

/// The median build, which is always a real build: the lower of the middle two for an even number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MedianBuild<'a> {
    pub(crate) case: &'a CaseId,
    pub(crate) duration: Nanos,
    pub(crate) build: &'a BuildRecord,
}

/// The median cold build of each case that has a valid one with steps.
pub(crate) fn median_cold_builds<'a>(analysis: &Analysis<'a>) -> Vec<MedianBuild<'a>> {
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
pub(crate) fn median_build<'a>(
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
