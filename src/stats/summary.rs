//! What is said of a set of samples.

use super::bootstrap::{self, Interval};
use super::{Kind, OutlierMark, SampleSet, outlier, quantile};
use crate::units::Ratio;

/// The summary of at least one sample, in the unit of the samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How many samples; at least 1.
    pub n: usize,
    /// The one that was taken first.
    pub first: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The arithmetic mean: for sums, not for comparison.
    pub mean: f64,
    /// The middle (type 7 at 0.5); of an exact metric the lower middle, which was observed.
    pub median: f64,
    /// Median absolute deviation from the median, unscaled.
    pub mad: f64,
    /// Interquartile range (type 7 at 0.75 and 0.25).
    pub iqr: f64,
    /// Bootstrap interval of the median, 95 %; `None` below 6 samples and for exact metrics.
    pub interval: Option<Interval>,
    /// 95th percentile (type 7); `None` below 20 samples and for exact metrics.
    pub p95: Option<f64>,
    /// Places, in order of taking, of samples with a modified Z-score above 3.5. They count.
    pub outliers: Vec<usize>,
    /// Places, in order of taking, of samples beyond Tukey's fences. They count.
    pub marks: Vec<(usize, OutlierMark)>,
}

impl Summary {
    /// Of a metric that is a distribution.
    pub fn of_timed(set: &SampleSet) -> Self {
        let median = quantile::quantile(set.sorted(), 0.5);
        let mad = outlier::median_absolute_deviation(set, median);
        Self {
            interval: bootstrap::of_median(set),
            p95: quantile::p95(set),
            outliers: outlier::outliers(set, median, mad),
            marks: outlier::marks(set),
            ..Self::plain(set, median, mad)
        }
    }

    /// Of a metric of which one sample is the truth. Where samples differ
    /// ([`Summary::spread`]) the median is still a value that was observed.
    pub fn of_exact(set: &SampleSet) -> Self {
        let median = set.sorted()[(set.len() - 1) / 2];
        Self::plain(set, median, outlier::median_absolute_deviation(set, median))
    }

    /// Whether the samples differ: of an exact metric that is a warning.
    pub fn spread(&self) -> bool {
        self.min < self.max
    }

    fn plain(set: &SampleSet, median: f64, mad: f64) -> Self {
        let sum: f64 = set.sorted().iter().sum();
        Self {
            n: set.len(),
            first: set.taken()[0],
            min: set.min(),
            max: set.max(),
            mean: sum / set.len() as f64,
            median,
            mad,
            iqr: quantile::quantile(set.sorted(), 0.75) - quantile::quantile(set.sorted(), 0.25),
            interval: None,
            p95: None,
            outliers: Vec::new(),
            marks: Vec::new(),
        }
    }
}

/// The least that is said of a set, without resampling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// As [`Summary::median`].
    pub median: f64,
    /// As [`Summary::mad`].
    pub mad: f64,
}

impl Level {
    /// Of a metric of a kind.
    pub fn of(set: &SampleSet, kind: Kind) -> Self {
        let median = match kind {
            Kind::Timed => median(set),
            Kind::Exact => set.sorted()[(set.len() - 1) / 2],
        };
        Self {
            median,
            mad: outlier::median_absolute_deviation(set, median),
        }
    }
}

/// The quotient of two medians, or of two sums of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioOfMedians {
    /// The quotient.
    pub ratio: Ratio,
    /// Its bootstrap interval, 95 %; `None` where either set has fewer than 6 samples.
    pub interval: Option<Interval>,
}

/// The quotient of the medians of two timed sets, resampled independently;
/// `None` where the divisor's median is zero.
pub fn ratio_of_medians(part: &SampleSet, whole: &SampleSet) -> Option<RatioOfMedians> {
    Some(RatioOfMedians {
        ratio: Ratio::of(median(part), median(whole))?,
        interval: bootstrap::of_ratio(part, whole),
    })
}

/// The quotient of two sums of medians, as a deploy is the sum of a pull and a start. Each
/// set is resampled independently, so the interval knows nothing of what slowed all parts
/// of one visit together, and is too narrow then. `None` where the divisor is zero or there is no part.
pub fn ratio_of_sums(parts: &[&SampleSet], wholes: &[&SampleSet]) -> Option<RatioOfMedians> {
    let sum = |sets: &[&SampleSet]| sets.iter().map(|set| median(set)).sum::<f64>();
    let ratio = Ratio::of(sum(parts), sum(wholes)).filter(|_| !parts.is_empty())?;
    Some(RatioOfMedians {
        ratio,
        interval: bootstrap::of_ratio_of_sums(parts, wholes),
    })
}

fn median(set: &SampleSet) -> f64 {
    quantile::quantile(set.sorted(), 0.5)
}

#[cfg(test)]
mod tests;
