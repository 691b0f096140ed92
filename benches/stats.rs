//! What a million samples cost; see benches/README.md.

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use plimsoll::stats::{
    ALPHA, Comparison, Direction, JointTest, Kind, Pair, SampleSet, Summary, Threshold, compare,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SAMPLES: usize = 1_000_000;
const METRICS: usize = 1_000;
const ROUNDS: usize = 20;

/// Durations around a second, in nanoseconds; in steps of 100 µs where ties are wanted.
fn samples(factor: f64, step: f64, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let draw = |_| {
        let noise: f64 = (0..6).map(|_| rng.random::<f64>()).sum();
        (factor * (1e9 + 1e8 * noise) / step).round() * step
    };
    (0..SAMPLES).map(draw).collect()
}

fn set(values: Vec<f64>) -> SampleSet {
    SampleSet::new(values).expect("finite values")
}

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (name, step) in [("all differ", 1.0), ("with ties", 1e5)] {
        let values = [samples(1.0, step, &mut rng), samples(1.001, step, &mut rng)];
        // From raw samples to the verdict, as a reader of two runs would.
        criterion.bench_function(
            &format!("stats/both summaries and comparison of 1000000 a side, {name}"),
            |bencher| {
                bencher.iter_batched(
                    || values.clone(),
                    |[base, head]| whole(base, head),
                    BatchSize::LargeInput,
                );
            },
        );
        let base = set(values[0].clone());
        criterion.bench_function(
            &format!("stats/one summary of 1000000, {name}"),
            |bencher| {
                bencher.iter(|| Summary::of_timed(black_box(&base)));
            },
        );
    }
    let family: Vec<_> = (0..METRICS)
        .map(|_| [few(&mut rng), few(&mut rng)])
        .collect();
    criterion.bench_function(
        "stats/comparison of 1000 metrics with 20 rounds a side",
        |bencher| {
            bencher.iter(|| joint(black_box(&family)));
        },
    );
    criterion.final_summary();
}

/// The samples of one metric in one run.
fn few(rng: &mut ChaCha8Rng) -> SampleSet {
    set((0..ROUNDS)
        .map(|_| 1e9 + 1e8 * rng.random::<f64>())
        .collect())
}

fn joint(family: &[[SampleSet; 2]]) -> Vec<Comparison> {
    let pairs: Vec<_> = family
        .iter()
        .enumerate()
        .map(|(at, [base, head])| Pair {
            base,
            head,
            kind: Kind::Timed,
            direction: Direction::Lower,
            threshold: Threshold::TIMED,
            group: at % 8,
        })
        .collect();
    compare(&pairs, &JointTest::independent(ALPHA, 1))
}

fn whole(base: Vec<f64>, head: Vec<f64>) -> impl Sized {
    let (base, head) = (set(base), set(head));
    let pair = Pair {
        base: &base,
        head: &head,
        kind: Kind::Timed,
        direction: Direction::Lower,
        threshold: Threshold::TIMED,
        group: 0,
    };
    let found = compare(&[pair], &JointTest::independent(ALPHA, 1));
    (Summary::of_timed(&base), Summary::of_timed(&head), found)
}
