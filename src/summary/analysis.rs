//! Summarises the samples of a run per case, metric and link.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::entry::{MetricSummary, Series, Subject, entry};
use super::series::{distributed, links_of, metrics_of};
use super::stock::Stock;
use crate::record::{BuildRecord, CaseId, CaseRecord, Kind, Link, Metric, RunRecord, Sample};
use crate::stats::{RatioOfMedians, SampleSet, ratio_of_medians};
use crate::units::Ratio;

/// The whole record, summarised once.
#[derive(Debug)]
pub struct Analysis<'a> {
    /// The record that it was computed from.
    pub record: &'a RunRecord,
    links: Vec<Link>,
    distributed: bool,
    entries: Vec<MetricSummary<'a>>,
    /// The valid samples of each entry.
    sets: Vec<Option<SampleSet>>,
    /// The entry with the largest median of a series in a scenario.
    largest: BTreeMap<(&'a str, Series), usize>,
    index: BTreeMap<(&'a str, Series), usize>,
    /// The part that measured each case, in a run joined from parts.
    parts: Arc<BTreeMap<&'a CaseId, usize>>,
    /// The cases of each scenario, in the order of the record.
    cases: BTreeMap<&'a str, Vec<&'a CaseRecord>>,
    /// The range of the entries of each case.
    places: BTreeMap<&'a str, Range<usize>>,
    /// The samples of each case, in the order of the record.
    by_case: BTreeMap<&'a str, Vec<&'a Sample>>,
    /// The builds of each case, in the order of the record.
    builds: Arc<BTreeMap<&'a str, Vec<&'a BuildRecord>>>,
    /// Cached, because the table of every scenario needs it.
    stock: OnceLock<Stock>,
}

/// The samples of one metric of one case, by link: links are never mixed.
type ByLink<'a> = BTreeMap<Option<Link>, Vec<&'a Sample>>;

/// The cases of a record by their ids.
pub(crate) struct Subjects<'a>(BTreeMap<&'a CaseId, &'a CaseRecord>);

impl<'a> Subjects<'a> {
    pub(crate) fn of(record: &'a RunRecord) -> Self {
        Self(record.cases.iter().map(|case| (&case.id, case)).collect())
    }

    /// The case with this id, if the record has it.
    pub(crate) fn get(&self, id: &'a CaseId) -> Subject<'a> {
        let case = self.0.get(id).copied();
        Subject { id, case }
    }
}

impl<'a> Analysis<'a> {
    /// Summarises a record: every case with every metric, measured or not, and the floor.
    /// A metric over a link has a summary for each link of the run.
    pub fn of(record: &'a RunRecord) -> Self {
        let mut whole = Whole::of(record);
        let samples = std::mem::take(&mut whole.samples);
        Self::of_piece(&whole, &record.cases, samples)
    }

    /// The same of some scenarios after the other, in the order of the cases: all summaries of a
    /// run of thousands of cases take more memory than its record. A scenario is in one piece.
    pub(crate) fn in_pieces(record: &'a RunRecord) -> impl Iterator<Item = Self> {
        let whole = Whole::of(record);
        let pieces = pieces(record, &whole.samples);
        pieces.into_iter().map(move |piece| {
            let cases = &record.cases[piece.clone()];
            if piece.len() == record.cases.len() {
                return Self::of_piece(&whole, cases, whole.samples.clone());
            }
            let samples = cases.iter().filter_map(|case| {
                let (id, samples) = whole.samples.get_key_value(case.id.as_str())?;
                Some((*id, samples.clone()))
            });
            Self::of_piece(&whole, cases, samples.collect())
        })
    }

    fn of_piece(
        whole: &Whole<'a>,
        in_piece: &'a [CaseRecord],
        by_case: BTreeMap<&'a str, Vec<&'a Sample>>,
    ) -> Self {
        let Whole {
            record,
            links,
            distributed,
            possible,
            parts,
            builds,
            samples: _,
        } = whole;
        let mut taken: BTreeMap<(&str, Metric), ByLink<'a>> = BTreeMap::new();
        let cases = grouped(in_piece, |case| case.scenario.as_str());
        for sample in by_case.values().flatten().copied() {
            let key = (sample.case.as_str(), sample.metric);
            let by_link = taken.entry(key).or_default();
            by_link.entry(sample.link).or_default().push(sample);
        }
        let mut sets = Vec::new();
        let mut entries = Vec::new();
        let mut add = |subject: Subject<'a>, metric, mut samples: ByLink<'a>| {
            // In the order of the plan, not by rate.
            let in_order = std::iter::once(None).chain(links.iter().copied().map(Some));
            for link in in_order {
                let Some(samples) = samples.remove(&link) else {
                    continue;
                };
                let (entry, set) = entry(subject, Series { metric, link }, &samples);
                entries.push(entry);
                sets.push(set);
            }
        };
        for case in in_piece {
            let subject = Subject {
                id: &case.id,
                case: Some(case),
            };
            for metric in Metric::ALL.iter().copied() {
                let mut samples = taken
                    .remove(&(case.id.as_str(), metric))
                    .unwrap_or_default();
                // The case of the floor has the floor metrics; the cases of apps have the others.
                let floor = case.strategy == "floor";
                if possible.contains(&metric) && metric.is_floor() == floor {
                    complete(&mut samples, metric, links);
                }
                add(subject, metric, samples);
            }
        }
        for ((_, metric), samples) in taken {
            let Some(sample) = samples.values().flatten().next() else {
                continue;
            };
            let id = &sample.case;
            add(Subject { id, case: None }, metric, samples);
        }
        let largest = largest(parts, &entries);
        let mut places: BTreeMap<&str, Range<usize>> = BTreeMap::new();
        for (at, entry) in entries.iter().enumerate() {
            // Entries of one case are adjacent.
            let place = places.entry(entry.subject.id.as_str());
            place.or_insert(at..at).end = at + 1;
        }
        let place = |(at, entry): (usize, &MetricSummary<'a>)| {
            ((entry.subject.id.as_str(), entry.series()), at)
        };
        let index = entries.iter().enumerate().map(place).collect();
        Self {
            record,
            links: links.clone(),
            distributed: *distributed,
            entries,
            sets,
            largest,
            index,
            parts: Arc::clone(parts),
            cases,
            places,
            by_case,
            builds: Arc::clone(builds),
            stock: OnceLock::new(),
        }
    }

    /// The builds of a case, in the order of the record.
    pub(crate) fn builds_of(&self, case: &CaseId) -> &[&'a BuildRecord] {
        self.builds.get(case.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The registry storage of the run's images, computed once.
    pub(crate) fn stock_of_run(&self, sum: impl FnOnce() -> Stock) -> Stock {
        *self.stock.get_or_init(sum)
    }

    /// The cases of a scenario, in the order of the record.
    pub(crate) fn cases_of(&self, scenario: &str) -> &[&'a CaseRecord] {
        self.cases.get(scenario).map_or(&[], Vec::as_slice)
    }

    /// Whether the variants of a scenario are built; `false` where all are ready images.
    pub(crate) fn is_built(&self, scenario: &str) -> bool {
        let cases = self.cases_of(scenario);
        let has_ready = cases.iter().any(|case| case.ready_image.is_some());
        !has_ready || cases.iter().any(|case| case.dockerfile.is_some())
    }

    /// Every metric of a case, as in [`Analysis::entries`].
    pub(crate) fn entries_of(&self, case: &CaseId) -> &[MetricSummary<'a>] {
        let place = self.places.get(case.as_str()).cloned();
        &self.entries[place.unwrap_or_default()]
    }

    /// Every metric of each case of a scenario.
    pub(crate) fn entries_in(&self, scenario: &str) -> impl Iterator<Item = &MetricSummary<'a>> {
        let cases = self.cases_of(scenario).iter();
        cases.flat_map(|case| self.entries_of(&case.id))
    }

    /// The samples of a case, in the order of the record.
    pub(crate) fn samples_of(&self, case: &CaseId) -> &[&'a Sample] {
        self.by_case.get(case.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The place of the part that measured a case, where the run was joined from parts.
    pub(crate) fn part_of(&self, case: &CaseId) -> Option<usize> {
        self.parts.get(case).copied()
    }

    /// Whether two cases were measured alternately on one machine, so that their times can be
    /// compared. Two machines with the same facts are still two.
    pub(crate) fn side_by_side(&self, one: &CaseId, other: &CaseId) -> bool {
        self.part_of(one) == self.part_of(other)
    }

    /// The links that pulls went over or were planned for.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Whether the run measured pushes and pulls.
    pub fn distributed(&self) -> bool {
        self.distributed
    }

    /// Every case with every metric, in the order of cases, then of the catalogue, then
    /// of the links.
    pub fn entries(&self) -> &[MetricSummary<'a>] {
        &self.entries
    }

    /// One metric of one case, for metrics without a link.
    pub fn get(&self, case: &CaseId, metric: Metric) -> Option<&MetricSummary<'a>> {
        self.find(case, Series { metric, link: None })
    }

    /// One metric of one case over one link; if it has no entry, the entry whose reason applies
    /// to all links.
    pub fn get_over(
        &self,
        case: &CaseId,
        metric: Metric,
        link: Link,
    ) -> Option<&MetricSummary<'a>> {
        let link = Some(link);
        self.find(case, Series { metric, link }).or_else(|| {
            self.get(case, metric)
                .filter(|entry| entry.summary.is_none())
        })
    }

    /// The entry for a table cell: [`Analysis::get`] or [`Analysis::get_over`].
    pub(crate) fn at(&self, case: &CaseId, series: Series) -> Option<&MetricSummary<'a>> {
        match series.link {
            Some(link) => self.get_over(case, series.metric, link),
            None => self.get(case, series.metric),
        }
    }

    /// The case of a variant of a scenario.
    pub(crate) fn variant(&self, scenario: &str, variant: &str) -> Option<&'a CaseRecord> {
        let mut cases = self.cases_of(scenario).iter().copied();
        cases.find(|case| case.variant == variant)
    }

    /// The samples behind the median of a series.
    pub(crate) fn samples(&self, case: &CaseId, series: Series) -> Option<&SampleSet> {
        let at = self.index.get(&(case.as_str(), series))?;
        self.sets[*at].as_ref()
    }

    /// The ratio of an entry's median to the largest of the same metric, scenario and link.
    /// Computed on request, because the interval of a ratio is the slowest part of the analysis.
    pub fn ratio_to_largest(&self, entry: &MetricSummary<'_>) -> Option<RatioOfMedians> {
        let summary = entry.summary.as_ref()?;
        let at = *self
            .largest
            .get(&(entry.subject.scenario(), entry.series()))?;
        let largest = &self.entries[at];
        if entry.metric.kind() == Kind::Timed && entry.subject.id != largest.subject.id {
            let set = self.samples(entry.subject.id, entry.series())?;
            return ratio_of_medians(set, self.sets[at].as_ref()?);
        }
        // The ratio of the largest to itself is exactly 1; resampling would give it a spread.
        let ratio = Ratio::of(summary.median, largest.summary.as_ref()?.median)?;
        Some(RatioOfMedians {
            ratio,
            interval: None,
        })
    }

    fn find(&self, case: &CaseId, series: Series) -> Option<&MetricSummary<'a>> {
        self.index
            .get(&(case.as_str(), series))
            .map(|&at| &self.entries[at])
    }
}

