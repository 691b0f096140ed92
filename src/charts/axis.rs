//! Maps values to pixels and places the ticks.

use plotters::coord::combinators::{IntoLogRange, LogCoord};
use plotters::coord::ranged1d::{BoldPoints, Ranged};
use plotters::coord::types::RangedCoordf64;

use super::canvas::{Anchor, Canvas, ChartText, SMALL};
use super::font;
use super::palette::Color;
use crate::units::{ByteScale, Bytes, Nanos, TimeScale, Unit};

/// Values that differ by more than this factor use a log scale.
const LINEAR_SPAN: f64 = 100.0;

/// A linear axis spans at least this share of its values, so that small differences look small.
const LEAST_SPAN: f64 = 0.15;

/// Least space between two tick labels, in pixels.
const GAP: f64 = 14.0;

/// Maps a value to a pixel. Values are in native units: bytes, nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// In native units; both are above zero on a log scale.
    low: f64,
    high: f64,
    pub(super) log: bool,
    from: f64,
    to: f64,
    pub(super) ticks: Vec<Tick>,
    /// The unit of linear ticks; ticks of a log scale carry their own.
    pub(super) symbol: &'static str,
}

/// A tick.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// The range and unit of an axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct AxisRange {
    /// The pixel of the low end.
    pub(super) from: f64,
    /// The pixel of the high end.
    pub(super) to: f64,
    /// Whether a linear axis begins at zero, which bars require.
    pub(super) zero: bool,
    pub(super) unit: Unit,
}

impl Axis {
    /// An axis for these values, with a log scale if their range requires it. Without values it
    /// spans 0 to 1 of its unit.
    pub(super) fn for_values(span: AxisRange, values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        Self::with_parts(span, &values, &[])
    }

    /// The same for values with parts. Parts do not cause a log scale, so that a bar with a small
    /// part remains a bar.
    pub(super) fn with_parts(span: AxisRange, wholes: &[f64], parts: &[f64]) -> Self {
        let known = |value: &&f64| value.is_finite() && **value >= 0.0;
        let least = |values: &[f64]| {
            let positive = values.iter().filter(known).filter(|value| **value > 0.0);
            positive.copied().fold(f64::INFINITY, f64::min)
        };
        let both = [wholes, parts].concat();
        let high = both.iter().filter(known).copied().fold(0.0_f64, f64::max);
        let low = least(wholes);
        // A log scale cannot show zero.
        let log = low.is_finite() && high / low > LINEAR_SPAN && !wholes.contains(&0.0);
        if log {
            Self::logarithmic(span, least(&both), high)
        } else {
            Self::linear(span, low, high)
        }
    }

    fn linear(span: AxisRange, low: f64, high: f64) -> Self {
        let high = if high > 0.0 {
            high
        } else {
            unit_size(span.unit, f64::INFINITY).0
        };
        let (low, high) = if span.zero || low < 0.4 * high || !low.is_finite() {
            (0.0, high * 1.04)
        } else {
            let half = ((high - low) * 0.57).max(high * LEAST_SPAN / 2.0);
            let middle = f64::midpoint(low, high);
            ((middle - half).max(0.0), middle + half)
        };
        let (size, symbol) = unit_size(span.unit, high);
        let mut axis = Self {
            low,
            high,
            log: false,
            from: span.from,
            to: span.to,
            ticks: Vec::new(),
            symbol,
        };
        let coordinate = RangedCoordf64::from(low / size..high / size);
        let at_most = |count| {
            let points = coordinate.key_points(BoldPoints(count));
            let points = points
                .into_iter()
                .filter(|tick| *tick * size <= high && *tick * size >= low);
            points.collect::<Vec<f64>>()
        };
        axis.ticks = axis.densest_ticks(at_most, |ticks| {
            let step = ticks
                .windows(2)
                .map(|pair| pair[1] - pair[0])
                .fold(f64::INFINITY, f64::min);
            let decimals = decimals_of(if step.is_finite() {
                step
            } else {
                ticks[0].abs()
            });
            let tick = |tick: &f64| Tick {
                at: tick * size,
                label: format!("{:.decimals$}", tick + 0.0),
            };
            ticks.iter().map(tick).collect()
        });
        axis
    }

