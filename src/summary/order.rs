//! The order of a scenario's variants.

use std::cmp::Reverse;

use super::analysis::Analysis;
use crate::record::{CaseRecord, Disposition, Metric};

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// As in the tables: the largest first.
    #[default]
    Variant,
    /// The same, grouped by strategy.
    Strategy,
}

/// A total order: by size, then by name.
pub(crate) fn sorted_cases<'a>(analysis: &Analysis<'a>, scenario: &str) -> Vec<&'a CaseRecord> {
    let mut cases = analysis.cases_of(scenario).to_vec();
    cases.sort_by_cached_key(|case| {
        let size = analysis
            .get(&case.id, Metric::SizeUnpacked)
            .and_then(|entry| entry.summary.as_ref());
        let group = match (&case.disposition, size) {
            (_, Some(_)) => 0,
            (Disposition::NotAvailable { .. }, None) => 2,
            (Disposition::NotApplicable { .. }, None) => 3,
            (_, None) => 1,
        };
        (
            group,
            Reverse(size.map(|size| size.median as u64)),
            case.variant.clone(),
            case.id.clone(),
        )
    });
    cases
}
