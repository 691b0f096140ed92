//! A derived figure: a quantity, or the reason for its absence.

use super::entry::{EntryStanding, MetricSummary, Series};
use super::reasons::entry_reasons;
use super::scale::Scale;
use crate::record::{Disposition, Link, Metric, Status};
use crate::units::{Bytes, Count, Nanos, Quantity, Unit, quantity_of as quantity};

/// The value of a cell with a derived figure.
pub(crate) type Figure = Result<Quantity, Absence>;

/// The reason for a missing figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Absence {
    /// The text in a cell: `DNF`, `n/a`, `–`.
    pub(crate) word: &'static str,
    /// The status in JSON and CSV.
    pub(crate) status: &'static str,
    /// The reason, if there is one.
    pub(crate) reason: Option<String>,
}

/// The word for a missing value, and its status in JSON; `None` before the first sample.
pub(crate) fn absence(standing: EntryStanding) -> (&'static str, Option<&'static str>) {
    let word = match standing {
        EntryStanding::Dnf => "DNF",
        EntryStanding::Invalid => "invalid",
        EntryStanding::NotApplicable => "n/a",
        EntryStanding::NotAvailable => "not here",
        EntryStanding::NotMeasured => "–",
        EntryStanding::Measured | EntryStanding::Missing => return ("–", None),
    };
    (word, Some(standing.word()))
}

impl Absence {
    /// An input of the figure is not in the record, or the inputs are inconsistent.
    pub(crate) fn not_derived(reason: impl Into<String>) -> Self {
        Self {
            word: "–",
            status: Status::NotMeasured.word(),
            reason: Some(reason.into()),
        }
    }

    /// Nothing was observed, without a recorded reason.
    pub(crate) fn missing() -> Self {
        Self {
            word: "–",
            status: "missing",
            reason: None,
        }
    }

    /// The run has no such case, link or metric.
    pub(crate) fn not_run(reason: impl Into<String>) -> Self {
        Self {
            word: "not run",
            status: "not-run",
            reason: Some(reason.into()),
        }
    }

    /// A metric without a median.
    pub(crate) fn of(entry: &MetricSummary<'_>) -> Self {
        let (word, Some(status)) = absence(entry.standing) else {
            return Self::missing();
        };
        Self {
            word,
            status,
            reason: entry_reasons(entry),
        }
    }

    /// The same for a part of a sum: the reason names the metric.
    fn of_part(entry: &MetricSummary<'_>) -> Self {
        let mut absence = Self::of(entry);
        if entry.standing == EntryStanding::Missing {
            return absence;
        }
        let whole_case = entry.subject.case.is_some_and(|case| {
            matches!(
                case.disposition,
                Disposition::Failed { .. }
                    | Disposition::NotApplicable { .. }
                    | Disposition::NotAvailable { .. }
            )
        });
        absence.reason = match absence.reason {
            Some(reasons) if whole_case => Some(reasons),
            Some(reasons) => Some(format!("{}: {reasons}", entry.metric)),
            None => Some(entry.metric.to_string()),
        };
        absence
    }
}

/// The median of a series.
pub(crate) fn median(entry: Option<&MetricSummary<'_>>) -> Figure {
    let entry = entry.ok_or_else(Absence::missing)?;
    match &entry.summary {
        Some(summary) => Ok(quantity(entry.metric.unit(), summary.median)),
        None => Err(Absence::of_part(entry)),
    }
}

/// The sum of durations. It has no interval, because its parts are separate medians.
pub(crate) fn sum(parts: impl IntoIterator<Item = Figure>) -> Figure {
    let mut whole = Nanos(0);
    for part in parts {
        let Quantity::Time(nanos) = part? else {
            return Err(Absence::missing());
        };
        whole = Nanos(whole.0.saturating_add(nanos.0));
    }
    Ok(Quantity::Time(whole))
}

/// The figure multiplied by a count.
pub(crate) fn times(one: Figure, often: Count) -> Figure {
    let product = |whole: u64| {
        let too_much = || Absence::not_derived("more than a file can hold");
        whole.checked_mul(often.0).ok_or_else(too_much)
    };
    match one? {
        Quantity::Time(Nanos(whole)) => Ok(Quantity::Time(Nanos(product(whole)?))),
        Quantity::Bytes(Bytes(whole)) => Ok(Quantity::Bytes(Bytes(product(whole)?))),
        Quantity::Count(_) | Quantity::Ratio(_) | Quantity::Rate(_) => Err(Absence::missing()),
    }
}

/// One unit for a column of figures.
pub(crate) fn scale_of<'f>(unit: Unit, figures: impl Iterator<Item = &'f Figure>) -> Scale {
    let known = figures.filter_map(|figure| figure.as_ref().ok().copied());
    Scale::for_values(unit, known)
}

/// `pull.cold` and the like, over the link.
pub(crate) fn over(metric: Metric, link: Link) -> Series {
    Series {
        metric,
        link: Some(link),
    }
}
