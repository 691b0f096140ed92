//! Exports for benchmark trackers and CI systems.
//!
//! A missing value is omitted, unless the format can express a failure. A zero would be wrong.

mod action_benchmark;
mod bencher;
mod github;
mod go_benchmark;
mod hyperfine;
mod junit;
mod open_metrics;

use crate::record::RunRecord;
use crate::stats::{SampleSet, Summary};
use crate::summary::{Analysis, EntryStanding, MetricSummary};
use crate::units::Unit;

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

/// The values of a metric of a case.
struct MetricValues<'p, 'a> {
    entry: &'p MetricSummary<'a>,
    summary: &'p Summary,
    set: &'p SampleSet,
}

impl MetricValues<'_, '_> {
    /// `node/slim`.
    fn case(&self) -> &str {
        self.entry.subject.id.as_str()
    }

    /// `pull.cold`, or `pull.cold@100mbit` for a metric over a link.
    fn metric(&self) -> String {
        match self.entry.link {
            Some(link) => format!("{}@{link}", self.entry.metric.id()),
            None => self.entry.metric.id().to_owned(),
        }
    }

    /// A statistic in the unit of the files: bytes, seconds, count.
    fn base(&self, number: f64) -> f64 {
        match self.entry.metric.unit() {
            Unit::Seconds => number / 1e9,
            Unit::Bytes | Unit::Count | Unit::Ratio | Unit::PerSecond => number,
        }
    }
}

/// All metrics with values of all cases; without the engine's floor.
fn points<'p, 'a>(analysis: &'p Analysis<'a>) -> impl Iterator<Item = MetricValues<'p, 'a>> {
    analysis.entries().iter().filter_map(|entry| {
        if entry.metric.is_floor() || entry.standing != EntryStanding::Measured {
            return None;
        }
        Some(MetricValues {
            entry,
            summary: entry.summary.as_ref()?,
            set: analysis.samples(entry.subject.id, entry.series())?,
        })
    })
}

fn analysis(record: &RunRecord) -> Analysis<'_> {
    Analysis::of(record)
}
