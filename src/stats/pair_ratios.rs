//! The quotients of all pairs of samples, by their place in order.
//!
//! With both sides sorted the quotients ascend along each row and column, so how many
//! lie below a value is counted in one walk. Sampled pivots narrow the candidates down:
//! Monahan, "Algorithm 616: Fast computation of the Hodges-Lehmann location
//! estimator", ACM Transactions on Mathematical Software 10 (1984); two of them at a
//! time as by Floyd and Rivest, "Expected time bounds for selection", Communications
//! of the ACM 18 (1975). What is found is exact; chance decides only how soon.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// So many candidates are sorted out at once, or as many as there are samples.
const FEW: usize = 1 << 14;

/// Candidates that are drawn to find pivots.
const DRAWN: usize = 1 << 14;

/// How far, in drawn candidates, the pivots stand from where the place is to be expected:
/// three standard errors at the middle.
const MARGIN: usize = 3 << 6;

const SEED: u64 = 0x706c_696d_736f_6c6c;

/// The quotients head / base of samples that are not negative.
pub(super) struct PairRatios<'a> {
    base: &'a [f64],
    head: &'a [f64],
}

/// Rows are samples of head; of each, the columns from `from` until `to` are candidates.
struct Candidates {
    from: Vec<usize>,
    to: Vec<usize>,
}

impl<'a> PairRatios<'a> {
    /// Both ascend.
    pub(super) fn of(base: &'a [f64], head: &'a [f64]) -> Self {
        Self { base, head }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.base.len() * self.head.len()
    }

    /// Ascends in both. Two zeros are no change.
    fn at(&self, row: usize, column: usize) -> f64 {
        let (head, base) = (self.head[row], self.base[self.base.len() - 1 - column]);
        if head == 0.0 && base == 0.0 {
            return 1.0;
        }
        head / base
    }

    /// The `place`-th smallest; the first is 0.
    pub(super) fn select(&self, place: usize) -> f64 {
        let few = FEW.max(self.base.len() + self.head.len());
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let mut candidates = Candidates {
            from: vec![0; self.head.len()],
            to: vec![self.base.len(); self.head.len()],
        };
        loop {
            let below = total(&candidates.from);
            let left = candidates.count();
            if left <= few {
                return self.sort_out(&candidates, place - below);
            }
            let drawn = self.draw(&candidates, left, &mut rng);
            let middle = ((place - below) as f64 / left as f64 * DRAWN as f64) as usize;
            let low = drawn[middle.saturating_sub(MARGIN)];
            let high = drawn[(middle + MARGIN).min(DRAWN - 1)];
            candidates.split(&self.boundary(|ratio| ratio < low), place);
            candidates.split(&self.boundary(|ratio| ratio <= high), place);
            // Many equal quotients around the place: at least one heap of them has to go.
            if candidates.count() > left / 2 {
                let pivot = drawn[middle.min(DRAWN - 1)];
                let below = self.boundary(|ratio| ratio < pivot);
                let up_to = self.boundary(|ratio| ratio <= pivot);
                if (total(&below)..total(&up_to)).contains(&place) {
                    return pivot;
                }
                candidates.split(&below, place);
                candidates.split(&up_to, place);
            }
        }
    }

    /// The quotient at the place after that of `found`.
    pub(super) fn next(&self, place: usize, found: f64) -> f64 {
        let up_to = self.boundary(|ratio| ratio <= found);
        if place + 1 < total(&up_to) {
            return found;
        }
        let firsts = (0..)
            .zip(&up_to)
            .filter(|(_, column)| **column < self.base.len());
        let firsts = firsts.map(|(row, column)| self.at(row, *column));
        firsts.min_by(f64::total_cmp).unwrap_or(found)
    }

    /// For each row, how many of its quotients are `low`, which holds for the smaller ones.
    fn boundary(&self, low: impl Fn(f64) -> bool) -> Vec<usize> {
        let mut column = self.base.len();
        let rows = 0..self.head.len();
        rows.map(|row| {
            while column > 0 && !low(self.at(row, column - 1)) {
                column -= 1;
            }
            column
        })
        .collect()
    }

    /// Some candidates, each as likely, ascending.
    fn draw(&self, candidates: &Candidates, left: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut places: Vec<_> = (0..DRAWN)
            .map(|_| rng.random_range(0..left as u64) as usize)
            .collect();
        places.sort_unstable();
        let mut passed = 0;
        let mut row = 0;
        let mut drawn: Vec<_> = places
            .into_iter()
            .map(|place| {
                while place >= passed + candidates.in_row(row) {
                    passed += candidates.in_row(row);
                    row += 1;
                }
                self.at(row, candidates.from[row] + place - passed)
            })
            .collect();
        drawn.sort_unstable_by(f64::total_cmp);
        drawn
    }

    fn sort_out(&self, candidates: &Candidates, place: usize) -> f64 {
        let row = |row: usize| {
            let columns = candidates.from[row]..candidates.to[row];
            columns.map(move |column| self.at(row, column))
        };
        let mut ratios: Vec<_> = (0..self.head.len()).flat_map(row).collect();
        *ratios.select_nth_unstable_by(place, f64::total_cmp).1
    }
}

impl Candidates {
    fn in_row(&self, row: usize) -> usize {
        self.to[row] - self.from[row]
    }

    fn count(&self) -> usize {
        total(&self.to) - total(&self.from)
    }

    /// Keeps that side of the bounds on which the place lies.
    fn split(&mut self, bounds: &[usize], place: usize) {
        let below = place < total(bounds);
        for ((from, to), bound) in self.from.iter_mut().zip(&mut self.to).zip(bounds) {
            let bound = (*bound).clamp(*from, *to);
            *(if below { &mut *to } else { &mut *from }) = bound;
        }
    }
}

fn total(columns: &[usize]) -> usize {
    columns.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against sorting all of them: equal ones, zeros, sides of other sizes.
    #[test]
    fn each_place_is_as_sorting_finds_it() {
        for seed in 0..8_u64 {
            println!("seed {seed}");
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let few_values = seed % 2 == 1;
            let mut side = |n: usize| {
                let draw = |_| {
                    if few_values {
                        f64::from(rng.random_range(0..3_u32))
                    } else {
                        rng.random_range(1.0..2.0_f64).powi(8)
                    }
                };
                let mut values: Vec<_> = (0..n).map(draw).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let (base, head) = (side(170), side(230));
            let ratios = PairRatios::of(&base, &head);
            assert!(ratios.len() > FEW, "else nothing is narrowed down");
            let row = |row| (0..170).map(move |column| (row, column));
            let mut all: Vec<_> = (0..230)
                .flat_map(row)
                .map(|(row, column)| ratios.at(row, column))
                .collect();
            all.sort_by(f64::total_cmp);
            let last = all.len() - 1;
            for place in [0, 1, last / 40, last / 3, last / 2, last - last / 40, last] {
                let found = ratios.select(place);
                let next = all[(place + 1).min(last)];
                assert_eq!(
                    ratios.next(place, found),
                    next,
                    "seed {seed}, place {place}"
                );
                assert_eq!(found, all[place], "seed {seed}, place {place}");
            }
        }
    }

    #[test]
    fn two_zeros_are_no_change() {
        let ratios = PairRatios::of(&[0.0, 2.0], &[0.0, 1.0]);
        let all: Vec<_> = (0..4).map(|place| ratios.select(place)).collect();
        assert_eq!(all, [0.0, 0.5, 1.0, f64::INFINITY]);
    }
}
