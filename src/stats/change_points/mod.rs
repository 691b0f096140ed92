//! Where a series of values changed its level: change points.
//!
//! Circular binary segmentation (Olshen, Venkatraman, Lucito and Wigler, "Circular binary
//! segmentation for the analysis of array-based DNA copy number data", Biostatistics 5
//! (2004)): of all ways to set a stretch of a series apart from the rest of it, the most
//! significant one is taken, if it is significant enough, and each of the parts is looked at in the same
//! way. Plain binary segmentation looks at first and second parts only, and is blind to a
//! level that rose and came back.
//!
//! Instead of the t statistic and random permutations, each way is judged by the test of
//! Mann and Whitney, exactly where the deals can be counted, and Bonferroni's bound over
//! all of them: nothing is asked of the distribution, nothing is drawn, and a lone outlier
//! never makes a change point. Half of the level goes to stretches that reach to an end,
//! of which there are few, so that a change is seen soon after it came; the other half to
//! those that do not.
//!
//! A change point is reported if it also holds between its two neighbouring levels alone, and
//! if these are farther apart than the threshold: effect and evidence, as everywhere.

mod scan;
#[cfg(test)]
mod simulation_tests;
#[cfg(test)]
mod tests;

use super::hodges_lehmann::factor;
use super::mann_whitney::mann_whitney;
use super::verdict::Threshold;
use super::{ALPHA, SampleSet};
use crate::units::Ratio;
use scan::{Counted, Stretch};

/// A place at which the level changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// The first value of the new level, from 0.
    pub at: usize,
    /// The new level divided by the old one; `None` where that divides by zero.
    pub effect: Option<Ratio>,
    /// How likely so telling a stretch is in a series without any change, over all
    /// stretches; `None` for exact values, of which each change is one.
    pub p: Option<f64>,
}

/// Finds change points. It remembers what it has counted, so one of them should see all
/// the series that there are.
#[derive(Debug, Default)]
pub struct ChangePoints {
    counted: Counted,
}

impl ChangePoints {
    /// Of a series of medians of a timed metric, in the order of time: those beyond the
    /// threshold. Values must be finite.
    pub fn of_timed(&mut self, values: &[f64], threshold: Threshold) -> Vec<ChangePoint> {
        let mut borders = Vec::new();
        let mut open = vec![(0, values.len())];
        while let Some((from, to)) = open.pop() {
            let Some(found) = scan::most_telling(&values[from..to], &mut self.counted) else {
                continue;
            };
            if found.p > ALPHA {
                continue;
            }
            let Stretch { begin, end, p } = found;
            let places = [from, from + begin, from + end, to];
            for parts in places.windows(2).filter(|parts| parts[0] < parts[1]) {
                open.push((parts[0], parts[1]));
            }
            let inner = places[1..3].iter().filter(|at| from < **at && **at < to);
            borders.extend(inner.map(|at| (*at, p)));
        }
        borders.sort_by_key(|(at, _)| *at);
        settle(values, &mut borders, &mut self.counted);
        reported(values, borders, threshold)
    }
}

/// Of a series of exact values, each with the range in which its samples lie: where a range
/// lies beyond the one before, by more than the threshold.
pub fn exact_changes(ranges: &[ExactRange], threshold: Threshold) -> Vec<ChangePoint> {
    let mut found = Vec::new();
    for (at, pair) in ranges.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        let spread = (before.max - before.min).max(after.max - after.min);
        let beyond = |low: f64, high: f64| threshold.is_beyond(low, high, spread);
        if beyond(before.max, after.min) || beyond(after.max, before.min) {
            found.push(ChangePoint {
                at: at + 1,
                effect: Ratio::of(after.middle, before.middle),
                p: None,
            });
        }
    }
    found
}

/// What the samples of an exact metric of one run come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExactRange {
    /// The smallest.
    pub min: f64,
    /// The lower middle.
    pub middle: f64,
    /// The largest.
    pub max: f64,
}

/// Moves each border to where the levels next to it separate best: where it was found, a third
/// level may have drawn it aside.
fn settle(values: &[f64], borders: &mut [(usize, f64)], counted: &mut Counted) {
    for which in 0..borders.len() {
        let (from, to) = around(values, borders, which);
        if let Some(split) = scan::best_split(&values[from..to], counted) {
            borders[which].0 = from + split;
        }
    }
}

/// The two levels next to a border: where the first begins and the second ends.
fn around(values: &[f64], borders: &[(usize, f64)], which: usize) -> (usize, usize) {
    let from = which.checked_sub(1).map_or(0, |before| borders[before].0);
    let to = borders.get(which + 1).map_or(values.len(), |next| next.0);
    (from, to)
}

/// Takes out what does not hold between neighbouring levels, the weakest first, since the
/// levels next to it grow by that.
fn reported(
    values: &[f64],
    mut borders: Vec<(usize, f64)>,
    threshold: Threshold,
) -> Vec<ChangePoint> {
    loop {
        let steps: Vec<_> = (0..borders.len())
            .map(|at| Step::of(values, &borders, at))
            .collect();
        let weakest = |weight: fn(&Step) -> f64| {
            let weighed = steps.iter().map(weight).enumerate();
            weighed.max_by(|one, other| one.1.total_cmp(&other.1))
        };
        let unlikely = weakest(|step| step.p).filter(|(_, p)| *p > ALPHA);
        // Distances are compared as their negatives: the smallest is the weakest.
        let small = weakest(|step| -step.distance)
            .filter(|(_, distance)| -distance <= threshold.factor().ln());
        let Some((at, _)) = unlikely.or(small) else {
            let reported = borders.iter().zip(&steps);
            return reported
                .map(|((at, p), step)| ChangePoint {
                    at: *at,
                    effect: step.effect,
                    p: Some(*p),
                })
                .collect();
        };
        borders.remove(at);
    }
}

/// From one level to the next.
struct Step {
    p: f64,
    effect: Option<Ratio>,
    /// Of the effect from 1, on logarithms.
    distance: f64,
}

impl Step {
    fn of(values: &[f64], borders: &[(usize, f64)], which: usize) -> Self {
        let at = borders[which].0;
        let (from, to) = around(values, borders, which);
        let sets = (
            SampleSet::new(values[from..at].to_vec()),
            SampleSet::new(values[at..to].to_vec()),
        );
        let (Ok(before), Ok(after)) = sets else {
            // Never of finite values; and it would be no level.
            return Self {
                p: 1.0,
                effect: None,
                distance: 0.0,
            };
        };
        let factor = factor(&before, &after, ALPHA).map(|factor| factor.estimate);
        let effect = factor.and_then(|factor| Ratio::of(factor, 1.0));
        Self {
            p: mann_whitney(&before, &after),
            effect,
            // Something against zero is beyond any threshold.
            distance: factor.map_or(0.0, |factor| factor.ln().abs()),
        }
    }
}
