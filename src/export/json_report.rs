//! The report as JSON.

use serde_json::{Map, Value, json};

use super::claims::{claims_json_of, verdicts_json_of};
use super::distribution::json_of;
use super::native::{json_suffix, statistic_json};
use super::parts::parts_json;
use super::posture::posture_json;
use super::technique::effects_json_of;
use crate::record::RunRecord;
use crate::stats::Interval;
use crate::summary::warning::warnings_of;
use crate::summary::{Analysis, MetricSummary, Reason};

/// The format version of [`report_json`]; additive changes keep it.
pub const REPORT_SCHEMA_VERSION: u32 = 1;

/// Summaries, claims and warnings. Keys end in their unit (`_ns`, `_bytes`, `_count`,
/// `_ratio`); missing values are null. Facts and raw samples are in `run.json`.
pub fn report_json(record: &RunRecord) -> Value {
    let analysis = Analysis::of(record);
    let warnings: Vec<String> = warnings_of(&analysis)
        .iter()
        .map(ToString::to_string)
        .collect();
    let entries = analysis.entries().iter();
    let summaries: Vec<Value> = entries.map(|entry| summary(&analysis, entry)).collect();
    let mut report = json!({
        "schema_version": REPORT_SCHEMA_VERSION,
        "run": record.id,
        "state": record.state,
        "seed": record.plan.seed,
        "rounds": record.plan.rounds,
        "warmup_rounds": record.plan.warmup_rounds,
        "rounds_done": record.plan.rounds_done(),
        "summaries": summaries,
        "distribution": json_of(&analysis),
        "effects": effects_json_of(&analysis),
        "posture": posture_json(&analysis),
        "claims": claims_json_of(&analysis),
        "verdicts": verdicts_json_of(&analysis),
        "warnings": warnings,
    });
    if !record.parts.is_empty() {
        report["parts"] = parts_json(record);
    }
    report
}

fn summary(analysis: &Analysis<'_>, entry: &MetricSummary<'_>) -> Value {
    let suffix = json_suffix(entry.metric.unit());
    let reasons: Vec<Value> = entry.reasons.iter().map(reason).collect();
    let counts = &entry.counts;
    let mut object = json!({
        "scenario": entry.subject.scenario(),
        "app": entry.subject.app(),
        "variant": entry.subject.variant(),
        "strategy": entry.subject.strategy(),
        "platform": entry.subject.platform(),
        "stand_ins": entry.subject.stand_ins(),
        "metric": entry.metric.id(),
        "link": entry.link,
        "standing": entry.standing.word(),
        "counts": {
            "ok": counts.ok,
            "warmup": counts.warmup,
            "invalid": counts.invalid,
            "dnf": counts.dnf,
            "not_measured": counts.not_measured,
            "not_applicable": counts.not_applicable,
        },
        "n": entry.summary.as_ref().map_or(0, |summary| summary.n),
        "reasons": reasons,
    });
    let summary = entry.summary.as_ref();
    let statistics = [
        ("median", summary.map(|summary| summary.median)),
        ("min", summary.map(|summary| summary.min)),
        ("max", summary.map(|summary| summary.max)),
        ("mean", summary.map(|summary| summary.mean)),
        ("mad", summary.map(|summary| summary.mad)),
        ("iqr", summary.map(|summary| summary.iqr)),
        ("p95", summary.and_then(|summary| summary.p95)),
    ];
    for (name, number) in statistics {
        object[format!("{name}_{suffix}")] = json!(number.map(statistic_json));
    }
    object["interval"] = json!(
        summary
            .and_then(|summary| summary.interval)
            .map(|i| interval(i, suffix))
    );
    object["outliers"] = json!(summary.map_or(0, |summary| summary.outliers.len()));
    let ratio = analysis.ratio_to_largest(entry);
    object["to_largest_ratio"] = json!(ratio.map(|ratio| ratio.ratio));
    object["to_largest_interval"] = json!(
        ratio
            .and_then(|ratio| ratio.interval)
            .map(|i| interval(i, "ratio"))
    );
    object
}

fn reason(reason: &Reason<'_>) -> Value {
    let mut object = json!({
        "status": reason.status.word(),
        "reason": reason.text,
        "rounds": reason.rounds,
    });
    if let Some(why) = reason.expected {
        object["expected"] = json!(why);
    }
    object
}

fn interval(interval: Interval, suffix: &str) -> Value {
    let mut object = Map::new();
    object.insert(format!("lower_{suffix}"), statistic_json(interval.lower));
    object.insert(format!("upper_{suffix}"), statistic_json(interval.upper));
    object.insert("level_ratio".to_owned(), json!(interval.level));
    Value::Object(object)
}
