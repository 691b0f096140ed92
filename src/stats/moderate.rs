//! What many variances say of each: Smyth, "Linear models and empirical Bayes methods for
//! assessing differential expression", Statistical Applications in Genetics and Molecular
//! Biology 3 (2004), sections 4 and 6.2.
//!
//! The true variances of a group are taken to be scattered as a scaled inverse chi-square
//! variable is. From the variances that were found follow its scale and how much it scatters,
//! and from both a better variance for each member, with more degrees of freedom.

/// Degrees of freedom that stand for any number.
const MOST_DEGREES: f64 = 200.0;

/// Where the variances of a group lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prior {
    /// How much it weighs.
    degrees: f64,
    variance: f64,
    /// Half of what it weighs by its scatter alone.
    own: f64,
}

impl Prior {
    /// Of at least `least` variances with so many degrees of freedom each; `None` of fewer.
    pub(super) fn of(variances: &[f64], degrees: usize, least: usize) -> Option<Self> {
        let logarithms: Vec<f64> = variances
            .iter()
            .filter(|variance| **variance > 0.0)
            .map(|variance| variance.ln())
            .collect();
        if logarithms.len() < least.max(2) {
            return None;
        }
        let half = degrees as f64 / 2.0;
        let n = logarithms.len() as f64;
        let mean = logarithms.iter().sum::<f64>() / n;
        let squares = logarithms.iter().map(|value| (value - mean).powi(2));
        let scatter = squares.sum::<f64>() / (n - 1.0) - trigamma(half);
        let own = half_of_trigamma(scatter);
        Some(Self {
            degrees: 2.0 * own,
            variance: (mean - shift(half) + shift(own)).exp(),
            own,
        })
    }

    /// The same, with at most so many degrees of freedom.
    pub(super) fn at_most(self, degrees: f64) -> Self {
        Self {
            degrees: self.degrees.min(degrees),
            ..self
        }
    }

    /// The same scatter, of variances with so many degrees of freedom whose logarithms have this
    /// mean.
    pub(super) fn around(self, mean: f64, degrees: usize) -> Self {
        let half = degrees as f64 / 2.0;
        Self {
            variance: (mean - shift(half) + shift(self.own)).exp(),
            ..self
        }
    }

    /// How many values it weighs as much as.
    pub(super) fn degrees(&self) -> f64 {
        self.degrees
    }

    /// What it adds to a sum of squares.
    pub(super) fn squares(&self) -> f64 {
        self.degrees * self.variance
    }

    /// A better variance, and its degrees of freedom.
    pub(super) fn moderate(&self, variance: f64, degrees: usize) -> (f64, usize) {
        let own = degrees as f64;
        let all = self.degrees + own;
        let moderated = (self.degrees * self.variance + own * variance) / all;
        (moderated, all.round() as usize)
    }
}

/// How far the mean logarithm of variances with twice as many degrees of freedom lies from the
/// logarithm of the true one.
fn shift(half: f64) -> f64 {
    digamma(half) - half.ln()
}

/// The half of the degrees of freedom at which log variances scatter so.
fn half_of_trigamma(scatter: f64) -> f64 {
    let (mut low, mut high) = (0.05, MOST_DEGREES / 2.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        match trigamma(middle) > scatter {
            true => low = middle,
            false => high = middle,
        }
    }
    high
}

/// Abramowitz and Stegun 6.3.5 and 6.3.18.
fn digamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 10.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    sum + x.ln() - 0.5 / x - y * (1.0 / 12.0 - y * (1.0 / 120.0 - y / 252.0))
}

/// Abramowitz and Stegun 6.4.6 and 6.4.12.
fn trigamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 10.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    sum + 1.0 / x + y / 2.0 + y / x * (1.0 / 6.0 - y * (1.0 / 30.0 - y / 42.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_values_of_scipy() {
        // scipy 1.17.1: special.digamma(x), special.polygamma(1, x)
        for (x, first, second) in [
            (0.5, -1.963_510_026_021_423_5, 4.934_802_200_544_679),
            (3.5, 1.103_156_640_645_243, 0.330_357_756_100_234_9),
            (30.0, 3.384_438_132_685_525, 0.033_895_060_357_739_946),
        ] {
            assert!((digamma(x) - first).abs() < 1e-9, "{x}: {}", digamma(x));
            assert!((trigamma(x) - second).abs() < 1e-9, "{x}: {}", trigamma(x));
        }
    }

    #[test]
    fn variances_of_a_group_draw_each_other() {
        let variances: Vec<f64> = (1..=20).map(|i| f64::from(i) / 10.0).collect();
        let prior = Prior::of(&variances, 4, 10).unwrap();
        let (small, degrees) = prior.moderate(0.1, 4);
        let (large, _) = prior.moderate(2.0, 4);
        assert!(
            degrees > 20,
            "they scatter no more than four degrees do: {prior:?}"
        );
        assert!(
            0.5 < small && small < large && large < 1.5,
            "{small} {large}"
        );
        // Where they scatter much, each stands for itself.
        let wide: Vec<f64> = (0..20).map(|i| f64::from(i - 10).exp()).collect();
        let prior = Prior::of(&wide, 40, 10).unwrap();
        let (own, degrees) = prior.moderate(5.0, 40);
        assert!((own - 5.0).abs() < 0.2 && degrees < 42, "{own} {degrees}");
        // Another level, and the same scatter.
        let level = variances.iter().map(|one| (100.0 * one).ln()).sum::<f64>() / 20.0;
        let (higher, _) = Prior::of(&variances, 4, 10)
            .unwrap()
            .around(level, 4)
            .moderate(10.0, 4);
        assert!((higher - 100.0 * small).abs() < 1e-9, "{higher} {small}");
        assert_eq!(Prior::of(&variances[..9], 4, 10), None);
        assert_eq!(Prior::of(&[0.0; 30], 4, 10), None);
    }
}
