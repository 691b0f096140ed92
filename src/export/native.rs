//! Statistics in the format of the files.

use serde_json::Value;

use crate::summary::exact_text::seconds_text;
use crate::units::{Nanos, Unit};

/// A statistic in the CSV files: a median may lie between two whole units.
pub(super) fn statistic_text(unit: Unit, number: f64) -> String {
    match unit {
        Unit::Seconds if number.fract() == 0.0 => seconds_text(Nanos(number as u64)),
        Unit::Seconds => (number / 1e9).to_string(),
        Unit::Bytes | Unit::Count | Unit::Ratio | Unit::PerSecond => number.to_string(),
    }
}

/// A statistic in JSON: an integer if it is whole.
pub(super) fn statistic_json(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}

/// The suffix of keys in JSON.
pub(super) fn json_suffix(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "bytes",
        Unit::Seconds => "ns",
        Unit::Count => "count",
        Unit::Ratio => "ratio",
        Unit::PerSecond => "per_second",
    }
}

/// The suffix of headings in CSV, where durations are seconds.
pub(super) fn csv_suffix(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "s",
        Unit::Bytes | Unit::Count | Unit::Ratio | Unit::PerSecond => json_suffix(unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact_decimals() {
        let cases = [
            (0, "0"),
            (1, "0.000000001"),
            (1_500_000_000, "1.5"),
            (10_000_000_000, "10"),
            (8_400_000, "0.0084"),
        ];
        for (nanos, text) in cases {
            assert_eq!(seconds_text(Nanos(nanos)), text);
        }
        assert_eq!(statistic_text(Unit::Seconds, 2.5e8), "0.25");
        assert_eq!(statistic_text(Unit::Bytes, 1.5), "1.5");
    }

    #[test]
    fn whole_statistics_are_written_as_integers() {
        assert_eq!(statistic_json(3.0).to_string(), "3");
        assert_eq!(statistic_json(3.5).to_string(), "3.5");
    }
}
