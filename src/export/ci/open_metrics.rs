//! OpenMetrics text for GitLab's metrics reports and Prometheus' tools.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{MetricValues, analysis, points};
use crate::record::RunRecord;
use crate::text;
use crate::units::Unit;

/// A gauge for each metric, in base units: the medians, with scenario, variant and link as
/// labels.
pub fn open_metrics_text(record: &RunRecord) -> String {
    let analysis = analysis(record);
    let mut families: BTreeMap<String, Vec<MetricValues<'_, '_>>> = BTreeMap::new();
    for point in points(&analysis) {
        families.entry(name(&point)).or_default().push(point);
    }
    let mut text = String::new();
    for (name, points) in families {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "# TYPE {name} gauge");
        if let Some(unit) = points.first().and_then(unit) {
            let _ = writeln!(text, "# UNIT {name} {unit}");
        }
        if let Some(point) = points.first() {
            let definition = point.entry.metric.definition();
            let _ = writeln!(text, "# HELP {name} {}", escaped(definition));
        }
        for point in points {
            let _ = writeln!(
                text,
                "{name}{{{}}} {}",
                labels(&point),
                point.base(point.summary.median)
            );
        }
    }
    text.push_str("# EOF\n");
    text
}

/// `plimsoll_size_transfer_bytes`: a name must end in its unit.
fn name(point: &MetricValues<'_, '_>) -> String {
    let id = point.entry.metric.id().replace(['.', '-'], "_");
    match unit(point) {
        // Some ids already end in the unit: `pull.cold.bytes`.
        Some(unit) if !id.ends_with(unit) => format!("plimsoll_{id}_{unit}"),
        _ => format!("plimsoll_{id}"),
    }
}

fn unit(point: &MetricValues<'_, '_>) -> Option<&'static str> {
    match point.entry.metric.unit() {
        Unit::Bytes => Some("bytes"),
        Unit::Seconds => Some("seconds"),
        Unit::Ratio => Some("ratio"),
        Unit::Count | Unit::PerSecond => None,
    }
}

fn labels(point: &MetricValues<'_, '_>) -> String {
    let subject = &point.entry.subject;
    let link = point.entry.link.map(|link| link.to_string());
    let pairs = [
        ("scenario", Some(subject.scenario().to_owned())),
        ("variant", Some(subject.variant().to_owned())),
        ("link", link),
    ];
    let pairs: Vec<String> = pairs
        .into_iter()
        .filter_map(|(key, value)| Some(format!("{key}=\"{}\"", escaped(&value?))))
        .collect();
    pairs.join(",")
}

fn escaped(text: &str) -> String {
    text::inline(text)
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
}
