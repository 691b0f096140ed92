//! The common unit of a column.

use crate::units::{
    ByteScale, Bytes, Count, Nanos, Quantity, TimeScale, Unit, human_count, human_rate, human_ratio,
};

/// The unit in which a column is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Bytes(ByteScale),
    Time(TimeScale),
    Count,
    Ratio,
    Rate,
}

impl Scale {
    /// The scale for the typical (lower median) value; all values have `unit`.
    pub(crate) fn for_values(unit: Unit, values: impl Iterator<Item = Quantity>) -> Self {
        let mut wholes: Vec<u64> = values
            .filter_map(|value| match value {
                Quantity::Bytes(Bytes(whole))
                | Quantity::Time(Nanos(whole))
                | Quantity::Count(Count(whole)) => Some(whole),
                Quantity::Ratio(_) | Quantity::Rate(_) => None,
            })
            .collect();
        wholes.sort_unstable();
        let typical = wholes.get(wholes.len().saturating_sub(1) / 2).copied();
        match unit {
            // A column without values shows the usual unit.
            Unit::Bytes => Self::Bytes(
                typical.map_or(ByteScale::Mb, |whole| ByteScale::for_value(Bytes(whole))),
            ),
            Unit::Seconds => Self::Time(typical.map_or(TimeScale::Seconds, |whole| {
                TimeScale::for_value(Nanos(whole))
            })),
            Unit::Count => Self::Count,
            Unit::Ratio => Self::Ratio,
            Unit::PerSecond => Self::Rate,
        }
    }

    /// The scale for one value.
    pub(crate) fn for_value(value: Quantity) -> Self {
        Self::for_values(value.unit(), std::iter::once(value))
    }

    /// The unit in the heading.
    pub(crate) fn symbol(self) -> Option<&'static str> {
        match self {
            Self::Bytes(scale) => Some(scale.symbol()),
            Self::Time(scale) => Some(scale.symbol()),
            // The only metric without a unit is a share.
            Self::Ratio => Some("%"),
            Self::Rate => Some("/s"),
            Self::Count => None,
        }
    }

    /// The number without its unit. A value with another unit is printed with that unit.
    pub(crate) fn number(self, value: Quantity) -> String {
        match (self, value) {
            (Self::Bytes(scale), Quantity::Bytes(bytes)) => scale.number(bytes),
            (Self::Time(scale), Quantity::Time(nanos)) => scale.number(nanos),
            (_, Quantity::Count(count)) => human_count(count),
            (Self::Ratio, Quantity::Ratio(ratio)) => format!("{:.1}", ratio.get() * 100.0),
            (Self::Rate, Quantity::Rate(rate)) => {
                human_rate(rate).trim_end_matches(" /s").to_owned()
            }
            (_, Quantity::Ratio(ratio)) => human_ratio(ratio),
            (_, Quantity::Rate(rate)) => human_rate(rate),
            (_, Quantity::Bytes(bytes)) => bytes.to_string(),
            (_, Quantity::Time(nanos)) => nanos.to_string(),
        }
    }

    /// The number with its unit.
    pub(crate) fn with_unit(self, value: Quantity) -> String {
        match self.symbol() {
            Some(symbol) => format!("{} {symbol}", self.number(value)),
            None => self.number(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_typical_value_determines_the_unit() {
        let sizes =
            [8_000_000, 1_200_000_000, 130_000_000].map(|whole| Quantity::Bytes(Bytes(whole)));
        let scale = Scale::for_values(Unit::Bytes, sizes.into_iter());
        assert_eq!(scale.symbol(), Some("MB"));
        assert_eq!(
            sizes.map(|size| scale.number(size)),
            ["8.00", "1200", "130"]
        );
        let none = Scale::for_values(Unit::Seconds, std::iter::empty());
        assert_eq!(none.symbol(), Some("s"));
    }
}
