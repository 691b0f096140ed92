//! All samples: one row per variant, one panel per metric with its own scale. Each row shows
//! every valid sample, and the median with its interval.

use super::axis::{Axis, AxisRange};
use super::canvas::{Canvas, ChartMark, ChartText, SMALL, Shape};
use super::context::{
    ChartContext, HEADING_HEIGHT, NameColumn, absent, draw_failed_samples, heading, rule,
};
use super::font;
use super::layout::{Layout, LegendSymbol, MARGIN, WIDTH, interval};
use super::options::Chart;
use super::palette::Color;
use crate::record::{CaseRecord, Link, Metric};
use crate::stats::{Direction, MIN_FOR_INTERVAL};
use crate::summary::scale::Scale;
use crate::summary::{MetricSummary, Series};
use crate::units::quantity_of as quantity;

/// Height of one line of samples.
const LINE: f64 = 18.0;
/// The padding of a row.
const AIR: f64 = 6.0;
/// Space for a value on the right of each panel.
const VALUE: f64 = 70.0;
/// Space between two panels.
const GAP: f64 = 14.0;

/// A chart of up to four panels.
pub(super) struct SampleChart<'s> {
    /// The end of the chart's name.
    pub(super) what: &'s str,
    pub(super) title: &'s str,
    /// The beginning of the subtitle.
    pub(super) words: &'s str,
    /// The metrics, each with the metric of its floor if it has one.
    pub(super) metrics: &'s [(Metric, Option<Metric>)],
}

/// A panel ready to be drawn.
struct Panel<'r> {
    metric: Metric,
    axis: Axis,
    floor: Option<&'r MetricSummary<'r>>,
}

/// Draws the metrics that any case has an entry for; `None` without such a metric.
pub(super) fn draw(context: &ChartContext<'_, '_>, chart: &SampleChart<'_>) -> Option<Chart> {
    let taken: Vec<(Metric, Option<Metric>)> = chart
        .metrics
        .iter()
        .copied()
        .filter(|(metric, _)| context.was_attempted(*metric))
        .collect();
    let (first, _) = *taken.first()?;
    let links: Vec<Option<Link>> = if first.is_linked() {
        context.analysis.links().iter().copied().map(Some).collect()
    } else {
        vec![None]
    };
    let series: Vec<Series> = taken
        .iter()
        .flat_map(|(metric, _)| {
            links.iter().map(|link| Series {
                metric: *metric,
                link: *link,
            })
        })
        .collect();
    let names = NameColumn::of(context);
    let panels = lay_out(context, &taken, &links, names.end());
    let subtitle = format!("{} · {}", chart.words, context.provenance(&series));
    let mut layout = Layout::new(
        context.theme,
        context.name(chart.what),
        context.title(chart.title),
        &subtitle,
    );
    layout.legend(&legend(context, &panels, &links, &series));
    let row_height = LINE * links.len() as f64 + AIR;
    let rows: f64 = context
        .groups
        .iter()
        .map(|group| {
            group.heading.as_ref().map_or(0.0, |_| HEADING_HEIGHT)
                + row_height * group.cases.len() as f64
        })
        .sum();
    let top = panel_titles(&mut layout, &panels);
    layout.y = top;
    // Drawn first, so that they do not cover the floor line.
    for group in &context.groups {
        layout.y += group.heading.as_ref().map_or(0.0, |_| HEADING_HEIGHT);
        for _ in &group.cases {
            rule(&mut layout.canvas, layout.y, MARGIN, WIDTH - MARGIN);
            layout.y += row_height;
        }
    }
    layout.y = top;
    for panel in &panels {
        panel
            .axis
            .draw_above(&mut layout.canvas, top - 6.0, top, top + rows);
        floor_line(&mut layout.canvas, panel, top, top + rows);
    }
    for group in &context.groups {
        layout.y += heading(&mut layout.canvas, group.heading.as_deref(), layout.y);
        for case in &group.cases {
            names.draw(&mut layout.canvas, case, layout.y + row_height / 2.0);
            for panel in &panels {
                cell(
                    &mut layout.canvas,
                    context,
                    case,
                    panel,
                    &links,
                    layout.y + AIR / 2.0,
                );
            }
            layout.y += row_height;
        }
    }
    let mut notes = context.notes();
    notes.extend(interval_note(context, &series));
    let alt = alt(context, chart.title, series.first().copied());
    Some(layout.finish(&notes, alt))
}