    fn logarithmic(span: AxisRange, low: f64, high: f64) -> Self {
        let (low, high) = (low * 0.8, high * 1.25);
        let mut axis = Self {
            low,
            high,
            log: true,
            from: span.from,
            to: span.to,
            ticks: Vec::new(),
            symbol: "log",
        };
        let coordinate: LogCoord<f64> = (low..high).log_scale().into();
        let at_most = |count| coordinate.key_points(BoldPoints(count));
        axis.ticks = axis.densest_ticks(at_most, |ticks| {
            let label = |tick: f64| {
                let (size, symbol) = unit_size(span.unit, tick * 1.000_001);
                let number = tick / size;
                let decimals = decimals_of(number);
                format!("{number:.decimals$} {symbol}")
                    .trim_end()
                    .to_owned()
            };
            ticks
                .iter()
                .map(|tick| Tick {
                    at: *tick,
                    label: label(*tick),
                })
                .collect()
        });
        axis
    }

    /// The largest number of ticks whose labels do not overlap.
    fn densest_ticks(
        &self,
        at_most: impl Fn(usize) -> Vec<f64>,
        labelled: impl Fn(&[f64]) -> Vec<Tick>,
    ) -> Vec<Tick> {
        let half = |tick: &Tick| font::width(&tick.label, SMALL, false) / 2.0;
        let has_room = |ticks: &[Tick]| {
            ticks.windows(2).all(|pair| {
                let distance = self.place(pair[1].at) - self.place(pair[0].at);
                distance.abs() >= half(&pair[0]) + half(&pair[1]) + GAP
            })
        };
        let fewest = at_most(2);
        // On a short line even the smallest set of ticks may need to be thinned out.
        let thinned = (2..=fewest.len()).map(|step| fewest.iter().copied().step_by(step).collect());
        let choices = (2..=8).rev().map(&at_most).chain(thinned);
        choices
            .filter(|points: &Vec<f64>| !points.is_empty())
            .map(|points| labelled(&points))
            .find(|ticks| has_room(ticks))
            .unwrap_or_default()
    }

    /// The pixel of the low end.
    pub(super) fn start(&self) -> f64 {
        self.from
    }

    /// The pixel of the high end.
    pub(super) fn end(&self) -> f64 {
        self.to
    }

