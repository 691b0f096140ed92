//! The most telling stretch of a series.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::stats::normal;
use crate::stats::rank_sums::RankSums;

/// Most additions that counting the deals of one series may take: a few milliseconds. That
/// reaches to 58 values whole, and to stretches of 4 in 300.
const MOST_STEPS: usize = 1 << 22;

/// The longest stretch inside a series that is looked at. What lasts longer shows as a
/// stretch that reaches to an end.
const MOST_INSIDE: usize = 512;

/// A stretch of values, set apart from the rest of its series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    /// Its first value.
    pub(super) begin: usize,
    /// Behind its last value.
    pub(super) end: usize,
    /// The p value over all stretches of the series.
    pub(super) p: f64,
}

/// Distributions of rank sums without ties, by the length of the series.
#[derive(Debug, Default)]
pub(super) struct Counted(BTreeMap<usize, Rc<Vec<RankSums>>>);

impl Counted {
    fn of(&mut self, ranks: &Ranks) -> Rc<Vec<RankSums>> {
        let count = || Rc::new(RankSums::up_to(&ranks.sorted, MOST_STEPS));
        match ranks.tied {
            true => count(),
            false => self
                .0
                .entry(ranks.sorted.len())
                .or_insert_with(count)
                .clone(),
        }
    }
}

/// The stretch that chance would most rarely deal out; `None` where the series is too short
/// to have one.
pub(super) fn most_telling(values: &[f64], counted: &mut Counted) -> Option<Stretch> {
    let n = values.len();
    if n < 2 {
        return None;
    }
    let ranks = Ranks::of(values);
    let counts = counted.of(&ranks);
    let tails = Tails {
        ranks: &ranks,
        counts: &counts,
    };
    let sums = ranks.sums();
    let mut best: Option<Candidate> = None;
    let mut offer = |candidate: Candidate| {
        if best.as_ref().is_none_or(|best| candidate.beats(best)) {
            best = Some(candidate);
        }
    };
    // Each half of the level has its own bound.
    let at_ends = 2.0 * (n - 1) as f64;
    for (size, doubled) in (1..n).zip(&sums[1..]) {
        offer(tails.candidate((0, size), *doubled, at_ends));
    }
    let inside = (n - 1) as f64 * (n - 2) as f64;
    for size in 1..n.saturating_sub(1).min(MOST_INSIDE + 1) {
        // Of one size only the lowest and the highest sum can be the best.
        let sum = |begin: usize| sums[begin + size] - sums[begin];
        let (mut lowest, mut highest) = ((sum(1), 1), (sum(1), 1));
        for begin in 2..n - size {
            let one = (sum(begin), begin);
            lowest = if one.0 < lowest.0 { one } else { lowest };
            highest = if one.0 > highest.0 { one } else { highest };
        }
        for (doubled, begin) in [lowest, highest] {
            offer(tails.candidate((begin, begin + size), doubled, inside));
        }
    }
    best.map(|best| Stretch {
        begin: best.begin,
        end: best.end,
        p: best.p,
    })
}

/// Where a series parts best into a first and a second part.
pub(super) fn best_split(values: &[f64], counted: &mut Counted) -> Option<usize> {
    let ranks = Ranks::of(values);
    let counts = counted.of(&ranks);
    let tails = Tails {
        ranks: &ranks,
        counts: &counts,
    };
    let sums = ranks.sums();
    let splits = (1..values.len()).map(|size| tails.candidate((0, size), sums[size], 1.0));
    let best = splits.reduce(|best, next| if next.beats(&best) { next } else { best })?;
    Some(best.end)
}

/// A stretch with what the test says of it.
struct Candidate {
    begin: usize,
    end: usize,
    p: f64,
    /// The distance of its rank sum in standard deviations: where p is too small for a number.
    z: f64,
}

impl Candidate {
    fn beats(&self, other: &Self) -> bool {
        let by_p = self.p.total_cmp(&other.p);
        by_p.then(other.z.total_cmp(&self.z)).is_lt()
    }
}

/// Doubled mid-ranks of a series.
struct Ranks {
    in_order: Vec<usize>,
    sorted: Vec<usize>,
    tied: bool,
    /// The sum of t^3 - t over the groups of equal values.
    ties: f64,
}

impl Ranks {
    fn of(values: &[f64]) -> Self {
        let mut by_value: Vec<usize> = (0..values.len()).collect();
        by_value.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
        let mut in_order = vec![0; values.len()];
        let mut sorted = Vec::with_capacity(values.len());
        let mut ties = 0.0;
        for equal in by_value.chunk_by(|one, other| values[*one] == values[*other]) {
            let doubled = 2 * sorted.len() + equal.len() + 1;
            for at in equal {
                in_order[*at] = doubled;
                sorted.push(doubled);
            }
            let size = equal.len() as f64;
            ties += size * size * size - size;
        }
        Self {
            in_order,
            sorted,
            tied: ties > 0.0,
            ties,
        }
    }

    /// The sums of the doubled ranks before each place.
    fn sums(&self) -> Vec<usize> {
        let each = self.in_order.iter().scan(0, |sum, rank| {
            *sum += rank;
            Some(*sum)
        });
        std::iter::once(0).chain(each).collect()
    }

    /// How far the doubled rank sum of so many values lies from what is expected, in
    /// standard deviations, corrected for ties and continuity.
    fn z(&self, size: usize, doubled: usize) -> f64 {
        let (all, inside) = (self.in_order.len() as f64, size as f64);
        let expected = inside * (all + 1.0) / 2.0;
        let tied = self.ties / (all * (all - 1.0));
        let variance = inside * (all - inside) / 12.0 * (all + 1.0 - tied);
        let distance = ((doubled as f64 / 2.0 - expected).abs() - 0.5).max(0.0);
        if variance > 0.0 {
            distance / variance.sqrt()
        } else {
            0.0
        }
    }
}

/// Tails of the rank sums of stretches of all sizes.
struct Tails<'a> {
    ranks: &'a Ranks,
    counts: &'a [RankSums],
}

impl Tails<'_> {
    /// A stretch with its two-sided p value, times the number of its likes.
    fn candidate(&self, (begin, end): (usize, usize), doubled: usize, likes: f64) -> Candidate {
        let n = self.ranks.in_order.len();
        let size = end - begin;
        let z = self.ranks.z(size, doubled);
        // What lies outside of a stretch mirrors it.
        let (fewer, sum) = match 2 * size <= n {
            true => (size, doubled),
            false => (n - size, n * (n + 1) - doubled),
        };
        let p = match self.counts.get(fewer) {
            Some(sums) => 2.0 * sums.at_most(sum).min(sums.at_least(sum)),
            None => 2.0 * normal::upper_tail(z),
        };
        Candidate {
            begin,
            end,
            p: p.min(1.0) * likes,
            z,
        }
    }
}
