//! The summary of one metric of one case.

use std::fmt;

use crate::record::{CaseId, CaseRecord, Disposition, Kind, Link, Metric, Sample, Status};
use crate::stats::{SampleSet, Summary};
use crate::units::native;

/// The measured case. Floor samples may belong to a case that no scenario has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Subject<'a> {
    /// The case's identity.
    pub id: &'a CaseId,
    /// The case in the record; `None` for the floor.
    pub case: Option<&'a CaseRecord>,
}

/// A metric and its link. Samples of one series are summarised together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// The metric.
    pub metric: Metric,
    /// The link; `None` for metrics without a link.
    pub link: Option<Link>,
}

impl Series {
    /// The series of a metric without a link.
    pub(crate) fn unlinked(metric: Metric) -> Self {
        Self { metric, link: None }
    }
}

/// `pull.cold over 100mbit`.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.link {
            Some(link) => write!(f, "{} over {link}", self.metric),
            None => write!(f, "{}", self.metric),
        }
    }
}

/// The number of samples per status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Valid samples.
    pub ok: usize,
    /// Warm-ups.
    pub warmup: usize,
    /// Samples whose measurement conditions were violated.
    pub invalid: usize,
    /// Samples that did not finish.
    pub dnf: usize,
    /// Not observable.
    pub not_measured: usize,
    /// Not applicable.
    pub not_applicable: usize,
    /// Values in a unit other than their metric's: excluded, with a warning.
    pub wrong_unit: usize,
}

/// A reason and its rounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason<'a> {
    /// The status that it explains.
    pub status: Status,
    /// The text.
    pub text: &'a str,
    /// Why the scenario expects this failure, if it does.
    pub expected: Option<&'a str>,
    /// Rounds, ascending; empty if the reason applies to the whole case.
    pub rounds: Vec<u32>,
}

/// The state of a table cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryStanding {
    /// At least one valid sample.
    Measured,
    /// No valid sample and one that did not finish, or the whole case failed (rule 1).
    Dnf,
    /// No valid sample and an invalid one.
    Invalid,
    /// Not applicable to this case.
    NotApplicable,
    /// Not observable in this environment.
    NotMeasured,
    /// The whole case was skipped because this environment lacks something that it requires.
    NotAvailable,
    /// No sample yet.
    Missing,
}

impl EntryStanding {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Dnf => Status::Dnf.word(),
            Self::Invalid => Status::Invalid.word(),
            Self::NotApplicable => Status::NotApplicable.word(),
            Self::NotMeasured => Status::NotMeasured.word(),
            Self::NotAvailable => "not-available",
            Self::Missing => "missing",
        }
    }
}

/// The summary of one series of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSummary<'a> {
    /// The case.
    pub subject: Subject<'a>,
    /// The metric.
    pub metric: Metric,
    /// Its link.
    pub link: Option<Link>,
    /// Statuses.
    pub counts: Counts,
    /// The state of its table cell.
    pub standing: EntryStanding,
    /// The summary of the valid samples, in bytes, nanoseconds, a count or a ratio.
    pub summary: Option<Summary>,
    /// Why samples are missing.
    pub reasons: Vec<Reason<'a>>,
}

impl MetricSummary<'_> {
    /// Metric and link.
    pub fn series(&self) -> Series {
        Series {
            metric: self.metric,
            link: self.link,
        }
    }
}

impl<'a> Subject<'a> {
    /// The scenario's name.
    pub fn scenario(&self) -> &'a str {
        self.split().0
    }

    /// The variant's name.
    pub fn variant(&self) -> &'a str {
        self.split().1
    }

    /// The app; empty if the record has no such case.
    pub fn app(&self) -> &'a str {
        self.case.map_or("", |case| &case.app)
    }

    /// The strategy; empty if the record has no such case.
    pub fn strategy(&self) -> &'a str {
        self.case.map_or("", |case| &case.strategy)
    }

    /// The platform; empty if the record has no such case.
    pub fn platform(&self) -> &'a str {
        self.case.map_or("", |case| &case.platform)
    }

    /// Bases that a stand-in replaced.
    pub fn stand_ins(&self) -> &'a [String] {
        self.case.map_or(&[], |case| &case.stand_ins)
    }

    fn split(&self) -> (&'a str, &'a str) {
        match self.case {
            Some(case) => (&case.scenario, &case.variant),
            None => self
                .id
                .as_str()
                .split_once('/')
                .unwrap_or(("", self.id.as_str())),
        }
    }
}

