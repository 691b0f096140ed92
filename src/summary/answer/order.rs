//! The order of the rows.

use super::sides::{Sides, Stand};
use crate::record::{CaseRecord, Metric};

/// By the first preference, then among those that are not shown to differ from its best by
/// the next one. What has no value comes last.
pub(crate) fn order<'r>(sides: &Sides<'_, 'r>, preferred: &[Metric]) -> Vec<&'r CaseRecord> {
    let wanted = match preferred {
        [] => &[Metric::SizeUnpacked],
        some => some,
    };
    sorted(sides, sides.cases.clone(), wanted)
}

fn sorted<'r>(
    sides: &Sides<'_, 'r>,
    mut cases: Vec<&'r CaseRecord>,
    wanted: &[Metric],
) -> Vec<&'r CaseRecord> {
    let Some((metric, rest)) = wanted.split_first() else {
        return cases;
    };
    let Some(series) = sides.columns.iter().find(|series| series.metric == *metric) else {
        return sorted(sides, cases, rest);
    };
    let key = |case: &CaseRecord| sides.value(case, *series).unwrap_or(f64::INFINITY);
    cases.sort_by(|one, other| key(one).total_cmp(&key(other)));
    if rest.is_empty() {
        return cases;
    }
    let mut order = Vec::new();
    while let Some(best) = cases.first().copied() {
        let is_like_best = |case: &&CaseRecord| {
            case.id == best.id || sides.stand(case, best, *series) == Stand::Alike
        };
        let (alike, others) = cases.into_iter().partition(is_like_best);
        order.extend(sorted(sides, alike, rest));
        cases = others;
    }
    order
}