fn lay_out<'r>(
    context: &ChartContext<'r, '_>,
    taken: &[(Metric, Option<Metric>)],
    links: &[Option<Link>],
    from: f64,
) -> Vec<Panel<'r>> {
    let count = taken.len() as f64;
    let width = (WIDTH - MARGIN - from - GAP * (count - 1.0)) / count;
    let panel = |(at, (metric, floor)): (usize, &(Metric, Option<Metric>))| {
        let left = from + (width + GAP) * at as f64;
        // Each machine has its own floor, so with several machines none is drawn.
        let floor = floor
            .filter(|_| context.machines_note().is_none())
            .and_then(|floor| {
                let mut entries = context.analysis.entries().iter();
                entries.find(|entry| entry.metric == floor && entry.summary.is_some())
            });
        let mut values: Vec<f64> = Vec::new();
        for case in context.cases() {
            for link in links {
                let series = Series {
                    metric: *metric,
                    link: *link,
                };
                let summary = context
                    .entry(case, series)
                    .and_then(|entry| entry.summary.as_ref());
                let Some(summary) = summary else { continue };
                values.extend([summary.min, summary.max]);
                values.extend(
                    summary
                        .interval
                        .iter()
                        .flat_map(|ends| [ends.lower, ends.upper]),
                );
            }
        }
        // A floor far below the samples would compress them.
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let below = floor.and_then(|floor| Some(floor.summary.as_ref()?.median));
        values.extend(below.filter(|below| 2.5 * below >= least));
        let span = AxisRange {
            from: left,
            to: left + width - VALUE,
            zero: false,
            unit: metric.unit(),
        };
        Panel {
            metric: *metric,
            axis: Axis::for_values(span, values),
            floor,
        }
    };
    taken.iter().enumerate().map(panel).collect()
}