/// Summarises samples of one metric of one case.
pub(super) fn entry<'a>(
    subject: Subject<'a>,
    series: Series,
    samples: &[&'a Sample],
) -> (MetricSummary<'a>, Option<SampleSet>) {
    let Series { metric, link } = series;
    let mut counts = Counts::default();
    let mut values = Vec::new();
    let mut reasons: Vec<Reason<'a>> = Vec::new();
    for sample in samples {
        let status = sample.outcome.status();
        *counts.of(status) += 1;
        match sample.outcome.counted() {
            Some(value) if value.unit() == metric.unit() => values.push(native(value)),
            Some(_) => counts.wrong_unit += 1,
            None => {}
        }
        if let Some(text) = sample.outcome.reason() {
            match reasons
                .iter_mut()
                .find(|known| known.status == status && known.text == text)
            {
                Some(known) => known.rounds.push(sample.round),
                None => reasons.push(Reason {
                    status,
                    text,
                    expected: expected(subject, status, metric, text),
                    rounds: vec![sample.round],
                }),
            }
        }
    }
    let whole = subject.case.and_then(|case| whole_case(&case.disposition));
    if let Some((_, status, text)) = whole
        && !reasons.iter().any(|reason| reason.status == status)
    {
        reasons.push(Reason {
            status,
            text,
            expected: expected(subject, status, metric, text),
            rounds: Vec::new(),
        });
    }
    // Rule 1: a case that never met its contract has no number, even if a build succeeded.
    let set = if whole.is_some() {
        None
    } else {
        SampleSet::new(values).ok()
    };
    let summary = set.as_ref().map(|set| match metric.kind() {
        Kind::Exact => Summary::of_exact(set),
        Kind::Timed => Summary::of_timed(set),
    });
    let standing = match whole {
        Some((standing, _, _)) => standing,
        None if summary.is_some() => EntryStanding::Measured,
        None => counts.standing(),
    };
    let entry = MetricSummary {
        subject,
        metric,
        link,
        counts,
        standing,
        summary,
        reasons,
    };
    (entry, set)
}

/// Why a DNF is expected, if it is.
fn expected<'a>(
    subject: Subject<'a>,
    status: Status,
    metric: Metric,
    reason: &str,
) -> Option<&'a str> {
    let case = subject.case.filter(|_| status == Status::Dnf)?;
    Some(case.expects(metric, reason)?.why.as_str())
}

/// The state, status and reason that a whole case gives to all its metrics.
fn whole_case(disposition: &Disposition) -> Option<(EntryStanding, Status, &str)> {
    Some(match disposition {
        Disposition::Pending | Disposition::Qualified => return None,
        Disposition::Failed { reason } => (EntryStanding::Dnf, Status::Dnf, reason),
        Disposition::NotAvailable { reason } => {
            (EntryStanding::NotAvailable, Status::NotMeasured, reason)
        }
        Disposition::NotApplicable { reason } => {
            (EntryStanding::NotApplicable, Status::NotApplicable, reason)
        }
    })
}

impl Counts {
    fn of(&mut self, status: Status) -> &mut usize {
        match status {
            Status::Ok => &mut self.ok,
            Status::Warmup => &mut self.warmup,
            Status::Invalid => &mut self.invalid,
            Status::Dnf => &mut self.dnf,
            Status::NotMeasured => &mut self.not_measured,
            Status::NotApplicable => &mut self.not_applicable,
        }
    }

    /// The state if no sample is valid.
    fn standing(&self) -> EntryStanding {
        if self.dnf > 0 {
            EntryStanding::Dnf
        } else if self.invalid > 0 {
            EntryStanding::Invalid
        } else if self.not_applicable > 0 {
            EntryStanding::NotApplicable
        } else if self.not_measured > 0 {
            EntryStanding::NotMeasured
        } else {
            EntryStanding::Missing
        }
    }
}
