//! The ways in which rounds can change sides.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::sides::Design;
use super::table::JointTable;

/// Arrangements that are looked at, at most.
pub const MOST_ARRANGEMENTS: usize = 10_000;

/// Hands over each arrangement as the sums of all metrics, and their counts where rounds are
/// missing: the observed one first.
pub(super) fn each(table: &JointTable, seed: u64, mut visit: impl FnMut(&[f64], &[f64])) {
    let walk = Walk {
        table,
        columns: table.metrics.len(),
    };
    match table.design {
        Design::Independent => walk.splits(seed, &mut visit),
        Design::Paired => walk.signs(seed, &mut visit),
    }
}

/// Sums and counts of some rows.
#[derive(Clone)]
struct Sums {
    values: Vec<f64>,
    counts: Vec<f64>,
}

/// Below which row to choose, and with which sign to add.
#[derive(Clone, Copy)]
struct Choice {
    rows: usize,
    sign: f64,
}

struct Walk<'t> {
    table: &'t JointTable,
    columns: usize,
}

type Visit<'v> = &'v mut dyn FnMut(&[f64], &[f64]);

impl Walk<'_> {
    fn nothing(&self) -> Sums {
        let counted = if self.table.present.is_empty() {
            0
        } else {
            self.columns
        };
        Sums {
            values: vec![0.0; self.columns],
            counts: vec![0.0; counted],
        }
    }

    /// `into` becomes `from` with a row added.
    fn add(&self, into: &mut Sums, from: &Sums, row: usize, sign: f64) {
        let values = into.values.iter_mut().zip(&from.values);
        for ((into, from), value) in values.zip(&self.table.values[row]) {
            *into = from + sign * value;
        }
        if let Some(present) = self.table.present.get(row) {
            let counts = into.counts.iter_mut().zip(&from.counts);
            for ((into, from), count) in counts.zip(present) {
                *into = from + count;
            }
        }
    }

    fn of_rows(&self, rows: &[usize], sign: f64, sums: &mut Sums) {
        sums.values.fill(0.0);
        sums.counts.fill(0.0);
        for row in rows {
            self.accumulate(sums, *row, sign);
        }
    }

    /// A row is added in place.
    fn accumulate(&self, sums: &mut Sums, row: usize, sign: f64) {
        for (sum, value) in sums.values.iter_mut().zip(&self.table.values[row]) {
            *sum += sign * value;
        }
        for (sum, count) in sums
            .counts
            .iter_mut()
            .zip(self.table.present.get(row).into_iter().flatten())
        {
            *sum += count;
        }
    }

    /// All splits, or draws of them: which rows are head's. Of equal sides each split stands
    /// for the one with the sides turned around, too, so the last row is always head's.
    fn splits(&self, seed: u64, visit: Visit<'_>) {
        let all = self.table.values.len();
        let base = self.table.base_rows;
        let head = all - base;
        // The fewer rows are added up; the sum of all is 0.
        let (chosen, from, sign) = match base <= head {
            true => (base, 0, -1.0),
            false => (head, base, 1.0),
        };
        let rows = if base == head { all - 1 } else { all };
        let observed: Vec<usize> = (from..from + chosen).collect();
        let mut sums = self.nothing();
        self.of_rows(&observed, sign, &mut sums);
        visit(&sums.values, &sums.counts);
        if binomial(rows, chosen) <= MOST_ARRANGEMENTS as f64 {
            let mut levels = vec![self.nothing(); chosen + 1];
            let mut rows_chosen = Vec::with_capacity(chosen);
            let mut hand_over = |last: &Sums, rows: &[usize]| {
                if rows != observed {
                    visit(&last.values, &last.counts);
                }
            };
            let choice = Choice { rows, sign };
            self.choose(&mut levels, 0, choice, &mut hand_over, &mut rows_chosen);
            return;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..all).collect();
        for _ in 1..MOST_ARRANGEMENTS {
            let (drawn, _) = order.partial_shuffle(&mut rng, chosen);
            self.of_rows(drawn, sign, &mut sums);
            visit(&sums.values, &sums.counts);
        }
    }

    /// All ways to choose further rows, from `first` on.
    fn choose(
        &self,
        levels: &mut [Sums],
        first: usize,
        choice: Choice,
        visit: &mut dyn FnMut(&Sums, &[usize]),
        chosen: &mut Vec<usize>,
    ) {
        let depth = chosen.len();
        let wanted = levels.len() - 1 - depth;
        if wanted == 0 {
            visit(&levels[depth], chosen);
            return;
        }
        for row in first..=choice.rows - wanted {
            let (before, after) = levels.split_at_mut(depth + 1);
            self.add(&mut after[0], &before[depth], row, choice.sign);
            chosen.push(row);
            self.choose(levels, row + 1, choice, visit, chosen);
            chosen.pop();
        }
    }

    /// All signs, or draws of them. Each stands for all signs turned around, too, so the first
    /// row keeps its own.
    fn signs(&self, seed: u64, visit: Visit<'_>) {
        let rows = self.table.values.len();
        if (rows - 1) as f64 <= (MOST_ARRANGEMENTS as f64).log2() {
            let mut levels = vec![self.nothing(); rows + 1];
            self.turn(&mut levels, 0, visit);
            return;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut sums = self.nothing();
        for arrangement in 0..MOST_ARRANGEMENTS {
            sums.values.fill(0.0);
            for row in 0..rows {
                let turned = arrangement > 0 && rng.random::<bool>();
                self.accumulate(&mut sums, row, if turned { -1.0 } else { 1.0 });
            }
            visit(&sums.values, &sums.counts);
        }
    }

    fn turn(&self, levels: &mut [Sums], row: usize, visit: Visit<'_>) {
        if row + 1 == levels.len() {
            visit(&levels[row].values, &levels[row].counts);
            return;
        }
        // The observed signs come first.
        let signs: &[f64] = if row == 0 { &[1.0] } else { &[1.0, -1.0] };
        for sign in signs {
            let (before, after) = levels.split_at_mut(row + 1);
            self.add(&mut after[0], &before[row], row, *sign);
            self.turn(levels, row + 1, visit);
        }
    }
}

/// Ways to choose; as a number that does not overflow.
fn binomial(of: usize, chosen: usize) -> f64 {
    (0..chosen).fold(1.0, |ways, i| ways * (of - i) as f64 / (i + 1) as f64)
}
