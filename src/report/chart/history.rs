//! A metric of a case over many runs: medians between the smallest and the largest sample,
//! where its level changed, what parts runs that cannot be compared, and its budget.

use std::collections::BTreeSet;

use super::super::history::{in_order, words};
use super::super::native::native;
use super::super::notes::{one_line, plural};
use super::super::scale::Scale;
use super::Chart;
use super::axis::{Axis, Span};
use super::canvas::{Anchor, Area, Canvas, Mark, SMALL, Shape, Text};
use super::font;
use super::palette::{Ink, Theme};
use super::phases::capital;
use super::sheet::{MARGIN, Sheet, Swatch, WIDTH};
use crate::history::{Point, Trend};
use crate::scenario::Budget;
use crate::units::Quantity;

/// Height of the plot, and of the strips above it.
const HEIGHT: f64 = 300.0;
const STRIP: f64 = 18.0;
/// Room for the labels of the upright scale, and for the budget's at the right.
const SCALE_ROOM: f64 = 64.0;
const BUDGET_ROOM: f64 = 118.0;
/// Characters of a reason that a pointer reads.
const REASON_CHARS: usize = 240;

/// Where things stand.
struct Ground {
    plot: Area,
    axis: Axis,
    /// Pixels from one run to the next.
    step: f64,
}

impl Ground {
    /// The middle of a run's column.
    fn x(&self, at: usize) -> f64 {
        self.plot.x + self.step * (at as f64 + 0.5)
    }

    fn right(&self) -> f64 {
        self.plot.x + self.plot.width
    }

    fn foot(&self) -> f64 {
        self.plot.y + self.plot.height
    }
}

/// A chart for each trend that has one, the worst first, each with the limit of its budget;
/// `more` budgets are those of a configuration. Their names are one of a kind.
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

/// A trend as a chart, with the limit of a budget on it where there is one. None where no
/// run has a value and none failed.
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
        let span = Span {
            from: plot.y + plot.height - 16.0,
            to: plot.y + 8.0,
            zero: false,
            unit: trend.metric.unit(),
        };
        let values = trend.points.iter().filter_map(|point| point.values);
        let ends = values.flat_map(|values| [values.min, values.median, values.max]);
        Axis::holding(span, ends.chain(budget).map(native))
    };
    // The scale's words do not depend on the place.
    let scale = axis_in(plot_at(0.0)).scale_words();
    let subtitle = subtitle(trend, newest, &scale);
    let mut sheet = Sheet::new(theme, name, title, &subtitle);
    sheet.legend(&legend(trend, budget));
    let strips = STRIP * 2.0 + 4.0;
    let plot = plot_at(sheet.y + strips);
    let ground = Ground {
        plot,
        axis: axis_in(plot),
        step: plot.width / trend.points.len() as f64,
    };
    scales(&mut sheet.canvas, trend, &ground);
    borders(&mut sheet.canvas, trend, &ground);
    levels(&mut sheet.canvas, trend, &ground);
    limit(&mut sheet.canvas, budget, &ground);
    points(&mut sheet.canvas, trend, &ground);
    sheet.y = ground.foot() + 24.0;
    let mut notes = Vec::new();
    if trend.eras() > 1 {
        notes.push("Runs on the two sides of a border cannot be compared, and nothing is reckoned across it.".to_owned());
    }
    let alt = alt(trend, &series);
    Some(sheet.finish(&notes, alt))
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
        capital(trend.metric.definition()),
        plural(trend.points.len(), "run"),
        newest.run.traits.engine(),
        words::day(newest)
    )
}

const VALUE: Mark = Mark::of(Shape::Circle, Ink::Own, false);

