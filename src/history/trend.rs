//! One metric of one case over many runs.

use std::collections::BTreeSet;

use super::digest::{CaseDigest, RunDigest, SeriesDigest, Values};
use super::outcome::{Drift, TrendBaseline, TrendChange, TrendOutcome};
use crate::compare::{Difference, Rule, exact_threshold, tightest_limit};
use crate::record::{CaseId, Direction, Kind, Link, Metric};
use crate::scenario::Budget;
use crate::stats::Threshold;
use crate::units::{Quantity, native};

/// The settings of a history.
#[derive(Debug, Clone)]
pub struct TrendTerms {
    /// How many earlier runs form the baseline.
    pub window: usize,
    /// The change of a timed metric up to which it counts as the same.
    pub timed: Threshold,
    /// The same for an exact metric.
    pub exact: Threshold,
    /// Waived rules.
    pub waived: BTreeSet<Rule>,
}

impl Default for TrendTerms {
    fn default() -> Self {
        Self {
            window: 10,
            timed: Threshold::TIMED,
            exact: Threshold::EXACT,
            waived: BTreeSet::new(),
        }
    }
}

impl TrendTerms {
    /// The threshold of a metric.
    pub fn threshold(&self, metric: Metric) -> Threshold {
        match metric.kind() {
            Kind::Timed => self.timed,
            Kind::Exact => exact_threshold(metric, self.exact),
        }
    }
}

/// A metric of a case over a link, run by run.
#[derive(Debug, Clone)]
pub struct Trend<'a> {
    /// The case.
    pub case: &'a CaseId,
    /// The metric.
    pub metric: Metric,
    /// The link, for a metric over a link.
    pub link: Option<Link>,
    /// The runs with this metric, oldest first; at least one.
    pub points: Vec<Point<'a>>,
    /// Changes of level within eras, oldest first.
    pub changes: Vec<TrendChange>,
    /// The baseline of the newest point.
    pub baseline: Option<TrendBaseline>,
    /// The outcome.
    pub outcome: TrendOutcome<'a>,
    /// The drift of the newest era.
    pub drift: Option<Drift>,
}

/// A run in a trend.
#[derive(Debug, Clone)]
pub struct Point<'a> {
    /// The run.
    pub run: &'a RunDigest,
    /// The case in it.
    pub(super) case: &'a CaseDigest,
    /// Its era, from 0. An era can continue after another one.
    pub era: usize,
    /// The differences from the previous point, if that is in another era.
    pub border: Vec<Difference>,
    /// Its values; `None` if it failed.
    pub values: Option<Values>,
    /// Why it failed in at least one round.
    pub failure: Option<&'a str>,
}

impl<'a> Trend<'a> {
    /// The newest point.
    pub fn newest(&self) -> Option<&Point<'a>> {
        self.points.last()
    }

    /// Indexes of the points of an era with values, oldest first.
    pub fn era(&self, era: usize) -> impl Iterator<Item = (usize, Values)> {
        let points = self.points.iter().enumerate();
        points
            .filter(move |(_, point)| point.era == era)
            .filter_map(|(at, point)| Some((at, point.values?)))
    }

    /// The last values of the newest point's era before it, the latest first.
    pub(super) fn window(&self, most: usize) -> Vec<Values> {
        let Some((newest, before)) = self.points.split_last() else {
            return Vec::new();
        };
        let of_era = before.iter().rev().filter(|point| point.era == newest.era);
        of_era.filter_map(|point| point.values).take(most).collect()
    }

    /// The tightest absolute limit from the newest run's budgets and from `more`, the budgets of
    /// a configuration.
    pub fn limit(&self, more: &[Budget]) -> Option<Quantity> {
        let case = self.newest()?.case;
        let of_trend = |one: &&SeriesDigest| (one.metric, one.link) == (self.metric, self.link);
        let own = case.series.iter().find(of_trend).and_then(|one| one.limit);
        let names = (case.variant.as_str(), case.strategy.as_str());
        let configured = tightest_limit(more, names, (self.metric, self.link));
        let (Some(own), Some(other)) = (own, configured) else {
            return own.or(configured);
        };
        let sign = match self.metric.direction() {
            Direction::Lower => 1.0,
            Direction::Higher => -1.0,
        };
        let own_is_tighter = sign * native(own) <= sign * native(other);
        Some(if own_is_tighter { own } else { other })
    }

    /// The number of eras.
    pub fn eras(&self) -> usize {
        let latest = self.points.iter().map(|point| point.era).max();
        latest.map_or(0, |era| era + 1)
    }
}