    /// Whether a value lies on the axis.
    pub(super) fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The pixel of a value, clamped to the ends.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = if self.log {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Draws grid lines and labels of a horizontal axis, the labels above the plot at `label_y`.
    pub(super) fn draw_above(&self, canvas: &mut Canvas, label_y: f64, top: f64, foot: f64) {
        for tick in &self.ticks {
            let x = self.place(tick.at);
            canvas.line((x, top), (x, foot), Color::Grid, 1.0);
            canvas.text(ChartText {
                anchor: Anchor::Middle,
                color: Color::Soft,
                size: SMALL,
                ..ChartText::at(x, label_y, &tick.label)
            });
        }
    }

    /// The scale for the title of an axis.
    pub(super) fn scale_words(&self) -> String {
        match (self.log, self.symbol) {
            (true, _) => "log scale".to_owned(),
            (false, symbol) => symbol.to_owned(),
        }
    }
}

/// The size in native units and the symbol of the unit that suits a value. An infinite value
/// selects the usual unit.
fn unit_size(unit: Unit, value: f64) -> (f64, &'static str) {
    // Casts from floats saturate.
    let whole = if value.is_finite() {
        value.max(0.0) as u64
    } else {
        5_000_000_000
    };
    match unit {
        Unit::Bytes => {
            let scale = ByteScale::for_value(Bytes(whole));
            let size = match scale {
                ByteScale::B => 1.0,
                ByteScale::Kb => 1e3,
                ByteScale::Mb => 1e6,
                ByteScale::Gb => 1e9,
            };
            (size, scale.symbol())
        }
        Unit::Seconds => {
            let scale = TimeScale::for_value(Nanos(whole));
            let size = match scale {
                TimeScale::Micros => 1e3,
                TimeScale::Millis => 1e6,
                TimeScale::Seconds => 1e9,
                TimeScale::Minutes => 6e10,
            };
            (size, scale.symbol())
        }
        Unit::Ratio => (0.01, "%"),
        Unit::PerSecond => (1.0, "/s"),
        Unit::Count => (1.0, ""),
    }
}

/// The number of decimals that shows the first significant digit.
fn decimals_of(number: f64) -> usize {
    if number <= 0.0 || !number.is_finite() {
        return 0;
    }
    (0..9)
        .find(|decimals| {
            let shifted = number * 10f64.powi(*decimals);
            (shifted - shifted.round()).abs() < 1e-6 * shifted.max(1.0) && shifted.round() >= 1.0
        })
        .and_then(|decimals| usize::try_from(decimals).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARS: AxisRange = AxisRange {
        from: 100.0,
        to: 500.0,
        zero: true,
        unit: Unit::Bytes,
    };

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn a_linear_axis_for_bars_begins_at_zero_and_has_round_ticks() {
        let axis = Axis::for_values(BARS, [148e6, 1184e6]);
        assert!(!axis.log);
        assert_eq!((axis.place(0.0), axis.symbol), (100.0, "MB"));
        // 4 % of space above the largest: 1184 / (1184 * 1.04) of 400 pixels.
        assert!((axis.place(1184e6) - (100.0 + 400.0 / 1.04)).abs() < 1e-9);
        assert_eq!(
            labels(&axis),
            ["0", "200", "400", "600", "800", "1000", "1200"]
        );
    }

    #[test]
    fn six_orders_of_magnitude_use_a_log_scale() {
        let axis = Axis::for_values(BARS, [1e3, 1e9]);
        assert!(axis.log);
        assert_eq!(labels(&axis).first(), Some(&"1 kB"));
        assert_eq!(labels(&axis).last(), Some(&"1000 MB"));
        // The middle of the exponents is the middle of the line.
        assert!(
            (axis.place(1e6) - axis.place(1e3) - (axis.place(1e9) - axis.place(1e6))).abs() < 1e-6
        );
        assert!(!Axis::for_values(BARS, [0.0, 1.0, 1e9]).log);
    }

    #[test]
    fn close_values_are_zoomed_unless_bars_need_zero() {
        let span = AxisRange {
            zero: false,
            unit: Unit::Seconds,
            ..BARS
        };
        let axis = Axis::for_values(span, [200e6, 210e6]);
        // 15 % of 210 ms, around the middle of the two.
        assert!((axis.place(205e6) - 300.0).abs() < 1e-9);
        assert!((axis.place(200e6) - (300.0 - 400.0 * 5.0 / 31.5)).abs() < 1e-9);
        assert_eq!(axis.symbol, "ms");
        let empty = Axis::for_values(span, []);
        assert_eq!((empty.symbol, empty.place(0.0)), ("s", 100.0));
        let one = Axis::for_values(span, [3e9]);
        assert!(one.ticks.len() >= 2, "{:?}", one.ticks);
    }

    #[test]
    fn tick_labels_never_overlap_and_there_is_at_least_one() {
        for width in [30.0, 60.0, 120.0, 700.0] {
            for values in [
                vec![1e3, 1e9],
                vec![123e6],
                vec![1.0, 2.0],
                vec![9.99e9, 10.0e9],
            ] {
                let axis = Axis::for_values(
                    AxisRange {
                        to: 100.0 + width,
                        zero: false,
                        ..BARS
                    },
                    values,
                );
                assert!(!axis.ticks.is_empty(), "{axis:?}");
                for pair in axis.ticks.windows(2) {
                    let distance = axis.place(pair[1].at) - axis.place(pair[0].at);
                    let halves = pair
                        .iter()
                        .map(|tick| font::width(&tick.label, SMALL, false) / 2.0);
                    assert!(distance >= halves.sum::<f64>(), "{axis:?}");
                }
            }
        }
    }
}
