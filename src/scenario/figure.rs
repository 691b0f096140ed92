//! Figures as sources print them, and durations as scenarios write them.

mod change;

pub(super) use change::{FigureChange, parse_change};

use crate::units::{Bytes, Nanos, Unit};

/// A published figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PublishedFigure {
    pub value: FigureValue,
    /// Whether it is marked so: `~1.2 GB`, `900+ MB`.
    pub approximate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FigureValue {
    Size(Bytes),
    Time(Nanos),
}

impl FigureValue {
    pub fn unit(self) -> Unit {
        match self {
            Self::Size(_) => Unit::Bytes,
            Self::Time(_) => Unit::Seconds,
        }
    }
}

/// Base units in one unit of a size. `KB` is decimal as `docker images` prints it.
const SIZES: [(&str, f64); 9] = [
    ("b", 1.0),
    ("bytes", 1.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("tb", 1e12),
];

/// Nanoseconds in one unit of a time.
const TIMES: [(&str, f64); 12] = [
    ("µs", 1e3),
    ("us", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("sec", 1e9),
    ("second", 1e9),
    ("seconds", 1e9),
    ("m", 6e10),
    ("min", 6e10),
    ("minute", 6e10),
    ("minutes", 6e10),
    ("h", 3.6e12),
];

/// Reads a figure; `None` where it is none.
pub(super) fn parse_figure(text: &str) -> Option<PublishedFigure> {
    let text = text.trim();
    let bare = text.trim_start_matches(['~', '≈']).trim_start();
    let (number, unit) = split(bare)?;
    let more = unit.trim_start();
    let unit = more.strip_prefix('+').unwrap_or(more).trim().to_lowercase();
    let approximate = bare.len() < text.len() || more.starts_with('+');
    let scaled = |table: &[(&str, f64)]| {
        let (_, factor) = table.iter().find(|(symbol, _)| *symbol == unit)?;
        base_units(number * factor)
    };
    let value = match (scaled(&SIZES), scaled(&TIMES)) {
        (Some(bytes), _) => FigureValue::Size(Bytes(bytes)),
        (None, Some(nanos)) => FigureValue::Time(Nanos(nanos)),
        (None, None) => return None,
    };
    Some(PublishedFigure { value, approximate })
}

/// Reads a duration such as `30s`, `500ms` or `2m`.
pub(super) fn parse_duration(text: &str) -> Option<Nanos> {
    let (number, unit) = split(text)?;
    let known = ["ms", "s", "m"].contains(&unit);
    let (_, factor) = TIMES.iter().find(|(symbol, _)| known && *symbol == unit)?;
    base_units(number * factor).map(Nanos)
}

/// Digits with at most one point, and the rest.
fn split(text: &str) -> Option<(f64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number = &text[..end];
    let plain = number.starts_with(|c: char| c.is_ascii_digit())
        && number.ends_with(|c: char| c.is_ascii_digit());
    Some((number.parse().ok().filter(|_| plain)?, &text[end..]))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked"
)]
fn base_units(value: f64) -> Option<u64> {
    // Up to 2^53 every integer has an f64 of its own.
    (0.0..9.007e15)
        .contains(&value)
        .then(|| value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_sources_print_them() {
        let size = |bytes| FigureValue::Size(Bytes(bytes));
        let time = |nanos| FigureValue::Time(Nanos(nanos));
        let table = [
            ("~1.2 GB", size(1_200_000_000), true),
            ("900+ MB", size(900_000_000), true),
            ("1.29 MB", size(1_290_000), false),
            ("416 KB", size(416_000), false),
            ("416kB", size(416_000), false),
            ("2 GiB", size(2_147_483_648), false),
            ("≈ 0 B", size(0), true),
            ("30 s", time(30_000_000_000), false),
            ("4 min", time(240_000_000_000), false),
            ("250 ms", time(250_000_000), false),
        ];
        for (text, value, approximate) in table {
            assert_eq!(
                parse_figure(text),
                Some(PublishedFigure { value, approximate }),
                "{text}"
            );
        }
        for text in [
            "",
            "GB",
            "12",
            "1,2 GB",
            "1.2.3 GB",
            "1. GB",
            ".5 GB",
            "-1 GB",
            "1 XB",
            "99999999 GB",
            "1 GB 2",
        ] {
            assert_eq!(parse_figure(text), None, "{text}");
        }
    }

    #[test]
    fn durations_take_three_units() {
        assert_eq!(parse_duration("30s"), Some(Nanos::from_secs(30)));
        assert_eq!(parse_duration("1.5s"), Some(Nanos::from_millis(1_500)));
        assert_eq!(parse_duration("500ms"), Some(Nanos::from_millis(500)));
        assert_eq!(parse_duration("2m"), Some(Nanos::from_secs(120)));
        for text in ["", "30", "30 s", "2h", "s", "-1s", "1sec"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
