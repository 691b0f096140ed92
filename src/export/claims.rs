//! The claims as JSON.

use serde_json::{Map, Value, json};

use super::native::{json_suffix, statistic_json};
use crate::record::RunRecord;
use crate::summary::claims::results;
use crate::summary::{Analysis, ClaimResult, ClaimVerdict};
use crate::units::{Quantity, Unit, native};

pub(super) fn claims_json_of(analysis: &Analysis<'_>) -> Value {
    results(analysis).iter().map(one).collect()
}

/// The number of claims per verdict.
pub(super) fn verdicts_json_of(analysis: &Analysis<'_>) -> Value {
    let results = results(analysis);
    let count = |verdict: ClaimVerdict| {
        let with = results.iter().filter(|result| result.verdict == verdict);
        (verdict.id().replace('-', "_"), json!(with.count()))
    };
    Value::Object(
        ClaimVerdict::ALL
            .map(count)
            .into_iter()
            .collect::<Map<_, _>>(),
    )
}

fn one(result: &ClaimResult<'_>) -> Value {
    let claim = result.claim;
    let mut object = json!({
        "scenario": result.scenario.name,
        "variant": claim.variant,
        "metric": claim.metric,
        "link": claim.link,
        "claimed": claim.claimed,
        "approximate": claim.approximate,
        "source": claim.source,
        "note": claim.note,
        "measured_to_claimed_ratio": result.ratio,
        "status": result.status,
        "reason": result.reason,
        "verdict": result.verdict.id(),
        "why": result.why,
        "stand_ins": result.stand_ins,
    });
    let figure = |value: Option<Quantity>| value.map(|value| statistic_json(native(value)));
    if let Some(unit) = result.unit {
        let suffix = json_suffix(unit);
        object[format!("measured_{suffix}")] = json!(figure(result.measured));
        if claim.from.is_some() {
            object[format!("before_{suffix}")] = json!(figure(result.before));
        } else {
            let claimed = match unit {
                Unit::Bytes => claim.claimed_bytes.map(Quantity::Bytes),
                Unit::Seconds => claim.claimed_ns.map(Quantity::Time),
                Unit::Count | Unit::Ratio | Unit::PerSecond => None,
            };
            object[format!("claimed_{suffix}")] = json!(figure(claimed));
        }
    }
    if claim.from.is_some() {
        let interval = result.change.and_then(|change| change.interval);
        object["from"] = json!(claim.from);
        object["claimed_change_ratio"] = json!(claim.claimed_change);
        object["measured_change_ratio"] = json!(result.change.map(|change| change.ratio));
        object["measured_change_interval"] = json!(interval.map(|interval| json!({
            "lower_ratio": interval.lower,
            "upper_ratio": interval.upper,
            "level_ratio": interval.level,
        })));
        object["change"] = json!(result.change_words);
    }
    object
}

/// The claims as JSON; figures in bytes or nanoseconds.
pub fn claims_json(record: &RunRecord) -> Value {
    claims_json_of(&Analysis::of(record))
}
