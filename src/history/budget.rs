//! Budgets relative to earlier runs instead of one baseline run.

use super::change::{medians, middle};
use super::newest::{against_range, thin};
use super::trend::Trend;
use crate::compare::{BudgetLine, BudgetOutcome, Evidence, threshold_of};
use crate::record::{Kind, Measurand};
use crate::scenario::Limit;
use crate::stats::{self, ALPHA, Newcomer, SampleSet, Verdict, VerdictReason};
use crate::units::native;

/// Judges the `worse-by` limits that have no baseline by trends whose newest run is the one
/// that is checked. The baseline is the median of the last `window` comparable runs before
/// it. Limits on timed metrics are one family.
pub fn hold(lines: &mut [BudgetLine<'_>], trends: &[Trend<'_>], window: usize) {
    let mut timed = Vec::new();
    for (at, line) in lines.iter_mut().enumerate() {
        let (Limit::WorseBy(share), BudgetOutcome::NoBaseline) = (line.budget.limit, &line.outcome)
        else {
            continue;
        };
        let of_line = |trend: &&Trend<'_>| {
            let of_trend = Measurand::Metric(trend.metric);
            (trend.case, of_trend, trend.link) == (line.case, line.metric, line.link)
        };
        let Some(trend) = trends.iter().find(of_line) else {
            continue;
        };
        let Some((newest, value)) = trend.newest().and_then(|one| Some((one, one.values?))) else {
            continue;
        };
        let before = trend.window(window);
        let Some(baseline) = middle(trend.metric, &before) else {
            if !newest.border.is_empty() {
                line.outcome = BudgetOutcome::NotComparable(newest.border.clone());
            }
            continue;
        };
        line.baseline = Some(baseline);
        let threshold = threshold_of(share);
        if trend.metric.kind() == Kind::Exact {
            if let Some(comparison) = against_range(trend.metric, threshold, &before, &value) {
                line.outcome = outcome(comparison.verdict, comparison.reason);
                line.evidence = comparison.effect.map(|factor| Evidence {
                    factor,
                    interval: None,
                });
            }
        } else if thin(&value, &before).is_some() {
            line.outcome = BudgetOutcome::Inconclusive(VerdictReason::FewerSamples);
        } else if let Ok(before) = SampleSet::new(medians(&before)) {
            timed.push((at, trend.metric, before, native(value.median), threshold));
        }
    }
    let newcomers: Vec<Newcomer<'_>> = timed
        .iter()
        .map(|(_, metric, before, value, threshold)| Newcomer {
            before,
            value: *value,
            direction: metric.direction(),
            threshold: *threshold,
            group: *metric as usize,
        })
        .collect();
    let placed = stats::place(&newcomers, ALPHA);
    for ((at, ..), placement) in timed.iter().zip(placed) {
        let line = &mut lines[*at];
        line.outcome = outcome(placement.verdict, placement.reason);
        line.evidence = placement.effect.map(|factor| Evidence {
            factor,
            interval: placement.interval,
        });
    }
}

fn outcome<'a>(verdict: Verdict, reason: VerdictReason) -> BudgetOutcome<'a> {
    match verdict {
        Verdict::Worse => BudgetOutcome::Broken,
        Verdict::Inconclusive => BudgetOutcome::Inconclusive(reason),
        Verdict::Same | Verdict::Better => BudgetOutcome::Within,
    }
}