/// What all pieces of a record have in common.
struct Whole<'a> {
    record: &'a RunRecord,
    links: Vec<Link>,
    distributed: bool,
    /// Metrics that the record can have samples of.
    possible: BTreeSet<Metric>,
    parts: Arc<BTreeMap<&'a CaseId, usize>>,
    builds: Arc<BTreeMap<&'a str, Vec<&'a BuildRecord>>>,
    /// The samples of each case, in the order of the record.
    samples: BTreeMap<&'a str, Vec<&'a Sample>>,
}

impl<'a> Whole<'a> {
    fn of(record: &'a RunRecord) -> Self {
        Self {
            record,
            links: links_of(record),
            distributed: distributed(record),
            possible: metrics_of(record).collect(),
            parts: Arc::new(record.parts_by_case()),
            builds: Arc::new(grouped(&record.builds, |build| build.case.as_str())),
            samples: grouped(&record.samples, |sample| sample.case.as_str()),
        }
    }
}

/// Cases of a piece, except for a scenario that has more.
const PIECE_CASES: usize = 200;

/// Where the cases of each piece are. Samples of a case that the record does not have belong to
/// no piece: with them, the whole is one.
fn pieces(record: &RunRecord, samples: &BTreeMap<&str, Vec<&Sample>>) -> Vec<Range<usize>> {
    let cases = &record.cases;
    let known: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    if samples.keys().any(|case| !known.contains(case)) {
        return std::iter::once(0..cases.len()).collect();
    }
    let last: BTreeMap<&str, usize> = cases
        .iter()
        .enumerate()
        .map(|(at, case)| (case.scenario.as_str(), at))
        .collect();
    let mut pieces = Vec::new();
    let (mut start, mut end) = (0, 0);
    for (at, case) in cases.iter().enumerate() {
        end = end.max(last[case.scenario.as_str()] + 1);
        let is_last = at + 1 == cases.len();
        if at + 1 == end && (end - start >= PIECE_CASES || is_last) {
            pieces.push(start..end);
            start = end;
        }
    }
    pieces
}

