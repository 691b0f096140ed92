//! The steps of a build on a timeline: one lane per stage, so that parallel steps are visible.
//! Cached steps have a mark.

use std::collections::BTreeMap;

use super::axis::{Axis, AxisRange};
use super::canvas::{Anchor, Area, Canvas, ChartMark, ChartText, SMALL, Shape};
use super::context::{ChartContext, HEADING_HEIGHT, heading, rule};
use super::font;
use super::layout::{Layout, LegendSymbol, MARGIN, WIDTH};
use super::options::Chart;
use super::palette::Color;
use crate::record::{CaseId, CaseRecord, Metric, StepRecord};
use crate::summary::Series;
use crate::summary::scale::Scale;
use crate::summary::steps::{MedianBuild, median_build};
use crate::summary::wording::one_line;
use crate::units::{Count, Nanos, Quantity, Unit, human_count, native, quantity_of as quantity};

const CACHED: ChartMark = ChartMark::of(Shape::Square, Color::Edge, true);

/// Height of the title of a variant, and of a lane.
const HEAD: f64 = 22.0;
const LANE: f64 = 18.0;
/// Space for the names of stages.
const STAGES: f64 = 120.0;
/// Longest instruction in a tooltip, in characters.
const STEP_CHARS: usize = 200;

/// The median cold build of each variant.
pub(super) fn cold(context: &ChartContext<'_, '_>) -> Option<Chart> {
    draw(
        context,
        Metric::BuildCold,
        ("steps-cold", "Steps of the cold build"),
    )
}

/// The same after the source edit.
pub(super) fn source(context: &ChartContext<'_, '_>) -> Option<Chart> {
    draw(
        context,
        Metric::RebuildSource,
        ("steps-source", "Steps of the rebuild after a source edit"),
    )
}

/// The same after the dependency edit.
pub(super) fn dependency(context: &ChartContext<'_, '_>) -> Option<Chart> {
    let words = (
        "steps-dependency",
        "Steps of the rebuild after a dependency edit",
    );
    draw(context, Metric::RebuildDependency, words)
}

fn draw(
    context: &ChartContext<'_, '_>,
    metric: Metric,
    (what, title): (&str, &str),
) -> Option<Chart> {
    let series = Series::unlinked(metric);
    let builds = median_builds(context, metric, series);
    let build = |case: &CaseRecord| builds.get(&case.id).copied();
    let ends: Vec<f64> = context
        .cases()
        .filter_map(build)
        .flat_map(|build| build.build.steps.iter().map(end))
        .collect();
    if ends.is_empty() {
        return None;
    }
    let from = MARGIN + STAGES;
    let span = AxisRange {
        from,
        to: WIDTH - MARGIN - 8.0,
        zero: true,
        unit: Unit::Seconds,
    };
    // The length of a bar is a duration, so the scale is always linear.
    let axis = Axis::with_parts(span, &[ends.iter().copied().fold(0.0, f64::max)], &[]);
    let subtitle = format!(
        "The builder's own clock, {}; of each variant the median of its builds · {}",
        axis.scale_words(),
        context.provenance(&[series])
    );
    let mut layout = Layout::new(
        context.theme,
        context.name(what),
        context.title(title),
        &subtitle,
    );
    let mut legend = vec![
        (
            LegendSymbol::Fill(Color::Own, None),
            "a step that ran".to_owned(),
        ),
        (LegendSymbol::Mark(CACHED), "from the cache".to_owned()),
        (
            LegendSymbol::Fill(Color::Base, Some(Color::Edge)),
            "the builder's own work".to_owned(),
        ),
    ];
    legend.extend(context.marks(&[series]));
    layout.legend(&legend);
    let labels = layout.y + 14.0;
    layout.y = labels + 8.0;
    let top = layout.y;
    let height: f64 = context
        .groups
        .iter()
        .map(|group| {
            let head = group.heading.as_ref().map_or(0.0, |_| HEADING_HEIGHT);
            head + group
                .cases
                .iter()
                .map(|case| block_height(build(case)))
                .sum::<f64>()
        })
        .sum();
    axis.draw_above(&mut layout.canvas, labels, top, top + height);
    for group in &context.groups {
        layout.y += heading(&mut layout.canvas, group.heading.as_deref(), layout.y);
        for case in &group.cases {
            let build = build(case);
            block(
                &mut layout.canvas,
                context,
                (case, series),
                build,
                &axis,
                layout.y,
            );
            layout.y += block_height(build);
        }
    }
    let alt = alt(context, title, build);
    Some(layout.finish(&context.notes(), alt))
}

