//! What the samples of a run say, per case and metric.

use std::collections::BTreeMap;

use super::entry::{MetricSummary, Subject, entry};
use crate::record::{CaseId, Kind, Metric, RunRecord, Sample};
use crate::stats::{RatioOfMedians, SampleSet, ratio_of_medians};
use crate::units::Ratio;

/// The whole record, summarised once.
#[derive(Debug)]
pub struct Analysis<'a> {
    /// What it was computed from.
    pub record: &'a RunRecord,
    entries: Vec<MetricSummary<'a>>,
    index: BTreeMap<(&'a str, Metric), usize>,
}

/// The case of an id, where the record has it.
pub(super) fn subject<'a>(record: &'a RunRecord, id: &'a CaseId) -> Subject<'a> {
    let case = record.cases.iter().find(|case| case.id == *id);
    Subject { id, case }
}

impl<'a> Analysis<'a> {
    /// Summarises a record: every case with every metric, measured or not, and the floor.
    pub fn of(record: &'a RunRecord) -> Self {
        let mut taken: BTreeMap<(&str, Metric), Vec<&'a Sample>> = BTreeMap::new();
        for sample in &record.samples {
            let key = (sample.case.as_str(), sample.metric);
            taken.entry(key).or_default().push(sample);
        }
        let mut sets = Vec::new();
        let mut entries = Vec::new();
        let mut add = |subject: Subject<'a>, metric, samples: &[&'a Sample]| {
            let (entry, set) = entry(subject, metric, samples);
            entries.push(entry);
            sets.push(set);
        };
        for case in &record.cases {
            let subject = Subject {
                id: &case.id,
                case: Some(case),
            };
            for metric in Metric::ALL.iter().copied() {
                let samples = taken.remove(&(case.id.as_str(), metric));
                // The floor's own case has the floor's metrics, an app's case has the others.
                let floor = case.strategy == "floor";
                if samples.is_some() || metric.is_floor() == floor {
                    add(subject, metric, &samples.unwrap_or_default());
                }
            }
        }
        for ((_, metric), samples) in &taken {
            let id = &samples[0].case;
            add(Subject { id, case: None }, *metric, samples);
        }
        compare_with_largest(&mut entries, &sets);
        let place = |(at, entry): (usize, &MetricSummary<'a>)| {
            ((entry.subject.id.as_str(), entry.metric), at)
        };
        let index = entries.iter().enumerate().map(place).collect();
        Self {
            record,
            entries,
            index,
        }
    }

    /// Every case with every metric, in the order of cases, then of the catalogue.
    pub fn entries(&self) -> &[MetricSummary<'a>] {
        &self.entries
    }

    /// One metric of one case.
    pub fn get(&self, case: &CaseId, metric: Metric) -> Option<&MetricSummary<'a>> {
        self.index
            .get(&(case.as_str(), metric))
            .map(|&at| &self.entries[at])
    }
}

fn compare_with_largest(entries: &mut [MetricSummary<'_>], sets: &[Option<SampleSet>]) {
    let mut largest: BTreeMap<(&str, Metric), (usize, f64)> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let Some(summary) = &entry.summary else {
            continue;
        };
        let best = largest
            .entry((entry.subject.scenario(), entry.metric))
            .or_insert((at, summary.median));
        if summary.median > best.1 {
            *best = (at, summary.median);
        }
    }
    let exact = |part, whole| {
        Ratio::of(part, whole).map(|ratio| RatioOfMedians {
            ratio,
            interval: None,
        })
    };
    let ratios: Vec<Option<RatioOfMedians>> = entries
        .iter()
        .zip(sets)
        .enumerate()
        .map(|(place, (entry, set))| {
            let (at, median) = largest.get(&(entry.subject.scenario(), entry.metric))?;
            let summary = entry.summary.as_ref()?;
            match entry.metric.kind() {
                Kind::Timed if place != *at => ratio_of_medians(set.as_ref()?, sets[*at].as_ref()?),
                // The largest is itself by identity: resampling would lend it a spread.
                Kind::Timed | Kind::Exact => exact(summary.median, *median),
            }
        })
        .collect();
    for (entry, ratio) in entries.iter_mut().zip(ratios) {
        entry.ratio_to_largest = ratio;
    }
}
