//! Samples as they fell: a row per variant, a panel per metric with a scale of its own.
//! Each row shows every sample that counts, and the median in its interval.

use super::super::entry::{MetricSummary, Series};
use super::super::native::quantity;
use super::super::scale::Scale;
use super::Chart;
use super::axis::{Axis, Span};
use super::canvas::{Canvas, Mark, SMALL, Shape, Text};
use super::font;
use super::matter::{HEADING, Matter, Names, absent, heading, partly_failed, rule};
use super::palette::Ink;
use super::sheet::{MARGIN, Sheet, Swatch, WIDTH, interval};
use crate::record::{CaseRecord, Link, Metric};
use crate::stats::{Direction, MIN_FOR_INTERVAL};

/// Height of one line of samples.
const LINE: f64 = 18.0;
/// What a row has beside its lines.
const AIR: f64 = 6.0;
/// Room for a value at the right of each panel.
const VALUE: f64 = 70.0;
/// Between two panels.
const GAP: f64 = 14.0;

/// A chart of up to four panels.
pub(super) struct Strips<'s> {
    /// Ends the chart's name.
    pub(super) what: &'s str,
    pub(super) title: &'s str,
    /// What the subtitle says first.
    pub(super) words: &'s str,
    /// The metrics, each with the floor's where it has one.
    pub(super) metrics: &'s [(Metric, Option<Metric>)],
}

/// A panel ready to be drawn.
struct Panel<'r> {
    metric: Metric,
    axis: Axis,
    floor: Option<&'r MetricSummary<'r>>,
}

/// Draws the metrics that any case has a word of; none where there is none of them.
pub(super) fn draw(matter: &Matter<'_, '_>, strips: &Strips<'_>) -> Option<Chart> {
    let taken: Vec<(Metric, Option<Metric>)> = strips
        .metrics
        .iter()
        .copied()
        .filter(|(metric, _)| matter.is_taken(*metric))
        .collect();
    let (first, _) = *taken.first()?;
    let links: Vec<Option<Link>> = if first.is_linked() {
        matter.analysis.links().iter().copied().map(Some).collect()
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
    let names = Names::of(matter);
    let panels = lay_out(matter, &taken, &links, names.end());
    let subtitle = format!("{} · {}", strips.words, matter.provenance(&series));
    let mut sheet = Sheet::new(
        matter.theme,
        matter.name(strips.what),
        matter.title(strips.title),
        &subtitle,
    );
    sheet.legend(&legend(matter, &panels, &links, &series));
    let row_height = LINE * links.len() as f64 + AIR;
    let rows: f64 = matter
        .groups
        .iter()
        .map(|group| {
            group.heading.as_ref().map_or(0.0, |_| HEADING) + row_height * group.cases.len() as f64
        })
        .sum();
    let top = heads(&mut sheet, &panels);
    sheet.y = top;
    // Behind everything, lest they cut the floor's line.
    for group in &matter.groups {
        sheet.y += group.heading.as_ref().map_or(0.0, |_| HEADING);
        for _ in &group.cases {
            rule(&mut sheet.canvas, sheet.y, MARGIN, WIDTH - MARGIN);
            sheet.y += row_height;
        }
    }
    sheet.y = top;
    for panel in &panels {
        panel
            .axis
            .draw_above(&mut sheet.canvas, top - 6.0, top, top + rows);
        floor_line(&mut sheet.canvas, panel, top, top + rows);
    }
    for group in &matter.groups {
        sheet.y += heading(&mut sheet.canvas, group.heading.as_deref(), sheet.y);
        for case in &group.cases {
            names.draw(&mut sheet.canvas, case, sheet.y + row_height / 2.0);
            for panel in &panels {
                cell(
                    &mut sheet.canvas,
                    matter,
                    case,
                    panel,
                    &links,
                    sheet.y + AIR / 2.0,
                );
            }
            sheet.y += row_height;
        }
    }
    let mut notes = matter.notes();
    notes.extend(few(matter, &series));
    let alt = alt(matter, strips.title, series.first().copied());
    Some(sheet.finish(&notes, alt))
}

fn lay_out<'r>(
    matter: &Matter<'r, '_>,
    taken: &[(Metric, Option<Metric>)],
    links: &[Option<Link>],
    from: f64,
) -> Vec<Panel<'r>> {
    let count = taken.len() as f64;
    let width = (WIDTH - MARGIN - from - GAP * (count - 1.0)) / count;
    let panel = |(at, (metric, floor)): (usize, &(Metric, Option<Metric>))| {
        let left = from + (width + GAP) * at as f64;
        // Of several machines each has a floor of its own.
        let floor = floor
            .filter(|_| matter.apart().is_none())
            .and_then(|floor| {
                let mut entries = matter.analysis.entries().iter();
                entries.find(|entry| entry.metric == floor && entry.summary.is_some())
            });
        let mut values: Vec<f64> = Vec::new();
        for case in matter.cases() {
            for link in links {
                let series = Series {
                    metric: *metric,
                    link: *link,
                };
                let summary = matter
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
        // A floor that is far below would press all samples together.
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let below = floor.and_then(|floor| Some(floor.summary.as_ref()?.median));
        values.extend(below.filter(|below| 2.5 * below >= least));
        let span = Span {
            from: left,
            to: left + width - VALUE,
            zero: false,
            unit: metric.unit(),
        };
        Panel {
            metric: *metric,
            axis: Axis::holding(span, values),
            floor,
        }
    };
    taken.iter().enumerate().map(panel).collect()
}

/// The panels' titles, with room for their scales; gives where the first row begins.
fn heads(sheet: &mut Sheet, panels: &[Panel<'_>]) -> f64 {
    let any_floor = panels.iter().any(|panel| panel.floor.is_some());
    let title = sheet.y + 14.0;
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
        // Bold is wider by less than a tenth.
        let shown = font::fit(words, SMALL, (panel.axis.end() - left + VALUE) * 0.9);
        let canvas = &mut sheet.canvas;
        canvas.text(Text {
            size: SMALL,
            bold: true,
            full: Some(panel.metric.definition()),
            ..Text::at(left, title, &shown)
        });
        if let Some(summary) = panel.floor.and_then(|floor| floor.summary.as_ref()) {
            let value = quantity(panel.metric.unit(), summary.median);
            let beyond = if panel.axis.holds(summary.median) {
                ""
            } else {
                ", off this scale"
            };
            let words = Scale::for_value(value).with_unit(value);
            let words = format!("floor {words}{beyond}");
            let shown = font::cut(&words, SMALL, panel.axis.end() - left + VALUE);
            canvas.text(Text {
                size: SMALL,
                ink: Ink::Claim,
                full: Some(&words),
                ..Text::at(left, floor, &shown)
            });
        }
    }
    labels + 6.0
}

fn floor_line(canvas: &mut Canvas, panel: &Panel<'_>, top: f64, foot: f64) {
    let summary = panel.floor.and_then(|floor| floor.summary.as_ref());
    if let Some(median) = summary.map(|summary| summary.median)
        && panel.axis.holds(median)
    {
        let x = panel.axis.place(median);
        canvas.dashed((x, top), (x, foot), Ink::Claim);
    }
}

/// The mark of a median: one kind for each link.
fn mark(links: &[Option<Link>], at: usize) -> Mark {
    if links.len() > 1 {
        Mark::kind(at)
    } else {
        Mark::of(Shape::Circle, Ink::Own, false)
    }
}

fn cell(
    canvas: &mut Canvas,
    matter: &Matter<'_, '_>,
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
        let entry = matter.entry(case, series);
        let Some((entry, summary)) = entry.and_then(|entry| Some((entry, entry.summary.as_ref()?)))
        else {
            absent(canvas, entry, panel.axis.start(), y);
            continue;
        };
        let mark = mark(links, at);
        // The series that was found may be that of all links together.
        if let Some(set) = matter
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
            canvas.dots(&dots, 4.5, mark.ink);
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
        canvas.text(Text {
            size: SMALL,
            ..Text::at(panel.axis.end() + 12.0, y + 4.0, &words)
        });
        partly_failed(canvas, entry, panel.axis.end() + 5.0, y);
    }
}

