//! The cost of deploys over one link, derived from medians.

use super::super::analysis::Analysis;
use super::super::entry::Series;
use super::super::figure::{Figure, median, over, times};
use crate::record::{CaseRecord, DeployPlan, Link, Metric};
use crate::units::Count;

/// Days of a month, for all figures per month.
pub(crate) const DAYS: u64 = 30;

/// The parts of a deploy: the pull, and the start from create until ready.
pub(crate) fn parts(pull: Metric, link: Link) -> [Series; 3] {
    [
        over(pull, link),
        Series::unlinked(Metric::StartCreate),
        Series::unlinked(Metric::StartReady),
    ]
}

/// The bytes of a month's update pulls.
pub(crate) fn moved(
    analysis: &Analysis<'_>,
    case: &CaseRecord,
    plan: DeployPlan,
    link: Link,
) -> Figure {
    let bytes = median(analysis.at(&case.id, over(Metric::PullUpdateBytes, link)));
    times(bytes, updates_a_month(plan))
}

pub(crate) fn updates_a_month(plan: DeployPlan) -> Count {
    let a_day = plan.per_day.0.saturating_mul(plan.environments.0);
    Count(a_day.saturating_mul(DAYS))
}
