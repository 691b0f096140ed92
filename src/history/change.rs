//! Changes of level in a trend.

use super::digest::Values;
use super::outcome::TrendChange;
use super::trend::{Trend, TrendTerms};
use crate::record::{Kind, Metric};
use crate::stats::{
    ChangePoint, ChangePoints, Direction, ExactRange, Level, SampleSet, exact_changes,
};
use crate::units::{Quantity, native, quantity_of};

/// The changes of all eras, in the order of time.
pub(super) fn changes(
    trend: &Trend<'_>,
    terms: &TrendTerms,
    finder: &mut ChangePoints,
) -> Vec<TrendChange> {
    let metric = trend.metric;
    let threshold = terms.threshold(metric);
    let mut found = Vec::new();
    for era in 0..trend.eras() {
        let (places, values): (Vec<usize>, Vec<Values>) = trend.era(era).unzip();
        let points = match metric.kind() {
            Kind::Timed => finder.of_timed(&medians(&values), threshold),
            Kind::Exact => {
                let ranges: Vec<ExactRange> = values.iter().map(range).collect();
                exact_changes(&ranges, threshold)
            }
        };
        for (which, point) in points.iter().enumerate() {
            let from = which.checked_sub(1).map_or(0, |before| points[before].at);
            let to = points.get(which + 1).map_or(values.len(), |next| next.at);
            let levels = (
                middle(metric, &values[from..point.at]),
                middle(metric, &values[point.at..to]),
            );
            let (Some(before), Some(now)) = levels else {
                continue;
            };
            found.push(change(metric, point, &places, (before, now)));
        }
    }
    found.sort_by_key(|change| change.at);
    found
}

fn change(
    metric: Metric,
    point: &ChangePoint,
    places: &[usize],
    (before, now): (Quantity, Quantity),
) -> TrendChange {
    let up = native(now) > native(before);
    TrendChange {
        at: places[point.at],
        after: places[point.at - 1],
        before,
        now,
        effect: point.effect,
        p: point.p,
        better: up == (metric.direction() == Direction::Higher),
    }
}

/// The medians as numbers.
pub(super) fn medians(values: &[Values]) -> Vec<f64> {
    values.iter().map(|values| native(values.median)).collect()
}

/// The range of a run's samples.
pub(super) fn range(values: &Values) -> ExactRange {
    ExactRange {
        min: native(values.min),
        middle: native(values.median),
        max: native(values.max),
    }
}

/// The median of the medians.
pub(super) fn middle(metric: Metric, values: &[Values]) -> Option<Quantity> {
    let set = SampleSet::new(medians(values)).ok()?;
    Some(quantity_of(
        metric.unit(),
        Level::of(&set, metric.kind()).median,
    ))
}
