//! Samples -> summary: median, interval, spread, outliers, ratio of medians.
//!
//! Pure numbers: a value is an `f64` in whatever base unit its set has (integer
//! nanoseconds and bytes are exact below 2^53, which is 104 days and 9 PB), and
//! results are in the same unit; `report` puts the unit back. Everything is
//! deterministic: resampling is seeded by a constant and works on the sorted
//! values, so neither the order of the samples nor the time of day shows.
//!
//! Not here: verdicts between runs, and any formatting.

mod bootstrap;
mod outlier;
mod quantile;
mod sample_set;
mod summary;

pub use bootstrap::{INTERVAL_LEVEL, Interval, MIN_FOR_INTERVAL, RESAMPLES};
pub use outlier::{MIN_FOR_OUTLIERS, OUTLIER_THRESHOLD};
pub use quantile::MIN_FOR_P95;
pub use sample_set::{SampleError, SampleSet};
pub use summary::{RatioOfMedians, Summary, ratio_of_medians, ratio_of_sums};
