//! A build's steps on a time line: a lane for each stage, so that what ran side by side
//! stands side by side, and what came from the cache is marked.

use std::collections::BTreeMap;

use super::super::entry::Series;
use super::super::native::{native, quantity};
use super::super::notes::one_line;
use super::super::scale::Scale;
use super::super::steps::{MedianBuild, median_build};
use super::Chart;
use super::axis::{Axis, Span};
use super::canvas::{Anchor, Area, Canvas, Mark, SMALL, Shape, Text};
use super::font;
use super::matter::{HEADING, Matter, heading, rule};
use super::palette::Ink;
use super::sheet::{MARGIN, Sheet, Swatch, WIDTH};
use crate::record::{CaseId, CaseRecord, Metric, StepRecord};
use crate::units::{Count, Nanos, Quantity, Unit, human_count};

const CACHED: Mark = Mark::of(Shape::Square, Ink::Edge, true);

/// Height of a variant's title, and of a lane.
const HEAD: f64 = 22.0;
const LANE: f64 = 18.0;
/// Room for the names of stages.
const STAGES: f64 = 120.0;
/// Characters of an instruction that a pointer reads.
const STEP_CHARS: usize = 200;

/// The median cold build of each variant.
pub(super) fn cold(matter: &Matter<'_, '_>) -> Option<Chart> {
    draw(
        matter,
        Metric::BuildCold,
        ("steps-cold", "Steps of the cold build"),
    )
}

/// The same after the source edit.
pub(super) fn source(matter: &Matter<'_, '_>) -> Option<Chart> {
    draw(
        matter,
        Metric::RebuildSource,
        ("steps-source", "Steps of the rebuild after a source edit"),
    )
}

/// The same after the dependency edit.
pub(super) fn dependency(matter: &Matter<'_, '_>) -> Option<Chart> {
    let words = (
        "steps-dependency",
        "Steps of the rebuild after a dependency edit",
    );
    draw(matter, Metric::RebuildDependency, words)
}

fn draw(matter: &Matter<'_, '_>, metric: Metric, (what, title): (&str, &str)) -> Option<Chart> {
    let series = Series::unlinked(metric);
    let builds = median_builds(matter, metric, series);
    let build = |case: &CaseRecord| builds.get(&case.id).copied();
    let ends: Vec<f64> = matter
        .cases()
        .filter_map(build)
        .flat_map(|build| build.build.steps.iter().map(end))
        .collect();
    if ends.is_empty() {
        return None;
    }
    let from = MARGIN + STAGES;
    let span = Span {
        from,
        to: WIDTH - MARGIN - 8.0,
        zero: true,
        unit: Unit::Seconds,
    };
    // Lengths of bars mean something: never among logarithms.
    let axis = Axis::with_parts(span, &[ends.iter().copied().fold(0.0, f64::max)], &[]);
    let subtitle = format!(
        "The builder's own clock, {}; of each variant the median of its builds · {}",
        axis.scale_words(),
        matter.provenance(&[series])
    );
    let mut sheet = Sheet::new(
        matter.theme,
        matter.name(what),
        matter.title(title),
        &subtitle,
    );
    let mut legend = vec![
        (Swatch::Fill(Ink::Own, None), "a step that ran".to_owned()),
        (Swatch::Mark(CACHED), "from the cache".to_owned()),
        (
            Swatch::Fill(Ink::Base, Some(Ink::Edge)),
            "the builder's own work".to_owned(),
        ),
    ];
    legend.extend(matter.marks(&[series]));
    sheet.legend(&legend);
    let labels = sheet.y + 14.0;
    sheet.y = labels + 8.0;
    let top = sheet.y;
    let height: f64 = matter
        .groups
        .iter()
        .map(|group| {
            let head = group.heading.as_ref().map_or(0.0, |_| HEADING);
            head + group
                .cases
                .iter()
                .map(|case| block_height(build(case)))
                .sum::<f64>()
        })
        .sum();
    axis.draw_above(&mut sheet.canvas, labels, top, top + height);
    for group in &matter.groups {
        sheet.y += heading(&mut sheet.canvas, group.heading.as_deref(), sheet.y);
        for case in &group.cases {
            let build = build(case);
            block(
                &mut sheet.canvas,
                matter,
                (case, series),
                build,
                &axis,
                sheet.y,
            );
            sheet.y += block_height(build);
        }
    }
    let alt = alt(matter, title, build);
    Some(sheet.finish(&matter.notes(), alt))
}