/// Draws the titles of the panels and returns the top of the first row.
fn panel_titles(layout: &mut Layout, panels: &[Panel<'_>]) -> f64 {
    let any_floor = panels.iter().any(|panel| panel.floor.is_some());
    let title = layout.y + 14.0;
    let floor = title + 16.0;
    let labels = if any_floor { floor } else { title } + 17.0;
    for panel in panels {
        let left = panel.axis.start();
        let more = match panel.metric.direction() {
            Direction::Higher => " (more is better)",
            Direction::Lower => "",
        };
        let words = format!(
            "{}, {}{more}",
            panel.metric.title(),
            panel.axis.scale_words()
        );
        let words = words.trim_end_matches(", ");
        // Bold text is wider by less than a tenth.
        let shown = font::truncate_middle(words, SMALL, (panel.axis.end() - left + VALUE) * 0.9);
        let canvas = &mut layout.canvas;
        canvas.text(ChartText {
            size: SMALL,
            bold: true,
            full: Some(panel.metric.definition()),
            ..ChartText::at(left, title, &shown)
        });
        if let Some(summary) = panel.floor.and_then(|floor| floor.summary.as_ref()) {
            let value = quantity(panel.metric.unit(), summary.median);
            let beyond = if panel.axis.contains(summary.median) {
                ""
            } else {
                ", off this scale"
            };
            let words = Scale::for_value(value).with_unit(value);
            let words = format!("floor {words}{beyond}");
            let shown = font::truncate_end(&words, SMALL, panel.axis.end() - left + VALUE);
            canvas.text(ChartText {
                size: SMALL,
                color: Color::Claim,
                full: Some(&words),
                ..ChartText::at(left, floor, &shown)
            });
        }
    }
    labels + 6.0
}

fn floor_line(canvas: &mut Canvas, panel: &Panel<'_>, top: f64, foot: f64) {
    let summary = panel.floor.and_then(|floor| floor.summary.as_ref());
    if let Some(median) = summary.map(|summary| summary.median)
        && panel.axis.contains(median)
    {
        let x = panel.axis.place(median);
        canvas.dashed((x, top), (x, foot), Color::Claim);
    }
}

/// The mark of a median; each link has its own.
fn mark(links: &[Option<Link>], at: usize) -> ChartMark {
    if links.len() > 1 {
        ChartMark::kind(at)
    } else {
        ChartMark::of(Shape::Circle, Color::Own, false)
    }
}

fn cell(
    canvas: &mut Canvas,
    context: &ChartContext<'_, '_>,
    case: &CaseRecord,
    panel: &Panel<'_>,
    links: &[Option<Link>],
    top: f64,
) {
    for (at, link) in links.iter().enumerate() {
        let y = top + LINE * (at as f64 + 0.5);
        let series = Series {
            metric: panel.metric,
            link: *link,
        };
        let entry = context.entry(case, series);
        let Some((entry, summary)) = entry.and_then(|entry| Some((entry, entry.summary.as_ref()?)))
        else {
            absent(canvas, entry, panel.axis.start(), y);
            continue;
        };
        let mark = mark(links, at);
        // The entry that was found may be the one without a link.
        if let Some(set) = context
            .analysis
            .samples(&case.id, entry.series())
            .filter(|set| set.len() > 1)
        {
            let dots: Vec<(f64, f64)> = set
                .taken()
                .iter()
                .enumerate()
                .map(|(order, value)| (panel.axis.place(*value), y + jitter(order)))
                .collect();
            canvas.dots(&dots, 4.5, mark.color);
        }
        let place = |value: f64| panel.axis.place(value);
        match summary.interval {
            Some(ends) => {
                interval(
                    canvas,
                    (place(ends.lower), place(summary.median), place(ends.upper)),
                    y,
                    mark,
                );
            }
            None => canvas.mark(mark, place(summary.median), y, None),
        }
        let value = quantity(panel.metric.unit(), summary.median);
        let words = Scale::for_value(value).with_unit(value);
        canvas.text(ChartText {
            size: SMALL,
            ..ChartText::at(panel.axis.end() + 12.0, y + 4.0, &words)
        });
        draw_failed_samples(canvas, entry, panel.axis.end() + 5.0, y);
    }
}

/// Separates equal samples vertically, deterministically.
fn jitter(order: usize) -> f64 {
    const STEPS: [f64; 5] = [0.0, -4.0, 4.0, -2.0, 2.0];
    STEPS[order % STEPS.len()]
}

fn legend(
    context: &ChartContext<'_, '_>,
    panels: &[Panel<'_>],
    links: &[Option<Link>],
    series: &[Series],
) -> Vec<(LegendSymbol, String)> {
    let summaries = || {
        context.cases().flat_map(|case| {
            series
                .iter()
                .filter_map(|one| context.entry(case, *one)?.summary.as_ref())
        })
    };
    let mut legend = Vec::new();
    if summaries().any(|summary| summary.n > 1) {
        legend.push((
            LegendSymbol::Dots(mark(links, 0).color),
            "one sample each".to_owned(),
        ));
    }
    if summaries().any(|summary| summary.interval.is_some()) {
        legend.push((
            LegendSymbol::Interval(mark(links, 0).color),
            "median and its 95 % interval".to_owned(),
        ));
    } else if summaries().next().is_some() && links.len() == 1 {
        legend.push((LegendSymbol::Mark(mark(links, 0)), "median".to_owned()));
    }
    if links.len() > 1 {
        for (at, link) in links.iter().enumerate() {
            let words = link.map(|link| format!("over {link}"));
            legend.push((
                LegendSymbol::Mark(mark(links, at)),
                words.unwrap_or_default(),
            ));
        }
    }
    let drawn = |panel: &Panel<'_>| {
        let summary = panel.floor.and_then(|floor| floor.summary.as_ref());
        summary.is_some_and(|summary| panel.axis.contains(summary.median))
    };
    if panels.iter().any(drawn) {
        legend.push((
            LegendSymbol::Dashed(Color::Claim),
            "the engine's floor: an image with one small file".to_owned(),
        ));
    }
    legend.extend(context.marks(series));
    legend
}

fn interval_note(context: &ChartContext<'_, '_>, series: &[Series]) -> Option<String> {
    let mut summaries = context.cases().flat_map(|case| {
        series
            .iter()
            .filter_map(|one| context.entry(case, *one)?.summary.as_ref())
    });
    summaries
        .any(|summary| summary.n < MIN_FOR_INTERVAL)
        .then(|| format!("No interval below {MIN_FOR_INTERVAL} samples."))
}

fn alt(context: &ChartContext<'_, '_>, title: &str, series: Option<Series>) -> String {
    let medians = || {
        context.cases().filter_map(|case| {
            let entry = context.entry(case, series?)?;
            Some((entry.summary.as_ref()?.median, case))
        })
    };
    let words = |(median, case): (f64, &CaseRecord)| {
        let value = series.map(|series| quantity(series.metric.unit(), median));
        let value = value.map(|value| Scale::for_value(value).with_unit(value));
        format!("{} with {}", case.variant, value.unwrap_or_default())
    };
    let least = medians()
        .min_by(|one, other| one.0.total_cmp(&other.0))
        .map(words);
    let most = medians()
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(words);
    match (series, least, most) {
        (Some(_), Some(_), Some(_)) if context.machines_note().is_some() => {
            format!("{title}, every sample with the median, measured on several machines.")
        }
        (Some(series), Some(least), Some(most)) => {
            format!(
                "{title}, every sample with the median. Of {series}, {least} is lowest and {most} highest."
            )
        }
        _ => format!("{title}: no sample counts."),
    }
}
