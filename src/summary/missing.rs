//! Everything without a number, with full reasons.

use super::analysis::Analysis;
use super::entry::{MetricSummary, Reason};
use crate::record::{CaseRecord, Disposition, Link, Status};

/// A missing number and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MissingValue<'a> {
    /// `node/scratch`.
    pub(crate) case: &'a str,
    /// Metrics and their link; empty if the whole case is affected.
    pub(crate) what: Option<String>,
    /// `dnf in round 2, 3`, `not applicable`.
    pub(crate) fate: String,
    /// The scenario's own explanation of a failure that it expects.
    pub(crate) expected: Option<&'a str>,
    /// The full reason, with the last lines of the log.
    pub(crate) reason: &'a str,
}

/// Everything without a number: whole cases first, then by metric. Metrics of one pull share one
/// entry, because they share their reason.
pub(crate) fn missing_values<'a>(analysis: &Analysis<'a>) -> Vec<MissingValue<'a>> {
    let cases = analysis.record.cases.iter();
    let mut missing: Vec<MissingValue<'a>> = cases.filter_map(case_failure).collect();
    let mut groups: Vec<Shared<'a, '_>> = Vec::new();
    for entry in analysis.entries() {
        let of_samples = entry
            .reasons
            .iter()
            .filter(|reason| !reason.rounds.is_empty() && !said_once(analysis, entry, reason));
        for reason in of_samples {
            // Entries of one case are adjacent.
            let others = groups
                .iter()
                .rposition(|one| one.case != entry.subject.id.as_str());
            let own = &mut groups[others.map_or(0, |at| at + 1)..];
            let shared = own
                .iter_mut()
                .find(|shared| entry.metric.is_linked() && shared.holds(entry, reason));
            match shared {
                Some(shared) => shared.metrics.push(entry.metric.id()),
                None => groups.push(Shared {
                    case: entry.subject.id.as_str(),
                    link: entry.link,
                    metrics: vec![entry.metric.id()],
                    reason,
                }),
            }
        }
    }
    missing.extend(groups.iter().map(Shared::missing_value));
    missing
}

/// A reason shared by several metrics of one case.
struct Shared<'a, 's> {
    case: &'a str,
    link: Option<Link>,
    metrics: Vec<&'static str>,
    reason: &'s Reason<'a>,
}

impl<'a> Shared<'a, '_> {
    fn holds(&self, entry: &MetricSummary<'_>, reason: &Reason<'_>) -> bool {
        self.case == entry.subject.id.as_str()
            && self.link == entry.link
            && self.metrics.iter().all(|id| id.starts_with("pull."))
            && self.reason == reason
    }

    fn missing_value(&self) -> MissingValue<'a> {
        let rounds: Vec<String> = self.reason.rounds.iter().map(ToString::to_string).collect();
        let over = self
            .link
            .map(|link| format!(" over {link}"))
            .unwrap_or_default();
        MissingValue {
            case: self.case,
            what: Some(format!("{}{over}", self.metrics.join(", "))),
            fate: format!(
                "{} in round {}",
                self.reason.status.word(),
                rounds.join(", ")
            ),
            expected: self.reason.expected.map(str::trim),
            reason: self.reason.text,
        }
    }
}

/// The reason for missing pulls is stated next to the tables, once for all variants.
fn said_once(analysis: &Analysis<'_>, entry: &MetricSummary<'_>, reason: &Reason<'_>) -> bool {
    let distribution = analysis.record.distribution.as_ref();
    let why = distribution.and_then(|distribution| distribution.why_no_puller.as_deref());
    entry.metric.is_linked() && reason.status == Status::NotMeasured && why == Some(reason.text)
}

fn case_failure(case: &CaseRecord) -> Option<MissingValue<'_>> {
    let (word, reason) = match &case.disposition {
        Disposition::Qualified => return None,
        Disposition::Pending => ("not visited", "the run did not come to it"),
        Disposition::Failed { reason } => (
            "failed as a whole, none of its numbers counts",
            reason.as_str(),
        ),
        Disposition::NotAvailable { reason } => ("not available here", reason.as_str()),
        Disposition::NotApplicable { reason } => ("not applicable", reason.as_str()),
    };
    let expected = match &case.disposition {
        Disposition::Failed { reason } => case.expects_to_fail(reason),
        _ => None,
    };
    Some(MissingValue {
        case: case.id.as_str(),
        what: None,
        fate: word.to_owned(),
        expected: expected.map(|expected| expected.why.trim()),
        reason,
    })
}
