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
    let sums = ranks.sums();
    let mut search = Search::new(&ranks, &counts);
    // Each half of the level has its own bound.
    search.among(2.0 * (n - 1) as f64);
    for (size, doubled) in (1..n).zip(&sums[1..]) {
        search.offer((0, size), *doubled);
    }
    search.among((n - 1) as f64 * (n - 2) as f64);
    for size in 1..n.saturating_sub(1).min(MOST_INSIDE + 1) {
        // Of one size only the lowest and the highest sum can be the best, and their place
        // is of interest only if one is.
        let within = || {
            let pairs = sums[1..n - size].iter().zip(&sums[1 + size..n]);
            pairs.map(|(begin, end)| end - begin)
        };
        let ends = within().fold((usize::MAX, 0), |(low, high), sum| {
            (sum.min(low), sum.max(high))
        });
        for doubled in [ends.0, ends.1] {
            if search.offer((1, 1 + size), doubled) {
                let at = within().position(|sum| sum == doubled).unwrap_or_default();
                search.moved((1 + at, 1 + at + size));
            }
        }
    }
    search.best.map(|best| Stretch {
        begin: best.place.0,
        end: best.place.1,
        p: best.p,
    })
}

/// Where a series parts best into a first and a second part.
pub(super) fn best_split(values: &[f64], counted: &mut Counted) -> Option<usize> {
    let ranks = Ranks::of(values);
    let counts = counted.of(&ranks);
    let sums = ranks.sums();
    let mut search = Search::new(&ranks, &counts);
    for (size, doubled) in (1..values.len()).zip(&sums[1..]) {
        search.offer((0, size), *doubled);
    }
    search.best.map(|best| best.place.1)
}

/// A stretch with what the test says of it.
struct Candidate {
    /// Its first value, and behind its last.
    place: (usize, usize),
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

/// Looks for the best of all stretches.
struct Search<'a> {
    ranks: &'a Ranks,
    counts: &'a [RankSums],
    /// How many stretches there are like those that are offered.
    likes: f64,
    /// The largest z of those of them that are not counted.
    highest: f64,
    best: Option<Candidate>,
}

impl<'a> Search<'a> {
    fn new(ranks: &'a Ranks, counts: &'a [RankSums]) -> Self {
        Self {
            ranks,
            counts,
            likes: 1.0,
            highest: f64::NEG_INFINITY,
            best: None,
        }
    }

    /// What is offered from now on is one of so many, or of twice as many on half the level.
    fn among(&mut self, likes: f64) {
        (self.likes, self.highest) = (likes, f64::NEG_INFINITY);
    }

    /// Whether a stretch is the best so far, by its two-sided p value times the number of
    /// its likes.
    fn offer(&mut self, place: (usize, usize), doubled: usize) -> bool {
        let n = self.ranks.in_order.len();
        let size = place.1 - place.0;
        let z = self.ranks.z(size, doubled);
        // What lies outside of a stretch mirrors it.
        let (fewer, sum) = match 2 * size <= n {
            true => (size, doubled),
            false => (n - size, n * (n + 1) - doubled),
        };
        let p = match self.counts.get(fewer) {
            Some(sums) => 2.0 * sums.at_most(sum).min(sums.at_least(sum)),
            // The tail falls with z, and takes a while to compute.
            None if z <= self.highest => return false,
            None => {
                self.highest = z;
                2.0 * normal::upper_tail(z)
            }
        };
        let candidate = Candidate {
            place,
            p: p.min(1.0) * self.likes,
            z,
        };
        let is_best = self.best.as_ref().is_none_or(|best| candidate.beats(best));
        if is_best {
            self.best = Some(candidate);
        }
        is_best
    }

    /// The place of the best is another.
    fn moved(&mut self, place: (usize, usize)) {
        if let Some(best) = &mut self.best {
            best.place = place;
        }
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