/// The median build of each case, found once because each search reads all samples.
fn median_builds<'a>(
    context: &ChartContext<'_, 'a>,
    metric: Metric,
    series: Series,
) -> BTreeMap<&'a CaseId, MedianBuild<'a>> {
    // Rule 1: a failed case has no build.
    let counts = |case: &&CaseRecord| {
        let entry = context.entry(case, series);
        entry.is_some_and(|entry| entry.summary.is_some())
    };
    let found = context.cases().filter(counts);
    found
        .filter_map(|case| Some((&case.id, median_build(context.analysis, &case.id, metric)?)))
        .collect()
}

/// The end of a step since the start of the build; its start if the duration is unknown.
fn end(step: &StepRecord) -> f64 {
    let nanos = |nanos: Option<Nanos>| nanos.map_or(0.0, |nanos| native(Quantity::Time(nanos)));
    nanos(step.started_ns) + nanos(step.duration_ns)
}

/// Steps of one stage, in the builder's order.
struct Lane<'a> {
    stage: String,
    internal: bool,
    steps: Vec<&'a StepRecord>,
}

/// The stage and the instruction of `[linux/amd64 build 2/5] RUN npm ci`; no stage for the
/// builder's own steps.
fn parse(name: &str) -> (Option<String>, String) {
    let split = name
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "));
    let Some((inside, words)) = split else {
        return (None, name.to_owned());
    };
    let words = instruction(words);
    let mut inside: Vec<&str> = inside.split_whitespace().collect();
    let numbered = inside.last().is_some_and(|last| last.contains('/'));
    if !numbered {
        return (None, words);
    }
    inside.pop();
    let stage = inside.last().filter(|stage| !stage.contains('/'));
    (
        Some(stage.map_or("the stage", |stage| stage).to_owned()),
        words,
    )
}

/// Removes mount options, which would hide the command.
fn instruction(words: &str) -> String {
    let mut kept: Vec<&str> = words.split_whitespace().collect();
    kept.retain(|word| !word.starts_with("--mount="));
    kept.join(" ")
}

/// One lane per stage, and more if steps of a stage ran in parallel.
fn lanes<'a>(build: &MedianBuild<'a>) -> Vec<Lane<'a>> {
    let mut lanes: Vec<Lane<'a>> = Vec::new();
    for step in &build.build.steps {
        let (stage, _) = parse(&step.name);
        let internal = stage.is_none();
        let stage = stage.unwrap_or_else(|| "(builder)".to_owned());
        let began = step.started_ns.map(Quantity::Time).map_or(0.0, native);
        let free = |lane: &&mut Lane<'a>| {
            let ran = lane.steps.iter().filter(|other| !other.cached);
            let until = ran.map(|other| end(other)).fold(0.0, f64::max);
            lane.internal == internal && lane.stage == stage && (step.cached || began >= until)
        };
        match lanes.iter_mut().find(free) {
            Some(lane) => lane.steps.push(step),
            None => lanes.push(Lane {
                stage,
                internal,
                steps: vec![step],
            }),
        }
    }
    lanes
}

fn block_height(build: Option<MedianBuild<'_>>) -> f64 {
    let lanes = build.map_or(0, |build| lanes(&build).len());
    HEAD + LANE * lanes as f64 + 6.0
}

fn block(
    canvas: &mut Canvas,
    context: &ChartContext<'_, '_>,
    (case, series): (&CaseRecord, Series),
    build: Option<MedianBuild<'_>>,
    axis: &Axis,
    top: f64,
) {
    rule(canvas, top, MARGIN, WIDTH - MARGIN);
    let middle = top + 14.0;
    let name = font::truncate_middle(&case.variant, SMALL, 260.0);
    canvas.text(ChartText {
        bold: true,
        size: SMALL,
        full: Some(&case.variant),
        ..ChartText::at(MARGIN, middle + 4.0, &name)
    });
    let mut x = MARGIN + font::width(&name, SMALL, true) + 12.0;
    if !case.stand_ins.is_empty() {
        canvas.mark(
            ChartMark::STAND_IN,
            x,
            middle,
            Some(&format!("stand-in for {}", case.stand_ins.join(", "))),
        );
        x += 14.0;
    }
    let Some(build) = build else {
        super::context::absent(canvas, context.entry(case, series), x, middle);
        return;
    };
    let words = facts(&build);
    canvas.text(ChartText {
        size: SMALL,
        color: Color::Soft,
        ..ChartText::at(x, middle + 4.0, &words)
    });
    for (at, lane) in lanes(&build).iter().enumerate() {
        let y = top + HEAD + LANE * (at as f64 + 0.5) + 1.0;
        let stage = font::truncate_middle(&lane.stage, SMALL, STAGES - 14.0);
        canvas.text(ChartText {
            size: SMALL,
            color: Color::Soft,
            anchor: Anchor::End,
            full: Some(&lane.stage),
            ..ChartText::at(MARGIN + STAGES - 10.0, y + 4.0, &stage)
        });
        for step in &lane.steps {
            bar(canvas, step, lane.internal, axis, y);
        }
        cached(canvas, &lane.steps, axis, y);
    }
}

