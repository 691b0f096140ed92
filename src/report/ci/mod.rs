//! A run in the forms that trackers and CI systems read.
//!
//! What has no value is in none of them, except where the form has a place for a failure:
//! a missing name is a gap, and a zero would be a lie.

mod action_benchmark;
mod bencher;
mod github;
mod go_benchmark;
mod hyperfine;
mod junit;
mod open_metrics;

pub use action_benchmark::{bigger_is_better_json, smaller_is_better_json};
pub use bencher::bencher_json;
pub use github::{
    COMMENT_BYTES, STEP_SUMMARY_BYTES, budget_annotations, comparison_annotations, summary_md,
    unmatched_annotations,
};
pub use go_benchmark::go_benchmark_text;
pub use hyperfine::hyperfine_json;
pub use junit::{JunitTerms, junit_xml, junit_xml_on};
pub use open_metrics::open_metrics_text;

pub(super) use github::annotations;

use super::analysis::Analysis;
use super::entry::{MetricSummary, Standing};
use crate::record::RunRecord;
use crate::stats::{SampleSet, Summary};
use crate::units::Unit;

/// A metric of a case that has values.
struct Point<'p, 'a> {
    entry: &'p MetricSummary<'a>,
    summary: &'p Summary,
    set: &'p SampleSet,
}

impl Point<'_, '_> {
    /// `node/slim`.
    fn case(&self) -> &str {
        self.entry.subject.id.as_str()
    }

    /// `pull.cold`, and `pull.cold@100mbit` of what goes over a link.
    fn metric(&self) -> String {
        match self.entry.link {
            Some(link) => format!("{}@{link}", self.entry.metric.id()),
            None => self.entry.metric.id().to_owned(),
        }
    }

    /// A statistic in the unit of the files: bytes, seconds, a count.
    fn base(&self, number: f64) -> f64 {
        match self.entry.metric.unit() {
            Unit::Seconds => number / 1e9,
            Unit::Bytes | Unit::Count | Unit::Ratio | Unit::PerSecond => number,
        }
    }
}

/// All metrics of all cases that have values; the engine's floor is none of theirs.
fn points<'p, 'a>(analysis: &'p Analysis<'a>) -> impl Iterator<Item = Point<'p, 'a>> {
    analysis.entries().iter().filter_map(|entry| {
        if entry.metric.is_floor() || entry.standing != Standing::Measured {
            return None;
        }
        Some(Point {
            entry,
            summary: entry.summary.as_ref()?,
            set: analysis.samples(entry.subject.id, entry.series())?,
        })
    })
}

fn analysis(record: &RunRecord) -> Analysis<'_> {
    Analysis::of(record)
}
