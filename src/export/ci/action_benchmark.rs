//! github-action-benchmark: `customSmallerIsBetter` and `customBiggerIsBetter`
//! (its `extract.ts`: name, value, unit, range, extra). One file has one direction.

use serde_json::{Value, json};

use super::{MetricValues, analysis, points};
use crate::record::RunRecord;
use crate::stats::Direction;
use crate::units::Unit;

/// The metrics for which smaller is better: nearly all.
pub fn smaller_is_better_json(record: &RunRecord) -> Value {
    of_direction(record, Direction::Lower)
}

/// The metrics for which bigger is better.
pub fn bigger_is_better_json(record: &RunRecord) -> Value {
    of_direction(record, Direction::Higher)
}

fn of_direction(record: &RunRecord, direction: Direction) -> Value {
    let analysis = analysis(record);
    let points = points(&analysis).filter(|point| point.entry.metric.direction() == direction);
    points.map(|point| one(&point)).collect()
}

fn one(point: &MetricValues<'_, '_>) -> Value {
    // A constant unit, because the action rescales to the unit of the previous run.
    let (unit, factor) = match point.entry.metric.unit() {
        Unit::Bytes => ("bytes", 1.0),
        Unit::Seconds => ("ms", 1e3),
        Unit::Count => ("count", 1.0),
        Unit::Ratio => ("ratio", 1.0),
        Unit::PerSecond => ("1/s", 1.0),
    };
    let value = |number: f64| point.base(number) * factor;
    let summary = point.summary;
    let mut extra = format!("n={} median", summary.n);
    if let Some(interval) = summary.interval {
        extra.push_str(&format!(
            " CI95 [{}, {}]",
            value(interval.lower),
            value(interval.upper)
        ));
    }
    let stand_ins = point.entry.subject.stand_ins();
    if !stand_ins.is_empty() {
        extra.push_str(&format!("\nstand-in: {}", stand_ins.join(" ")));
    }
    let mut object = json!({
        "name": format!("{}/{}", point.case(), point.metric()),
        "unit": unit,
        "value": value(summary.median),
        "extra": extra,
    });
    if summary.n > 1 {
        object["range"] = json!(format!("± {}", value(summary.mad)));
    }
    object
}
