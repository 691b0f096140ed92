//! Formats quantities for display: decimal MB as in `docker images`, one unit per column.

use super::{Bytes, Count, Nanos, Rate, Ratio};

/// The unit in which a column of byte sizes is printed, chosen from its typical value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteScale {
    /// Bytes.
    B,
    /// 1 000 bytes.
    Kb,
    /// 1 000 000 bytes.
    Mb,
    /// 1 000 000 000 bytes.
    Gb,
}

impl ByteScale {
    /// The scale that suits a value.
    pub fn for_value(value: Bytes) -> Self {
        match value.0 {
            0..1_000 => Self::B,
            1_000..1_000_000 => Self::Kb,
            1_000_000..10_000_000_000 => Self::Mb,
            _ => Self::Gb,
        }
    }

    /// The unit's symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::B => "B",
            Self::Kb => "kB",
            Self::Mb => "MB",
            Self::Gb => "GB",
        }
    }

    /// The number without its unit, to three significant digits at least.
    pub fn number(self, value: Bytes) -> String {
        let divisor = match self {
            Self::B => return value.0.to_string(),
            Self::Kb => 1e3,
            Self::Mb => 1e6,
            Self::Gb => 1e9,
        };
        significant(value.0 as f64 / divisor)
    }

    /// The number with its unit.
    pub fn format(self, value: Bytes) -> String {
        format!("{} {}", self.number(value), self.symbol())
    }
}

/// The unit in which a column of durations is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeScale {
    /// Microseconds.
    Micros,
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
    /// Minutes: for sums over a month only, never chosen by a value.
    Minutes,
}

impl TimeScale {
    /// The scale that suits a value.
    pub fn for_value(value: Nanos) -> Self {
        match value.0 {
            0..1_000_000 => Self::Micros,
            1_000_000..1_000_000_000 => Self::Millis,
            _ => Self::Seconds,
        }
    }

    /// The unit's symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Micros => "µs",
            Self::Millis => "ms",
            Self::Seconds => "s",
            Self::Minutes => "min",
        }
    }

    /// The number without its unit, to three significant digits at least.
    pub fn number(self, value: Nanos) -> String {
        let divisor = match self {
            Self::Micros => 1e3,
            Self::Millis => 1e6,
            Self::Seconds => 1e9,
            Self::Minutes => 6e10,
        };
        significant(value.0 as f64 / divisor)
    }

    /// The number with its unit.
    pub fn format(self, value: Nanos) -> String {
        format!("{} {}", self.number(value), self.symbol())
    }
}

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&ByteScale::for_value(*self).format(*self))
    }
}

impl std::fmt::Display for Nanos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&TimeScale::for_value(*self).format(*self))
    }
}

/// A count with a thin grouping of thousands.
pub fn human_count(count: Count) -> String {
    let digits = count.0.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// A quotient as "1.25x".
pub fn human_ratio(ratio: Ratio) -> String {
    format!("{}x", significant(ratio.get()))
}

/// A rate as "1250 /s".
pub fn human_rate(rate: Rate) -> String {
    format!("{} /s", significant(rate.get()))
}

/// Three significant digits, but never fewer than the integer part has.
fn significant(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 {
        "0".to_owned()
    } else if magnitude >= 99.95 {
        format!("{value:.0}")
    } else if magnitude >= 9.995 {
        format!("{value:.1}")
    } else if magnitude >= 0.1 {
        format!("{value:.2}")
    } else if magnitude >= 0.001 {
        format!("{value:.4}")
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_printed_as_decimal_units() {
        assert_eq!(Bytes(0).to_string(), "0 B");
        assert_eq!(Bytes(999).to_string(), "999 B");
        assert_eq!(Bytes(1_000).to_string(), "1.00 kB");
        assert_eq!(Bytes(7_470_000).to_string(), "7.47 MB");
        assert_eq!(Bytes(131_240_000).to_string(), "131 MB");
        assert_eq!(Bytes(1_420_000_000).to_string(), "1420 MB");
        assert_eq!(ByteScale::Gb.format(Bytes(1_420_000_000)), "1.42 GB");
    }

    #[test]
    fn durations_choose_one_unit() {
        assert_eq!(Nanos(850_000).to_string(), "850 µs");
        assert_eq!(Nanos(8_400_000).to_string(), "8.40 ms");
        assert_eq!(Nanos(15_230_000_000).to_string(), "15.2 s");
        assert_eq!(TimeScale::Seconds.number(Nanos(8_400_000)), "0.0084");
    }

    #[test]
    fn rounding_does_not_lose_a_digit_at_the_border() {
        assert_eq!(significant(9.996), "10.0");
        assert_eq!(significant(99.96), "100");
        assert_eq!(human_count(Count(1_234_567)), "1 234 567");
        assert_eq!(human_ratio(Ratio::of(2.5, 2.0).unwrap()), "1.25x");
    }
}