/// `13.1 s in round 2; 0 of 6 steps from the cache`.
fn facts(build: &MedianBuild<'_>) -> String {
    let time = Quantity::Time(build.duration);
    let count = |count: Count| human_count(count);
    format!(
        "{} in round {}; {} of {} steps from the cache",
        Scale::for_value(time).with_unit(time),
        build.build.round,
        count(build.build.cached),
        count(Count(build.build.cached.0 + build.build.ran.0)),
    )
}

fn bar(canvas: &mut Canvas, step: &StepRecord, internal: bool, axis: &Axis, y: f64) {
    let Some(started) = step.started_ns.filter(|_| !step.cached) else {
        return;
    };
    let started = native(Quantity::Time(started));
    let (from, to) = (axis.place(started), axis.place(end(step)));
    let (_, words) = parse(&step.name);
    let took = step.duration_ns.map(Quantity::Time);
    let took = took.map(|time| Scale::for_value(time).with_unit(time));
    let full = format!(
        "{}: {}",
        one_line(&step.name, STEP_CHARS),
        took.as_deref().unwrap_or("no time reported")
    );
    let area = Area {
        x: from,
        y: y - 6.5,
        width: (to - from).max(0.6),
        height: 13.0,
    };
    let (fill, edge) = if internal {
        (Color::Base, Color::Edge)
    } else {
        (Color::Own, Color::Background)
    };
    canvas.rect(area, fill, Some(edge), Some(&full));
    // Draws the label only if a few characters fit.
    let room = area.width - 8.0;
    let shown = font::truncate_end(&words, SMALL, room);
    if shown.chars().count() >= 6.min(words.chars().count()) && room > 0.0 {
        let color = if internal {
            Color::Text
        } else {
            Color::Background
        };
        canvas.text(ChartText {
            size: SMALL,
            color,
            full: Some(&full),
            ..ChartText::at(from + 4.0, y + 4.0, &shown)
        });
    }
}

/// Cached steps take no time, so several share one place: draws one mark for all of them.
fn cached(canvas: &mut Canvas, steps: &[&StepRecord], axis: &Axis, y: f64) {
    let mut places: Vec<(f64, Vec<String>)> = Vec::new();
    for step in steps.iter().filter(|step| step.cached) {
        let Some(started) = step.started_ns else {
            continue;
        };
        let x = axis.place(native(Quantity::Time(started)));
        let name = one_line(&step.name, STEP_CHARS);
        match places.last_mut() {
            Some((last, names)) if x - *last < 9.0 => names.push(name),
            _ => places.push((x, vec![name])),
        }
    }
    for (x, names) in places {
        let full = format!("from the cache: {}", names.join("; "));
        canvas.mark(CACHED, x, y, Some(&full));
    }
}

fn alt<'b>(
    context: &ChartContext<'_, '_>,
    title: &str,
    build: impl Fn(&CaseRecord) -> Option<MedianBuild<'b>>,
) -> String {
    let longest = context.cases().filter_map(&build).flat_map(|build| {
        let steps = build.build.steps.iter();
        steps.filter_map(move |step| {
            Some((native(Quantity::Time(step.duration_ns?)), step, build.case))
        })
    });
    let longest = longest.max_by(|one, other| one.0.total_cmp(&other.0));
    match longest {
        Some((nanos, step, case)) => {
            let time = quantity(Unit::Seconds, nanos);
            let (_, words) = parse(&step.name);
            format!(
                "{title} on a time line. The longest step is {} of {case} with {}.",
                one_line(&words, 90),
                Scale::for_value(time).with_unit(time)
            )
        }
        None => format!("{title} on a time line."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stage_and_instruction_are_parsed_from_the_name_of_a_step() {
        let parsed = |name| {
            let (stage, words) = parse(name);
            (stage.unwrap_or_default(), words)
        };
        let of = |stage: &str, words: &str| (stage.to_owned(), words.to_owned());
        assert_eq!(
            parsed("[builder 4/6] RUN --mount=type=cache,target=/x go build"),
            of("builder", "RUN go build")
        );
        assert_eq!(parsed("[2/5] COPY . ."), of("the stage", "COPY . ."));
        assert_eq!(
            parsed("[linux/amd64 deps 1/2] FROM x"),
            of("deps", "FROM x")
        );
        assert_eq!(
            parsed("[linux/amd64 1/2] FROM x"),
            of("the stage", "FROM x")
        );
        assert_eq!(parsed("[internal] load metadata"), of("", "load metadata"));
        assert_eq!(parsed("exporting to image"), of("", "exporting to image"));
    }
}
