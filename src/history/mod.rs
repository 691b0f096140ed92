//! Many runs over time: trends, change points, and the newest run against those before.
//!
//! Pure. It works on [`RunDigest`]s, which are small enough to be kept by the thousand. A
//! [`Trend`] is one metric of one case over one link. Its points fall into *eras*: runs that
//! the rules of [`crate::compare`] let be compared. Nothing is ever reckoned across eras.
//!
//! Not here: where the runs lie ([`crate::store`]).

mod budget;
mod change;
mod digest;
mod era;
mod newest;
mod trend;

pub use budget::hold;
pub use change::Change;
pub use digest::{CaseDigest, DigestError, RunDigest, SeriesDigest, Values};
pub use newest::{Baseline, Drift, Judgement, Outcome, Standing};
pub use trend::{Point, Terms, Trend, trends};

use crate::record::Metric;

/// The metrics that are told where none is asked for.
pub const HEADLINES: [Metric; 7] = [
    Metric::SizeUnpacked,
    Metric::SizeTransfer,
    Metric::BuildCold,
    Metric::RebuildSource,
    Metric::PullCold,
    Metric::StartReady,
    Metric::MemoryReady,
];

/// Runs in the order of time, each with where it is from.
#[derive(Debug, Clone, PartialEq)]
pub struct InOrder<S> {
    /// The runs, each once.
    pub runs: Vec<(S, RunDigest)>,
    /// Where further copies of a run are from, with its id.
    pub copies: Vec<(S, String)>,
}

/// Puts digests into the order of time. Of runs of one id and time, which are copies of one
/// run, the first stays.
pub fn in_order<S>(mut all: Vec<(S, RunDigest)>) -> InOrder<S> {
    all.sort_by(|(_, one), (_, other)| {
        (&one.started_at, &one.id).cmp(&(&other.started_at, &other.id))
    });
    let mut runs: Vec<(S, RunDigest)> = Vec::with_capacity(all.len());
    let mut copies = Vec::new();
    for (source, run) in all {
        match runs.last() {
            Some((_, last)) if (&last.id, &last.started_at) == (&run.id, &run.started_at) => {
                copies.push((source, run.id));
            }
            _ => runs.push((source, run)),
        }
    }
    InOrder { runs, copies }
}
