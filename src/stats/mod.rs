//! Samples -> summary: median, interval, spread, outliers, ratio of medians; two sets of
//! samples -> comparison: factor, interval, test, verdict; values over time -> where the
//! level changed, and whether the newest differs.
//!
//! Pure numbers: a value is an `f64` in whatever base unit its set has (integer
//! nanoseconds and bytes are exact below 2^53, which is 104 days and 9 PB), and
//! results are in the same unit; `report` puts the unit back. Everything is
//! deterministic: resampling is seeded by a constant and works on the sorted
//! values, so neither the order of the samples nor the time of day shows.
//!
//! Not here: which metrics of which runs may be compared at all, and any formatting.

mod benjamini_hochberg;
mod bootstrap;
mod change_points;
mod compare;
mod hodges_lehmann;
mod joint;
mod kind;
mod looks;
mod mann_whitney;
mod moderate;
mod newest;
mod normal;
mod outlier;
mod pair_ratios;
mod qn;
mod quantile;
mod rank_sums;
mod sample_set;
mod signed_ranks;
mod student;
mod summary;
mod verdict;

pub use bootstrap::{INTERVAL_LEVEL, Interval, MIN_FOR_INTERVAL, RESAMPLES};
pub use change_points::{ChangePoint, ChangePoints, ExactRange, exact_changes};
pub use compare::{ALPHA, Comparison, Pair, Power, compare, least_rounds};
pub use joint::{Design, JointTest, MOST_ARRANGEMENTS, MOST_ROUNDS, WORSE_SHARE};
pub use kind::{Direction, Kind};
pub use looks::Looks;
pub use mann_whitney::MIN_FOR_TEST;
pub use newest::{MIN_BEFORE, Newcomer, Placement, place};
pub use outlier::{Fences, MIN_FOR_OUTLIERS, OUTLIER_THRESHOLD, OutlierMark};
pub use quantile::MIN_FOR_P95;
pub use sample_set::{SampleError, SampleSet};
pub use summary::{Level, RatioOfMedians, Summary, ratio_of_medians, ratio_of_sums};
pub use verdict::{Threshold, Verdict, VerdictReason};
