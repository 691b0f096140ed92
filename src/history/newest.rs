//! Compares the newest run with earlier runs, and measures the drift of an era.

use super::change::{medians, middle, range};
use super::digest::Values;
use super::outcome::{Drift, Judgement, TrendBaseline, TrendOutcome};
use super::trend::{Trend, TrendTerms};
use crate::record::{Kind, Metric};
use crate::stats::{
    self, ALPHA, Comparison, ExactRange, JointTest, Newcomer, Pair, Placement, SampleSet, Threshold,
};
use crate::units::{Count, native};

/// Compares the newest point of each trend with earlier ones.
pub(super) fn judge(trends: &mut [Trend<'_>], terms: &TrendTerms) {
    let mut timed = Vec::new();
    for (at, trend) in trends.iter_mut().enumerate() {
        if trend.outcome == TrendOutcome::Past {
            continue;
        }
        let Some((value, window)) = settle(trend, terms) else {
            continue;
        };
        trend.baseline = middle(trend.metric, &window).map(|value| TrendBaseline {
            value,
            runs: window.len(),
        });
        if trend.metric.kind() == Kind::Exact {
            let compared =
                against_range(trend.metric, terms.threshold(trend.metric), &window, &value);
            if let Some(comparison) = compared {
                trend.outcome = TrendOutcome::Judged(of_comparison(&comparison));
            }
        } else if let Ok(before) = SampleSet::new(medians(&window)) {
            timed.push((at, before, value, window));
        }
    }
    let newcomers: Vec<Newcomer<'_>> = timed
        .iter()
        .map(|(at, before, value, _)| Newcomer {
            before,
            value: native(value.median),
            direction: trends[*at].metric.direction(),
            threshold: terms.timed,
            group: trends[*at].metric as usize,
        })
        .collect();
    let placed = stats::place(&newcomers, ALPHA);
    for ((at, _, value, window), placement) in timed.iter().zip(placed) {
        trends[*at].outcome = match thin(value, window) {
            Some(usual) => TrendOutcome::Thin {
                effect: placement.effect,
                n: value.n,
                usual,
            },
            None => TrendOutcome::Judged(of_placement(&placement)),
        };
    }
    drifts(trends, terms);
}

/// Settles what needs no numbers. What is left: the newest values, and those before them.
fn settle(trend: &mut Trend<'_>, terms: &TrendTerms) -> Option<(Values, Vec<Values>)> {
    let (newest, before) = trend.points.split_last()?;
    // A failure counts regardless of the rules.
    let recent = || before.iter().rev().take(terms.window);
    let window = trend.window(terms.window);
    let fresh = newest
        .failure
        .filter(|_| recent().all(|point| point.failure.is_none()));
    trend.outcome = match (newest.values, newest.failure, fresh) {
        (_, _, Some(reason)) if !before.is_empty() => TrendOutcome::Broke { reason },
        (None, Some(reason), _) if recent().any(|point| point.values.is_some()) => {
            TrendOutcome::Broke { reason }
        }
        (None, Some(reason), _) => TrendOutcome::Failing { reason },
        _ if before.is_empty() => TrendOutcome::First,
        (Some(values), ..) if !window.is_empty() => return Some((values, window)),
        _ => match recent().find_map(|point| point.failure.filter(|_| point.values.is_none())) {
            Some(reason) if recent().all(|point| point.values.is_none()) => {
                TrendOutcome::Fixed { reason }
            }
            _ => TrendOutcome::NotComparable,
        },
    };
    None
}

/// The samples of the median run of a window, if the newest has less than half as many.
pub(super) fn thin(value: &Values, window: &[Values]) -> Option<Count> {
    let mut sizes: Vec<Count> = window.iter().map(|values| values.n).collect();
    sizes.sort_unstable();
    let usual = *sizes.get(sizes.len().checked_sub(1)? / 2)?;
    (value.n.0 * 2 < usual.0).then_some(usual)
}

fn of_placement(placement: &Placement) -> Judgement {
    Judgement {
        verdict: placement.verdict,
        reason: placement.reason,
        effect: placement.effect,
        interval: placement.interval,
        adjusted_p: placement.adjusted_p,
    }
}

/// Compares an exact metric with the median run of a window.
pub(super) fn against_range(
    metric: Metric,
    threshold: Threshold,
    window: &[Values],
    value: &Values,
) -> Option<Comparison> {
    let mut ranges: Vec<ExactRange> = window.iter().map(range).collect();
    ranges.sort_by(|one, other| one.middle.total_cmp(&other.middle));
    let base = ranges.get(ranges.len().checked_sub(1)? / 2)?;
    let set = |range: &ExactRange| SampleSet::new(vec![range.min, range.middle, range.max]).ok();
    let pair = Pair {
        base: &set(base)?,
        head: &set(&range(value))?,
        kind: metric.kind(),
        direction: metric.direction(),
        threshold,
        group: metric as usize,
    };
    stats::compare(&[pair], &JointTest::independent(ALPHA, 0)).pop()
}

fn of_comparison(comparison: &Comparison) -> Judgement {
    Judgement {
        verdict: comparison.verdict,
        reason: comparison.reason,
        effect: comparison.effect,
        interval: None,
        adjusted_p: None,
    }
}

/// Compares the first runs of each newest era with its last, all timed metrics as one family.
fn drifts(trends: &mut [Trend<'_>], terms: &TrendTerms) {
    let mut sides = Vec::new();
    for (at, trend) in trends.iter().enumerate() {
        let Some(newest) = trend.newest() else {
            continue;
        };
        let values: Vec<Values> = trend.era(newest.era).map(|(_, values)| values).collect();
        let runs = terms.window.min(values.len() / 2);
        if runs == 0 {
            continue;
        }
        let (first, last) = (&values[..runs], &values[values.len() - runs..]);
        let side = |values: &[Values]| match trend.metric.kind() {
            Kind::Timed => SampleSet::new(medians(values)).ok(),
            // An exact metric has one true value.
            Kind::Exact => {
                let middle = middle(trend.metric, values)?;
                SampleSet::new(vec![native(middle)]).ok()
            }
        };
        if let (Some(first), Some(last)) = (side(first), side(last)) {
            sides.push((at, runs, first, last));
        }
    }
    let pairs: Vec<Pair<'_>> = sides
        .iter()
        .map(|(at, _, base, head)| Pair {
            base,
            head,
            kind: trends[*at].metric.kind(),
            direction: trends[*at].metric.direction(),
            threshold: terms.threshold(trends[*at].metric),
            group: trends[*at].metric as usize,
        })
        .collect();
    let compared = stats::compare(&pairs, &JointTest::independent(ALPHA, 0));
    for ((at, runs, ..), comparison) in sides.iter().zip(compared) {
        trends[*at].drift = Some(Drift {
            effect: comparison.effect,
            runs: *runs,
            verdict: comparison.verdict,
        });
    }
}
