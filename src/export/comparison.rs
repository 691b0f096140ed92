//! The comparison of two runs as CSV and JSON.

use serde_json::{Value, json};

use super::csv_bytes::CsvBytes;
use super::native::{json_suffix, statistic_json};
use crate::compare::{Line, LineOutcome, RunComparison, Standing, causes, caveats};
use crate::stats::Comparison;
use crate::summary::comparison::{lines, words};
use crate::summary::exact_text::exact_text;
use crate::units::native;

/// A line for each metric of each case: values in base units, the factor head / base with
/// its interval, p values, and why.
pub fn comparison_csv(comparison: &RunComparison<'_>) -> Vec<u8> {
    let mut file = CsvBytes::new([
        "base_run",
        "head_run",
        "case",
        "metric",
        "unit",
        "link",
        "verdict",
        "grounds",
        "base",
        "head",
        "n_base",
        "n_head",
        "ratio",
        "lower",
        "upper",
        "p",
        "adjusted_p",
        "why",
        "detectable",
        "rounds_to_settle",
    ]);
    let text = |number: Option<f64>| number.map(|n| n.to_string()).unwrap_or_default();
    for line in &comparison.lines {
        let judged = judged(line);
        let interval = judged.and_then(|judged| judged.interval);
        let power = judged.and_then(|judged| judged.power);
        let size = |n: fn(&Comparison) -> usize| judged.map(|judged| n(judged).to_string());
        file.push([
            comparison.base.id.clone(),
            comparison.head.id.clone(),
            line.case.as_str().to_owned(),
            line.metric.id().to_owned(),
            line.metric.unit().to_string(),
            line.link.map(|link| link.to_string()).unwrap_or_default(),
            line.standing().word().to_owned(),
            reason(line),
            line.base.map(exact_text).unwrap_or_default(),
            line.head.map(exact_text).unwrap_or_default(),
            size(|judged| judged.n_base).unwrap_or_default(),
            size(|judged| judged.n_head).unwrap_or_default(),
            text(words::factor(line).map(|ratio| ratio.get())),
            text(interval.map(|interval| interval.lower)),
            text(interval.map(|interval| interval.upper)),
            text(judged.and_then(|judged| judged.p)),
            text(judged.and_then(|judged| judged.adjusted_p)),
            explanation(comparison, line),
            text(
                power
                    .and_then(|power| power.detectable)
                    .map(|ratio| ratio.get()),
            ),
            power
                .and_then(|power| power.rounds_to_settle)
                .map(|rounds| rounds.to_string())
                .unwrap_or_default(),
        ]);
    }
    file.finish()
}

/// The same as JSON, with the differences between the runs.
pub fn comparison_json(comparison: &RunComparison<'_>) -> Value {
    let terms = &comparison.terms;
    let differences = comparison.differences.iter().map(|difference| {
        json!({
            "rule": difference.rule.word(),
            "what": difference.what,
            "waived": terms.waived.contains(&difference.rule),
        })
    });
    let counts = Standing::ALL.map(|standing| (key(standing), comparison.count(standing)));
    json!({
        "base": comparison.base.id,
        "head": comparison.head.id,
        "threshold_timed_ratio": terms.timed.factor(),
        "threshold_exact_ratio": terms.exact.factor(),
        "alpha": terms.alpha,
        "counts": counts.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "differences": differences.collect::<Vec<_>>(),
        "caveats": caveats(comparison.base, comparison.head),
        "only_base": comparison.gone,
        "only_head": comparison.new,
        "lines": comparison.lines.iter().map(|line| of_line(comparison, line)).collect::<Vec<_>>(),
    })
}

/// A standing as a key: without a space.
fn key(standing: Standing) -> String {
    standing.word().replace(' ', "_")
}

fn of_line(comparison: &RunComparison<'_>, line: &Line<'_>) -> Value {
    let judged = judged(line);
    let suffix = json_suffix(line.metric.unit());
    let mut object = json!({
        "case": line.case,
        "metric": line.metric.id(),
        "link": line.link,
        "verdict": line.standing().word(),
        "grounds": reason(line),
        "n_base": judged.map(|judged| judged.n_base),
        "n_head": judged.map(|judged| judged.n_head),
        "ratio": words::factor(line),
        "interval": judged.and_then(|judged| judged.interval).map(|interval| json!({
            "lower_ratio": interval.lower,
            "upper_ratio": interval.upper,
            "level_ratio": interval.level,
        })),
        "p": judged.and_then(|judged| judged.p),
        "adjusted_p": judged.and_then(|judged| judged.adjusted_p),
        "detectable_ratio": judged.and_then(|judged| judged.power?.detectable),
        "rounds_to_settle": judged.and_then(|judged| judged.power?.rounds_to_settle),
        "spread": judged.is_some_and(|judged| judged.spread),
        "causes": causes(comparison, line).iter().map(words::cause).collect::<Vec<_>>(),
    });
    for (side, value) in [("base", line.base), ("head", line.head)] {
        object[format!("{side}_{suffix}")] =
            value.map_or(Value::Null, |value| statistic_json(native(value)));
    }
    object
}

fn judged<'l>(line: &'l Line<'_>) -> Option<&'l Comparison> {
    match &line.outcome {
        LineOutcome::Judged(comparison) => Some(comparison),
        _ => None,
    }
}

/// The reason for a verdict, or the rules that prevent one.
fn reason(line: &Line<'_>) -> String {
    match &line.outcome {
        LineOutcome::Judged(comparison) => words::reason_word(comparison.reason).to_owned(),
        LineOutcome::Broke { .. } => "broke".to_owned(),
        LineOutcome::Fixed { .. } => "fixed".to_owned(),
        LineOutcome::Expected { .. } => "expected".to_owned(),
        LineOutcome::NotMeasured { .. } => "not-measured".to_owned(),
        LineOutcome::NotComparable(why) => {
            let mut rules: Vec<_> = why
                .iter()
                .map(|difference| difference.rule.word())
                .collect();
            rules.dedup();
            rules.join(" ")
        }
    }
}

fn explanation(comparison: &RunComparison<'_>, line: &Line<'_>) -> String {
    match &line.outcome {
        LineOutcome::Judged(_) => lines::why(comparison, line),
        _ => words::change(line),
    }
}
