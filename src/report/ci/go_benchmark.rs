//! The text of Go benchmarks, which `benchstat` reads: a line for each round of each
//! metric, and what it may assume of each unit.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Point, analysis, points};
use crate::record::{Ground, Kind, PartRecord, RunRecord};
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
    // No key: benchstat compares only what has all its keys in common, and no two runs have
    // one name.
    let _ = writeln!(text, "# run {}", text::inline(&record.id));
    let mut part = None;
    if record.parts.is_empty() {
        text.push_str(&engine(&record.ground()));
    }
    for point in &points {
        let subject = &point.entry.subject;
        let ground = record.ground_of(subject.id);
        if ground.part != part {
            // A key holds for all that follows, and benchstat makes a table for each value:
            // what two machines measured never stands in one.
            part = ground.part;
            let name = part
                .and_then(|at| record.parts.get(at))
                .map(PartRecord::name);
            let _ = writeln!(text, "part: {}", name.unwrap_or_default());
            text.push_str(&engine(&ground));
        }
        let (unit, name) = (unit(point), capital(&word(subject.scenario())));
        for value in point.set.taken() {
            let variant = word(subject.variant());
            // Writing to a text cannot fail.
            let _ = writeln!(text, "Benchmark{name}/variant={variant} 1 {value} {unit}");
        }
    }
    text
}

/// A name as one word: blanks part the fields of a line.
fn word(name: &str) -> String {
    text::inline(name).replace(char::is_whitespace, "_")
}

fn engine(ground: &Ground<'_>) -> String {
    let engine = format!("engine: {} {}", ground.engine.name, ground.engine.version);
    format!("{}\n", text::inline(&engine))
}

/// A unit of its own for each metric: benchstat makes a table of each.
fn unit(point: &Point<'_, '_>) -> String {
    let suffix = match point.entry.metric.unit() {
        Unit::Bytes => "bytes",
        Unit::Seconds => "ns",
        Unit::Count => "count",
        Unit::Ratio => "ratio",
        Unit::PerSecond => "per-s",
    };
    format!("{}-{suffix}", point.metric())
}

fn assumptions(point: &Point<'_, '_>) -> String {
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

/// A name of a benchmark goes on in upper case: `technique-strip` is `Technique_strip`.
fn capital(name: &str) -> String {
    let name = name.replace('-', "_");
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => name,
    }
}
