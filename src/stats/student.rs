//! Student's t distribution, for whole degrees of freedom.
//!
//! Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 26.7.3 and 26.7.4:
//! finite sums, so nothing has to converge.

use std::f64::consts::FRAC_2_PI;

/// The probability of a value farther from 0 than `t`, on either side. `degrees` is at least 1.
pub(super) fn two_sided(t: f64, degrees: usize) -> f64 {
    let (sine, cosine) = (t.abs() / (degrees as f64).sqrt()).atan().sin_cos();
    // The factor from one term to the next is (k - 1) / k, k going in steps of two: from 3
    // where the degrees are odd, from 2 where they are even.
    let odd = degrees % 2 == 1;
    let first = if odd { cosine } else { 1.0 };
    let mut sum = 0.0;
    let mut term = first;
    let mut k = 2 + degrees % 2;
    while k <= degrees {
        sum += term;
        term *= cosine * cosine * (k - 1) as f64 / k as f64;
        k += 2;
    }
    let within = if odd {
        FRAC_2_PI * (sine.atan2(cosine) + sine * sum)
    } else {
        sine * sum
    };
    (1.0 - within).clamp(0.0, 1.0)
}

/// The distance beyond which lies `probability` on both sides together, within 0 and 1.
pub(super) fn two_sided_quantile(probability: f64, degrees: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, degrees) > probability && high < 1e15 {
        high *= 2.0;
    }
    // 60 halvings reach the last digit.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if two_sided(middle, degrees) > probability {
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
        // scipy 1.17.1: 2 * scipy.stats.t.sf(t, df)
        let expected = [
            (0.0, 5, 1.0),
            (1.0, 1, 0.5),
            (2.0, 2, 0.183_503_419_072_273_97),
            (2.5, 3, 0.087_706_647_008_065_56),
            (1.3, 4, 0.263_451_596_471_224_1),
            (3.0, 7, 0.019_942_126_131_992_536),
            (4.0, 12, 0.001_761_696_244_395_026_7),
            (6.0, 7, 0.000_542_258_342_002_810_5),
            (2.2, 29, 0.035_926_759_150_682_57),
        ];
        for (t, degrees, p) in expected {
            let found = two_sided(t, degrees);
            assert!((found - p).abs() < 1e-13, "{t} {degrees}: {found}");
            assert_eq!(two_sided(-t, degrees), found);
        }
        assert_eq!(two_sided(f64::INFINITY, 3), 0.0);
        // scipy.stats.t.isf(0.025, df)
        let quantiles = [
            (1, 12.706_204_736_174_705),
            (4, 2.776_445_105_197_794_3),
            (7, 2.364_624_251_592_784_4),
            (30, 2.042_272_456_301_238),
        ];
        for (degrees, quantile) in quantiles {
            let found = two_sided_quantile(0.05, degrees);
            assert!((found - quantile).abs() < 1e-9, "{degrees}: {found}");
        }
    }
}