fn legend(trend: &Trend<'_>, budget: Option<Quantity>) -> Vec<(Swatch, String)> {
    let mut legend = vec![
        (Swatch::Mark(VALUE), "median of a run".to_owned()),
        (
            Swatch::Line(Ink::Base),
            "from its smallest to its largest sample".to_owned(),
        ),
    ];
    for (better, mark, word) in [(true, BETTER, "better"), (false, WORSE, "worse")] {
        if trend.changes.iter().any(|change| change.better == better) {
            legend.push((Swatch::Mark(mark), format!("the level changed: {word}")));
        }
    }
    if trend.eras() > 1 {
        legend.push((
            Swatch::Dashed(Ink::Soft),
            "a border: not comparable".to_owned(),
        ));
    }
    if budget.is_some() {
        legend.push((Swatch::Dashed(Ink::Alert), "budget".to_owned()));
    }
    if trend.points.iter().any(|point| point.failure.is_some()) {
        legend.push((Swatch::Mark(Mark::DNF), "did not finish".to_owned()));
    }
    if trend
        .points
        .iter()
        .any(|point| rests_on_stand_in(trend, point))
    {
        legend.push((
            Swatch::Mark(Mark::STAND_IN),
            "built on a stand-in base".to_owned(),
        ));
    }
    legend
}

const WORSE: Mark = Mark::of(Shape::Triangle, Ink::Alert, false);
const BETTER: Mark = Mark::of(Shape::Wedge, Ink::Good, false);

fn rests_on_stand_in(trend: &Trend<'_>, point: &Point<'_>) -> bool {
    let case = point.run.cases.iter().find(|case| case.id == *trend.case);
    case.is_some_and(|case| case.traits.rests_on_stand_in())
}

/// The grid, the values' labels and as many days as have room.
fn scales(canvas: &mut Canvas, trend: &Trend<'_>, ground: &Ground) {
    for tick in &ground.axis.ticks {
        let y = ground.axis.place(tick.at);
        canvas.line((ground.plot.x, y), (ground.right(), y), Ink::Grid, 1.0);
        canvas.text(Text {
            anchor: Anchor::End,
            ink: Ink::Soft,
            size: SMALL,
            ..Text::at(ground.plot.x - 8.0, y + 4.0, &tick.label)
        });
    }
    let mut free = 0.0;
    for (at, point) in trend.points.iter().enumerate() {
        let day = words::day(point);
        let half = font::width(day, SMALL, false) / 2.0;
        let x = ground.x(at);
        if x - half < free || x + half > WIDTH - MARGIN {
            continue;
        }
        free = x + half + 14.0;
        let foot = ground.foot();
        canvas.line((x, foot), (x, foot + 4.0), Ink::Soft, 1.0);
        canvas.text(Text {
            anchor: Anchor::Middle,
            ink: Ink::Soft,
            size: SMALL,
            ..Text::at(x, foot + 17.0, day)
        });
    }
}

/// What parts eras, with the rules that say so above the plot.
fn borders(canvas: &mut Canvas, trend: &Trend<'_>, ground: &Ground) {
    let places: Vec<usize> = (1..trend.points.len())
        .filter(|at| !trend.points[*at].border.is_empty())
        .collect();
    for (which, at) in places.iter().enumerate() {
        let x = ground.plot.x + ground.step * *at as f64;
        let top = ground.plot.y - STRIP * 2.0;
        canvas.dashed((x, top), (x, ground.foot()), Ink::Soft);
        let next = places.get(which + 1);
        let until = next.map_or(ground.right(), |next| {
            ground.plot.x + ground.step * *next as f64
        });
        let border = &trend.points[*at].border;
        let rules: Vec<&str> = border.iter().map(|one| one.rule.word()).collect();
        let full: Vec<&str> = border.iter().map(|one| one.what.as_str()).collect();
        let shown = font::cut(
            &format!("other {}", rules.join(", ")),
            SMALL,
            until - x - 12.0,
        );
        let full = full.join("; ");
        if shown.is_empty() {
            continue;
        }
        canvas.text(Text {
            size: SMALL,
            ink: Ink::Soft,
            full: Some(&full),
            ..Text::at(x + 5.0, top + 12.0, &shown)
        });
    }
}

