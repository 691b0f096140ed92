//! The list of all that has no number, with its whole reason.

use super::analysis::Analysis;
use super::entry::{MetricSummary, Reason};
use super::markdown_report::section;
use super::render::escape;
use crate::record::{CaseRecord, Disposition, Link, Status};

/// Everything without a number. The metrics of one pull share their reasons: a line for all.
pub(super) fn failures(analysis: &Analysis<'_>) -> String {
    let mut lines: Vec<String> = analysis
        .record
        .cases
        .iter()
        .filter_map(case_failure)
        .collect();
    let mut told: Vec<Failure<'_>> = Vec::new();
    for entry in analysis.entries() {
        let of_samples = entry
            .reasons
            .iter()
            .filter(|reason| !reason.rounds.is_empty() && !said_once(analysis, entry, reason));
        for reason in of_samples {
            let shared = told
                .iter_mut()
                .find(|failure| entry.metric.is_linked() && failure.shares(entry, reason));
            match shared {
                Some(failure) => failure.metrics.push(entry.metric.id()),
                None => told.push(Failure {
                    case: entry.subject.id.as_str(),
                    link: entry.link,
                    metrics: vec![entry.metric.id()],
                    reason,
                }),
            }
        }
    }
    lines.extend(told.iter().map(Failure::line));
    section("Without a number", &lines.join("\n"))
}

/// What samples of one case have in common.
struct Failure<'a> {
    case: &'a str,
    link: Option<Link>,
    metrics: Vec<&'a str>,
    reason: &'a Reason<'a>,
}

impl Failure<'_> {
    fn shares(&self, entry: &MetricSummary<'_>, reason: &Reason<'_>) -> bool {
        self.case == entry.subject.id.as_str()
            && self.link == entry.link
            && self.metrics.iter().all(|id| id.starts_with("pull."))
            && self.reason == reason
    }

    fn line(&self) -> String {
        let rounds: Vec<String> = self.reason.rounds.iter().map(ToString::to_string).collect();
        let over = self
            .link
            .map(|link| format!(" over {link}"))
            .unwrap_or_default();
        format!(
            "- {}, {}{over}, {} in round {}{}: {}",
            escape(self.case),
            self.metrics.join(", "),
            self.reason.status.word(),
            rounds.join(", "),
            as_expected(self.reason.expected),
            escape(self.reason.text)
        )
    }
}

/// The scenario's own explanation of a failure that it expects.
fn as_expected(why: Option<&str>) -> String {
    why.map_or(String::new(), |why| {
        format!(", as expected ({})", escape(why.trim()))
    })
}

/// Why nothing was pulled stands beside the tables, once for all variants.
fn said_once(analysis: &Analysis<'_>, entry: &MetricSummary<'_>, reason: &Reason<'_>) -> bool {
    let distribution = analysis.record.distribution.as_ref();
    let why = distribution.and_then(|distribution| distribution.why_no_puller.as_deref());
    entry.metric.is_linked() && reason.status == Status::NotMeasured && why == Some(reason.text)
}

fn case_failure(case: &CaseRecord) -> Option<String> {
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
    Some(format!(
        "- {}: {word}{}: {}",
        escape(case.id.as_str()),
        as_expected(expected.map(|expected| expected.why.as_str())),
        escape(reason)
    ))
}
