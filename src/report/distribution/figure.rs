//! A reckoned figure: a quantity, or why there is none.

use super::super::entry::{MetricSummary, Series};
use super::super::metric_cell::absence;
use super::super::native::quantity;
use super::super::notes::{Notes, reasons_text};
use super::super::scale::Scale;
use super::super::table::{Cell, Content};
use crate::record::{Disposition, Status};
use crate::units::{Bytes, Count, Nanos, Quantity, Unit};

/// What a cell of a reckoned table holds.
pub(super) type Figure = Result<Quantity, Absence>;

/// Why a figure cannot be reckoned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Absence {
    word: &'static str,
    status: &'static str,
    reason: Option<String>,
}

impl Absence {
    /// What the figure needs was not recorded, or does not fit together.
    pub(super) fn not_reckoned(reason: impl Into<String>) -> Self {
        Self {
            word: "–",
            status: Status::NotMeasured.word(),
            reason: Some(reason.into()),
        }
    }

    /// Nothing was observed, and nothing said why.
    fn missing() -> Self {
        Self {
            word: "–",
            status: "missing",
            reason: None,
        }
    }

    /// A metric without a median.
    fn of(entry: &MetricSummary<'_>) -> Self {
        let (word, Some(status)) = absence(entry.standing) else {
            return Self::missing();
        };
        let reasons = reasons_text(&entry.reasons, status);
        let whole_case = entry.subject.case.is_some_and(|case| {
            matches!(
                case.disposition,
                Disposition::Failed { .. } | Disposition::NotApplicable { .. }
            )
        });
        let reason = match reasons {
            Some(reasons) if whole_case => reasons,
            Some(reasons) => format!("{}: {reasons}", entry.metric),
            None => entry.metric.to_string(),
        };
        Self {
            word,
            status: status.word(),
            reason: Some(reason),
        }
    }
}

/// The median of a series.
pub(super) fn median(entry: Option<&MetricSummary<'_>>) -> Figure {
    let entry = entry.ok_or_else(Absence::missing)?;
    match &entry.summary {
        Some(summary) => Ok(quantity(entry.metric.unit(), summary.median)),
        None => Err(Absence::of(entry)),
    }
}

/// The sum of durations. It has no interval: the parts are medians of their own.
pub(super) fn sum(parts: impl IntoIterator<Item = Figure>) -> Figure {
    let mut whole = Nanos(0);
    for part in parts {
        let Quantity::Time(nanos) = part? else {
            return Err(Absence::missing());
        };
        whole = Nanos(whole.0.saturating_add(nanos.0));
    }
    Ok(Quantity::Time(whole))
}

/// As often.
pub(super) fn times(one: Figure, often: Count) -> Figure {
    let product = |whole: u64| {
        let too_much = || Absence::not_reckoned("more than a file can hold");
        whole.checked_mul(often.0).ok_or_else(too_much)
    };
    match one? {
        Quantity::Time(Nanos(whole)) => Ok(Quantity::Time(Nanos(product(whole)?))),
        Quantity::Bytes(Bytes(whole)) => Ok(Quantity::Bytes(Bytes(product(whole)?))),
        Quantity::Count(_) | Quantity::Ratio(_) | Quantity::Rate(_) => Err(Absence::missing()),
    }
}

/// One unit for a column of figures.
pub(super) fn scale_of<'f>(unit: Unit, figures: impl Iterator<Item = &'f Figure>) -> Scale {
    let known = figures.filter_map(|figure| figure.as_ref().ok().copied());
    Scale::for_values(unit, known)
}

/// The cell of a figure.
pub(super) fn cell(figure: &Figure, scale: Scale, notes: &mut Notes) -> Cell {
    match figure {
        Ok(quantity) => Cell::value(scale.number(*quantity), *quantity),
        Err(absence) => {
            let mut cell = Cell::of(Content::Absent {
                word: absence.word,
                status: absence.status,
            });
            if let Some(reason) = &absence.reason {
                cell.notes.push(notes.number(reason));
            }
            cell
        }
    }
}

/// `pull.cold` and the like, over the link.
pub(super) fn over(metric: crate::record::Metric, link: crate::record::Link) -> Series {
    Series {
        metric,
        link: Some(link),
    }
}
