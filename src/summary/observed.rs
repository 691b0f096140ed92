//! The measures that can be compared: a metric, a derived figure, or a counted fact.

use super::analysis::Analysis;
use super::distribution::derived;
use super::entry::{EntryStanding, Series};
use super::figure::{Absence, Figure};
use super::posture::{Fact, counted};
use crate::record::{CaseRecord, Derived, Kind, Link, Metric};
use crate::stats::SampleSet;
use crate::units::{Unit, quantity_of as quantity};

/// A measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// A metric, and its link if it has one.
    Series(Series),
    /// A derived figure.
    Derived(Derived, Option<Link>),
    /// A counted fact.
    Count(Fact),
}

/// The value of a measure for one case.
#[derive(Debug, Clone)]
pub(crate) struct Observed<'s> {
    /// The median or figure, or the reason for its absence.
    pub(crate) figure: Figure,
    /// The samples of each summed part; empty for exact measures.
    pub(crate) parts: Vec<&'s SampleSet>,
    /// The smallest and largest value of an exact metric.
    pub(crate) range: Option<(f64, f64)>,
    /// The part that measured it, in a run joined from parts.
    pub(crate) part: Option<usize>,
}

impl Measure {
    /// Whether two values cannot be compared: times from different parts of a run.
    pub(crate) fn is_apart(self, one: &Observed<'_>, other: &Observed<'_>) -> bool {
        self.kind() == Kind::Timed && one.part != other.part
    }

    /// The measure with the id of a claim.
    pub(crate) fn of_id(id: &str, link: Option<Link>) -> Option<Self> {
        if let Ok(metric) = id.parse::<Metric>() {
            return Some(Self::Series(Series { metric, link }));
        }
        let derived = Derived::of_id(id).map(|derived| Self::Derived(derived, link));
        derived.or_else(|| Fact::of_id(id).map(Self::Count))
    }

    pub(crate) fn unit(self) -> Unit {
        match self {
            Self::Series(series) => series.metric.unit(),
            Self::Derived(derived, _) => derived.unit(),
            Self::Count(_) => Unit::Count,
        }
    }

    /// Whether repeated samples have a distribution.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Series(series) => series.metric.kind(),
            Self::Derived(derived, _) if derived.unit() == Unit::Seconds => Kind::Timed,
            Self::Derived(..) | Self::Count(_) => Kind::Exact,
        }
    }

    /// The value for a case.
    pub(crate) fn of<'s>(self, analysis: &'s Analysis<'_>, case: &CaseRecord) -> Observed<'s> {
        let part = analysis.part_of(&case.id);
        match self {
            Self::Series(series) => of_series(analysis, case, series),
            Self::Derived(what, link) => {
                let (figure, parts) = derived(analysis, case, what, link);
                let sets = parts
                    .into_iter()
                    .map(|part| analysis.samples(&case.id, part));
                let parts = sets.collect::<Option<Vec<_>>>().unwrap_or_default();
                Observed {
                    figure,
                    parts,
                    range: None,
                    part,
                }
            }
            Self::Count(fact) => Observed {
                figure: counted(analysis, case, fact),
                parts: Vec::new(),
                range: None,
                part,
            },
        }
    }
}

fn of_series<'s>(analysis: &'s Analysis<'_>, case: &CaseRecord, series: Series) -> Observed<'s> {
    let entry = analysis.at(&case.id, series);
    let figure = match entry {
        None => Err(match series.link {
            Some(link) => Absence::not_run(format!("nothing went over {link} in this run")),
            None => Absence::not_derived(format!("this run did not take {}", series.metric)),
        }),
        Some(entry) => match &entry.summary {
            Some(summary) => Ok(quantity(series.metric.unit(), summary.median)),
            None if entry.standing == EntryStanding::Missing => Err(Absence {
                reason: Some("no sample yet".to_owned()),
                ..Absence::missing()
            }),
            None => Err(Absence::of(entry)),
        },
    };
    let summary = entry.and_then(|entry| entry.summary.as_ref());
    let exact = series.metric.kind() == Kind::Exact;
    let set = analysis.samples(&case.id, series);
    Observed {
        figure,
        parts: set.filter(|_| !exact).into_iter().collect(),
        range: summary
            .filter(|_| exact)
            .map(|summary| (summary.min, summary.max)),
        part: analysis.part_of(&case.id),
    }
}
