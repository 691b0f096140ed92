//! The logarithms of a family's samples: a row for each round, a column for each metric.

use std::collections::{BTreeMap, BTreeSet};

use super::super::SampleSet;
use super::super::mann_whitney::MIN_FOR_TEST;
use super::super::moderate::Prior;
use super::sides::{Candidate, Design};
use crate::stats::Direction;

/// Rounds a side that are permuted one by one, at most.
pub const MOST_ROUNDS: usize = 256;

/// Fewer cases of a metric say too little of how its variances scatter.
pub(super) const MIN_GROUP: usize = 5;

/// What the other cases weigh at most, in degrees of freedom: true variances scatter.
const MOST_BORROWED: f64 = 10.0;

/// Within this share of the whole spread, the rest is rounding: a metric whose sides each
/// repeat one value has a large statistic, and not an infinite one.
const LEAST_WITHIN: f64 = 1e-12;

/// The same for the values themselves: a metric that never varies has no statistic. Logarithms
/// of samples that differ at all are further apart.
const ROUNDING: f64 = 1e-13;

/// What is permuted.
pub(super) struct JointTable {
    pub(super) design: Design,
    pub(super) metrics: Vec<JointColumn>,
    /// Of two samples the centred logarithms, base's rounds first; of pairs the differences.
    /// 0 where a round has no value.
    pub(super) values: Vec<Vec<f64>>,
    /// 1 where a round has a value, else 0; empty where every round has all.
    pub(super) present: Vec<Vec<f64>>,
    /// Rows of base; of pairs, all.
    pub(super) base_rows: usize,
    /// Metrics whose cases inform each other.
    pub(super) groups: Vec<Group>,
}

/// A metric of the family.
pub(super) struct JointColumn {
    /// Its place among the pairs that were given.
    pub(super) pair: usize,
    design: Design,
    /// 1 where more is worse, else -1.
    worse: f64,
    /// Values of base, or pairs.
    base: usize,
    /// Values of head; of pairs none.
    head: usize,
    /// The sum of squares.
    squares: f64,
    /// What other cases of this metric add to the observed squares within the sides, and to their
    /// degrees of freedom.
    borrowed: (f64, f64),
}

impl JointColumn {
    /// Degrees of freedom, with those of other cases.
    pub(super) fn degrees(&self) -> usize {
        (self.own_degrees() as f64 + self.borrowed.1).round() as usize
    }

    fn own_degrees(&self) -> usize {
        match self.design {
            Design::Independent => self.base + self.head - 2,
            Design::Paired => self.base - 1,
        }
    }

    /// Rounds of the smaller side, or pairs.
    pub(super) fn rounds(&self) -> usize {
        match self.design {
            Design::Independent => self.base.min(self.head),
            Design::Paired => self.base,
        }
    }

    /// The squares between the sides of an arrangement. `sum` is that of the values on head's
    /// side, `count` how many there are; of pairs, of all with their signs. `None` where a side
    /// has fewer than two values, which have no spread.
    pub(super) fn between(&self, sum: f64, count: f64) -> Option<f64> {
        match self.design {
            Design::Independent => {
                let all = (self.base + self.head) as f64;
                let rest = all - count;
                (count >= 2.0 && rest >= 2.0).then(|| sum * sum * all / (count * rest))
            }
            Design::Paired => Some(sum * sum / self.base as f64),
        }
    }

    /// The squares within the sides; `None` where what is left of equal values is rounding.
    fn within(&self, between: f64) -> Option<f64> {
        let within = self.squares - between;
        (within > self.squares * LEAST_WITHIN).then_some(within)
    }

    /// The statistic of an arrangement: t squared, positive where head is worse. `borrowed` is
    /// what [`Group::squares`] adds.
    pub(super) fn statistic(&self, sum: f64, between: Option<f64>, borrowed: f64) -> f64 {
        let Some(between) = between.filter(|_| self.squares > 0.0) else {
            return 0.0;
        };
        let within = self.within(between);
        let within = within.unwrap_or(self.squares * LEAST_WITHIN) + borrowed;
        let degrees = self.own_degrees() as f64 + self.borrowed.1;
        (self.worse * sum).signum() * degrees * between / within
    }
}

/// The cases of a metric.
pub(super) struct Group {
    /// Their places among the metrics.
    pub(super) members: Vec<usize>,
    degrees: usize,
    prior: Prior,
}

