//! Bencher Metric Format: benchmark -> measure -> value with bounds (its `bmf.json`).
//! Times are in nanoseconds, as in Bencher's own `latency` measure.

use serde_json::{Map, Value, json};

use super::{analysis, points};
use crate::record::RunRecord;

/// A benchmark for each case, a measure for each metric: `pull.cold@100mbit` is
/// `pull-cold-100mbit`, because measures are slugs.
pub fn bencher_json(record: &RunRecord) -> Value {
    let analysis = analysis(record);
    let mut benchmarks: Map<String, Value> = Map::new();
    for point in points(&analysis) {
        let mut measure = json!({ "value": point.summary.median });
        if let Some(interval) = point.summary.interval {
            measure["lower_value"] = json!(interval.lower);
            measure["upper_value"] = json!(interval.upper);
        }
        let case = benchmarks
            .entry(point.case().to_owned())
            .or_insert_with(|| json!({}));
        case[slug(&point.metric())] = measure;
    }
    Value::Object(benchmarks)
}

/// Lower case and digits, with single dashes for everything else.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}