/// The median build of each case; found once, since each search goes through all samples.
fn median_builds<'a>(
    matter: &Matter<'_, 'a>,
    metric: Metric,
    series: Series,
) -> BTreeMap<&'a CaseId, MedianBuild<'a>> {
    // Rule 1: a case that failed has no build to look at.
    let counts = |case: &&CaseRecord| {
        let entry = matter.entry(case, series);
        entry.is_some_and(|entry| entry.summary.is_some())
    };
    let found = matter.cases().filter(counts);
    found
        .filter_map(|case| Some((&case.id, median_build(matter.analysis, &case.id, metric)?)))
        .collect()
}

/// When a step ended, since the build's first began; where its length is not known, when
/// it began.
fn end(step: &StepRecord) -> f64 {
    let nanos = |nanos: Option<Nanos>| nanos.map_or(0.0, |nanos| native(Quantity::Time(nanos)));
    nanos(step.started_ns) + nanos(step.duration_ns)
}

/// Steps of one stage, in the order of the builder.
struct Lane<'a> {
    stage: String,
    internal: bool,
    steps: Vec<&'a StepRecord>,
}

/// The stage and the instruction of `[linux/amd64 build 2/5] RUN npm ci`; no stage where it
/// is the builder's own work.
fn parse(name: &str) -> (Option<String>, String) {
    let parted = name
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "));
    let Some((inside, words)) = parted else {
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

/// Mounts are told by the Dockerfile; here they would hide the command.
fn instruction(words: &str) -> String {
    let mut kept: Vec<&str> = words.split_whitespace().collect();
    kept.retain(|word| !word.starts_with("--mount="));
    kept.join(" ")
}

/// A lane for each stage, and a further one for what ran beside another step of it.
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
    matter: &Matter<'_, '_>,
    (case, series): (&CaseRecord, Series),
    build: Option<MedianBuild<'_>>,
    axis: &Axis,
    top: f64,
) {
    rule(canvas, top, MARGIN, WIDTH - MARGIN);
    let middle = top + 14.0;
    let name = font::fit(&case.variant, SMALL, 260.0);
    canvas.text(Text {
        bold: true,
        size: SMALL,
        full: Some(&case.variant),
        ..Text::at(MARGIN, middle + 4.0, &name)
    });
    let mut x = MARGIN + font::width(&name, SMALL, true) + 12.0;
    if !case.stand_ins.is_empty() {
        canvas.mark(
            Mark::STAND_IN,
            x,
            middle,
            Some(&format!("stand-in for {}", case.stand_ins.join(", "))),
        );
        x += 14.0;
    }
    let Some(build) = build else {
        super::matter::absent(canvas, matter.entry(case, series), x, middle);
        return;
    };
    let words = facts(&build);
    canvas.text(Text {
        size: SMALL,
        ink: Ink::Soft,
        ..Text::at(x, middle + 4.0, &words)
    });
    for (at, lane) in lanes(&build).iter().enumerate() {
        let y = top + HEAD + LANE * (at as f64 + 0.5) + 1.0;
        let stage = font::fit(&lane.stage, SMALL, STAGES - 14.0);
        canvas.text(Text {
            size: SMALL,
            ink: Ink::Soft,
            anchor: Anchor::End,
            full: Some(&lane.stage),
            ..Text::at(MARGIN + STAGES - 10.0, y + 4.0, &stage)
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
        took.as_deref().unwrap_or("no time told")
    );
    let area = Area {
        x: from,
        y: y - 6.5,
        width: (to - from).max(0.6),
        height: 13.0,
    };
    let (fill, edge) = if internal {
        (Ink::Base, Ink::Edge)
    } else {
        (Ink::Own, Ink::Ground)
    };
    canvas.rect(area, fill, Some(edge), Some(&full));
    // A word or two, or nothing.
    let room = area.width - 8.0;
    let shown = font::cut(&words, SMALL, room);
    if shown.chars().count() >= 6.min(words.chars().count()) && room > 0.0 {
        let ink = if internal { Ink::Text } else { Ink::Ground };
        canvas.text(Text {
            size: SMALL,
            ink,
            full: Some(&full),
            ..Text::at(from + 4.0, y + 4.0, &shown)
        });
    }
}

/// Cached steps take no time, so that many stand in one place: one mark for all of them.
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
    matter: &Matter<'_, '_>,
    title: &str,
    build: impl Fn(&CaseRecord) -> Option<MedianBuild<'b>>,
) -> String {
    let longest = matter.cases().filter_map(&build).flat_map(|build| {
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
    fn a_steps_name_tells_stage_and_instruction() {
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
