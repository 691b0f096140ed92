//! A metric of a case over many runs: medians with the smallest and largest sample, changes of
//! level, borders between runs that cannot be compared, and the budget.

use std::collections::BTreeSet;

use super::axis::{Axis, AxisRange};
use super::canvas::{Anchor, Area, Canvas, ChartMark, ChartText, SMALL, Shape};
use super::font;
use super::layout::{Layout, LegendSymbol, MARGIN, WIDTH};
use super::options::Chart;
use super::palette::{Color, Theme};
use super::sample_charts::capitalize;
use crate::history::{Point, Trend};
use crate::scenario::Budget;
use crate::summary::history::{in_order, words};
use crate::summary::scale::Scale;
use crate::summary::wording::{one_line, plural};
use crate::units::{Quantity, native};

/// Height of the plot, and of the strips above it.
const HEIGHT: f64 = 300.0;
const STRIP: f64 = 18.0;
/// Space for the labels of the vertical axis, and for the label of the budget on the right.
const SCALE_ROOM: f64 = 64.0;
const BUDGET_ROOM: f64 = 118.0;
/// Longest reason in a tooltip, in characters.
const REASON_CHARS: usize = 240;

/// The plot area and its scale.
struct PlotArea {
    plot: Area,
    axis: Axis,
    /// Pixels from one run to the next.
    step: f64,
}

impl PlotArea {
    /// The middle of a run's column.
    fn x(&self, at: usize) -> f64 {
        self.plot.x + self.step * (at as f64 + 0.5)
    }

    fn right(&self) -> f64 {
        self.plot.x + self.plot.width
    }

    fn bottom(&self) -> f64 {
        self.plot.y + self.plot.height
    }
}

