//! The error rates that docs/STATISTICS.md states, by fixed seeds.

use std::f64::consts::TAU;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

const SERIES: u64 = 1_000;

/// Normal noise of 3 % around levels.
fn noisy(levels: &[(usize, f64)], seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let each = levels
        .iter()
        .flat_map(|(length, level)| std::iter::repeat_n(*level, *length));
    // Box and Muller.
    each.map(|level| {
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        level * (1.0 + 0.03 * radius * (TAU * rng.random::<f64>()).cos())
    })
    .collect()
}

/// The share of series in which just the places are found, each within one.
fn share(levels: &[(usize, f64)], threshold: Threshold, places: &[usize]) -> f64 {
    let mut points = ChangePoints::default();
    let right = |seed: &u64| {
        let found = points.of_timed(&noisy(levels, *seed), threshold);
        found.len() == places.len()
            && found
                .iter()
                .zip(places)
                .all(|(f, place)| f.at.abs_diff(*place) <= 1)
    };
    (0..SERIES).filter(right).count() as f64 / SERIES as f64
}

#[test]
fn noise_alone_makes_few_change_points() {
    for n in [20, 50] {
        let none = share(&[(n, 1.0)], Threshold::NONE, &[]);
        assert!(none > 0.95, "{n}: {none}");
        let none = share(&[(n, 1.0)], Threshold::TIMED, &[]);
        assert!(none > 0.98, "{n}: {none}");
    }
}

#[test]
fn a_step_of_a_tenth_is_found_where_it_is() {
    let found = share(&[(10, 1.0), (10, 1.1)], Threshold::TIMED, &[10]);
    assert!(found > 0.95, "{found}");
    let soon = share(&[(20, 1.0), (5, 1.1)], Threshold::TIMED, &[20]);
    assert!(soon > 0.9, "{soon}");
    let back = share(
        &[(20, 1.0), (10, 1.1), (20, 1.0)],
        Threshold::TIMED,
        &[20, 30],
    );
    assert!(back > 0.93, "{back}");
}
