//! The best variant of each scenario in one metric, compared with the naive one.

use super::super::analysis::Analysis;
use super::super::change::{Effect, MeasureChange};
use super::super::entry::Series;
use super::super::observed::Measure;
use super::super::scale::Scale;
use super::finding::{Finding, RankedSentence, Sentence, finding, named, weight};
use crate::record::{CaseRecord, Metric, ScenarioRecord};
use crate::units::{Quantity, native};

/// The strategy that others are compared with.
const PLAIN: &str = "single-stage";

/// The smallest image that works.
pub(super) fn smallest(analysis: &Analysis<'_>) -> Option<Finding> {
    let said = SentenceTexts {
        metric: Metric::SizeUnpacked,
        best: |variant, value| format!("the smallest image that works is {variant} with {value}"),
        only: |variant, value| format!("{variant} is {value}"),
    };
    finding("Smallest image", best_of_all(analysis, &said))
}

/// The fastest rebuild after a source edit.
pub(super) fn fastest_rebuild(analysis: &Analysis<'_>) -> Option<Finding> {
    let said = SentenceTexts {
        metric: Metric::RebuildSource,
        best: |variant, value| {
            format!("after a source edit {variant} rebuilds fastest, in {value}")
        },
        only: |variant, value| format!("after a source edit {variant} rebuilds in {value}"),
    };
    finding("Fastest rebuild", best_of_all(analysis, &said))
}

/// The fastest start.
pub(super) fn soonest_ready(analysis: &Analysis<'_>) -> Option<Finding> {
    let said = SentenceTexts {
        metric: Metric::StartReady,
        best: |variant, value| format!("{variant} is ready first, {value} after its start"),
        only: |variant, value| format!("{variant} is ready {value} after its start"),
    };
    finding("Soonest ready", best_of_all(analysis, &said))
}

/// The texts for a metric for which less is better.
struct SentenceTexts {
    metric: Metric,
    /// For the best of several variants, with its value.
    best: fn(&str, &str) -> String,
    /// For the only variant.
    only: fn(&str, &str) -> String,
}

fn best_of_all(analysis: &Analysis<'_>, said: &SentenceTexts) -> Vec<RankedSentence> {
    let scenarios = analysis.record.scenarios.iter();
    // A scenario about a technique reports its effect instead.
    scenarios
        .filter(|scenario| scenario.technique.is_none())
        .filter_map(|scenario| best_of(analysis, scenario, said))
        .collect()
}

fn best_of(
    analysis: &Analysis<'_>,
    scenario: &ScenarioRecord,
    said: &SentenceTexts,
) -> Option<RankedSentence> {
    let measure = Measure::Series(Series::unlinked(said.metric));
    let mut measured: Vec<(&CaseRecord, Quantity)> = analysis
        .cases_of(&scenario.name)
        .iter()
        .filter_map(|case| Some((*case, measure.of(analysis, case).figure.ok()?)))
        .collect();
    measured.sort_by(|left, right| {
        let by_value = native(left.1).total_cmp(&native(right.1));
        by_value.then_with(|| left.0.id.cmp(&right.0.id))
    });
    let (&(best, value), others) = measured.split_first()?;
    let of_best = measure.of(analysis, best);
    let apart = |case: &CaseRecord| measure.is_apart(&of_best, &measure.of(analysis, case));
    // Times of several machines cannot be ranked.
    if others.iter().any(|(case, _)| apart(case)) {
        return None;
    }
    let worst = match others.last() {
        Some(worst) => worst,
        None => {
            let sentence = (said.only)(&starred(best), &with_unit(value));
            return Some(RankedSentence {
                weight: 1.0,
                sentence: Sentence::about(
                    &scenario.title,
                    format!("{sentence}; no other variant has a figure."),
                ),
            });
        }
    };
    let plain = others.iter().find(|(case, _)| case.strategy == PLAIN);
    let (other, other_value) = plain.unwrap_or(worst);
    let change_from =
        |case: &CaseRecord| MeasureChange::of(measure, &measure.of(analysis, case), &of_best);
    let change = change_from(other)?;
    let alike: Vec<&str> = others
        .iter()
        .filter(|(case, _)| {
            case.id != other.id
                && change_from(case).is_some_and(|change| change.effect() == Effect::None)
        })
        .map(|(case, _)| case.variant.as_str())
        .collect();
    let alike = if alike.is_empty() {
        String::new()
    } else {
        format!(" No difference is shown to {}.", named(&alike))
    };
    Some(RankedSentence {
        weight: weight(change.ratio.map(|ratio| ratio.ratio.get())),
        sentence: Sentence::about(
            &scenario.title,
            format!(
                "{}. Against {} ({}): {}.{alike}",
                (said.best)(&starred(best), &with_unit(value)),
                starred(other),
                with_unit(*other_value),
                change.words()
            ),
        ),
    })
}

/// The name of the variant, with a star if it uses a stand-in base.
fn starred(case: &CaseRecord) -> String {
    let star = if case.stand_ins.is_empty() { "" } else { " *" };
    format!("{}{star}", case.variant)
}

fn with_unit(value: Quantity) -> String {
    Scale::for_value(value).with_unit(value)
}
