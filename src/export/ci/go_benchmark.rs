//! The text format of Go benchmarks for `benchstat`: a line for each round of each metric, and
//! the assumptions for each unit.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{MetricValues, analysis, points};
use crate::record::{Kind, PartRecord, RunRecord, Setup};
use crate::stats::Direction;
use crate::text;
use crate::units::Unit;

/// `BenchmarkNode/variant=slim 1 412500000 pull.cold-ns`: try
/// `benchstat -col /variant FILE`, or two files.
pub fn go_benchmark_text(record: &RunRecord) -> String {
    let analysis = analysis(record);
    let points: Vec<_> = points(&analysis).collect();
    let units: BTreeSet<_> = points.iter().map(assumptions).collect();
    let mut text: String = units.into_iter().collect();
    // Not a key, because benchstat compares only results with equal keys, and run names are
    // unique.
    let _ = writeln!(text, "# run {}", text::inline(&record.id));
    // `-20` at the end of a name is GOMAXPROCS to benchstat, so `node-18` and `node-20` were one
    // variant `node` on two numbers of processors.
    let is_numbered = |point: &MetricValues<'_, '_>| {
        let last = point.entry.subject.variant().rsplit_once('-');
        last.is_some_and(|(_, end)| end.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let processors = match points.iter().any(is_numbered) {
        true => "-1",
        false => "",
    };
    let mut part = None;
    if record.parts.is_empty() {
        text.push_str(&engine(&record.setup()));
    }
    for point in &points {
        let subject = &point.entry.subject;
        let setup = record.setup_of(subject.id);
        if setup.part != part {
            // A key applies to all following lines, and benchstat prints a table for each value,
            // so results of two machines are in separate tables.
            part = setup.part;
            let name = part
                .and_then(|at| record.parts.get(at))
                .map(PartRecord::name);
            let _ = writeln!(text, "part: {}", name.unwrap_or_default());
            text.push_str(&engine(&setup));
        }
        let (unit, name) = (unit(point), capital(&word(subject.scenario())));
        for value in point.set.taken() {
            let variant = word(subject.variant());
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "Benchmark{name}/variant={variant}{processors} 1 {value} {unit}"
            );
        }
    }
    text
}

/// A name as one word, because spaces separate the fields of a line.
fn word(name: &str) -> String {
    text::inline(name).replace(char::is_whitespace, "_")
}

fn engine(setup: &Setup<'_>) -> String {
    let engine = format!("engine: {} {}", setup.engine.name, setup.engine.version);
    format!("{}\n", text::inline(&engine))
}

/// A separate unit for each metric, because benchstat prints a table for each unit.
fn unit(point: &MetricValues<'_, '_>) -> String {
    let suffix = match point.entry.metric.unit() {
        Unit::Bytes => "bytes",
        Unit::Seconds => "ns",
        Unit::Count => "count",
        Unit::Ratio => "ratio",
        Unit::PerSecond => "per-s",
    };
    format!("{}-{suffix}", point.metric())
}

fn assumptions(point: &MetricValues<'_, '_>) -> String {
    let assume = match point.entry.metric.kind() {
        Kind::Exact => "exact",
        Kind::Timed => "nothing",
    };
    let better = match point.entry.metric.direction() {
        Direction::Lower => "lower",
        Direction::Higher => "higher",
    };
    format!("Unit {} assume={assume} better={better}\n", unit(point))
}

/// Names of benchmarks begin with an upper-case letter: `technique-strip` is `Technique_strip`.
fn capital(name: &str) -> String {
    let name = name.replace('-', "_");
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => name,
    }
}
