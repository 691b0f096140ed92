//! Texts for the lines of a comparison.

use super::super::change::{bare, factor_text, metric_words};
use super::super::scale::Scale;
use super::super::wording::{one_line, plural};
use crate::compare::{Cause, Line, LineOutcome};
use crate::record::{Kind, Metric};
use crate::stats::{Comparison, Verdict, VerdictReason};
use crate::units::{Bytes, Nanos, Quantity, Ratio, native, quantity_of as quantity};

/// Longest instruction or step in characters.
const TEXT_CHARS: usize = 90;

/// `1.42x [1.31, 1.55] slower`, `23.4 MB larger (1.18x)`, `did not finish: …`.
pub(crate) fn change(line: &Line<'_>) -> String {
    match &line.outcome {
        LineOutcome::Broke { reason } => format!("did not finish: {reason}"),
        LineOutcome::Fixed { reason } => format!("works again; before: {reason}"),
        LineOutcome::Expected { reason } => format!("fails as expected: {reason}"),
        LineOutcome::NotMeasured { reason } => format!("not measured: {reason}"),
        LineOutcome::NotComparable(why) => {
            let why: Vec<&str> = why.iter().map(|why| why.what.as_str()).collect();
            why.join("; ")
        }
        LineOutcome::Judged(comparison) => match line.metric.kind() {
            Kind::Timed => timed(line.metric, comparison),
            Kind::Exact => exact(line, comparison),
        },
    }
}

fn timed(metric: Metric, comparison: &Comparison) -> String {
    let Some(effect) = comparison.effect.filter(|effect| effect.get() > 0.0) else {
        return "no factor: one side is zero".to_owned();
    };
    let down = effect.get() < 1.0;
    let (less, more) = metric_words(metric);
    let word = if down { less } else { more };
    let interval = comparison.interval.map(|interval| {
        let (low, high) = match down {
            true => (1.0 / interval.upper, 1.0 / interval.lower),
            false => (interval.lower, interval.upper),
        };
        format!(" [{}, {}]", bare(low), bare(high))
    });
    let factor = factor_text(effect, down);
    format!("{factor}{} {word}", interval.unwrap_or_default())
}

fn exact(line: &Line<'_>, comparison: &Comparison) -> String {
    let (Some(before), Some(after)) = (line.base, line.head) else {
        return String::new();
    };
    let (old, new) = (native(before), native(after));
    if old == new {
        return "none".to_owned();
    }
    let (less, more) = metric_words(line.metric);
    let word = if new < old { less } else { more };
    let factor = comparison
        .effect
        .filter(|effect| effect.get() > 0.0)
        .map(|effect| factor_text(effect, effect.get() < 1.0));
    if let Quantity::Ratio(_) | Quantity::Rate(_) = after {
        return format!("{} {word}", factor.unwrap_or_default());
    }
    let difference = quantity(line.metric.unit(), (new - old).abs());
    let difference = with_unit(difference);
    match factor.filter(|factor| factor != "1.00x") {
        Some(factor) => format!("{difference} {word} ({factor})"),
        None => format!("{difference} {word}"),
    }
}

/// A value with the unit that suits it.
pub(crate) fn with_unit(value: Quantity) -> String {
    Scale::for_value(value).with_unit(value)
}

/// The reason for a verdict.
pub(super) fn reason(reason: VerdictReason) -> &'static str {
    match reason {
        VerdictReason::IntervalBeyond => "the whole interval lies beyond the threshold",
        VerdictReason::EstimateBeyond => {
            "the estimate lies beyond the threshold, and the interval excludes no change"
        }
        VerdictReason::IntervalWithin => "the whole interval lies within the threshold",
        VerdictReason::Differ => "exact values differ",
        VerdictReason::Equal => "exact values are equal",
        VerdictReason::WithinThreshold => "exact values differ by no more than the threshold",
        VerdictReason::RangesOverlap => "an exact metric differs within a run by as much",
        VerdictReason::TooFewForTest => "fewer than 4 samples a side: no test",
        VerdictReason::TooFewForInterval => "fewer than 6 samples a side: no interval",
        VerdictReason::NoRatio => "these samples have no quotient",
        VerdictReason::IntervalTooWide => {
            "the estimate lies within the threshold, but the interval does not"
        }
        VerdictReason::MaybeChance => "it may be chance",
        VerdictReason::FewerSamples => "fewer than half as many samples as the earlier runs have",
        VerdictReason::TooFewRounds => "so few rounds can show no change at this level",
    }
}