/// Groups items by a key and keeps their order.
fn grouped<'a, T>(items: &'a [T], of: impl Fn(&'a T) -> &'a str) -> BTreeMap<&'a str, Vec<&'a T>> {
    let mut groups: BTreeMap<&str, Vec<&T>> = BTreeMap::new();
    for item in items {
        groups.entry(of(item)).or_default().push(item);
    }
    groups
}

/// Adds the requested series that have no sample.
fn complete(samples: &mut ByLink<'_>, metric: Metric, links: &[Link]) {
    if metric.is_linked() && !links.is_empty() {
        // A sample without a link carries a reason for all links.
        if samples.contains_key(&None) {
            return;
        }
        for link in links {
            samples.entry(Some(*link)).or_default();
        }
    } else {
        samples.entry(None).or_default();
    }
}

/// The first of equal medians. Times that were not measured side by side have no largest, because
/// it would compare the machines.
fn largest<'a>(
    parts: &BTreeMap<&CaseId, usize>,
    entries: &[MetricSummary<'a>],
) -> BTreeMap<(&'a str, Series), usize> {
    let mut largest: BTreeMap<(&str, Series), (usize, f64)> = BTreeMap::new();
    let mut apart: BTreeSet<(&str, Series)> = BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        let Some(summary) = &entry.summary else {
            continue;
        };
        let best = largest
            .entry((entry.subject.scenario(), entry.series()))
            .or_insert((at, summary.median));
        let first = &entries[best.0].subject.id;
        if parts.get(entry.subject.id) != parts.get(*first) {
            apart.insert((entry.subject.scenario(), entry.series()));
        }
        if summary.median > best.1 {
            *best = (at, summary.median);
        }
    }
    let kept = largest.into_iter().filter(|(key, _)| {
        let (_, series) = key;
        series.metric.kind() == Kind::Exact || !apart.contains(key)
    });
    kept.map(|(key, (at, _))| (key, at)).collect()
}
