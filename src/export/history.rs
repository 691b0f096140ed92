//! A history as CSV and JSON: base units, nothing truncated.

use serde_json::{Value, json};

use super::csv_bytes::CsvBytes;
use super::native::{json_suffix, statistic_json};
use crate::history::{Point, Trend, TrendChange, TrendOutcome, TrendStanding};
use crate::summary::HistoryPage;
use crate::summary::comparison::reason_word;
use crate::summary::exact_text::exact_text;
use crate::units::{Quantity, native};

/// A row for each run of each trend, oldest first.
pub fn history_csv(page: &HistoryPage<'_>) -> Vec<u8> {
    let mut file = CsvBytes::new([
        "run",
        "started_at",
        "case",
        "metric",
        "unit",
        "link",
        "era",
        "value",
        "mad",
        "smallest",
        "largest",
        "n",
        "changed",
        "failure",
    ]);
    for trend in page.trends {
        for (at, point) in trend.points.iter().enumerate() {
            let number = |of: fn(&crate::history::Values) -> Quantity| {
                let values = point.values.as_ref();
                values
                    .map(|values| exact_text(of(values)))
                    .unwrap_or_default()
            };
            let changed = change_at(trend, at).map(|change| word(change).to_owned());
            file.push([
                point.run.id.clone(),
                point.run.started_at.clone(),
                trend.case.as_str().to_owned(),
                trend.metric.id().to_owned(),
                trend.metric.unit().to_string(),
                trend.link.map(|link| link.to_string()).unwrap_or_default(),
                (point.era + 1).to_string(),
                number(|values| values.median),
                number(|values| values.mad),
                number(|values| values.min),
                number(|values| values.max),
                point
                    .values
                    .map(|values| values.n.0.to_string())
                    .unwrap_or_default(),
                changed.unwrap_or_default(),
                point.failure.unwrap_or_default().to_owned(),
            ]);
        }
    }
    file.finish()
}

/// The same as JSON, with verdicts, change points, drift and skipped files.
pub fn history_json(page: &HistoryPage<'_>) -> Value {
    let count = |standing| {
        let alike = page
            .trends
            .iter()
            .filter(|trend| trend.outcome.standing() == standing);
        alike.count()
    };
    let key = |standing: TrendStanding| standing.word().replace(' ', "_");
    let counts = TrendStanding::ALL.map(|standing| (key(standing), count(standing)));
    let left_out = page.left_out.iter();
    json!({
        "source": page.source,
        "runs": page.runs,
        "window": page.terms.window,
        "threshold_timed_ratio": page.terms.timed.factor(),
        "threshold_exact_ratio": page.terms.exact.factor(),
        "waived": page.terms.waived.iter().map(|rule| rule.word()).collect::<Vec<_>>(),
        "counts": counts.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "left_out": left_out
            .map(|(file, reason)| json!({ "file": file, "reason": reason }))
            .collect::<Vec<_>>(),
        "trends": page.trends.iter().map(of_trend).collect::<Vec<_>>(),
    })
}

fn of_trend(trend: &Trend<'_>) -> Value {
    let suffix = json_suffix(trend.metric.unit());
    let judged = match &trend.outcome {
        TrendOutcome::Judged(judgement) => Some(judgement),
        _ => None,
    };
    let newest = trend.newest();
    let effect = match &trend.outcome {
        TrendOutcome::Judged(judgement) => judgement.effect,
        TrendOutcome::Thin { effect, .. } => *effect,
        _ => None,
    };
    let mut object = json!({
        "case": trend.case,
        "metric": trend.metric.id(),
        "link": trend.link,
        "verdict": trend.outcome.standing().word(),
        "grounds": reason(&trend.outcome),
        "newest_run": newest.map(|point| &point.run.id),
        "baseline_runs": trend.baseline.map(|baseline| baseline.runs),
        "ratio": effect,
        "interval": judged.and_then(|judged| judged.interval).map(|interval| json!({
            "lower_ratio": interval.lower,
            "upper_ratio": interval.upper,
            "level_ratio": interval.level,
        })),
        "adjusted_p": judged.and_then(|judged| judged.adjusted_p),
        "drift": trend.drift.map(|drift| json!({
            "ratio": drift.effect,
            "runs": drift.runs,
            "verdict": TrendStanding::of(drift.verdict).word(),
        })),
        "eras": trend.eras(),
        "changes": trend.changes.iter().map(|change| of_change(trend, change)).collect::<Vec<_>>(),
        "points": trend.points.iter().map(|point| of_point(point, suffix)).collect::<Vec<_>>(),
    });
    let value = newest
        .and_then(|point| point.values)
        .map(|values| values.median);
    let baseline = trend.baseline.map(|baseline| baseline.value);
    object[format!("newest_{suffix}")] = number(value);
    object[format!("baseline_{suffix}")] = number(baseline);
    object
}

fn of_change(trend: &Trend<'_>, change: &TrendChange) -> Value {
    let suffix = json_suffix(trend.metric.unit());
    let point = &trend.points[change.at];
    let mut object = json!({
        "run": point.run.id,
        "started_at": point.run.started_at,
        "after_run": trend.points[change.after].run.id,
        "verdict": word(change),
        "ratio": change.effect,
        "p": change.p,
    });
    object[format!("before_{suffix}")] = number(Some(change.before));
    object[format!("now_{suffix}")] = number(Some(change.now));
    object
}

fn of_point(point: &Point<'_>, suffix: &str) -> Value {
    let border = point.border.iter();
    let mut object = json!({
        "run": point.run.id,
        "started_at": point.run.started_at,
        "era": point.era + 1,
        "unlike": border
            .map(|one| json!({ "rule": one.rule.word(), "what": one.what }))
            .collect::<Vec<_>>(),
        "n": point.values.map(|values| values.n),
        "failure": point.failure,
    });
    let values = point.values.as_ref();
    object[format!("value_{suffix}")] = number(values.map(|values| values.median));
    object[format!("mad_{suffix}")] = number(values.map(|values| values.mad));
    object
}

fn number(value: Option<Quantity>) -> Value {
    value.map_or(Value::Null, |value| statistic_json(native(value)))
}

fn word(change: &TrendChange) -> &'static str {
    match change.better {
        true => "better",
        false => "worse",
    }
}

fn change_at<'t>(trend: &'t Trend<'_>, at: usize) -> Option<&'t TrendChange> {
    trend.changes.iter().find(|change| change.at == at)
}

/// The reason for a verdict or for its absence.
fn reason(outcome: &TrendOutcome<'_>) -> &'static str {
    match outcome {
        TrendOutcome::Judged(judgement) => reason_word(judgement.reason),
        TrendOutcome::Thin { .. } => "fewer-samples",
        TrendOutcome::Broke { .. } => "broke",
        TrendOutcome::Fixed { .. } => "fixed",
        TrendOutcome::Failing { .. } => "failing",
        TrendOutcome::NotComparable => "not-comparable",
        TrendOutcome::First => "first",
        TrendOutcome::Past => "past",
    }
}
