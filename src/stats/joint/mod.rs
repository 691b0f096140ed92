//! Many metrics at once: the step-down maxT test of Westfall and Young, "Resampling-Based
//! Multiple Testing" (1993), section 2.6 and algorithm 4.1.
//!
//! Under the null hypothesis the rounds of both sides are exchangeable. So whole rounds
//! change sides, jointly for all metrics, and the dependence between metrics is kept. The
//! adjusted p value of a metric is the share of arrangements in which the largest statistic,
//! over this metric and those with a smaller observed one, reaches the observed one. It does
//! not grow with the size of the family as Holm's does.
//!
//! The statistic is Student's t of the logarithms: pooled for two samples, of the differences
//! for pairs. Simulated with residuals of the committed runs, a pooled t finds as much as
//! Welch's. Where a metric has at least [`table::MIN_GROUP`] cases, their variances are shrunk
//! towards each other ([`super::moderate`]): a few rounds say little of a variance, and the
//! largest of many statistics is otherwise that of a variance which came out too small. What they
//! are shrunk to follows in each arrangement from the variances within its sides, so a change of
//! all cases does not widen it. How much they are shrunk follows from the total variances.
//!
//! What is worse and what is better are two families, tested from one side each. Worse has
//! [`WORSE_SHARE`] of the level: a gate must not overlook it. Reported p values are divided by
//! the share, so that both are compared with the whole level; any false find, of either
//! kind, has at most that chance.
//!
//! - **Arrangements**: all of them up to [`MOST_ARRANGEMENTS`], else that many are drawn
//!   with the seed. The observed one is always among them, so p is never 0 (Phipson and
//!   Smyth 2010).
//! - **Missing rounds** move with their round. A metric with fewer than two values on a side
//!   in an arrangement has the statistic 0 there.
//! - **Unequal numbers** of rounds are permuted as they are.
//! - **Many rounds**: more than [`MOST_ROUNDS`] a side are averaged in as many groups of
//!   neighbours.

mod arrangements;
mod sides;
mod step_down;
mod table;

#[cfg(test)]
mod tests;

use super::student;
pub use arrangements::MOST_ARRANGEMENTS;
pub(super) use sides::Candidate;
pub use sides::Design;
use step_down::StepDown;
use table::JointTable;
pub use table::MOST_ROUNDS;
pub(super) use table::paired_logarithms;

/// What is spent of the level to find what is worse; the rest, to find what is better.
pub const WORSE_SHARE: f64 = 0.8;

/// The chance with which a change of the detectable size is found.
const POWER: f64 = 0.8;

/// How a family is tested.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JointTest {
    /// The level: how often a family in which nothing changed has any find, at most.
    pub alpha: f64,
    /// Seeds the draw of arrangements, where not all are looked at.
    pub seed: u64,
    /// How the rounds belong together.
    pub design: Design,
}

impl JointTest {
    /// A test of two runs at a level.
    pub fn independent(alpha: f64, seed: u64) -> Self {
        Self {
            alpha,
            seed,
            design: Design::Independent,
        }
    }
}

/// What the joint test says of one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tested {
    /// Of this metric alone.
    pub(super) p: f64,
    /// In its family.
    pub(super) adjusted_p: f64,
    /// The smallest p that there is with these rounds.
    pub(super) least_p: f64,
    /// The same of what is worse.
    pub(super) least_worse_p: f64,
    /// What this metric's rounds can show.
    pub(super) precision: Precision,
}

/// How precisely a metric was measured, on logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Precision {
    /// The standard error of the difference.
    error: f64,
    degrees: usize,
    /// Rounds of the smaller side, or pairs.
    rounds: usize,
    /// Degrees of freedom that a further round a side adds.
    degrees_a_round: usize,
    /// The level that one test of this family has, as its critical value shows.
    single: f64,
    alpha: f64,
}

/// Degrees of freedom from which on t is as good as normal: its quantiles cost as many steps.
const NEARLY_NORMAL: usize = 200;

/// Rounds that are named, at most: beyond, another way to measure is needed.
const MOST_TO_SETTLE: usize = 10_000;

