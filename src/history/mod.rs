//! Many runs over time: trends, change points, and the newest run against those before.
//!
//! Pure. It works on [`RunDigest`]s, which are small enough to store thousands of them. A
//! [`Trend`] is one metric of one case over one link. Its points form *eras*: runs that are
//! comparable by the rules of [`crate::compare`]. Nothing is computed across eras.
//!
//! The storage of runs is in [`crate::store`].

mod budget;
mod change;
mod digest;
mod era;
mod newest;
mod outcome;
mod trend;
mod trends;

pub use budget::hold;
pub use digest::{CaseDigest, DigestError, RunDigest, SeriesDigest, Values};
pub use outcome::{Drift, Judgement, TrendBaseline, TrendChange, TrendOutcome, TrendStanding};
pub use trend::{Point, Trend, TrendTerms};
pub use trends::trends;

use std::collections::BTreeMap;

use crate::record::Metric;

/// The metrics that are shown by default.
pub const HEADLINES: [Metric; 7] = [
    Metric::SizeUnpacked,
    Metric::SizeTransfer,
    Metric::BuildCold,
    Metric::RebuildSource,
    Metric::PullCold,
    Metric::StartReady,
    Metric::MemoryReady,
];

/// Runs in time order, each with its source.
#[derive(Debug, Clone, PartialEq)]
pub struct InOrder<S> {
    /// The distinct runs.
    pub runs: Vec<(S, RunDigest)>,
    /// The sources of further copies of a run, with its id.
    pub copies: Vec<(S, String)>,
}

/// Sorts digests by time. Runs with equal id and time are copies; the first one is kept. A
/// joined run has all that its parts measured, so they count as copies of it.
pub fn in_order<S>(mut all: Vec<(S, RunDigest)>) -> InOrder<S> {
    all.sort_by(|(_, one), (_, other)| {
        (&one.started_at, &one.id).cmp(&(&other.started_at, &other.id))
    });
    let mut runs: Vec<(S, RunDigest)> = Vec::with_capacity(all.len());
    let mut copies = Vec::new();
    let parts_of = |(_, run): &(S, RunDigest)| {
        let parts = run.parts.iter().map(|part| (part.clone(), run.id.clone()));
        parts.collect::<Vec<_>>()
    };
    let joined: BTreeMap<String, String> = all.iter().flat_map(parts_of).collect();
    for (source, run) in all {
        if let Some(whole) = joined.get(&run.id) {
            copies.push((source, whole.clone()));
            continue;
        }
        match runs.last() {
            Some((_, last)) if (&last.id, &last.started_at) == (&run.id, &run.started_at) => {
                copies.push((source, run.id));
            }
            _ => runs.push((source, run)),
        }
    }
    InOrder { runs, copies }
}
