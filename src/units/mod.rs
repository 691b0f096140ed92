//! Quantities as types: bytes, durations, counts and ratios.
//!
//! Inside, everything is an integer in its base unit (bytes, nanoseconds);
//! formatting for people ([`ByteScale`], [`TimeScale`]) and for machines ([`Quantity::base_value`])
//! are separate functions, so that no file ever carries a rounded figure.

mod human;
mod native;
mod quantity;

pub use human::{ByteScale, TimeScale, human_count, human_rate, human_ratio};
pub use native::{native, quantity_of};
pub use quantity::{BitRate, Bytes, Count, Nanos, Quantity, Rate, Ratio, Unit};
