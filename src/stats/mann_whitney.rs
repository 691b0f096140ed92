//! Do two sets of samples differ in where they lie?
//!
//! Mann and Whitney (1947), two-sided. While the deals can be counted the p value is
//! exact, with ties too ([`super::rank_sums`]); beyond, it is the normal
//! approximation with corrections for ties and continuity (Lehmann,
//! "Nonparametrics" (1975), section 1.2), as SciPy's `asymptotic`.
//!
//! It asks little of the distribution, but it does ask that chance alone would have dealt
//! out the sides: where the medians agree and one side spreads far more, it finds more
//! than its level.

use super::SampleSet;
use super::normal;
use super::rank_sums::RankSums;

/// Below four a side the smallest p value that there is lies above 0.05: 0.1 with three
/// a side, 0.029 with four.
pub const MIN_FOR_TEST: usize = 4;

/// The two-sided p value: twice the smaller tail, at most 1. Of very few samples it is never
/// small.
pub(super) fn mann_whitney(base: &SampleSet, head: &SampleSet) -> f64 {
    let ranks = Ranks::of(base.sorted(), head.sorted());
    ranks.exact_p().unwrap_or_else(|| ranks.asymptotic_p())
}

/// Two sets ranked together.
struct Ranks {
    base: usize,
    head: usize,
    groups: Vec<Tied>,
}

/// Samples of the same value; mostly one.
struct Tied {
    all: usize,
    head: usize,
    /// Twice the mean of their ranks.
    doubled_rank: usize,
}

impl Ranks {
    fn of(base: &[f64], head: &[f64]) -> Self {
        let mut groups = Vec::with_capacity(base.len() + head.len());
        let (mut b, mut h) = (0, 0);
        while b < base.len() || h < head.len() {
            let value = match (base.get(b), head.get(h)) {
                (Some(base), Some(head)) => base.min(*head),
                (Some(value), None) | (None, Some(value)) => *value,
                (None, None) => break,
            };
            let equal = |rest: &[f64]| rest.iter().take_while(|other| **other == value).count();
            let (in_base, in_head) = (equal(&base[b..]), equal(&head[h..]));
            groups.push(Tied {
                all: in_base + in_head,
                head: in_head,
                doubled_rank: 2 * (b + h) + in_base + in_head + 1,
            });
            b += in_base;
            h += in_head;
        }
        Self {
            base: base.len(),
            head: head.len(),
            groups,
        }
    }

    /// The doubled rank sum of head.
    fn doubled_sum(&self) -> usize {
        let of_group = |group: &Tied| group.head * group.doubled_rank;
        self.groups.iter().map(of_group).sum()
    }

    /// Pairs of one sample a side in which head has the larger; equal ones count half.
    fn u(&self) -> f64 {
        (self.doubled_sum() - self.head * (self.head + 1)) as f64 / 2.0
    }

    fn exact_p(&self) -> Option<f64> {
        let all = self.base + self.head;
        let each = |group: &Tied| std::iter::repeat_n(group.doubled_rank, group.all);
        // The smaller side has the fewer deals to count; what is left is the other's sum.
        let (chosen, sum) = if self.head <= self.base {
            (self.head, self.doubled_sum())
        } else {
            (self.base, all * (all + 1) - self.doubled_sum())
        };
        let doubled: Vec<_> = self.groups.iter().flat_map(each).collect();
        let sums = RankSums::new(&doubled, chosen)?;
        Some((2.0 * sums.at_most(sum).min(sums.at_least(sum))).min(1.0))
    }

    fn asymptotic_p(&self) -> f64 {
        let u = self.u();
        let (base, head) = (self.base as f64, self.head as f64);
        let all = base + head;
        let ties: f64 = self.groups.iter().map(|group| cubed_less(group.all)).sum();
        let variance = base * head / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
        let distance = (u - base * head / 2.0).abs() - 0.5;
        if variance <= 0.0 || distance <= 0.0 {
            return 1.0;
        }
        (2.0 * normal::upper_tail(distance / variance.sqrt())).min(1.0)
    }
}

fn cubed_less(size: usize) -> f64 {
    let size = size as f64;
    size * size * size - size
}

#[cfg(test)]
mod tests;