/// A chart for each trend that has one, the worst first, with the limit of its budget; `more` are
/// the budgets of a configuration. The names are unique.
pub fn history_charts(trends: &[Trend<'_>], more: &[Budget], theme: Theme) -> Vec<Chart> {
    let mut taken = BTreeSet::new();
    let charts = in_order(trends)
        .into_iter()
        .filter_map(|trend| history_chart(trend, trend.limit(more), theme));
    charts
        .map(|mut chart| {
            let mut number = 1;
            let name = chart.name.clone();
            while !taken.insert(chart.name.clone()) {
                number += 1;
                chart.name = format!("{name}-{number}");
            }
            chart
        })
        .collect()
}

/// Draws a trend, with the limit of its budget if it has one. `None` if no run has a value or a
/// failure.
pub fn history_chart(trend: &Trend<'_>, budget: Option<Quantity>, theme: Theme) -> Option<Chart> {
    let newest = trend.newest()?;
    let series = words::series(trend);
    let name = format!("{}-{series}-history", trend.case);
    let name = name.replace(['/', '.', ' ', ','], "-");
    let title = format!("{series} of {} over time", trend.case);
    let budget = budget.filter(|budget| budget.unit() == trend.metric.unit());
    let plot_at = |y: f64| Area {
        x: MARGIN + SCALE_ROOM,
        y,
        width: WIDTH - 2.0 * MARGIN - SCALE_ROOM - budget.map_or(0.0, |_| BUDGET_ROOM),
        height: HEIGHT,
    };
    let axis_in = |plot: Area| {
        let span = AxisRange {
            from: plot.y + plot.height - 16.0,
            to: plot.y + 8.0,
            zero: false,
            unit: trend.metric.unit(),
        };
        let values = trend.points.iter().filter_map(|point| point.values);
        let ends = values.flat_map(|values| [values.min, values.median, values.max]);
        Axis::for_values(span, ends.chain(budget).map(native))
    };
    // The name of the scale does not depend on the position.
    let scale = axis_in(plot_at(0.0)).scale_words();
    let subtitle = subtitle(trend, newest, &scale);
    let mut layout = Layout::new(theme, name, title, &subtitle);
    layout.legend(&legend(trend, budget));
    let strips = STRIP * 2.0 + 4.0;
    let plot = plot_at(layout.y + strips);
    let area = PlotArea {
        plot,
        axis: axis_in(plot),
        step: plot.width / trend.points.len() as f64,
    };
    scales(&mut layout.canvas, trend, &area);
    borders(&mut layout.canvas, trend, &area);
    levels(&mut layout.canvas, trend, &area);
    limit(&mut layout.canvas, budget, &area);
    points(&mut layout.canvas, trend, &area);
    layout.y = area.bottom() + 24.0;
    let mut notes = Vec::new();
    if trend.eras() > 1 {
        notes.push("Runs on the two sides of a border cannot be compared, and nothing is computed across it.".to_owned());
    }
    let alt = alt(trend, &series);
    Some(layout.finish(&notes, alt))
}

fn subtitle(trend: &Trend<'_>, newest: &Point<'_>, scale: &str) -> String {
    let sizes = trend.points.iter().filter_map(|point| point.values);
    let (least, most) = sizes.fold((u64::MAX, 0), |(least, most), values| {
        (least.min(values.n.0), most.max(values.n.0))
    });
    let n = match most {
        0 => "no sample counts".to_owned(),
        _ if least == most => format!("n = {most} a run"),
        _ => format!("n = {least} to {most} a run"),
    };
    let first = trend.points.first().map_or("", words::day);
    format!(
        "{}, {scale} · {} · {n} · newest on {} · {first} to {}",
        capitalize(trend.metric.definition()),
        plural(trend.points.len(), "run"),
        newest.run.traits.engine(),
        words::day(newest)
    )
}

const VALUE: ChartMark = ChartMark::of(Shape::Circle, Color::Own, false);

fn legend(trend: &Trend<'_>, budget: Option<Quantity>) -> Vec<(LegendSymbol, String)> {
    let mut legend = vec![
        (LegendSymbol::Mark(VALUE), "median of a run".to_owned()),
        (
            LegendSymbol::Line(Color::Base),
            "from its smallest to its largest sample".to_owned(),
        ),
    ];
    for (better, mark, word) in [(true, BETTER, "better"), (false, WORSE, "worse")] {
        if trend.changes.iter().any(|change| change.better == better) {
            legend.push((
                LegendSymbol::Mark(mark),
                format!("the level changed: {word}"),
            ));
        }
    }
    if trend.eras() > 1 {
        legend.push((
            LegendSymbol::Dashed(Color::Soft),
            "a border: not comparable".to_owned(),
        ));
    }
    if budget.is_some() {
        legend.push((LegendSymbol::Dashed(Color::Alert), "budget".to_owned()));
    }
    if trend.points.iter().any(|point| point.failure.is_some()) {
        legend.push((
            LegendSymbol::Mark(ChartMark::DNF),
            "did not finish".to_owned(),
        ));
    }
    if trend.points.iter().any(|point| uses_stand_in(trend, point)) {
        legend.push((
            LegendSymbol::Mark(ChartMark::STAND_IN),
            "built on a stand-in base".to_owned(),
        ));
    }
    legend
}

const WORSE: ChartMark = ChartMark::of(Shape::Triangle, Color::Alert, false);
const BETTER: ChartMark = ChartMark::of(Shape::Wedge, Color::Good, false);

fn uses_stand_in(trend: &Trend<'_>, point: &Point<'_>) -> bool {
    let case = point.run.cases.iter().find(|case| case.id == *trend.case);
    case.is_some_and(|case| case.traits.uses_stand_in())
}

/// Draws the grid, the labels of the values, and as many dates as have space.
fn scales(canvas: &mut Canvas, trend: &Trend<'_>, area: &PlotArea) {
    for tick in &area.axis.ticks {
        let y = area.axis.place(tick.at);
        canvas.line((area.plot.x, y), (area.right(), y), Color::Grid, 1.0);
        canvas.text(ChartText {
            anchor: Anchor::End,
            color: Color::Soft,
            size: SMALL,
            ..ChartText::at(area.plot.x - 8.0, y + 4.0, &tick.label)
        });
    }
    let mut free = 0.0;
    for (at, point) in trend.points.iter().enumerate() {
        let day = words::day(point);
        let half = font::width(day, SMALL, false) / 2.0;
        let x = area.x(at);
        if x - half < free || x + half > WIDTH - MARGIN {
            continue;
        }
        free = x + half + 14.0;
        let foot = area.bottom();
        canvas.line((x, foot), (x, foot + 4.0), Color::Soft, 1.0);
        canvas.text(ChartText {
            anchor: Anchor::Middle,
            color: Color::Soft,
            size: SMALL,
            ..ChartText::at(x, foot + 17.0, day)
        });
    }
}

/// Draws the borders between groups of comparable runs, with the reasons above the plot.
fn borders(canvas: &mut Canvas, trend: &Trend<'_>, area: &PlotArea) {
    let places: Vec<usize> = (1..trend.points.len())
        .filter(|at| !trend.points[*at].border.is_empty())
        .collect();
    for (which, at) in places.iter().enumerate() {
        let x = area.plot.x + area.step * *at as f64;
        let top = area.plot.y - STRIP * 2.0;
        canvas.dashed((x, top), (x, area.bottom()), Color::Soft);
        let next = places.get(which + 1);
        let until = next.map_or(area.right(), |next| area.plot.x + area.step * *next as f64);
        let border = &trend.points[*at].border;
        let rules: Vec<&str> = border.iter().map(|one| one.rule.word()).collect();
        let full: Vec<&str> = border.iter().map(|one| one.what.as_str()).collect();
        let shown = font::truncate_end(
            &format!("other {}", rules.join(", ")),
            SMALL,
            until - x - 12.0,
        );
        let full = full.join("; ");
        if shown.is_empty() {
            continue;
        }
        canvas.text(ChartText {
            size: SMALL,
            color: Color::Soft,
            full: Some(&full),
            ..ChartText::at(x + 5.0, top + 12.0, &shown)
        });
    }
}

/// Draws the level before and after each change, and the change itself.
fn levels(canvas: &mut Canvas, trend: &Trend<'_>, area: &PlotArea) {
    let mut free = 0.0;
    for (which, change) in trend.changes.iter().enumerate() {
        let era = trend.points[change.at].era;
        let of_era = |other: &&crate::history::TrendChange| trend.points[other.at].era == era;
        let before = trend.changes[..which].iter().rev().find(of_era);
        let after = trend.changes[which + 1..].iter().find(of_era);
        let ends = trend.era(era).map(|(at, _)| at);
        let (first, last) = ends.fold((usize::MAX, 0), |(first, last), at| {
            (first.min(at), last.max(at))
        });
        let mut level = |from: usize, to: usize, middle: Quantity| {
            let y = area.axis.place(native(middle));
            let half = area.step / 2.0;
            canvas.line(
                (area.x(from) - half, y),
                (area.x(to) + half, y),
                Color::Text,
                1.4,
            );
        };
        // The level after a change is drawn with the next change, if there is one.
        level(
            before.map_or(first, |before| before.at),
            change.after,
            change.before,
        );
        if after.is_none() {
            level(change.at, last, change.now);
        }
        let x = area.x(change.at);
        let mark = if change.better { BETTER } else { WORSE };
        let word = if change.better { "better" } else { "worse" };
        let full = format!("{word}: {}", words::went(trend.metric, change));
        let y = area.plot.y - STRIP / 2.0;
        canvas.line((x, y + 6.0), (x, area.bottom()), mark.color, 0.8);
        canvas.mark(mark, x, y, Some(&full));
        let next = trend
            .changes
            .get(which + 1)
            .map_or(area.right(), |next| area.x(next.at) - 8.0);
        let shown = font::truncate_end(&words::went(trend.metric, change), SMALL, next - x - 12.0);
        if x >= free && !shown.is_empty() {
            free = x + 10.0 + font::width(&shown, SMALL, false);
            canvas.text(ChartText {
                size: SMALL,
                color: mark.color,
                full: Some(&full),
                ..ChartText::at(x + 8.0, y + 4.0, &shown)
            });
        }
    }
}

fn limit(canvas: &mut Canvas, budget: Option<Quantity>, area: &PlotArea) {
    let Some(budget) = budget else { return };
    let y = area.axis.place(native(budget));
    canvas.dashed((area.plot.x, y), (area.right(), y), Color::Alert);
    let words = format!("budget {}", Scale::for_value(budget).with_unit(budget));
    let shown = font::truncate_end(&words, SMALL, BUDGET_ROOM - 8.0);
    canvas.text(ChartText {
        size: SMALL,
        color: Color::Alert,
        full: Some(&words),
        ..ChartText::at(area.right() + 8.0, y + 4.0, &shown)
    });
}

/// Draws the values, connected within a group of comparable runs, with their extremes; failures
/// are at the bottom.
fn points(canvas: &mut Canvas, trend: &Trend<'_>, area: &PlotArea) {
    let place = |value: Quantity| area.axis.place(native(value));
    for era in 0..trend.eras() {
        let joined: Vec<(f64, f64)> = trend
            .era(era)
            .map(|(at, values)| (area.x(at), place(values.median)))
            .collect();
        for (at, values) in trend.era(era) {
            let x = area.x(at);
            canvas.line(
                (x, place(values.min)),
                (x, place(values.max)),
                Color::Base,
                3.0,
            );
        }
        canvas.polyline(&joined, Color::Own, 1.2);
    }
    for (at, point) in trend.points.iter().enumerate() {
        let x = area.x(at);
        if let Some(values) = point.values {
            let text = |value: Quantity| Scale::for_value(value).with_unit(value);
            let full = format!(
                "{} ({}): {}, {} to {}, n = {}",
                point.run.id,
                words::day(point),
                text(values.median),
                text(values.min),
                text(values.max),
                values.n.0
            );
            canvas.mark(VALUE, x, place(values.median), Some(&full));
        }
        if let Some(reason) = point.failure {
            let full = format!("{}: {}", point.run.id, one_line(reason, REASON_CHARS));
            canvas.mark(ChartMark::DNF, x, area.bottom() - 7.0, Some(&full));
        } else if uses_stand_in(trend, point) {
            canvas.mark(ChartMark::STAND_IN, x, area.bottom() - 7.0, None);
        }
    }
}

fn alt(trend: &Trend<'_>, series: &str) -> String {
    let newest = trend.newest().and_then(|point| point.values);
    let newest = newest.map(|values| Scale::for_value(values.median).with_unit(values.median));
    let change = words::change(trend);
    let described = if change.is_empty() {
        String::new()
    } else {
        format!(" ({change})")
    };
    format!(
        "{series} of {} over {}: {}; the newest is {}{described}{}.",
        trend.case,
        plural(trend.points.len(), "run"),
        plural(trend.changes.len(), "change of level"),
        trend.outcome.standing().word(),
        newest
            .map(|value| format!(" with {value}"))
            .unwrap_or_default()
    )
}