/// Keeps like samples apart, the same in each picture.
fn jitter(order: usize) -> f64 {
    const STEPS: [f64; 5] = [0.0, -4.0, 4.0, -2.0, 2.0];
    STEPS[order % STEPS.len()]
}

fn legend(
    matter: &Matter<'_, '_>,
    panels: &[Panel<'_>],
    links: &[Option<Link>],
    series: &[Series],
) -> Vec<(Swatch, String)> {
    let summaries = || {
        matter.cases().flat_map(|case| {
            series
                .iter()
                .filter_map(|one| matter.entry(case, *one)?.summary.as_ref())
        })
    };
    let mut legend = Vec::new();
    if summaries().any(|summary| summary.n > 1) {
        legend.push((
            Swatch::Dots(mark(links, 0).ink),
            "one sample each".to_owned(),
        ));
    }
    if summaries().any(|summary| summary.interval.is_some()) {
        legend.push((
            Swatch::Interval(mark(links, 0).ink),
            "median and its 95 % interval".to_owned(),
        ));
    } else if summaries().next().is_some() && links.len() == 1 {
        legend.push((Swatch::Mark(mark(links, 0)), "median".to_owned()));
    }
    if links.len() > 1 {
        for (at, link) in links.iter().enumerate() {
            let words = link.map(|link| format!("over {link}"));
            legend.push((Swatch::Mark(mark(links, at)), words.unwrap_or_default()));
        }
    }
    let drawn = |panel: &Panel<'_>| {
        let summary = panel.floor.and_then(|floor| floor.summary.as_ref());
        summary.is_some_and(|summary| panel.axis.holds(summary.median))
    };
    if panels.iter().any(drawn) {
        legend.push((
            Swatch::Dashed(Ink::Claim),
            "the engine's floor: an image with one small file".to_owned(),
        ));
    }
    legend.extend(matter.marks(series));
    legend
}

fn few(matter: &Matter<'_, '_>, series: &[Series]) -> Option<String> {
    let mut summaries = matter.cases().flat_map(|case| {
        series
            .iter()
            .filter_map(|one| matter.entry(case, *one)?.summary.as_ref())
    });
    summaries
        .any(|summary| summary.n < MIN_FOR_INTERVAL)
        .then(|| format!("No interval below {MIN_FOR_INTERVAL} samples."))
}

fn alt(matter: &Matter<'_, '_>, title: &str, series: Option<Series>) -> String {
    let medians = || {
        matter.cases().filter_map(|case| {
            let entry = matter.entry(case, series?)?;
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
        (Some(_), Some(_), Some(_)) if matter.apart().is_some() => {
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
