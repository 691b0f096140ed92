//! The size of a variant against its time to ready, with the variants that no other beats in both
//! (Pareto front).

use std::collections::BTreeSet;

use super::axis::{Axis, AxisRange};
use super::canvas::{Anchor, Area, Canvas, ChartMark, ChartText, SMALL};
use super::context::ChartContext;
use super::font;
use super::layout::{Layout, LegendSymbol, MARGIN, WIDTH};
use super::options::Chart;
use super::palette::Color;
use crate::record::{CaseRecord, Metric};
use crate::stats::Interval;
use crate::summary::Series;
use crate::summary::scale::Scale;
use crate::units::quantity_of as quantity;

/// Height of the plot.
const HEIGHT: f64 = 430.0;
/// Space for the labels of the vertical axis.
const SCALE_ROOM: f64 = 64.0;

struct Point<'a> {
    case: &'a CaseRecord,
    mark: ChartMark,
    size: f64,
    ready: f64,
    interval: Option<Interval>,
    front: bool,
}

/// Draws the chart if a variant has both values and all were measured on one machine.
pub(super) fn draw(context: &ChartContext<'_, '_>) -> Option<Chart> {
    let across = Series::unlinked(if context.was_attempted(Metric::SizeTransfer) {
        Metric::SizeTransfer
    } else {
        Metric::SizeUnpacked
    });
    let upright = Series::unlinked(Metric::StartReady);
    let (points, strategies) = points(context, across, upright);
    // A front over times from several machines would compare the machines.
    if points.is_empty() || context.machines_note().is_some() {
        return None;
    }
    let sized = if across.metric == Metric::SizeTransfer {
        "transfer size"
    } else {
        "unpacked size"
    };
    let subtitle = format!(
        "Time to ready (median, 95 % interval) against {sized} · {}",
        context.provenance(&[across, upright])
    );
    let title = context.title(&format!("Choosing: {sized} and time to ready"));
    let mut layout = Layout::new(context.theme, context.name("choice"), title, &subtitle);
    let mut legend: Vec<(LegendSymbol, String)> = strategies
        .iter()
        .enumerate()
        .map(|(at, strategy)| {
            (
                LegendSymbol::Mark(ChartMark::kind(at)),
                (*strategy).to_owned(),
            )
        })
        .collect();
    legend.push((
        LegendSymbol::Line(Color::Soft),
        "no variant is both smaller and sooner (Pareto front)".to_owned(),
    ));
    legend.extend(context.marks(&[across, upright]));
    layout.legend(&legend);
    let top = layout.y + 26.0;
    let plot = Area {
        x: MARGIN + SCALE_ROOM,
        y: top,
        width: WIDTH - 2.0 * MARGIN - SCALE_ROOM - 12.0,
        height: HEIGHT,
    };
    let axes = axes(&points, plot, across, upright);
    frame(&mut layout.canvas, &axes, plot, (sized, top));
    let front_line = front_line(&points, &axes);
    layout.canvas.polyline(&front_line, Color::Soft, 1.6);
    marks(&mut layout.canvas, &points, &axes);
    let unplaced = labels(&mut layout.canvas, &points, &axes, (plot, &front_line));
    layout.y = plot.y + plot.height + 38.0;
    let mut notes = Vec::new();
    if !unplaced.is_empty() {
        notes.push(format!(
            "Without room for their names: {}.",
            unplaced.join(", ")
        ));
    }
    notes.extend(absent_note(context, across, upright));
    notes.extend(context.notes());
    let alt = alt(&points, sized);
    Some(layout.finish(&notes, alt))
}

fn points<'a>(
    context: &ChartContext<'_, 'a>,
    across: Series,
    upright: Series,
) -> (Vec<Point<'a>>, Vec<&'a str>) {
    let mut strategies: Vec<&str> = Vec::new();
    let mut points: Vec<Point<'a>> = Vec::new();
    for case in context.cases() {
        let summary = |series| {
            context
                .entry(case, series)
                .and_then(|entry| entry.summary.as_ref())
        };
        let (Some(size), Some(ready)) = (summary(across), summary(upright)) else {
            continue;
        };
        let known = strategies
            .iter()
            .position(|strategy| *strategy == case.strategy);
        let at = known.unwrap_or_else(|| {
            strategies.push(&case.strategy);
            strategies.len() - 1
        });
        points.push(Point {
            case,
            mark: ChartMark::kind(at),
            size: size.median,
            ready: ready.median,
            interval: ready.interval,
            front: false,
        });
    }
    let beaten = |point: &Point<'_>| {
        points.iter().any(|other| {
            other.size <= point.size
                && other.ready <= point.ready
                && (other.size < point.size || other.ready < point.ready)
        })
    };
    let front: Vec<bool> = points.iter().map(|point| !beaten(point)).collect();
    for (point, front) in points.iter_mut().zip(front) {
        point.front = front;
    }
    (points, strategies)
}

