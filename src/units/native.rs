//! Converts between quantities and the plain numbers of statistics.

use super::{Bytes, Count, Nanos, Quantity, Rate, Ratio, Unit};

/// The number for `stats`: bytes, nanoseconds, count or ratio.
pub fn native(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::Bytes(bytes) => bytes.0 as f64,
        Quantity::Time(nanos) => nanos.0 as f64,
        Quantity::Count(count) => count.0 as f64,
        Quantity::Ratio(ratio) => ratio.get(),
        Quantity::Rate(rate) => rate.get(),
    }
}

/// The quantity of a statistic, rounded to the whole base unit.
pub fn quantity_of(unit: Unit, number: f64) -> Quantity {
    // Casts saturate, and no statistic of unsigned values is negative.
    let whole = number.round() as u64;
    match unit {
        Unit::Bytes => Quantity::Bytes(Bytes(whole)),
        Unit::Seconds => Quantity::Time(Nanos(whole)),
        Unit::Count => Quantity::Count(Count(whole)),
        Unit::Ratio => {
            Ratio::of(number, 1.0).map_or(Quantity::Count(Count(whole)), Quantity::Ratio)
        }
        Unit::PerSecond => {
            Rate::per_second(number).map_or(Quantity::Count(Count(whole)), Quantity::Rate)
        }
    }
}
