//! The variants of a scenario side by side, in what the answer looks at.

use super::super::analysis::Analysis;
use super::super::change::{Effect, MeasureChange};
use super::super::entry::Series;
use super::super::observed::Measure;
use crate::record::{CaseRecord, Disposition, Metric};
use crate::units::native;

/// What the answer looks at, in the order of its columns.
const COLUMNS: [Metric; 7] = [
    Metric::SizeTransfer,
    Metric::SizeUnpacked,
    Metric::BuildCold,
    Metric::RebuildSource,
    Metric::PullCold,
    Metric::StartReady,
    Metric::MemoryReady,
];

/// The variants of a scenario, and the series that any of them has.
pub(crate) struct Sides<'a, 'r> {
    pub analysis: &'a Analysis<'r>,
    pub scenario: &'a str,
    /// Those that work and those that do not, in the order of the scenario.
    pub cases: Vec<&'r CaseRecord>,
    pub columns: Vec<Series>,
}

/// How a variant stands to another in one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Shown to be less of a cost.
    Better,
    /// Shown to be more of one.
    Worse,
    /// Not shown to differ.
    Alike,
    /// Too few samples to say; the median is not higher.
    OpenNotHigher,
    /// Too few samples to say; the median is higher.
    OpenHigher,
    /// One of them has no value.
    Absent,
}

impl<'a, 'r> Sides<'a, 'r> {
    pub fn of(analysis: &'a Analysis<'r>, scenario: &'a str) -> Self {
        let cases: Vec<_> = analysis
            .cases_of(scenario)
            .iter()
            .copied()
            .filter(|case| !matches!(case.disposition, Disposition::NotApplicable { .. }))
            .collect();
        let first_link = analysis.links().first().copied();
        let columns = COLUMNS.into_iter().map(|metric| Series {
            metric,
            link: first_link.filter(|_| metric.is_linked()),
        });
        let mut sides = Self {
            analysis,
            scenario,
            cases,
            columns: Vec::new(),
        };
        sides.columns = columns
            .filter(|series| {
                sides
                    .cases
                    .iter()
                    .any(|case| sides.value(case, *series).is_some())
            })
            .collect();
        sides
    }

    /// Those that have any value.
    pub fn measured(&self) -> Vec<&'r CaseRecord> {
        let cases = self.cases.iter().copied();
        cases
            .filter(|case| {
                self.columns
                    .iter()
                    .any(|series| self.value(case, *series).is_some())
            })
            .collect()
    }

    /// The median, in base units.
    pub fn value(&self, case: &CaseRecord, series: Series) -> Option<f64> {
        let observed = Measure::Series(series).of(self.analysis, case);
        observed.figure.ok().map(native)
    }

    /// From one variant to another.
    pub fn change(
        &self,
        from: &CaseRecord,
        to: &CaseRecord,
        series: Series,
    ) -> Option<MeasureChange> {
        let measure = Measure::Series(series);
        let [before, after] = [from, to].map(|case| measure.of(self.analysis, case));
        MeasureChange::of(measure, &before, &after)
    }

    /// How `one` stands to `other`. All columns are costs.
    pub fn stand(&self, one: &CaseRecord, other: &CaseRecord, series: Series) -> Stand {
        let Some(change) = self.change(other, one, series) else {
            return Stand::Absent;
        };
        match change.effect() {
            Effect::Lower => Stand::Better,
            Effect::Higher => Stand::Worse,
            Effect::None => Stand::Alike,
            Effect::Open if native(change.after) > native(change.before) => Stand::OpenHigher,
            Effect::Open => Stand::OpenNotHigher,
        }
    }

    /// The variant with the lowest median.
    pub fn best(&self, series: Series) -> Option<&'r CaseRecord> {
        let valued = self
            .cases
            .iter()
            .filter_map(|case| Some((*case, self.value(case, series)?)));
        valued
            .min_by(|(_, one), (_, other)| one.total_cmp(other))
            .map(|(case, _)| case)
    }

    /// A variant that is no worse in anything, and better in something: the first that is.
    /// What is open counts against it where its median is higher, and never for it.
    pub fn dominator(&self, case: &CaseRecord) -> Option<&'r CaseRecord> {
        let others = self
            .measured()
            .into_iter()
            .filter(|other| other.id != case.id);
        let beats = |other: &&CaseRecord| {
            let stands: Vec<_> = self
                .columns
                .iter()
                .filter(|series| self.value(case, **series).is_some())
                .map(|series| self.stand(other, case, *series))
                .collect();
            let blocks =
                |stand: &Stand| matches!(stand, Stand::Worse | Stand::OpenHigher | Stand::Absent);
            stands.contains(&Stand::Better) && !stands.iter().any(blocks)
        };
        others.into_iter().find(beats)
    }
}