impl Precision {
    /// The factor that these rounds find in [`POWER`] of all comparisons, where an estimate must
    /// lie beyond a threshold, which is a logarithm. `None` where so few rounds can show nothing.
    pub(super) fn detectable(&self, threshold: f64) -> Option<f64> {
        let reach = self.reach(self.rounds, self.single).max(threshold);
        let factor = (reach + self.slack(self.rounds)).exp();
        factor.is_finite().then_some(factor)
    }

    /// Rounds a side after which a verdict is to be expected, if spread and effect stay as
    /// they are: a change where the effect lies beyond the threshold, the same where it lies
    /// within. Both are logarithms. `None` where more than 10 000 would be needed.
    pub(super) fn rounds_to_settle(&self, effect: f64, threshold: f64) -> Option<usize> {
        let (effect, beyond) = (effect.abs(), effect.abs() > threshold);
        let settled = |rounds: usize| match beyond {
            true => self.reach(rounds, self.single) <= effect,
            false => self.reach(rounds, self.alpha) <= threshold - effect,
        };
        let (mut low, mut high) = (self.rounds, self.rounds + 1);
        while !settled(high) {
            if high > MOST_TO_SETTLE {
                return None;
            }
            (low, high) = (high, high * 2);
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            match settled(middle) {
                true => high = middle,
                false => low = middle,
            }
        }
        Some(high)
    }

    /// The half width of an interval of the level `1 - level` after so many rounds.
    fn reach(&self, rounds: usize, level: f64) -> f64 {
        student::two_sided_quantile(level, self.degrees_after(rounds)) * self.error_after(rounds)
    }

    /// How much more than the critical value a change must have to be found so often.
    fn slack(&self, rounds: usize) -> f64 {
        let level = 2.0 * (1.0 - POWER);
        student::two_sided_quantile(level, self.degrees_after(rounds)) * self.error_after(rounds)
    }

    fn degrees_after(&self, rounds: usize) -> usize {
        let more = rounds.saturating_sub(self.rounds) * self.degrees_a_round;
        (self.degrees + more).min(NEARLY_NORMAL)
    }

    fn error_after(&self, rounds: usize) -> f64 {
        self.error * (self.rounds as f64 / rounds as f64).sqrt()
    }
}

/// Tests metrics together. `None` for those without a test: too few rounds, or values that
/// have no logarithm.
pub(super) fn test(candidates: &[Candidate<'_>], plan: &JointTest) -> Vec<Option<Tested>> {
    let table = JointTable::of(candidates, plan.design);
    let mut found = vec![None; candidates.len()];
    if table.metrics.is_empty() {
        return found;
    }
    let mut down = StepDown::new(&table);
    arrangements::each(&table, plan.seed, |sums, counts| down.add(sums, counts));
    let critical = down.critical(plan.alpha * WORSE_SHARE);
    let [worse, better] = down.p_values();
    for (at, metric) in table.metrics.iter().enumerate() {
        let degrees = metric.degrees();
        let of = |(p, adjusted): (f64, f64), share: f64| {
            ((p / share).min(1.0), (adjusted / share).min(1.0))
        };
        let (worse, better) = (
            of(worse[at], WORSE_SHARE),
            of(better[at], 1.0 - WORSE_SHARE),
        );
        let is_worse = table.is_worse(at);
        let (p, adjusted_p) = if is_worse { worse } else { better };
        let share = if is_worse {
            WORSE_SHARE
        } else {
            1.0 - WORSE_SHARE
        };
        found[metric.pair] = Some(Tested {
            p,
            adjusted_p,
            least_p: 1.0 / down.arrangements() as f64 / share,
            least_worse_p: 1.0 / down.arrangements() as f64 / WORSE_SHARE,
            precision: Precision {
                error: table.error(at),
                degrees,
                rounds: metric.rounds(),
                degrees_a_round: match plan.design {
                    Design::Independent => 2,
                    Design::Paired => 1,
                },
                single: student::two_sided(critical.sqrt(), degrees.min(NEARLY_NORMAL)),
                alpha: plan.alpha,
            },
        });
    }
    found
}
