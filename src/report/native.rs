//! Values and statistics in the format of the files.

use serde_json::Value;

use crate::units::{Bytes, Count, Nanos, Quantity, Unit};
pub(super) use crate::units::{native, quantity_of as quantity};

/// The exact value of a sample in the CSV files.
pub(super) fn exact_text(quantity: Quantity) -> String {
    match quantity {
        Quantity::Bytes(Bytes(whole)) | Quantity::Count(Count(whole)) => whole.to_string(),
        Quantity::Time(nanos) => seconds_text(nanos),
        Quantity::Ratio(ratio) => ratio.get().to_string(),
        Quantity::Rate(rate) => rate.get().to_string(),
    }
}

/// Seconds without floating point: `1.5`, `0.000000001`.
pub(super) fn seconds_text(nanos: Nanos) -> String {
    let text = format!("{}.{:09}", nanos.0 / 1_000_000_000, nanos.0 % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

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
