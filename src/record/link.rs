//! The link that a pull goes over.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{BitRate, Nanos};

/// A link as the registry of the run shapes it: a rate that all connections share,
/// and a latency for each request. Both absent: the bare loopback.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Link {
    /// What all connections share in one direction; none is unshaped.
    pub rate: Option<BitRate>,
    /// How long each request waits before it is answered.
    pub latency: Nanos,
}

/// Why a text names no link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no link: {why}; write `loopback`, `100mbit` or `100mbit,20ms`")]
pub struct ParseLinkError {
    text: String,
    why: String,
}

impl Link {
    /// Unshaped.
    pub const LOOPBACK: Self = Self {
        rate: None,
        latency: Nanos(0),
    };
}

const RATES: [(&str, u64); 4] = [
    ("kbit", 1_000),
    ("mbit", 1_000_000),
    ("gbit", 1_000_000_000),
    ("bit", 1),
];
const LATENCIES: [(&str, u64); 3] = [("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];

/// The slowest rate: below it a single chunk takes minutes.
const SLOWEST: u64 = 8_000;
/// The longest latency: beyond it engines give a request up.
const LONGEST: Nanos = Nanos::from_secs(10);

impl FromStr for Link {
    type Err = ParseLinkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |why: &str| ParseLinkError {
            text: text.to_owned(),
            why: why.to_owned(),
        };
        let trimmed = text.trim().to_ascii_lowercase();
        if trimmed == "loopback" {
            return Ok(Self::LOOPBACK);
        }
        let mut link = Self::LOOPBACK;
        let mut latency = None;
        for part in trimmed.split(',').map(str::trim) {
            if let Some(rate) = scaled(part, &RATES) {
                if link.rate.replace(BitRate(rate)).is_some() {
                    return Err(fail("it has two rates"));
                }
            } else if let Some(nanos) = scaled(part, &LATENCIES) {
                if latency.replace(Nanos(nanos)).is_some() {
                    return Err(fail("it has two latencies"));
                }
            } else {
                return Err(fail(&format!("`{part}` is neither a rate nor a latency")));
            }
        }
        if link.rate.is_some_and(|rate| rate.0 < SLOWEST) {
            return Err(fail("its rate is below 8kbit"));
        }
        link.latency = latency.unwrap_or_default();
        if link.latency > LONGEST {
            return Err(fail("its latency is above 10s"));
        }
        Ok(link)
    }
}

/// `1.5mbit` in the smallest unit of its table.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?.trim(), *factor)))?;
    if !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let value = number.parse::<f64>().ok()? * factor as f64;
    (value <= 1e15).then_some(value.round() as u64)
}

fn shown(f: &mut String, value: u64, units: &[(&str, u64)]) {
    let mut units: Vec<_> = units.to_vec();
    units.sort_by_key(|(_, factor)| std::cmp::Reverse(*factor));
    for (unit, factor) in units {
        if value.is_multiple_of(factor) {
            f.push_str(&format!("{}{unit}", value / factor));
            return;
        }
    }
    // What is finer than the finest unit.
    f.push_str(&format!("{}us", value as f64 / 1_000.0));
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        if let Some(rate) = self.rate {
            shown(&mut text, rate.0, &RATES);
        }
        if self.latency > Nanos(0) {
            if !text.is_empty() {
                text.push(',');
            }
            shown(&mut text, self.latency.0, &LATENCIES);
        }
        f.pad(if text.is_empty() { "loopback" } else { &text })
    }
}

impl TryFrom<String> for Link {
    type Error = ParseLinkError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_and_printed_alike() {
        for (text, shown) in [
            ("loopback", "loopback"),
            ("100mbit", "100mbit"),
            ("100Mbit, 20ms", "100mbit,20ms"),
            ("20ms,100mbit", "100mbit,20ms"),
            ("1.5gbit", "1500mbit"),
            ("1500us", "1500us"),
            ("2s", "2s"),
            ("0ms", "loopback"),
        ] {
            let link: Link = text.parse().unwrap();
            assert_eq!(link.to_string(), shown, "{text}");
            assert_eq!(shown.parse(), Ok(link));
        }
        let link: Link = "100mbit,20ms".parse().unwrap();
        assert_eq!(link.rate, Some(BitRate(100_000_000)));
        assert_eq!(link.latency, Nanos::from_millis(20));
    }

    #[test]
    fn what_is_no_link_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "`` is neither"),
            ("100", "`100` is neither"),
            ("fast", "`fast` is neither"),
            ("-1mbit", "`-1mbit` is neither"),
            ("1e3mbit", "neither"),
            ("nanmbit", "neither"),
            ("0mbit", "below 8kbit"),
            ("1mbit,2mbit", "two rates"),
            ("1ms,2ms", "two latencies"),
            ("100mbit,", "`` is neither"),
            ("11s", "above 10s"),
        ] {
            let error = text.parse::<Link>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn in_json_a_link_is_its_text() {
        let link: Link = "100mbit,20ms".parse().unwrap();
        let json = serde_json::to_string(&link).unwrap();
        assert_eq!(json, "\"100mbit,20ms\"");
        assert_eq!(serde_json::from_str::<Link>(&json).unwrap(), link);
        assert!(serde_json::from_str::<Link>("\"x\"").is_err());
    }
}