fn axes(points: &[Point<'_>], plot: Area, across: Series, upright: Series) -> (Axis, Axis) {
    // Keeps marks and whiskers away from the frame.
    let x = AxisRange {
        from: plot.x + 8.0,
        to: plot.x + plot.width - 8.0,
        zero: false,
        unit: across.metric.unit(),
    };
    let y = AxisRange {
        from: plot.y + plot.height - 8.0,
        to: plot.y + 8.0,
        zero: false,
        unit: upright.metric.unit(),
    };
    let ready = points.iter().flat_map(|point| {
        let ends = point.interval.map(|ends| [ends.lower, ends.upper]);
        std::iter::once(point.ready).chain(ends.into_iter().flatten())
    });
    (
        Axis::for_values(x, points.iter().map(|point| point.size)),
        Axis::for_values(y, ready),
    )
}

fn frame(canvas: &mut Canvas, (x, y): &(Axis, Axis), plot: Area, (sized, top): (&str, f64)) {
    let (right, foot) = (plot.x + plot.width, plot.y + plot.height);
    for tick in &y.ticks {
        let at = y.place(tick.at);
        canvas.line((plot.x, at), (right, at), Color::Grid, 1.0);
        canvas.text(ChartText {
            anchor: Anchor::End,
            color: Color::Soft,
            size: SMALL,
            ..ChartText::at(plot.x - 8.0, at + 4.0, &tick.label)
        });
    }
    for tick in &x.ticks {
        let at = x.place(tick.at);
        canvas.line((at, plot.y), (at, foot), Color::Grid, 1.0);
        canvas.text(ChartText {
            anchor: Anchor::Middle,
            color: Color::Soft,
            size: SMALL,
            ..ChartText::at(at, foot + 16.0, &tick.label)
        });
    }
    let words = format!("ready, {}", y.scale_words());
    canvas.text(ChartText {
        size: SMALL,
        bold: true,
        ..ChartText::at(MARGIN, top - 10.0, &words)
    });
    let words = format!("{sized}, {}", x.scale_words());
    canvas.text(ChartText {
        size: SMALL,
        bold: true,
        anchor: Anchor::End,
        ..ChartText::at(right, foot + 33.0, &words)
    });
}

/// The stepped line of the front: variants to its upper right are beaten in both.
fn front_line(points: &[Point<'_>], (x, y): &(Axis, Axis)) -> Vec<(f64, f64)> {
    let mut front: Vec<(f64, f64)> = points
        .iter()
        .filter(|point| point.front)
        .map(|point| (x.place(point.size), y.place(point.ready)))
        .collect();
    front.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut front_line = Vec::new();
    for (at, place) in front.iter().enumerate() {
        if let Some(before) = at.checked_sub(1).and_then(|before| front.get(before)) {
            front_line.push((place.0, before.1));
        }
        front_line.push(*place);
    }
    front_line
}

fn marks(canvas: &mut Canvas, points: &[Point<'_>], (x, y): &(Axis, Axis)) {
    for point in points {
        let at = x.place(point.size);
        if let Some(ends) = point.interval {
            let ends = [y.place(ends.lower), y.place(ends.upper)];
            canvas.line((at, ends[0]), (at, ends[1]), point.mark.color, 1.4);
        }
    }
    for point in points {
        let words = [
            (Metric::SizeUnpacked, point.size),
            (Metric::StartReady, point.ready),
        ];
        let words = words.map(|(metric, native)| {
            let value = quantity(metric.unit(), native);
            Scale::for_value(value).with_unit(value)
        });
        let full = format!(
            "{} ({}): {}, ready in {}",
            point.case.variant, point.case.strategy, words[0], words[1]
        );
        canvas.mark(
            point.mark,
            x.place(point.size),
            y.place(point.ready),
            Some(&full),
        );
    }
}

/// Half the width of the area that a mark covers.
const MARK: f64 = 7.0;

/// Places names next to their marks without overlap, those of the front first. Returns the names
/// that have no free place.
fn labels(
    canvas: &mut Canvas,
    points: &[Point<'_>],
    (x, y): &(Axis, Axis),
    (plot, front_line): (Area, &[(f64, f64)]),
) -> Vec<String> {
    let place = |point: &Point<'_>| (x.place(point.size), y.place(point.ready));
    let mut taken: Vec<Area> = points
        .iter()
        .map(|point| {
            let (x, y) = place(point);
            Area {
                x: x - MARK,
                y: y - MARK,
                width: 2.0 * MARK,
                height: 2.0 * MARK,
            }
        })
        .collect();
    let lines = lines(points, (x, y), front_line);
    let mut order: Vec<&Point<'_>> = points.iter().collect();
    order.sort_by_key(|point| !point.front);
    let mut unplaced = BTreeSet::new();
    for point in order {
        let name = font::truncate_middle(&point.case.variant, SMALL, 220.0);
        let stand_in = !point.case.stand_ins.is_empty();
        let sign = if stand_in { 14.0 } else { 0.0 };
        let size = (font::width(&name, SMALL, point.front) + sign, 15.0);
        let free =
            |area: &Area| within(area, &plot) && taken.iter().all(|other| !overlap(area, other));
        let clear = |area: &&Area| free(area) && lines.iter().all(|line| !overlap(area, line));
        // Second choice: a place that overlaps a line.
        let areas = candidates(place(point), size);
        let best = areas.iter().find(clear);
        let Some(area) = best
            .or_else(|| areas.iter().find(|area| free(area)))
            .copied()
        else {
            unplaced.insert(point.case.variant.clone());
            continue;
        };
        taken.push(area);
        canvas.text(ChartText {
            size: SMALL,
            bold: point.front,
            full: Some(&point.case.variant),
            ..ChartText::at(area.x, area.y + 11.5, &name)
        });
        if stand_in {
            // The name is usually narrower than the reserved width.
            let end = area.x + (area.width - sign) / font::MARGIN + 9.0;
            canvas.mark(ChartMark::STAND_IN, end, area.y + 7.5, None);
        }
    }
    unplaced.into_iter().collect()
}

/// The areas of whiskers and front, which names should avoid.
fn lines(points: &[Point<'_>], (x, y): (&Axis, &Axis), front_line: &[(f64, f64)]) -> Vec<Area> {
    let between = |from: (f64, f64), to: (f64, f64)| Area {
        x: from.0.min(to.0) - 1.5,
        y: from.1.min(to.1) - 1.5,
        width: (from.0 - to.0).abs() + 3.0,
        height: (from.1 - to.1).abs() + 3.0,
    };
    let whiskers = points.iter().filter_map(|point| {
        let (at, ends) = (x.place(point.size), point.interval?);
        Some(between(
            (at, y.place(ends.lower)),
            (at, y.place(ends.upper)),
        ))
    });
    let steps = front_line.windows(2).map(|pair| between(pair[0], pair[1]));
    whiskers.chain(steps).collect()
}

/// Candidate places for a label around its mark, the best first.
fn candidates((x, y): (f64, f64), (width, height): (f64, f64)) -> Vec<Area> {
    let mut areas = Vec::new();
    for away in [9.0, 16.0, 26.0] {
        let (right, left) = (x + away, x - away - width);
        let (above, below) = (y - away - height + 2.0, y + away - 2.0);
        let (middle, centre) = (y - height / 2.0, x - width / 2.0);
        let places = [
            (right, middle),
            (left, middle),
            (centre, above),
            (centre, below),
            (right, above + height / 2.0),
            (right, below - height / 2.0),
            (left, above + height / 2.0),
            (left, below - height / 2.0),
        ];
        areas.extend(places.map(|(x, y)| Area {
            x,
            y,
            width,
            height,
        }));
    }
    areas
}

fn overlap(one: &Area, other: &Area) -> bool {
    one.x < other.x + other.width
        && other.x < one.x + one.width
        && one.y < other.y + other.height
        && other.y < one.y + one.height
}

fn within(area: &Area, plot: &Area) -> bool {
    area.x >= plot.x
        && area.y >= plot.y
        && area.x + area.width <= plot.x + plot.width
        && area.y + area.height <= plot.y + plot.height
}

fn absent_note(context: &ChartContext<'_, '_>, across: Series, upright: Series) -> Option<String> {
    let missing: Vec<String> = context
        .cases()
        .filter_map(|case| {
            let mut entries = [across, upright]
                .into_iter()
                .map(|series| context.entry(case, series));
            let without =
                entries.find(|entry| entry.is_none_or(|entry| entry.summary.is_none()))?;
            let word = without.map_or("–", |entry| {
                crate::summary::figure::absence(entry.standing).0
            });
            Some(format!("{} ({word})", case.variant))
        })
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "Not shown because a number is missing: {}.",
            missing.join(", ")
        )
    })
}

fn alt(points: &[Point<'_>], sized: &str) -> String {
    let front: Vec<&str> = points
        .iter()
        .filter(|point| point.front)
        .map(|point| point.case.variant.as_str())
        .collect();
    format!(
        "{} variants by {sized} and time to ready. No variant is both smaller and sooner than: {}.",
        points.len(),
        front.join(", ")
    )
}