impl Group {
    /// What the spreads of an arrangement add to the squares of each member.
    pub(super) fn squares(&self, metrics: &[JointColumn], between: &[Option<f64>]) -> f64 {
        let within = self.members.iter().filter_map(|at| {
            let within = metrics[*at].within(between[*at]?)?;
            Some((within / self.degrees as f64).ln())
        });
        let (sum, count) = within.fold((0.0, 0.0), |(sum, count), one| (sum + one, count + 1.0));
        match count > 0.0 {
            true => self.prior.around(sum / count, self.degrees).squares(),
            false => 0.0,
        }
    }
}

/// Logarithms by round.
type Logarithms = BTreeMap<u32, f64>;

impl JointTable {
    pub(super) fn of(candidates: &[Candidate<'_>], design: Design) -> Self {
        let tested: Vec<(usize, [Logarithms; 2])> = candidates
            .iter()
            .enumerate()
            .filter_map(|(at, one)| Some((at, logarithms((one.base, one.head))?)))
            .filter(|(_, sides)| match design {
                Design::Independent => sides.iter().all(|side| side.len() >= MIN_FOR_TEST),
                Design::Paired => differences(sides).count() >= MIN_FOR_TEST,
            })
            .collect();
        let mut table = Self {
            design,
            metrics: Vec::with_capacity(tested.len()),
            values: Vec::new(),
            present: Vec::new(),
            base_rows: 0,
            groups: Vec::new(),
        };
        let sides = match design {
            Design::Independent => 0..2,
            Design::Paired => 0..1,
        };
        for side in sides {
            table.add_side(side, &tested);
        }
        table.finish(&tested, candidates);
        table
    }

    /// Adds the rounds of a side as rows.
    fn add_side(&mut self, side: usize, tested: &[(usize, [Logarithms; 2])]) {
        let of_metric = |sides: &[Logarithms; 2]| -> Logarithms {
            match self.design {
                Design::Independent => sides[side].clone(),
                Design::Paired => differences(sides).collect(),
            }
        };
        let columns: Vec<Logarithms> = tested.iter().map(|(_, sides)| of_metric(sides)).collect();
        let rounds: BTreeSet<u32> = columns
            .iter()
            .flat_map(|column| column.keys())
            .copied()
            .collect();
        let rounds: Vec<u32> = rounds.into_iter().collect();
        for group in grouped(&rounds) {
            let cells = columns.iter().map(|column| {
                let found: Vec<f64> = group
                    .iter()
                    .filter_map(|round| column.get(round))
                    .copied()
                    .collect();
                (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
            });
            let cells: Vec<Option<f64>> = cells.collect();
            self.values
                .push(cells.iter().map(|cell| cell.unwrap_or(0.0)).collect());
            let present = |cell: &Option<f64>| f64::from(u8::from(cell.is_some()));
            self.present.push(cells.iter().map(present).collect());
        }
        if side == 0 {
            self.base_rows = self.values.len();
        }
    }

    /// Counts and centres the columns.
    fn finish(&mut self, tested: &[(usize, [Logarithms; 2])], candidates: &[Candidate<'_>]) {
        for (column, (pair, _)) in tested.iter().enumerate() {
            let count = |rows: &[Vec<f64>]| rows.iter().filter(|row| row[column] > 0.0).count();
            let (base, head) = self.present.split_at(self.base_rows);
            let (base, head) = (count(base), count(head));
            if self.design == Design::Independent {
                let sum: f64 = self.values.iter().map(|row| row[column]).sum();
                let mean = sum / (base + head) as f64;
                // What is left of equal values is rounding, and no spread.
                let rounding = ROUNDING * mean.abs().max(1.0);
                for (row, present) in self.values.iter_mut().zip(&self.present) {
                    let centred = present[column] * (row[column] - mean);
                    row[column] = if centred.abs() <= rounding {
                        0.0
                    } else {
                        centred
                    };
                }
            }
            self.metrics.push(JointColumn {
                pair: *pair,
                design: self.design,
                worse: match candidates[*pair].direction {
                    Direction::Lower => 1.0,
                    Direction::Higher => -1.0,
                },
                base,
                head,
                squares: self.values.iter().map(|row| row[column].powi(2)).sum(),
                borrowed: (0.0, 0.0),
            });
        }
        self.borrow(candidates);
        if self.present.iter().flatten().all(|present| *present > 0.0) {
            self.present.clear();
        }
    }

    /// Lets the variances of one metric in several cases inform each other.
    fn borrow(&mut self, candidates: &[Candidate<'_>]) {
        let mut groups: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (at, metric) in self.metrics.iter().enumerate() {
            let key = (candidates[metric.pair].group, metric.own_degrees());
            groups.entry(key).or_default().push(at);
        }
        for ((_, degrees), members) in groups {
            // The total squares are the same in all arrangements, and so is how they scatter.
            let total = |at: &usize| self.metrics[*at].squares / (degrees + 1) as f64;
            let totals: Vec<f64> = members.iter().map(total).collect();
            let Some(prior) = Prior::of(&totals, degrees + 1, MIN_GROUP) else {
                continue;
            };
            let group = Group {
                members,
                degrees,
                prior: prior.at_most(MOST_BORROWED),
            };
            let observed: Vec<_> = (0..self.metrics.len())
                .map(|at| self.observed(at))
                .collect();
            let squares = group.squares(&self.metrics, &observed);
            for at in &group.members {
                self.metrics[*at].borrowed = (squares, group.prior.degrees());
            }
            self.groups.push(group);
        }
    }

    /// The observed squares between the sides.
    fn observed(&self, column: usize) -> Option<f64> {
        let difference = self.difference(column);
        Some(difference * difference / self.share(column))
    }

    /// The variance of the difference, as a share of that of one value.
    fn share(&self, column: usize) -> f64 {
        let metric = &self.metrics[column];
        let (base, head) = (metric.base as f64, metric.head as f64);
        match self.design {
            Design::Independent => 1.0 / base + 1.0 / head,
            Design::Paired => 1.0 / base,
        }
    }

    /// The observed difference of a metric's mean logarithms, head less base.
    fn difference(&self, column: usize) -> f64 {
        let metric = &self.metrics[column];
        let sum = |rows: &[Vec<f64>]| rows.iter().map(|row| row[column]).sum::<f64>();
        let (base, head) = self.values.split_at(self.base_rows);
        match self.design {
            Design::Independent => sum(head) / metric.head as f64 - sum(base) / metric.base as f64,
            Design::Paired => sum(base) / metric.base as f64,
        }
    }

    /// Whether head was observed to be worse.
    pub(super) fn is_worse(&self, column: usize) -> bool {
        self.metrics[column].worse * self.difference(column) > 0.0
    }

    /// The standard error of that difference.
    pub(super) fn error(&self, column: usize) -> f64 {
        let metric = &self.metrics[column];
        let (squares, degrees) = metric.borrowed;
        let within = self
            .observed(column)
            .and_then(|between| metric.within(between));
        let within = within.unwrap_or_default() + squares;
        let variance = within / (metric.own_degrees() as f64 + degrees);
        (variance * self.share(column)).sqrt()
    }
}

/// Neighbours in as many groups as are permuted.
fn grouped(rounds: &[u32]) -> impl Iterator<Item = &[u32]> {
    let groups = rounds.len().min(MOST_ROUNDS);
    let start = move |group: usize| group * rounds.len() / groups;
    (0..groups).map(move |group| &rounds[start(group)..start(group + 1)])
}

/// The logarithms of head / base of the rounds that both have. `None` as of [`logarithms`].
pub(in crate::stats) fn paired_logarithms(base: &SampleSet, head: &SampleSet) -> Option<Vec<f64>> {
    let sides = logarithms((base, head))?;
    Some(
        differences(&sides)
            .map(|(_, difference)| difference)
            .collect(),
    )
}

/// Both sides on logarithms, several values of a round as their mean. `None` where a value
/// is negative, or all are 0. A 0 among others counts as half the smallest of them.
fn logarithms((base, head): (&SampleSet, &SampleSet)) -> Option<[Logarithms; 2]> {
    if base.min() < 0.0 || head.min() < 0.0 {
        return None;
    }
    let all = base.sorted().iter().chain(head.sorted());
    let least = all
        .filter(|value| **value > 0.0)
        .fold(f64::INFINITY, |one, other| one.min(*other));
    // Where all are 0 nothing varies.
    let floor = if least.is_finite() { least / 2.0 } else { 1.0 };
    Some([base, head].map(|side| {
        let mut sums: BTreeMap<u32, (f64, usize)> = BTreeMap::new();
        for (round, value) in side.rounds().iter().zip(side.taken()) {
            let sum = sums.entry(*round).or_default();
            sum.0 += value.max(floor).ln();
            sum.1 += 1;
        }
        sums.into_iter()
            .map(|(round, (sum, count))| (round, sum / count as f64))
            .collect()
    }))
}

/// Head less base in the rounds that both have.
fn differences(sides: &[Logarithms; 2]) -> impl Iterator<Item = (u32, f64)> + '_ {
    let [base, head] = sides;
    base.iter()
        .filter_map(|(round, value)| Some((*round, head.get(round)? - value)))
}
