//! What a run comes to, in up to three sentences made from the data.

use super::super::change::{Effect, factor_text, metric_words};
use super::super::entry::{Reason, Series};
use super::super::scale::Scale;
use super::super::wording::one_line;
use super::sides::{Sides, Stand};
use crate::record::{CaseRecord, Disposition, Kind, Metric, Status};
use crate::units::quantity_of as quantity;

const MOST: usize = 3;

/// Characters of the one reason.
const REASON_CHARS: usize = 160;

/// Characters of one reason of several.
const SHORT_REASON_CHARS: usize = 60;

/// Names of failures in one sentence.
const LISTED: usize = 3;

/// Failures first, then size, then the times that differ most.
pub(crate) fn sentences(sides: &Sides<'_, '_>) -> Vec<String> {
    let mut all: Vec<String> = failures(sides).into_iter().collect();
    all.extend(failed_phase(sides));
    all.extend(size(sides));
    all.extend(times(sides));
    all.truncate(MOST);
    all
}

/// Variants without figures, each with its reason; those that are there to fail at the end.
fn failures(sides: &Sides<'_, '_>) -> Option<String> {
    let failed = sides
        .cases
        .iter()
        .filter_map(|case| match &case.disposition {
            Disposition::Failed { reason } | Disposition::NotAvailable { reason } => {
                Some((*case, reason.as_str()))
            }
            _ => None,
        });
    let (expected, failed): (Vec<_>, Vec<_>) =
        failed.partition(|(case, reason)| case.expects_to_fail(reason).is_some());
    let mut parts = Vec::new();
    match failed.as_slice() {
        [] => {}
        [(case, reason)] => parts.push(format!(
            "{} has no figures: {}.",
            case.variant,
            one_line(reason, REASON_CHARS).trim_end_matches('.')
        )),
        several => {
            let named = several.iter().map(|(case, reason)| {
                format!(
                    "{} ({})",
                    case.variant,
                    one_line(reason, SHORT_REASON_CHARS)
                )
            });
            let count = several.len();
            parts.push(format!(
                "{count} variants have no figures: {}.",
                list(named)
            ));
        }
    }
    if !expected.is_empty() {
        let have = if expected.len() == 1 { "has" } else { "have" };
        let named = list(expected.iter().map(|(case, _)| case.variant.clone()));
        parts.push(format!("As expected, {named} {have} no figures."));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// A phase that failed in variants that work, where no column shows it: it decides the exit code.
fn failed_phase(sides: &Sides<'_, '_>) -> Option<String> {
    let mut found: Vec<(Metric, &str, Vec<String>)> = Vec::new();
    let works = |case: &&&CaseRecord| matches!(case.disposition, Disposition::Qualified);
    for case in sides.cases.iter().filter(works) {
        for entry in sides.analysis.entries_of(&case.id) {
            if sides.columns.contains(&entry.series()) {
                continue;
            }
            let mut reasons = entry.reasons.iter();
            let failed =
                |reason: &&Reason<'_>| reason.status == Status::Dnf && reason.expected.is_none();
            let Some(reason) = reasons.find(failed) else {
                continue;
            };
            match found.iter_mut().find(|one| one.0 == entry.metric) {
                Some((.., variants)) if variants.contains(&case.variant) => {}
                Some((.., variants)) => variants.push(case.variant.clone()),
                None => found.push((entry.metric, reason.text, vec![case.variant.clone()])),
            }
        }
    }
    let ((metric, reason, variants), others) = found.split_first()?;
    let mut text = format!(
        "{}: {} failed: {}.",
        list(variants.iter().cloned()),
        metric.title(),
        one_line(reason, REASON_CHARS).trim_end_matches('.')
    );
    if !others.is_empty() {
        let titles = list(others.iter().map(|(metric, ..)| metric.title().to_owned()));
        text.push_str(&format!(" Also failed: {titles}."));
    }
    Some(text)
}

/// The first names, and how many more there are.
fn list(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

/// The smallest against the largest.
fn size(sides: &Sides<'_, '_>) -> Option<String> {
    let series = Series::unlinked(Metric::SizeUnpacked);
    let (best, worst) = extremes(sides, series)?;
    let change = sides.change(worst, best, series)?;
    let ratio = change.ratio?.ratio;
    if change.effect() != Effect::Lower {
        return Some("The images do not differ in size.".to_owned());
    }
    let text = |case: &CaseRecord| with_unit(sides, case, series);
    Some(format!(
        "{} is {} smaller than {}: {} instead of {}.",
        best.variant,
        factor_text(ratio, true),
        worst.variant,
        text(best)?,
        text(worst)?,
    ))
}

/// Time to ready, then the largest of the other differences that are shown.
fn times(sides: &Sides<'_, '_>) -> Vec<String> {
    let mut found: Vec<(f64, String)> = Vec::new();
    let mut none_shown = Vec::new();
    let mut is_open = false;
    for series in &sides.columns {
        if series.metric.kind() != Kind::Timed {
            continue;
        }
        let Some((best, worst)) = extremes(sides, *series) else {
            continue;
        };
        match sides.stand(best, worst, *series) {
            Stand::Better => {
                let Some(ratio) = sides.change(worst, best, *series).and_then(|it| it.ratio) else {
                    continue;
                };
                let (less, _) = metric_words(series.metric);
                let text = [best, worst].map(|case| with_unit(sides, case, *series));
                let [Some(low), Some(high)] = text else {
                    continue;
                };
                let factor = factor_text(ratio.ratio, true);
                let what = what(series.metric);
                let sentence = format!(
                    "{what}: {} is {factor} {less} than {} ({low} instead of {high}).",
                    best.variant, worst.variant
                );
                found.push((ratio.ratio.get(), sentence));
            }
            Stand::Alike => none_shown.push(what(series.metric).to_lowercase()),
            _ => is_open = true,
        }
    }
    found.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let mut sentences: Vec<String> = found.into_iter().map(|(_, sentence)| sentence).collect();
    if !none_shown.is_empty() {
        let sentence = format!("No difference is shown in {}.", none_shown.join(", "));
        sentences.insert(sentences.len().min(1), sentence);
    } else if is_open && sentences.is_empty() {
        sentences.push(
            "Times cannot be compared yet: measure more rounds with --time or --rounds.".to_owned(),
        );
    }
    sentences
}

/// The variants with the lowest and the highest median, of two at least.
fn extremes<'r>(sides: &Sides<'_, 'r>, series: Series) -> Option<(&'r CaseRecord, &'r CaseRecord)> {
    let valued = || {
        let cases = sides.cases.iter();
        cases.filter_map(|case| Some((*case, sides.value(case, series)?)))
    };
    let (best, _) = valued().min_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let (worst, _) = valued().max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    (best.id != worst.id).then_some((best, worst))
}

fn with_unit(sides: &Sides<'_, '_>, case: &CaseRecord, series: Series) -> Option<String> {
    let value = quantity(series.metric.unit(), sides.value(case, series)?);
    Some(Scale::for_value(value).with_unit(value))
}

fn what(metric: Metric) -> &'static str {
    match metric {
        Metric::BuildCold => "Cold build",
        Metric::RebuildSource => "Rebuild",
        Metric::PullCold => "Pull",
        Metric::StartReady => "Time to ready",
        Metric::MemoryReady => "Memory",
        other => other.title(),
    }
}
