//! Why a metric changed: which instructions, files, steps and blobs account for it.

mod blobs;
mod parts;
mod sizes;
mod steps;

pub use parts::Cause;

use super::{Line, RunComparison};
use crate::record::{CaseRecord, Metric, RunRecord};
use crate::units::native;

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
