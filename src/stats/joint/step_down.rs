//! How often chance reaches what was observed, from the largest statistic down.

use super::sides::Design;
use super::table::JointTable;

/// Statistics that differ by less than this share are equal: they are the same numbers, added
/// up in another order.
const EQUAL: f64 = 1e-9;

/// Counts over arrangements, of which the first is the observed one.
pub(super) struct StepDown<'t> {
    table: &'t JointTable,
    /// Rows of the side that is added up, where no round is missing.
    whole: f64,
    /// Whether each arrangement stands for its mirror image, too.
    mirrored: bool,
    statistics: Vec<f64>,
    between: Vec<Option<f64>>,
    borrowed: Vec<f64>,
    /// What is worse, and what is better.
    directions: Option<[Family; 2]>,
}

/// All metrics, in one direction.
struct Family {
    /// 1 for worse, -1 for better.
    sign: f64,
    /// Observed statistics, with the tolerance taken off.
    observed: Vec<f64>,
    /// Metrics, the smallest observed statistic first.
    order: Vec<usize>,
    /// How often a metric alone reaches what was observed of it.
    alone: Vec<usize>,
    /// How often the largest of it and those before it in order does.
    largest: Vec<usize>,
    /// The largest statistic of each arrangement.
    maxima: Vec<f64>,
}

impl Family {
    fn new(statistics: &[f64], sign: f64) -> Self {
        let of = |at: usize| sign * statistics[at];
        let mut order: Vec<usize> = (0..statistics.len()).collect();
        order.sort_by(|one, other| of(*one).total_cmp(&of(*other)));
        let least = |at| of(at) - EQUAL * of(at).abs();
        Self {
            sign,
            observed: (0..statistics.len()).map(least).collect(),
            order,
            alone: vec![0; statistics.len()],
            largest: vec![0; statistics.len()],
            maxima: Vec::new(),
        }
    }

    fn add(&mut self, statistics: &[f64], sign: f64) {
        let sign = sign * self.sign;
        let mut running = f64::NEG_INFINITY;
        for at in &self.order {
            let (statistic, observed) = (sign * statistics[*at], self.observed[*at]);
            running = running.max(statistic);
            self.alone[*at] += usize::from(statistic >= observed);
            self.largest[*at] += usize::from(running >= observed);
        }
        self.maxima.push(running);
    }

    /// p of each metric alone, and adjusted.
    fn p_values(&self) -> Vec<(f64, f64)> {
        let share = |count: usize| count as f64 / self.maxima.len() as f64;
        let mut found = vec![(1.0, 1.0); self.order.len()];
        let mut adjusted = 0.0_f64;
        for at in self.order.iter().rev() {
            // Never below that of a larger statistic.
            adjusted = adjusted.max(share(self.largest[*at]));
            found[*at] = (share(self.alone[*at]), adjusted);
        }
        found
    }
}

impl<'t> StepDown<'t> {
    pub(super) fn new(table: &'t JointTable) -> Self {
        let head = table.values.len() - table.base_rows;
        Self {
            table,
            whole: table.base_rows.min(head) as f64,
            mirrored: table.design == Design::Paired || table.base_rows == head,
            statistics: vec![0.0; table.metrics.len()],
            between: vec![None; table.metrics.len()],
            borrowed: vec![0.0; table.metrics.len()],
            directions: None,
        }
    }

    /// Counts an arrangement.
    pub(super) fn add(&mut self, sums: &[f64], counts: &[f64]) {
        let metrics = &self.table.metrics;
        for (at, metric) in metrics.iter().enumerate() {
            let count = counts.get(at).copied().unwrap_or(self.whole);
            self.between[at] = metric.between(sums[at], count);
        }
        for group in &self.table.groups {
            let squares = group.squares(metrics, &self.between);
            for at in &group.members {
                self.borrowed[*at] = squares;
            }
        }
        for (at, metric) in metrics.iter().enumerate() {
            self.statistics[at] = metric.statistic(sums[at], self.between[at], self.borrowed[at]);
        }
        let statistics = &self.statistics;
        let directions = self
            .directions
            .get_or_insert_with(|| [1.0, -1.0].map(|sign| Family::new(statistics, sign)));
        for family in directions {
            family.add(statistics, 1.0);
            if self.mirrored {
                family.add(statistics, -1.0);
            }
        }
    }

    pub(super) fn arrangements(&self) -> usize {
        let worse = self.directions.iter().flatten().next();
        worse.map_or(0, |family| family.maxima.len())
    }

    /// p of each metric alone, and adjusted over those that go its direction: worse or better.
    pub(super) fn p_values(&self) -> [Vec<(f64, f64)>; 2] {
        match &self.directions {
            Some(directions) => directions.each_ref().map(Family::p_values),
            None => [Vec::new(), Vec::new()],
        }
    }

    /// The smallest statistic that the largest of what is worse reaches in at most `alpha` of
    /// the arrangements; infinite where there is none.
    pub(super) fn critical(&self, alpha: f64) -> f64 {
        let worse = self.directions.iter().flatten().next();
        let mut maxima = worse
            .map(|family| family.maxima.clone())
            .unwrap_or_default();
        maxima.sort_by(|one, other| other.total_cmp(one));
        let beyond = (alpha * maxima.len() as f64).floor() as usize;
        match beyond.checked_sub(1) {
            Some(at) => maxima[at].max(0.0),
            None => f64::INFINITY,
        }
    }
}
