//! Texts for trends.

use std::collections::BTreeSet;

use super::super::change::{bare, factor_text, metric_words};
use super::super::comparison::with_unit;
use super::super::wording::one_line;
use crate::history::{Drift, Judgement, Point, Trend, TrendChange, TrendOutcome};
use crate::record::{Kind, Metric};
use crate::stats::{Verdict, VerdictReason};
use crate::units::{Quantity, Ratio, Unit, native, quantity_of as quantity};

/// Longest reason in characters.
const REASON_CHARS: usize = 90;

/// `pull.cold over 100mbit`.
pub(crate) fn series(trend: &Trend<'_>) -> String {
    let over = trend.link.map(|link| format!(" over {link}"));
    format!("{}{}", trend.metric.id(), over.unwrap_or_default())
}

/// The day of a point: `2026-11-20`.
pub(crate) fn day<'a>(point: &Point<'a>) -> &'a str {
    let text = &point.run.started_at;
    text.split('T').next().unwrap_or(text)
}

/// `1.10x [1.05, 1.15] slower`; with the reason if it is inconclusive.
pub(crate) fn change(trend: &Trend<'_>) -> String {
    match &trend.outcome {
        TrendOutcome::Judged(judgement) => match trend.metric.kind() {
            Kind::Timed => timed(trend.metric, judgement),
            Kind::Exact => exact(trend, judgement),
        },
        TrendOutcome::Thin { effect, n, usual } => {
            let factor = factor(trend.metric, *effect);
            format!("{factor}; {} samples, usually {}", n.0, usual.0)
        }
        TrendOutcome::Broke { reason } => {
            format!("did not finish: {}", one_line(reason, REASON_CHARS))
        }
        TrendOutcome::Failing { reason } => one_line(reason, REASON_CHARS),
        TrendOutcome::Fixed { reason } => {
            format!("works again; before: {}", one_line(reason, REASON_CHARS))
        }
        TrendOutcome::NotComparable => border(trend),
        TrendOutcome::First | TrendOutcome::Past => String::new(),
    }
}

/// Why the newest point cannot be compared with the previous one: `unlike in base, engine`. Notes
/// below the table explain how.
fn border(trend: &Trend<'_>) -> String {
    let border = trend.newest().map(|point| point.border.as_slice());
    let rules: BTreeSet<&str> = border
        .unwrap_or_default()
        .iter()
        .map(|one| one.rule.word())
        .collect();
    match rules.is_empty() {
        true => "no run before it has a value".to_owned(),
        false => format!(
            "unlike in {}",
            rules.into_iter().collect::<Vec<_>>().join(", ")
        ),
    }
}

/// `5.00 MB smaller (1.06x)`.
fn exact(trend: &Trend<'_>, judgement: &Judgement) -> String {
    let values = trend.newest().and_then(|point| point.values);
    let (Some(values), Some(baseline)) = (values, trend.baseline) else {
        return String::new();
    };
    if judgement.reason == VerdictReason::Equal {
        return "none".to_owned();
    }
    let text = step(
        trend.metric,
        baseline.value,
        values.median,
        judgement.effect,
    );
    match judgement.verdict {
        Verdict::Inconclusive => format!("{text}; {}", reason(judgement.reason)),
        _ => text,
    }
}

/// The change of an exact value: the difference, and the factor if it differs from 1.
pub(crate) fn step(
    metric: Metric,
    before: Quantity,
    now: Quantity,
    effect: Option<Ratio>,
) -> String {
    let (old, new) = (native(before), native(now));
    let text = factor(metric, effect);
    if old == new || matches!(metric.unit(), Unit::Ratio | Unit::PerSecond) {
        return text;
    }
    let (less, more) = metric_words(metric);
    let word = if new < old { less } else { more };
    let difference = with_unit(quantity(metric.unit(), (new - old).abs()));
    let factor = effect.filter(|effect| effect.get() > 0.0);
    let factor = factor.map(|effect| factor_text(effect, new < old));
    match factor.filter(|factor| factor != "1.00x") {
        Some(factor) => format!("{difference} {word} ({factor})"),
        None => format!("{difference} {word}"),
    }
}

fn timed(metric: Metric, judgement: &Judgement) -> String {
    let mut text = factor(metric, judgement.effect);
    if let (Some(interval), Some(effect)) = (judgement.interval, judgement.effect) {
        let (low, high) = match effect.get() < 1.0 {
            true => (1.0 / interval.upper, 1.0 / interval.lower),
            false => (interval.lower, interval.upper),
        };
        text = format!("{text} [{}, {}]", bare(low), bare(high));
    }
    match judgement.verdict {
        Verdict::Inconclusive => format!("{text}; {}", reason(judgement.reason)),
        _ => text,
    }
}

/// `1.10x slower`; without the word if three digits show no change.
pub(crate) fn factor(metric: Metric, effect: Option<Ratio>) -> String {
    let Some(effect) = effect else {
        return "no factor".to_owned();
    };
    let (less, more) = metric_words(metric);
    let down = effect.get() < 1.0;
    let word = if down { less } else { more };
    match factor_text(effect, down) {
        same if same == "1.00x" => "1.00x".to_owned(),
        factor => format!("{factor} {word}"),
    }
}

/// Why it is inconclusive, with runs as samples.
fn reason(reason: VerdictReason) -> &'static str {
    match reason {
        VerdictReason::TooFewForTest | VerdictReason::TooFewForInterval => {
            "fewer than 6 comparable runs before it"
        }
        VerdictReason::MaybeChance | VerdictReason::TooFewRounds => "it may be chance",
        VerdictReason::FewerSamples => "fewer than half as many samples as the runs before it",
        VerdictReason::IntervalTooWide => "the runs vary more than the threshold",
        VerdictReason::RangesOverlap => {
            "an exact metric differs within a run, and the ranges overlap"
        }
        VerdictReason::NoRatio => "zeros have no quotient",
        VerdictReason::IntervalBeyond
        | VerdictReason::EstimateBeyond
        | VerdictReason::IntervalWithin
        | VerdictReason::Differ
        | VerdictReason::Equal
        | VerdictReason::WithinThreshold => "",
    }
}

/// `1.08x slower`, `none`, `1.03x slower, not shown`.
pub(crate) fn drift(metric: Metric, drift: &Drift) -> String {
    let text = factor(metric, drift.effect);
    match drift.verdict {
        Verdict::Worse | Verdict::Better => text,
        Verdict::Same => "none".to_owned(),
        Verdict::Inconclusive => format!("{text}, not shown"),
    }
}

/// The size of a change of level.
pub(crate) fn went(metric: Metric, change: &TrendChange) -> String {
    match metric.kind() {
        Kind::Timed => factor(metric, change.effect),
        Kind::Exact => step(metric, change.before, change.now, change.effect),
    }
}

/// `2026-11-02: 1.10x slower`.
pub(crate) fn changed(trend: &Trend<'_>, change: &TrendChange) -> String {
    format!(
        "{}: {}",
        day(&trend.points[change.at]),
        went(trend.metric, change)
    )
}
