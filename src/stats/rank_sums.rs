//! How often each rank sum comes up when chance alone deals out the sides.
//!
//! Mann and Whitney, "On a test of whether one of two random variables is
//! stochastically larger than the other", Annals of Mathematical Statistics 18
//! (1947), count for ranks without ties. The same count over the mid-ranks that
//! were seen is the permutation distribution under ties: Streitberg and Röhmel,
//! "Exact distributions for permutation and rank tests", Statistical Software
//! Newsletter 12 (1986). Mid-ranks are halves, so all sums are doubled.

/// Most additions that one distribution may take: some milliseconds. That reaches to 33
/// samples a side, or 4 against 500.
const MOST_STEPS: usize = 1 << 23;

/// The distribution of the doubled rank sum of one side, each deal being as likely.
#[derive(Debug)]
pub(super) struct RankSums {
    /// Deals by their sum. Floats: up to 2^53 they are exact, and there is nothing to overflow.
    deals: Vec<f64>,
    all: f64,
}

impl RankSums {
    /// Of `chosen` out of the doubled mid-ranks, which ascend; `None` where counting would
    /// take too long.
    pub(super) fn new(doubled: &[usize], chosen: usize) -> Option<Self> {
        if steps(doubled, chosen)? > MOST_STEPS {
            return None;
        }
        Self::all_sizes(doubled, chosen).pop()
    }

    /// Of each size from 0 on, as far as counting takes no more than `most_steps`, and no
    /// farther than half of the ranks: the other half mirrors it.
    pub(super) fn up_to(doubled: &[usize], most_steps: usize) -> Vec<Self> {
        let fits = |size: &usize| steps(doubled, *size).is_some_and(|steps| steps <= most_steps);
        let largest = (1..=doubled.len() / 2).take_while(fits).last();
        Self::all_sizes(doubled, largest.unwrap_or(0))
    }

    /// Of 0 to `most` out of the ranks.
    fn all_sizes(doubled: &[usize], most: usize) -> Vec<Self> {
        let widest: usize = doubled[doubled.len() - most..].iter().sum();
        // by_size[j]: the deals of j of the ranks so far.
        let mut by_size = vec![vec![0.0; widest + 1]; most + 1];
        by_size[0][0] = 1.0;
        for (before, &rank) in doubled.iter().enumerate() {
            for size in (0..most.min(before + 1)).rev() {
                let largest: usize = doubled[before - size..before].iter().sum();
                let (smaller, larger) = by_size.split_at_mut(size + 1);
                let with_rank = larger[0][rank..].iter_mut();
                for (deals, fewer) in with_rank.zip(&smaller[size][..=largest]) {
                    *deals += fewer;
                }
            }
        }
        let counted = |deals: Vec<f64>| Self {
            all: deals.iter().sum(),
            deals,
        };
        by_size.into_iter().map(counted).collect()
    }

    /// Of `chosen` among `of` samples that all differ.
    pub(super) fn untied(chosen: usize, of: usize) -> Option<Self> {
        let doubled: Vec<_> = (1..=of).map(|rank| 2 * rank).collect();
        Self::new(&doubled, chosen)
    }

    /// The probability of a sum of `sum` or less.
    pub(super) fn at_most(&self, sum: usize) -> f64 {
        let end = self.deals.len().min(sum + 1);
        self.deals[..end].iter().sum::<f64>() / self.all
    }

    /// The probability of a sum of `sum` or more.
    pub(super) fn at_least(&self, sum: usize) -> f64 {
        let from = self.deals.len().min(sum);
        self.deals[from..].iter().sum::<f64>() / self.all
    }
}

/// Additions that counting all sizes up to `chosen` takes; `None` where it overflows, or
/// there are fewer ranks.
fn steps(doubled: &[usize], chosen: usize) -> Option<usize> {
    let rest = doubled.len().checked_sub(chosen)?;
    let widest: usize = doubled[rest..].iter().sum();
    doubled.len().checked_mul(chosen)?.checked_mul(widest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_four_by_hand() {
        // Sums 3 4 5 5 6 7 of the ranks 1 to 4.
        let sums = RankSums::untied(2, 4).unwrap();
        assert_eq!(sums.all, 6.0);
        assert_eq!(sums.at_most(6), 1.0 / 6.0);
        assert_eq!(sums.at_most(10), 4.0 / 6.0);
        assert_eq!(sums.at_least(10), 4.0 / 6.0);
        assert_eq!((sums.at_least(15), sums.at_most(100)), (0.0, 1.0));
        // Tied in the middle, ranks 1 2.5 2.5 4: sums 3.5 3.5 5 5 6.5 6.5.
        let tied = RankSums::new(&[2, 5, 5, 8], 2).unwrap();
        assert_eq!(tied.at_most(7), 2.0 / 6.0);
        assert_eq!(tied.at_least(10), 4.0 / 6.0);
    }

    #[test]
    fn all_sizes_are_counted_at_once() {
        let doubled = [2, 5, 5, 8, 10, 12];
        let sizes = RankSums::up_to(&doubled, MOST_STEPS);
        assert_eq!(sizes.len(), 4);
        for (size, sums) in sizes.iter().enumerate() {
            let alone = RankSums::new(&doubled, size).unwrap();
            for sum in 0..60 {
                assert_eq!(sums.at_most(sum), alone.at_most(sum), "{size} {sum}");
                assert_eq!(sums.at_least(sum), alone.at_least(sum), "{size} {sum}");
            }
        }
        // 6 x 1 x 12 steps for one rank, 6 x 2 x 22 for two.
        assert_eq!(RankSums::up_to(&doubled, 263).len(), 2);
        assert_eq!(RankSums::up_to(&doubled, 264).len(), 3);
        assert_eq!(RankSums::up_to(&[], 1).len(), 1);
    }

    #[test]
    fn the_cost_is_bounded() {
        assert!(RankSums::untied(33, 66).is_some());
        assert!(RankSums::untied(50, 100).is_none());
        assert!(RankSums::untied(4, 500).is_some());
        assert!(RankSums::untied(5, 4).is_none());
    }
}
