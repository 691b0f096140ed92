//! Why a metric has no number, in words.

use super::entry::{EntryStanding, MetricSummary, Reason};
use crate::record::Status;

/// The reasons of one status, joined.
pub(crate) fn reasons_text(reasons: &[Reason<'_>], status: Status) -> Option<String> {
    let texts: Vec<String> = reasons
        .iter()
        .filter(|reason| reason.status == status)
        .map(|reason| match reason.expected {
            Some(_) => format!("as expected: {}", reason.text),
            None => reason.text.to_owned(),
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// Why a metric of a case has no number.
pub(crate) fn entry_reasons(entry: &MetricSummary<'_>) -> Option<String> {
    let status = match entry.standing {
        EntryStanding::Measured | EntryStanding::Missing => return None,
        EntryStanding::Dnf => Status::Dnf,
        EntryStanding::Invalid => Status::Invalid,
        EntryStanding::NotApplicable => Status::NotApplicable,
        EntryStanding::NotMeasured | EntryStanding::NotAvailable => Status::NotMeasured,
    };
    let reasons = reasons_text(&entry.reasons, status);
    if entry.standing == EntryStanding::NotAvailable {
        return reasons.map(|reasons| format!("not available here: {reasons}"));
    }
    reasons
}
