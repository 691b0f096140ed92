//! Finds the trends in many runs.

use std::collections::{BTreeMap, BTreeSet};

use super::change::changes;
use super::digest::{CaseDigest, RunDigest, SeriesDigest};
use super::era::Eras;
use super::newest;
use super::outcome::TrendOutcome;
use super::trend::{Point, Trend, TrendTerms};
use crate::compare::Rule;
use crate::record::{CaseId, Link, Metric};
use crate::stats::ChangePoints;

/// All trends of the selected metrics and cases. `runs` are in time order. Verdicts on the newest
/// run are one family, as are those on drift.
pub fn trends<'a>(
    runs: &'a [RunDigest],
    terms: &TrendTerms,
    wanted: impl Fn(&CaseDigest, Metric) -> bool,
) -> Vec<Trend<'a>> {
    let mut cases: BTreeMap<&CaseId, Vec<Occurrence<'a>>> = BTreeMap::new();
    let mut newest_of: BTreeMap<&str, &str> = BTreeMap::new();
    for run in runs {
        for case in &run.cases {
            cases.entry(&case.id).or_default().push((run, case));
            newest_of.insert(&case.scenario, &run.id);
        }
    }
    let mut points_of = ChangePoints::default();
    let mut found = Vec::new();
    for (id, occurrences) in cases {
        let mut keys = BTreeSet::new();
        for (_, case) in &occurrences {
            let series = case.series.iter().filter(|one| wanted(case, one.metric));
            keys.extend(series.map(|series| (series.metric, series.link)));
        }
        for (metric, link) in keys {
            let points = points((metric, link), &occurrences, &terms.waived);
            // A metric that was never measured has no trend.
            let Some(last) = points.last() else { continue };
            let past = newest_of.get(last.case.scenario.as_str()) != Some(&last.run.id.as_str());
            let mut trend = Trend {
                case: id,
                metric,
                link,
                points,
                changes: Vec::new(),
                baseline: None,
                outcome: if past {
                    TrendOutcome::Past
                } else {
                    TrendOutcome::First
                },
                drift: None,
            };
            trend.changes = changes(&trend, terms, &mut points_of);
            found.push(trend);
        }
    }
    newest::judge(&mut found, terms);
    found
}

/// A run and the case in it.
type Occurrence<'a> = (&'a RunDigest, &'a CaseDigest);

fn points<'a>(
    (metric, link): (Metric, Option<Link>),
    occurrences: &[Occurrence<'a>],
    waived: &BTreeSet<Rule>,
) -> Vec<Point<'a>> {
    let mut eras = Eras::new(metric, waived);
    let mut points: Vec<Point<'a>> = Vec::new();
    for (run, case) in occurrences.iter().copied() {
        let mut all = case.series.iter();
        let series = all.find(|series| (series.metric, series.link) == (metric, link));
        let failure = match (&case.failed, series) {
            (Some(reason), _) => Some(reason.as_str()),
            (None, Some(SeriesDigest { reason, .. })) => reason.as_deref(),
            (None, None) => continue,
        };
        let values = series.and_then(|series| series.values);
        // Neither a value nor a failure: not measured, or its conditions did not hold.
        if values.is_none() && failure.is_none() {
            continue;
        }
        let era = eras.next(run, case);
        let border = match points.last() {
            Some(before) if before.era != era => {
                eras.border((before.run, before.case), (run, case))
            }
            _ => Vec::new(),
        };
        points.push(Point {
            run,
            case,
            era,
            border,
            values,
            failure,
        });
    }
    points
}
