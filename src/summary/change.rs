//! The difference of one measure between two cases, and the effect that it shows.

use super::observed::{Measure, Observed};
use super::scale::Scale;
use crate::record::{Derived, Kind, Metric};
use crate::stats::{Interval, MIN_FOR_INTERVAL, RatioOfMedians, ratio_of_sums};
use crate::units::{Quantity, Ratio, Unit, human_ratio, native, quantity_of as quantity};

/// The change of a measure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MeasureChange {
    measure: Measure,
    pub(crate) before: Quantity,
    pub(crate) after: Quantity,
    /// After divided by before; `None` if before is 0.
    pub(crate) ratio: Option<RatioOfMedians>,
    /// The smaller n of the two sides; 0 for exact measures.
    pub(crate) n: usize,
    /// Whether exact values differ between rounds and overlap with the other side.
    within_spread: bool,
}

/// The direction of the change, as far as the samples show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The measure decreased.
    Lower,
    /// The measure increased.
    Higher,
    /// No effect is shown.
    None,
    /// Too few samples to decide.
    Open,
}

impl Effect {
    /// The word in the files.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::None => "none",
            Self::Open => "too-few-samples",
        }
    }
}

impl MeasureChange {
    /// Compares two sides. `None` if a figure is missing, or for times that were not measured
    /// side by side.
    pub(crate) fn of(
        measure: Measure,
        before: &Observed<'_>,
        after: &Observed<'_>,
    ) -> Option<Self> {
        let (old, new) = (*before.figure.as_ref().ok()?, *after.figure.as_ref().ok()?);
        if measure.is_apart(before, after) {
            return None;
        }
        let timed = measure.kind() == Kind::Timed;
        let ratio = if timed {
            ratio_of_sums(&after.parts, &before.parts)
        } else {
            Ratio::of(native(new), native(old)).map(|ratio| RatioOfMedians {
                ratio,
                interval: None,
            })
        };
        let sizes = before.parts.iter().chain(&after.parts).map(|set| set.len());
        let within_spread = before.range.zip(after.range).is_some_and(|(old, new)| {
            let differ = old.0 < old.1 || new.0 < new.1;
            differ && old.0 <= new.1 && new.0 <= old.1
        });
        Some(Self {
            measure,
            before: old,
            after: new,
            ratio,
            n: sizes.min().unwrap_or(0),
            within_spread,
        })
    }

    /// The interval of the ratio.
    pub(crate) fn interval(&self) -> Option<Interval> {
        self.ratio?.interval
    }

    /// Timed measures: by the interval only. Exact measures: by the values, unless those of the
    /// rounds differ and overlap.
    pub(crate) fn effect(&self) -> Effect {
        if self.measure.kind() == Kind::Timed {
            return match self.interval() {
                None => Effect::Open,
                Some(interval) if interval.upper < 1.0 => Effect::Lower,
                Some(interval) if interval.lower > 1.0 => Effect::Higher,
                Some(_) => Effect::None,
            };
        }
        let (before, after) = (native(self.before), native(self.after));
        if self.within_spread || before == after {
            Effect::None
        } else if after < before {
            Effect::Lower
        } else {
            Effect::Higher
        }
    }

    /// `6.80x [6.10, 7.40] faster`, `1.02x [0.98, 1.07], no effect shown`,
    /// `6.80x, n = 3, no interval`, `1024 MB smaller (7.65x)`, `no effect`.
    pub(crate) fn words(&self) -> String {
        if self.measure.kind() == Kind::Timed {
            self.timed_words()
        } else {
            self.exact_words()
        }
    }

    fn timed_words(&self) -> String {
        let Some(ratio) = self.ratio else {
            return "no factor: nothing before".to_owned();
        };
        let down = ratio.ratio.get() < 1.0;
        let factor = factor_text(ratio.ratio, down);
        let interval = ratio.interval.map(|interval| {
            let (low, high) = if down {
                (1.0 / interval.upper, 1.0 / interval.lower)
            } else {
                (interval.lower, interval.upper)
            };
            format!("[{}, {}]", bare(low), bare(high))
        });
        match (self.effect(), interval) {
            (Effect::Lower | Effect::Higher, Some(interval)) => {
                format!("{factor} {interval} {}", self.direction_word(down))
            }
            (_, Some(interval)) => format!("{factor} {interval}, no effect shown"),
            (_, None) if self.n < MIN_FOR_INTERVAL => {
                format!("{factor}, n = {}, no interval", self.n)
            }
            (_, None) => format!("{factor}, no interval"),
        }
    }

    fn exact_words(&self) -> String {
        let (before, after) = (native(self.before), native(self.after));
        if before == after {
            return "no effect".to_owned();
        }
        if self.within_spread {
            return "no effect beyond the spread of rounds".to_owned();
        }
        let down = after < before;
        let word = self.direction_word(down);
        let factor = self.ratio.filter(|ratio| ratio.ratio.get() > 0.0);
        let factor = factor.map(|ratio| factor_text(ratio.ratio, down));
        let unit = self.measure.unit();
        if matches!(unit, Unit::Ratio | Unit::PerSecond) {
            return format!("{} {word}", factor.unwrap_or_default());
        }
        let difference = quantity(unit, (after - before).abs());
        let difference = Scale::for_value(difference).with_unit(difference);
        match factor.filter(|factor| factor != "1.00x") {
            Some(factor) => format!("{difference} {word} ({factor})"),
            None => format!("{difference} {word}"),
        }
    }

    /// The word for a decrease or an increase.
    pub(crate) fn direction_word(&self, down: bool) -> &'static str {
        let (less, more) = match self.measure {
            Measure::Series(series) => metric_words(series.metric),
            Measure::Derived(
                Derived::DeployFirst | Derived::DeploySibling | Derived::DeployUpdate,
                _,
            ) => ("faster", "slower"),
            Measure::Derived(Derived::ServicesStored | Derived::RegistryMoved, _) => {
                ("less", "more")
            }
            Measure::Count(_) => ("fewer", "more"),
        };
        if down { less } else { more }
    }
}

pub(super) fn metric_words(metric: Metric) -> (&'static str, &'static str) {
    match (metric.unit(), metric.id()) {
        (Unit::Seconds, _) => ("faster", "slower"),
        (Unit::Count, _) => ("fewer", "more"),
        (Unit::Bytes, id) if id.starts_with("size.") || id == Metric::ContextBytes.id() => {
            ("smaller", "larger")
        }
        (Unit::Bytes | Unit::Ratio | Unit::PerSecond, _) => ("less", "more"),
    }
}

/// The factor as a number of at least 1, in either direction.
pub(super) fn factor_text(ratio: Ratio, down: bool) -> String {
    let upright = if down {
        Ratio::of(1.0, ratio.get())
    } else {
        Some(ratio)
    };
    upright.map_or_else(|| "to nothing".to_owned(), human_ratio)
}

pub(crate) fn bare(number: f64) -> String {
    let text = Ratio::of(number, 1.0).map(human_ratio);
    text.map_or_else(
        || "∞".to_owned(),
        |text| text.trim_end_matches('x').to_owned(),
    )
}
