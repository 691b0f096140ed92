//! The list of all that has no number, with its whole reason.

use super::analysis::Analysis;
use super::entry::{MetricSummary, Reason};
use super::markdown_report::section;
use super::render::escape;
use crate::record::{CaseRecord, Disposition, Link, Status};

/// Something that has no number, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lack<'a> {
    /// `node/scratch`.
    pub(super) case: &'a str,
    /// Metrics, and the link that they went over; none where it is the whole case.
    pub(super) what: Option<String>,
    /// `dnf in round 2, 3`, `not applicable`.
    pub(super) fate: String,
    /// The scenario's own explanation of a failure that it expects.
    pub(super) expected: Option<&'a str>,
    /// The whole reason, with what a log said last.
    pub(super) reason: &'a str,
}

/// The list in Markdown; nothing where nothing is lacking.
pub(super) fn failures(analysis: &Analysis<'_>) -> String {
    let lines: Vec<String> = lacks(analysis).iter().map(Lack::markdown).collect();
    section("Without a number", &lines.join("\n"))
}

/// Everything without a number: whole cases first, then by metric. The metrics of one pull
/// share their reasons: an entry for all.
pub(super) fn lacks<'a>(analysis: &Analysis<'a>) -> Vec<Lack<'a>> {
    let cases = analysis.record.cases.iter();
    let mut lacks: Vec<Lack<'a>> = cases.filter_map(case_lack).collect();
    let mut told: Vec<Shared<'a, '_>> = Vec::new();
    for entry in analysis.entries() {
        let of_samples = entry
            .reasons
            .iter()
            .filter(|reason| !reason.rounds.is_empty() && !said_once(analysis, entry, reason));
        for reason in of_samples {
            // Those of one case follow each other.
            let others = told
                .iter()
                .rposition(|one| one.case != entry.subject.id.as_str());
            let own = &mut told[others.map_or(0, |at| at + 1)..];
            let shared = own
                .iter_mut()
                .find(|shared| entry.metric.is_linked() && shared.holds(entry, reason));
            match shared {
                Some(shared) => shared.metrics.push(entry.metric.id()),
                None => told.push(Shared {
                    case: entry.subject.id.as_str(),
                    link: entry.link,
                    metrics: vec![entry.metric.id()],
                    reason,
                }),
            }
        }
    }
    lacks.extend(told.iter().map(Shared::lack));
    lacks
}

/// What samples of one case have in common.
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

    fn lack(&self) -> Lack<'a> {
        let rounds: Vec<String> = self.reason.rounds.iter().map(ToString::to_string).collect();
        let over = self
            .link
            .map(|link| format!(" over {link}"))
            .unwrap_or_default();
        Lack {
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

impl Lack<'_> {
    fn markdown(&self) -> String {
        let case = escape(self.case);
        let fate = match &self.what {
            Some(what) => format!("{case}, {what}, {}", self.fate),
            None => format!("{case}: {}", self.fate),
        };
        let expected = self.expected.map_or(String::new(), |why| {
            format!(", as expected ({})", escape(why))
        });
        format!("- {fate}{expected}: {}", escape(self.reason))
    }
}

/// Why nothing was pulled stands beside the tables, once for all variants.
fn said_once(analysis: &Analysis<'_>, entry: &MetricSummary<'_>, reason: &Reason<'_>) -> bool {
    let distribution = analysis.record.distribution.as_ref();
    let why = distribution.and_then(|distribution| distribution.why_no_puller.as_deref());
    entry.metric.is_linked() && reason.status == Status::NotMeasured && why == Some(reason.text)
}

fn case_lack(case: &CaseRecord) -> Option<Lack<'_>> {
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
    Some(Lack {
        case: case.id.as_str(),
        what: None,
        fate: word.to_owned(),
        expected: expected.map(|expected| expected.why.trim()),
        reason,
    })
}
