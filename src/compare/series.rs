//! The samples of a metric of a case in one run.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{CaseId, CaseRecord, Link, Metric, RunRecord, Sample, Status};
use crate::stats::{Level, SampleSet};
use crate::units::{Quantity, native, quantity_of};

/// Case, metric, link.
pub(super) type Key<'a> = (&'a str, Metric, Option<Link>);

/// Valid samples, and the others with their reasons.
#[derive(Debug, Default)]
pub(super) struct SeriesSamples<'a> {
    set: Option<SampleSet>,
    samples: Vec<&'a Sample>,
}

impl<'a> SeriesSamples<'a> {
    /// The valid samples; `None` without any.
    pub(super) fn set(&self) -> Option<&SampleSet> {
        self.set.as_ref()
    }

    /// The median as in reports.
    pub(super) fn middle(&self, metric: Metric) -> Option<Quantity> {
        let level = Level::of(self.set.as_ref()?, metric.kind());
        Some(quantity_of(metric.unit(), level.median))
    }

    /// The first reason of a status.
    pub(super) fn reason(&self, status: Status) -> Option<&'a str> {
        let of_status = |sample: &&&'a Sample| sample.outcome.status() == status;
        self.samples.iter().find(of_status)?.outcome.reason()
    }

    /// Whether it fails in more rounds than `before`, and in more than it works.
    pub(super) fn fails_more(
        &self,
        before: &Self,
        cases: [&CaseRecord; 2],
        metric: Metric,
    ) -> bool {
        let failures = |series: &Self, case: &CaseRecord| {
            let dnf = series.samples.iter();
            let dnf = dnf.filter(|sample| sample.outcome.status() == Status::Dnf);
            let reasons = dnf.filter_map(|sample| sample.outcome.reason());
            reasons
                .filter(|reason| case.expects(metric, reason).is_none())
                .count()
        };
        let (old, new) = (failures(before, cases[0]), failures(self, cases[1]));
        new > old && new > self.set.as_ref().map_or(0, SampleSet::len)
    }

    /// Why no sample is valid, if there are samples.
    pub(super) fn absence(&self) -> Option<&'a str> {
        let mut reasons = self.samples.iter().map(|sample| sample.outcome.reason());
        reasons.next()?.or(Some("no sample counts"))
    }

    /// Why it did not finish: the first reason that its scenario does not expect, else the
    /// first.
    pub(super) fn failure(&self, case: &CaseRecord, metric: Metric) -> Option<&'a str> {
        let dnf = self
            .samples
            .iter()
            .filter(|sample| sample.outcome.status() == Status::Dnf);
        let mut reasons = dnf.filter_map(|sample| sample.outcome.reason());
        let unexpected = |reason: &&str| case.expects(metric, reason).is_none();
        reasons
            .find(unexpected)
            .or_else(|| self.reason(Status::Dnf))
    }
}

/// All series of a run.
pub(super) fn of_run(record: &RunRecord) -> BTreeMap<Key<'_>, SeriesSamples<'_>> {
    let mut series: BTreeMap<Key<'_>, SeriesSamples<'_>> = BTreeMap::new();
    for sample in &record.samples {
        let key = (sample.case.as_str(), sample.metric, sample.link);
        series.entry(key).or_default().samples.push(sample);
    }
    for one in series.values_mut() {
        let samples = one.samples.iter();
        let counted = samples.filter_map(|sample| {
            let value = sample.outcome.counted()?;
            Some((sample.round, native(value)))
        });
        let values: Vec<(u32, f64)> = counted.collect();
        // A record has only integers and checked ratios, so all values are finite.
        one.set = SampleSet::of_rounds(values).ok();
    }
    series
}

/// The series of a case that either run has, in the order of the catalogue.
pub(super) fn keys<'a>(
    base: &BTreeMap<Key<'a>, SeriesSamples<'_>>,
    head: &BTreeMap<Key<'a>, SeriesSamples<'_>>,
    case: &'a CaseId,
) -> BTreeSet<Key<'a>> {
    let first = (case.as_str(), Metric::ALL[0], None);
    let of_case = |key: &&Key<'a>| key.0 == case.as_str();
    let base = base.range(first..).map(|(key, _)| key);
    let head = head.range(first..).map(|(key, _)| key);
    let both = base.take_while(of_case).chain(head.take_while(of_case));
    both.copied().collect()
}
