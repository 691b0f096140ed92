//! Exact values as text: base units, no rounding.

use crate::units::{Bytes, Count, Nanos, Quantity};

/// The exact value of a sample in the CSV files.
pub(crate) fn exact_text(quantity: Quantity) -> String {
    match quantity {
        Quantity::Bytes(Bytes(whole)) | Quantity::Count(Count(whole)) => whole.to_string(),
        Quantity::Time(nanos) => seconds_text(nanos),
        Quantity::Ratio(ratio) => ratio.get().to_string(),
        Quantity::Rate(rate) => rate.get().to_string(),
    }
}

/// Seconds without floating point: `1.5`, `0.000000001`.
pub(crate) fn seconds_text(nanos: Nanos) -> String {
    let text = format!("{}.{:09}", nanos.0 / 1_000_000_000, nanos.0 % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
