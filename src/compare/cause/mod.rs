//! Why a metric changed: which instructions, files, steps and blobs account for it.

mod blobs;
mod sizes;
mod steps;

use super::{Line, RunComparison};
use crate::record::{CaseRecord, Metric, RunRecord};
use crate::units::{Bytes, Count, Nanos, native};

/// Causes of a kind that are listed.
const LISTED: usize = 3;

/// Something that accounts for a change, or for a part of it. What is on one side only has
/// nothing on the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The base image weighs something else.
    Base {
        /// In base.
        before: Bytes,
        /// In head.
        after: Bytes,
    },
    /// Layers of an instruction.
    Instruction {
        /// As in the history of the image.
        text: String,
        /// In base.
        before: Option<Bytes>,
        /// In head.
        after: Option<Bytes>,
    },
    /// A file or a folder of the image.
    Name {
        /// Its path; a folder's ends in a slash.
        path: String,
        /// In base, where it was among the heaviest.
        before: Option<Bytes>,
        /// In head.
        after: Option<Bytes>,
    },
    /// A step of the build.
    Step {
        /// Stage and instruction.
        name: String,
        /// In base; nothing where the cache had it.
        before: Option<Nanos>,
        /// In head.
        after: Option<Nanos>,
        /// Whether the cache had it in base and not in head.
        lost_cache: bool,
    },
    /// Blobs of the manifest.
    Blobs {
        /// That only head has.
        count: Count,
        /// What they weigh.
        bytes: Bytes,
        /// The heaviest, by its digest.
        heaviest: String,
    },
}

/// What accounts for the change of a line, the most important first; nothing where it is
/// not known or both sides are the same.
pub fn causes(comparison: &RunComparison<'_>, line: &Line<'_>) -> Vec<Cause> {
    let (Some(before), Some(after)) = (line.base, line.head) else {
        return Vec::new();
    };
    let change = native(after) - native(before);
    let cases = (
        case_of(comparison.base, line),
        case_of(comparison.head, line),
    );
    let (Some(old), Some(new)) = cases else {
        return Vec::new();
    };
    if change == 0.0 {
        return Vec::new();
    }
    match line.metric {
        Metric::SizeUnpacked | Metric::SizeEngine | Metric::SizeOwn | Metric::WasteBytes => {
            let base = (line.metric != Metric::SizeOwn)
                .then(|| sizes::base_of(comparison, line))
                .flatten();
            let mut causes: Vec<_> = base.into_iter().collect();
            causes.extend(sizes::instructions(old, new, change));
            causes.extend(sizes::names(old, new, change));
            causes
        }
        Metric::SizeTransfer | Metric::PushBytes | Metric::PushTime => {
            let mut causes = blobs::new_ones(old, new, change);
            causes.extend(sizes::instructions(old, new, change));
            causes.extend(sizes::names(old, new, change));
            causes
        }
        metric if metric.is_linked() => blobs::new_ones(old, new, change),
        metric if is_build(metric) => steps::slower(comparison, line, change),
        _ => Vec::new(),
    }
}

fn case_of<'r>(record: &'r RunRecord, line: &Line<'_>) -> Option<&'r CaseRecord> {
    record.cases.iter().find(|case| case.id == *line.case)
}

fn is_build(metric: Metric) -> bool {
    metric.id().starts_with("build.") || metric.id().starts_with("rebuild.")
}

/// The heaviest parts of a change: those that go its way, the largest first.
fn largest<T>(mut parts: Vec<(f64, T)>, change: f64) -> Vec<T> {
    parts.retain(|(part, _)| part.signum() == change.signum() && *part != 0.0);
    parts.sort_by(|one, other| other.0.abs().total_cmp(&one.0.abs()));
    parts.truncate(LISTED);
    // What is a hundredth of the whole explains nothing.
    let least = change.abs() / 100.0;
    let parts = parts.into_iter().filter(|(part, _)| part.abs() >= least);
    parts.map(|(_, cause)| cause).collect()
}
