//! The unit types and the enum of all of them.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// A duration in integer nanoseconds.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Nanos(pub u64);

/// A count, for example of layers, files or steps.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Count(pub u64);

/// Bits per second: decimal, without protocol overhead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitRate(pub u64);

impl BitRate {
    /// The transfer time of some bytes at this rate. At a rate of 0 it is the maximum.
    pub fn time_of(self, bytes: Bytes) -> Nanos {
        let bits = u128::from(bytes.0) * 8 * 1_000_000_000;
        bits.checked_div(u128::from(self.0))
            .and_then(|nanos| u64::try_from(nanos).ok())
            .map_or(Nanos(u64::MAX), Nanos)
    }
}

/// A ratio of two quantities with the same unit. Never NaN or infinite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Ratio(f64);

impl Ratio {
    /// The ratio, or `None` for a zero or non-finite divisor.
    pub fn of(part: f64, whole: f64) -> Option<Self> {
        let value = part / whole;
        (whole != 0.0 && value.is_finite()).then_some(Self(value))
    }

    /// The bare number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Nanos {
    /// Nanoseconds of a whole number of milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds of a whole number of seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Seconds as the files carry them.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The difference, or zero if `earlier` is not earlier.
    pub fn saturating_sub(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl From<Duration> for Nanos {
    fn from(duration: Duration) -> Self {
        // 584 years fit; a longer duration is a bug elsewhere.
        Self(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl From<Nanos> for Duration {
    fn from(nanos: Nanos) -> Self {
        Duration::from_nanos(nanos.0)
    }
}

// A record may contain any number, and arithmetic must not panic: sums saturate at the maximum,
// and differences at zero.
macro_rules! arithmetic {
    ($($name:ident),*) => {$(
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
                items.fold(Self::default(), |sum, item| sum + item)
            }
        }
    )*};
}
arithmetic!(Bytes, Nanos, Count);

/// Events per second. Never NaN, infinite or negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Rate(f64);

impl Rate {
    /// A count divided by a time; `None` for zero time.
    pub fn of(things: Count, within: Nanos) -> Option<Self> {
        Self::per_second(things.0 as f64 / within.as_secs_f64())
    }

    /// The bare number as a rate, if it is one.
    pub fn per_second(number: f64) -> Option<Self> {
        (number.is_finite() && number >= 0.0).then_some(Self(number))
    }

    /// The bare number, per second.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// The base unit of a metric, as in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Seconds in CSV, integer nanoseconds in JSON.
    Seconds,
    /// A plain number of things.
    Count,
    /// A ratio without a unit.
    Ratio,
    /// A number of events per second.
    #[serde(rename = "1/s")]
    PerSecond,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Seconds => "s",
            Self::Count => "count",
            Self::Ratio => "ratio",
            Self::PerSecond => "1/s",
        })
    }
}

/// One measured value with its unit. In JSON: `{"bytes": 1}`, `{"ns": 1}`, `{"count": 1}`, `{"ratio": 0.5}`, `{"per_second": 2.5}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Quantity {
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes(Bytes),
    /// A duration.
    #[serde(rename = "ns")]
    Time(Nanos),
    /// A count.
    #[serde(rename = "count")]
    Count(Count),
    /// A quotient.
    #[serde(rename = "ratio")]
    Ratio(Ratio),
    /// A rate.
    #[serde(rename = "per_second")]
    Rate(Rate),
}

impl Quantity {
    /// The unit of this value.
    pub fn unit(self) -> Unit {
        match self {
            Self::Bytes(_) => Unit::Bytes,
            Self::Time(_) => Unit::Seconds,
            Self::Count(_) => Unit::Count,
            Self::Ratio(_) => Unit::Ratio,
            Self::Rate(_) => Unit::PerSecond,
        }
    }

    /// The value in the unit that CSV files carry: bytes, seconds, a count, a quotient, a rate.
    pub fn base_value(self) -> f64 {
        match self {
            Self::Bytes(bytes) => bytes.0 as f64,
            Self::Time(nanos) => nanos.as_secs_f64(),
            Self::Count(count) => count.0 as f64,
            Self::Ratio(ratio) => ratio.get(),
            Self::Rate(rate) => rate.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_gives_the_time_of_a_transfer() {
        // 65,775,341 bytes at 100 Mbit/s: 5.262 s.
        let time = BitRate(100_000_000).time_of(Bytes(65_775_341));
        assert_eq!(time, Nanos(5_262_027_280));
        assert_eq!(BitRate(0).time_of(Bytes(1)), Nanos(u64::MAX));
        assert_eq!(BitRate(1).time_of(Bytes(u64::MAX)), Nanos(u64::MAX));
    }

    #[test]
    fn sums_and_differences_end_at_their_bounds() {
        let most = Bytes(u64::MAX);
        assert_eq!(most + Bytes(1), most);
        assert_eq!([most, Bytes(1), most].into_iter().sum::<Bytes>(), most);
        assert_eq!(Bytes(1) - Bytes(2), Bytes(0));
        assert_eq!(Nanos::from_secs(u64::MAX), Nanos(u64::MAX));
    }

    #[test]
    fn a_ratio_is_never_nan_or_infinite() {
        assert_eq!(Ratio::of(1.0, 0.0), None);
        assert_eq!(Ratio::of(0.0, 0.0), None);
        assert_eq!(Ratio::of(f64::MAX, f64::MIN_POSITIVE), None);
        assert_eq!(Ratio::of(3.0, 4.0).map(Ratio::get), Some(0.75));
    }

    #[test]
    fn seconds_keep_their_fraction_once() {
        // A known tool adds the fraction twice and prints 3.5 for 2.75.
        assert_eq!(Nanos::from(Duration::from_millis(2750)).as_secs_f64(), 2.75);
    }

    #[test]
    fn quantities_name_their_unit_in_json() {
        let json = serde_json::to_string(&Quantity::Time(Nanos(1_500_000_000))).unwrap();
        assert_eq!(json, r#"{"ns":1500000000}"#);
        assert_eq!(
            serde_json::from_str::<Quantity>(&json)
                .unwrap()
                .base_value(),
            1.5
        );
    }
}
