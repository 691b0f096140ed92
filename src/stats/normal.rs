//! The standard normal distribution, for samples too many to count.
//!
//! Marsaglia, "Evaluating the Normal Distribution", Journal of Statistical
//! Software 11 (2004): a series near the middle; farther out Laplace's continued
//! fraction, which keeps its relative precision in the tail.

use std::f64::consts::TAU;

/// From here on the continued fraction converges sooner than the series.
const TAIL: f64 = 3.0;

/// Terms enough for the last digit at [`TAIL`]; farther out fewer are needed.
const FRACTIONS: u32 = 100;

/// The probability of a value above `z`.
pub(super) fn upper_tail(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - upper_tail(-z);
    }
    let density = (-z * z / 2.0).exp() / TAU.sqrt();
    if z >= TAIL {
        let below = |fraction: f64, i: u32| f64::from(i) / (z + fraction);
        return density / (z + (1..=FRACTIONS).rev().fold(0.0, below));
    }
    let (mut term, mut sum, mut odd) = (z, z, 1.0);
    while term > sum * f64::EPSILON {
        odd += 2.0;
        term *= z * z / odd;
        sum += term;
    }
    0.5 - density * sum
}

/// The value above which lies `probability`, which must be within 0 and 0.5.
pub(super) fn upper_quantile(probability: f64) -> f64 {
    // Below 40 the tail is still a number; 60 halvings reach its last digit.
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if upper_tail(middle) > probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_values_of_scipy() {
        // scipy 1.17.1: [norm.sf(z) for z in (0, 0.5, 1.96, 2.999, 3, 5, 10, 37)]
        let expected = [
            (0.0, 0.5),
            (0.5, 0.308_537_538_725_986_9),
            (1.96, 0.024_997_895_148_220_435),
            (2.999, 0.001_354_336_533_727_105_7),
            (3.0, 0.001_349_898_031_630_093_3),
            (5.0, 2.866_515_718_791_933e-7),
            (10.0, 7.619_853_024_160_47e-24),
            (37.0, 5.725_571_222_523_927e-300),
        ];
        for (z, tail) in expected {
            let relative = (upper_tail(z) - tail).abs() / tail;
            assert!(relative < 1e-12, "{z}: {}", upper_tail(z));
        }
        assert!((upper_tail(-1.96) - 0.975_002_104_851_779_5).abs() < 1e-15);
        // norm.isf(0.025), norm.isf(1e-9)
        assert!((upper_quantile(0.025) - 1.959_963_984_540_054).abs() < 1e-12);
        assert!((upper_quantile(1e-9) - 5.997_807_015_007_687).abs() < 1e-9);
    }
}