/// The middle of each level that a change begins or ends, and what the change is.
fn levels(canvas: &mut Canvas, trend: &Trend<'_>, ground: &Ground) {
    let mut free = 0.0;
    for (which, change) in trend.changes.iter().enumerate() {
        let era = trend.points[change.at].era;
        let of_era = |other: &&crate::history::Change| trend.points[other.at].era == era;
        let before = trend.changes[..which].iter().rev().find(of_era);
        let after = trend.changes[which + 1..].iter().find(of_era);
        let ends = trend.era(era).map(|(at, _)| at);
        let (first, last) = ends.fold((usize::MAX, 0), |(first, last), at| {
            (first.min(at), last.max(at))
        });
        let mut level = |from: usize, to: usize, middle: Quantity| {
            let y = ground.axis.place(native(middle));
            let half = ground.step / 2.0;
            canvas.line(
                (ground.x(from) - half, y),
                (ground.x(to) + half, y),
                Ink::Text,
                1.4,
            );
        };
        // The level after it is drawn with the next change, where there is one.
        level(
            before.map_or(first, |before| before.at),
            change.after,
            change.before,
        );
        if after.is_none() {
            level(change.at, last, change.now);
        }
        let x = ground.x(change.at);
        let mark = if change.better { BETTER } else { WORSE };
        let word = if change.better { "better" } else { "worse" };
        let full = format!("{word}: {}", words::went(trend.metric, change));
        let y = ground.plot.y - STRIP / 2.0;
        canvas.line((x, y + 6.0), (x, ground.foot()), mark.ink, 0.8);
        canvas.mark(mark, x, y, Some(&full));
        let next = trend
            .changes
            .get(which + 1)
            .map_or(ground.right(), |next| ground.x(next.at) - 8.0);
        let shown = font::cut(&words::went(trend.metric, change), SMALL, next - x - 12.0);
        if x >= free && !shown.is_empty() {
            free = x + 10.0 + font::width(&shown, SMALL, false);
            canvas.text(Text {
                size: SMALL,
                ink: mark.ink,
                full: Some(&full),
                ..Text::at(x + 8.0, y + 4.0, &shown)
            });
        }
    }
}

fn limit(canvas: &mut Canvas, budget: Option<Quantity>, ground: &Ground) {
    let Some(budget) = budget else { return };
    let y = ground.axis.place(native(budget));
    canvas.dashed((ground.plot.x, y), (ground.right(), y), Ink::Alert);
    let words = format!("budget {}", Scale::for_value(budget).with_unit(budget));
    let shown = font::cut(&words, SMALL, BUDGET_ROOM - 8.0);
    canvas.text(Text {
        size: SMALL,
        ink: Ink::Alert,
        full: Some(&words),
        ..Text::at(ground.right() + 8.0, y + 4.0, &shown)
    });
}

/// Values joined within their era, each between its extremes; failures at the foot.
fn points(canvas: &mut Canvas, trend: &Trend<'_>, ground: &Ground) {
    let place = |value: Quantity| ground.axis.place(native(value));
    for era in 0..trend.eras() {
        let joined: Vec<(f64, f64)> = trend
            .era(era)
            .map(|(at, values)| (ground.x(at), place(values.median)))
            .collect();
        for (at, values) in trend.era(era) {
            let x = ground.x(at);
            canvas.line(
                (x, place(values.min)),
                (x, place(values.max)),
                Ink::Base,
                3.0,
            );
        }
        canvas.polyline(&joined, Ink::Own, 1.2);
    }
    for (at, point) in trend.points.iter().enumerate() {
        let x = ground.x(at);
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
            canvas.mark(Mark::DNF, x, ground.foot() - 7.0, Some(&full));
        } else if rests_on_stand_in(trend, point) {
            canvas.mark(Mark::STAND_IN, x, ground.foot() - 7.0, None);
        }
    }
}

fn alt(trend: &Trend<'_>, series: &str) -> String {
    let newest = trend.newest().and_then(|point| point.values);
    let newest = newest.map(|values| Scale::for_value(values.median).with_unit(values.median));
    let change = words::change(trend);
    let told = if change.is_empty() {
        String::new()
    } else {
        format!(" ({change})")
    };
    format!(
        "{series} of {} over {}: {}; the newest is {}{told}{}.",
        trend.case,
        plural(trend.points.len(), "run"),
        plural(trend.changes.len(), "change of level"),
        trend.outcome.standing().word(),
        newest
            .map(|value| format!(" with {value}"))
            .unwrap_or_default()
    )
}