/// The reason's key in files.
pub(crate) fn reason_word(reason: VerdictReason) -> &'static str {
    match reason {
        VerdictReason::IntervalBeyond => "interval-beyond",
        VerdictReason::EstimateBeyond => "estimate-beyond",
        VerdictReason::IntervalWithin => "interval-within",
        VerdictReason::Differ => "differ",
        VerdictReason::Equal => "equal",
        VerdictReason::WithinThreshold => "within-threshold",
        VerdictReason::RangesOverlap => "ranges-overlap",
        VerdictReason::TooFewForTest => "too-few-for-test",
        VerdictReason::TooFewForInterval => "too-few-for-interval",
        VerdictReason::NoRatio => "no-ratio",
        VerdictReason::IntervalTooWide => "interval-too-wide",
        VerdictReason::MaybeChance => "maybe-chance",
        VerdictReason::FewerSamples => "fewer-samples",
        VerdictReason::TooFewRounds => "too-few-rounds",
    }
}

/// Whether the reason is shown with the verdict: only for inconclusive ones.
pub(super) fn explains(comparison: &Comparison) -> bool {
    comparison.verdict == Verdict::Inconclusive
}

/// A cause: `RUN npm ci: 20.1 MB more, now 80.0 MB`, `/app/film.bin: 49.0 MB, new`.
pub(crate) fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Base { before, after } => {
            format!("base image: {}", bytes(Some(*before), Some(*after)))
        }
        Cause::Instruction {
            text,
            before,
            after,
        } => format!("{}: {}", instruction(text), bytes(*before, *after)),
        Cause::Name {
            path,
            before,
            after,
        } => format!("{path}: {}", bytes(*before, *after)),
        Cause::Step {
            name,
            before,
            after,
            lost_cache,
        } => {
            let name = one_line(name, TEXT_CHARS);
            let lost = match lost_cache {
                true => "no longer cached, ",
                false => "",
            };
            format!("{name}: {lost}{}", times(*before, *after))
        }
        Cause::Blobs {
            count,
            bytes,
            heaviest,
        } => {
            let digest: String = heaviest.chars().take(19).collect();
            let blobs = plural(usize::try_from(count.0).unwrap_or(usize::MAX), "new blob");
            let weight = with_unit(Quantity::Bytes(*bytes));
            format!("{blobs} of {weight}, the heaviest {digest}")
        }
    }
}

/// Text that the engine adds to an instruction is removed.
pub(crate) fn instruction(text: &str) -> String {
    let text = text.trim_end_matches("# buildkit").trim();
    let text = text.replacen("/bin/sh -c ", "", 1);
    one_line(text.trim_start_matches("#(nop) ").trim(), TEXT_CHARS)
}

fn bytes(before: Option<Bytes>, after: Option<Bytes>) -> String {
    size_change(before.map(Quantity::Bytes), after.map(Quantity::Bytes))
}

fn times(before: Option<Nanos>, after: Option<Nanos>) -> String {
    size_change(before.map(Quantity::Time), after.map(Quantity::Time))
}

fn size_change(before: Option<Quantity>, after: Option<Quantity>) -> String {
    match (before, after) {
        (None, Some(after)) => format!("{}, new", with_unit(after)),
        (Some(before), None) => format!("gone, was {}", with_unit(before)),
        (Some(before), Some(after)) => {
            let (old, new) = (native(before), native(after));
            let difference = with_unit(quantity(after.unit(), (new - old).abs()));
            let word = if new < old { "less" } else { "more" };
            format!("{difference} {word}, now {}", with_unit(after))
        }
        (None, None) => String::new(),
    }
}

/// The factor of a line, for files.
pub(crate) fn factor(line: &Line<'_>) -> Option<Ratio> {
    match &line.outcome {
        LineOutcome::Judged(comparison) => comparison.effect,
        _ => None,
    }
}

/// A confidence level without rounding noise.
pub(crate) fn short(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}
