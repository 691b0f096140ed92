//! The effects as CSV and JSON.

use serde_json::{Value, json};

use super::csv_bytes::CsvBytes;
use super::native::{json_suffix, statistic_json};
use crate::record::{CaseRecord, RunRecord};
use crate::summary::Analysis;
use crate::summary::exact_text::exact_text;
use crate::summary::posture::posture_of;
use crate::summary::technique::{EffectLine, EffectOutcome, EffectSubject, lines, side};
use crate::units::native;

/// `effects.csv`: a row per variant and per metric or fact of each technique, values in base
/// units (bytes, seconds, counts) and facts in words; empty if missing. `ratio` is after divided
/// by before, with its interval. `None` if no scenario of the run is about a technique.
pub fn effects_csv(record: &RunRecord) -> Option<Vec<u8>> {
    record
        .scenarios
        .iter()
        .find(|scenario| scenario.technique.is_some())?;
    let analysis = Analysis::of(record);
    let mut file = CsvBytes::new([
        "run",
        "scenario",
        "technique",
        "baseline",
        "variant",
        "metric",
        "unit",
        "link",
        "expected",
        "n",
        "before",
        "after",
        "ratio",
        "lower",
        "upper",
        "level",
        "effect",
        "better",
        "reason",
        "stand_in",
    ]);
    for line in all_lines(&analysis) {
        let change = change(&line);
        let ratio = change.and_then(|change| change.ratio);
        let interval = ratio.and_then(|ratio| ratio.interval);
        let text = |number: Option<f64>| number.map(|n| n.to_string()).unwrap_or_default();
        let (unit, link) = match line.subject {
            EffectSubject::Series(series) => (series.metric.unit().to_string(), series.link),
            EffectSubject::Fact(_) => (String::new(), None),
        };
        let [before, after] = sides(&line).map(|case| side_text(&analysis, case, line.subject));
        let reasons: Vec<String> = [&before, &after]
            .into_iter()
            .filter_map(|side| side.as_ref().err().cloned())
            .filter(|reason| !reason.is_empty())
            .collect();
        let samples = change.map(|change| change.n).filter(|n| *n > 0);
        file.push([
            record.id.clone(),
            line.scenario.name.clone(),
            line.technique.id.clone(),
            line.technique.baseline.clone(),
            line.variant.variant.clone(),
            line.subject.id().to_owned(),
            unit,
            link.map(|link| link.to_string()).unwrap_or_default(),
            line.expected.to_string(),
            samples.map(|n| n.to_string()).unwrap_or_default(),
            before.unwrap_or_default(),
            after.unwrap_or_default(),
            text(ratio.map(|ratio| ratio.ratio.get())),
            text(interval.map(|interval| interval.lower)),
            text(interval.map(|interval| interval.upper)),
            text(interval.map(|interval| interval.level)),
            line.outcome.effect().to_owned(),
            line.outcome
                .better(line.subject)
                .map(|better| better.to_string())
                .unwrap_or_default(),
            reasons.join("; "),
            stand_ins(&line).join(" "),
        ]);
    }
    Some(file.finish())
}

/// The same for the JSON report; empty if no scenario is about a technique.
pub(super) fn effects_json_of(analysis: &Analysis<'_>) -> Value {
    let one = |line: EffectLine<'_>| {
        let change = change(&line);
        let ratio = change.and_then(|change| change.ratio);
        let interval = ratio.and_then(|ratio| ratio.interval);
        let mut object = json!({
            "scenario": line.scenario.name,
            "technique": line.technique.id,
            "question": line.technique.question,
            "baseline": line.technique.baseline,
            "variant": line.variant.variant,
            "metric": line.subject.id(),
            "expected": line.expected,
            "n": change.map(|change| change.n).filter(|n| *n > 0),
            "ratio": ratio.map(|ratio| ratio.ratio),
            "interval": interval.map(|interval| json!({
                "lower_ratio": interval.lower,
                "upper_ratio": interval.upper,
                "level_ratio": interval.level,
            })),
            "effect": Some(line.outcome.effect()).filter(|effect| !effect.is_empty()),
            "better": line.outcome.better(line.subject),
            "words": line.outcome.words(),
            "stand_ins": stand_ins(&line),
        });
        for (key, case) in ["before", "after"].into_iter().zip(sides(&line)) {
            match line.subject {
                EffectSubject::Series(series) => {
                    let figure = side(analysis, case, series).figure.ok();
                    let key = format!("{key}_{}", json_suffix(series.metric.unit()));
                    object[key] = json!(figure.map(|value| statistic_json(native(value))));
                    object["link"] = json!(series.link);
                }
                EffectSubject::Fact(_) => {
                    object[key] = json!(side_text(analysis, case, line.subject).ok());
                }
            }
        }
        object
    };
    all_lines(analysis).into_iter().map(one).collect()
}

fn all_lines<'a>(analysis: &Analysis<'a>) -> Vec<EffectLine<'a>> {
    let scenarios = analysis.record.scenarios.iter();
    scenarios
        .flat_map(|scenario| lines(analysis, scenario))
        .collect()
}

fn change<'l>(line: &'l EffectLine<'_>) -> Option<&'l crate::summary::change::MeasureChange> {
    match &line.outcome {
        EffectOutcome::Measured(change) => Some(change),
        EffectOutcome::Text { .. } | EffectOutcome::Absent => None,
    }
}

fn sides<'a>(line: &EffectLine<'a>) -> [Option<&'a CaseRecord>; 2] {
    [line.baseline, Some(line.variant)]
}

/// The value in the format of the files, or the reason for its absence.
fn side_text(
    analysis: &Analysis<'_>,
    case: Option<&CaseRecord>,
    subject: EffectSubject,
) -> Result<String, String> {
    let absent = |absence: crate::summary::figure::Absence| absence.reason.unwrap_or_default();
    match subject {
        EffectSubject::Series(series) => {
            let figure = side(analysis, case, series).figure;
            figure.map(exact_text).map_err(absent)
        }
        EffectSubject::Fact(fact) => {
            let case = case.ok_or_else(|| "not run".to_owned())?;
            posture_of(case)
                .map(|posture| fact.words(posture))
                .map_err(absent)
        }
    }
}

fn stand_ins(line: &EffectLine<'_>) -> Vec<String> {
    let mut all: Vec<String> = sides(line)
        .into_iter()
        .flatten()
        .flat_map(|case| case.stand_ins.iter().cloned())
        .collect();
    all.sort();
    all.dedup();
    all
}
