//! Image sizes: one bar per variant, split into base and own part, with claims of sources as
//! marks.

use super::axis::{Axis, AxisRange};
use super::canvas::{Area, Canvas, ChartMark, ChartText, SMALL, Shape};
use super::context::{
    ChartContext, HEADING_HEIGHT, NameColumn, absent, draw_failed_samples, heading, rule,
};
use super::font;
use super::layout::{Layout, LegendSymbol, MARGIN, WIDTH};
use super::options::Chart;
use super::palette::Color;
use crate::record::{CaseRecord, Metric};
use crate::summary::Series;
use crate::summary::distribution::base_share;
use crate::summary::scale::Scale;
use crate::units::{Quantity, Unit, native, quantity_of as quantity};

/// Height of a row.
const ROW: f64 = 24.0;
/// Space for a value.
const VALUE: f64 = 78.0;
/// Space for a claim next to it.
const CLAIM: f64 = 164.0;

/// One image, in bytes.
struct SizeBar<'a> {
    case: &'a CaseRecord,
    /// `None` without a value.
    whole: Option<f64>,
    /// The part of the base, if it is known.
    base: Option<f64>,
    /// The claims of sources: value and text.
    claims: Vec<(f64, &'a str)>,
}

/// `size.unpacked`, split by `size.own`. `None` if no case has an entry for it.
pub(super) fn unpacked(context: &ChartContext<'_, '_>) -> Option<Chart> {
    let base = |case: &CaseRecord, whole: f64| {
        let own = context
            .entry(case, Series::unlinked(Metric::SizeOwn))?
            .summary
            .as_ref()?;
        Some((whole - own.median).max(0.0))
    };
    let words = (
        "sizes",
        "Image size, unpacked",
        "Sum of the uncompressed layers",
    );
    draw(context, Metric::SizeUnpacked, words, base)
}

/// `size.transfer`, split at the layers of the base.
pub(super) fn packed(context: &ChartContext<'_, '_>) -> Option<Chart> {
    if !context.analysis.distributed() {
        return None;
    }
    let base = |case: &CaseRecord, _: f64| {
        // The case from the record, which has the lifetime of the analysis.
        let case = context
            .analysis
            .record
            .cases
            .iter()
            .find(|known| known.id == case.id)?;
        base_share(context.analysis, case).map(|bytes| native(Quantity::Bytes(bytes)))
    };
    let words = (
        "transfer",
        "Transfer size, packed",
        "Config and layers as the registry stores them",
    );
    draw(context, Metric::SizeTransfer, words, base)
}

fn size_bars<'a>(
    context: &ChartContext<'_, 'a>,
    cases: &[&'a CaseRecord],
    metric: Metric,
    base: &dyn Fn(&CaseRecord, f64) -> Option<f64>,
) -> Vec<SizeBar<'a>> {
    let size_bar = |case: &&'a CaseRecord| {
        let entry = context.entry(case, Series::unlinked(metric));
        let whole = entry.and_then(|entry| Some(entry.summary.as_ref()?.median));
        let claims = context.scenario.claims.iter().filter(|claim| {
            claim.variant == case.variant && claim.metric == metric.id() && claim.from.is_none()
        });
        let said = claims.filter_map(|claim| {
            let bytes = native(Quantity::Bytes(claim.claimed_bytes?));
            Some((bytes, claim.claimed.as_str()))
        });
        SizeBar {
            case,
            whole,
            base: whole.and_then(|whole| base(case, whole)),
            claims: said.collect(),
        }
    };
    cases.iter().map(size_bar).collect()
}

fn draw(
    context: &ChartContext<'_, '_>,
    metric: Metric,
    (what, title, definition): (&str, &str, &str),
    base: impl Fn(&CaseRecord, f64) -> Option<f64>,
) -> Option<Chart> {
    let series = [Series::unlinked(metric)];
    let groups: Vec<_> = context
        .groups
        .iter()
        .map(|group| {
            (
                group.heading.as_deref(),
                size_bars(context, &group.cases, metric, &base),
            )
        })
        .collect();
    let all = || groups.iter().flat_map(|(_, size_bars)| size_bars);
    all().next()?;
    let claimed = all().any(|size_bar| !size_bar.claims.is_empty());
    let names = NameColumn::of(context);
    let to = WIDTH - MARGIN - VALUE - if claimed { CLAIM } else { 0.0 };
    let wholes: Vec<f64> = all().filter_map(|size_bar| size_bar.whole).collect();
    let own = all().filter_map(|size_bar| Some(size_bar.whole? - size_bar.base?));
    let claims = all().flat_map(|size_bar| size_bar.claims.iter().map(|claim| claim.0));
    let parts: Vec<f64> = own.filter(|own| *own > 0.0).chain(claims).collect();
    let span = AxisRange {
        from: names.end(),
        to,
        zero: true,
        unit: Unit::Bytes,
    };
    let axis = Axis::with_parts(span, &wholes, &parts);
    let subtitle = format!(
        "{definition}, {} · {}",
        axis.scale_words(),
        context.provenance(&series)
    );
    let mut layout = Layout::new(
        context.theme,
        context.name(what),
        context.title(title),
        &subtitle,
    );
    layout.legend(&legend(context, &axis, &series, all()));
    let labels = layout.y + 14.0;
    let top = labels + 6.0;
    let rows: f64 = groups
        .iter()
        .map(|(heading, size_bars)| {
            heading.map_or(0.0, |_| HEADING_HEIGHT) + ROW * size_bars.len() as f64
        })
        .sum();
    axis.draw_above(&mut layout.canvas, labels, top, top + rows);
    layout.y = top;
    let scale = column_scale(all(), &axis);
    for (words, size_bars) in &groups {
        layout.y += heading(&mut layout.canvas, *words, layout.y);
        for size_bar in size_bars {
            row(
                &mut layout.canvas,
                context,
                size_bar,
                metric,
                (&axis, names, scale),
                layout.y,
            );
            layout.y += ROW;
        }
    }
    let alt = alt(all(), title);
    Some(layout.finish(&context.notes(), alt))
}

fn legend<'w, 'a: 'w>(
    context: &ChartContext<'_, '_>,
    axis: &Axis,
    series: &[Series],
    all: impl Iterator<Item = &'w SizeBar<'a>> + Clone,
) -> Vec<(LegendSymbol, String)> {
    let mut legend = Vec::new();
    let stacked = all.clone().any(|size_bar| size_bar.base.is_some());
    let unparted = all
        .clone()
        .any(|size_bar| size_bar.whole.is_some() && size_bar.base.is_none());
    if stacked {
        let own = if axis.log {
            LegendSymbol::Mark(OWN_DOT)
        } else {
            LegendSymbol::Fill(Color::Own, None)
        };
        legend.push((own, "the image's own part".to_owned()));
        let base = if axis.log {
            LegendSymbol::Mark(WHOLE_DOT)
        } else {
            LegendSymbol::Fill(Color::Base, Some(Color::Edge))
        };
        let words = if axis.log {
            "with its base"
        } else {
            "its base"
        };
        legend.push((base, words.to_owned()));
    }
    if unparted {
        let whole = if axis.log {
            LegendSymbol::Mark(WHOLE_DOT)
        } else {
            LegendSymbol::Fill(Color::Edge, None)
        };
        legend.push((whole, "the whole, its parts not known".to_owned()));
    }
    if all.clone().any(|size_bar| !size_bar.claims.is_empty()) {
        legend.push((
            LegendSymbol::Tick(Color::Claim),
            "claimed by a source".to_owned(),
        ));
    }
    legend.extend(context.marks(series));
    legend
}

const OWN_DOT: ChartMark = ChartMark::of(Shape::Circle, Color::Own, false);
const WHOLE_DOT: ChartMark = ChartMark::of(Shape::Square, Color::Edge, false);

/// One unit for all values, as in the tables; on a log scale each value has its own.
fn column_scale<'w, 'a: 'w>(
    all: impl Iterator<Item = &'w SizeBar<'a>>,
    axis: &Axis,
) -> Option<Scale> {
    let known = all.filter_map(|size_bar| size_bar.whole);
    let quantities = known.map(|whole| quantity(Unit::Bytes, whole));
    (!axis.log).then(|| Scale::for_values(Unit::Bytes, quantities))
}

fn row(
    canvas: &mut Canvas,
    context: &ChartContext<'_, '_>,
    size_bar: &SizeBar<'_>,
    metric: Metric,
    (axis, names, scale): (&Axis, NameColumn, Option<Scale>),
    y: f64,
) {
    let middle = y + ROW / 2.0;
    rule(canvas, y, MARGIN, WIDTH - MARGIN);
    names.draw(canvas, size_bar.case, middle);
    let entry = context.entry(size_bar.case, Series::unlinked(metric));
    let values = axis.end();
    match size_bar.whole {
        Some(whole) => {
            if axis.log {
                dots(canvas, size_bar, whole, axis, middle)
            } else {
                bar(canvas, size_bar, whole, axis, middle)
            }
            let value = quantity(Unit::Bytes, whole);
            let words = scale
                .unwrap_or_else(|| Scale::for_value(value))
                .with_unit(value);
            canvas.text(ChartText::at(values + 10.0, middle + 4.0, &words));
        }
        None => absent(canvas, entry, axis.place(0.0), middle),
    }
    if let Some(entry) = entry.filter(|_| size_bar.whole.is_some()) {
        draw_failed_samples(canvas, entry, values + 3.0, middle);
    }
    if size_bar.claims.is_empty() {
        return;
    }
    for (bytes, _) in &size_bar.claims {
        let x = axis.place(*bytes);
        canvas.line((x, middle - 10.0), (x, middle + 10.0), Color::Claim, 2.4);
    }
    let (short, full) = claimed(&size_bar.claims);
    let short = font::truncate_end(&short, SMALL, CLAIM - 6.0);
    let x = WIDTH - MARGIN - CLAIM + 6.0;
    canvas.text(ChartText {
        size: SMALL,
        color: Color::Claim,
        full: Some(&full),
        ..ChartText::at(x, middle + 4.0, &short)
    });
}

/// The claims of sources: short and full text.
fn claimed(claims: &[(f64, &str)]) -> (String, String) {
    let mut said: Vec<&str> = claims.iter().map(|claim| claim.1).collect();
    said.dedup();
    let full = format!("claimed {}", said.join(", "));
    let bytes = || claims.iter().map(|claim| claim.0);
    let (least, most) = bytes().fold((f64::INFINITY, 0.0_f64), |(least, most), bytes| {
        (least.min(bytes), most.max(bytes))
    });
    if least == most {
        return (format!("claimed {}", said.first().unwrap_or(&"")), full);
    }
    let ends = [least, most].map(|bytes| quantity(Unit::Bytes, bytes));
    let scale = Scale::for_value(ends[1]);
    let short = format!(
        "claimed {} – {}",
        scale.number(ends[0]),
        scale.with_unit(ends[1])
    );
    (short, full)
}

fn bar(canvas: &mut Canvas, size_bar: &SizeBar<'_>, whole: f64, axis: &Axis, middle: f64) {
    let part = |from: f64, to: f64| Area {
        x: axis.place(from),
        y: middle - 6.0,
        width: (axis.place(to) - axis.place(from)).max(0.5),
        height: 12.0,
    };
    let words = |what: &str, bytes: f64| {
        let value = quantity(Unit::Bytes, bytes);
        format!(
            "{}, {what}: {}",
            size_bar.case.variant,
            Scale::for_value(value).with_unit(value)
        )
    };
    let Some(base) = size_bar.base else {
        canvas.rect(
            part(0.0, whole),
            Color::Edge,
            None,
            Some(&words("whole", whole)),
        );
        return;
    };
    if base > 0.0 {
        canvas.rect(
            part(0.0, base),
            Color::Base,
            Some(Color::Edge),
            Some(&words("base", base)),
        );
    }
    canvas.rect(
        part(base, whole),
        Color::Own,
        None,
        Some(&words("own part", whole - base)),
    );
}

fn dots(canvas: &mut Canvas, size_bar: &SizeBar<'_>, whole: f64, axis: &Axis, middle: f64) {
    let own = size_bar
        .base
        .map(|base| whole - base)
        .filter(|own| *own > 0.0);
    if let Some(own) = own {
        canvas.line(
            (axis.place(own), middle),
            (axis.place(whole), middle),
            Color::Base,
            3.0,
        );
    }
    canvas.mark(WHOLE_DOT, axis.place(whole), middle, Some("with its base"));
    if let Some(own) = own {
        canvas.mark(OWN_DOT, axis.place(own), middle, Some("own part"));
    }
}

fn alt<'w, 'a: 'w>(all: impl Iterator<Item = &'w SizeBar<'a>> + Clone, title: &str) -> String {
    let known = || {
        all.clone()
            .filter_map(|size_bar| Some((size_bar.whole?, &size_bar.case.variant)))
    };
    let words = |(bytes, variant): (f64, &String)| {
        let value = quantity(Unit::Bytes, bytes);
        format!(
            "{variant} with {}",
            Scale::for_value(value).with_unit(value)
        )
    };
    let largest = known()
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(words);
    let smallest = known()
        .min_by(|one, other| one.0.total_cmp(&other.0))
        .map(words);
    let without = all
        .clone()
        .filter(|size_bar| size_bar.whole.is_none())
        .count();
    let mut text = match (largest, smallest) {
        (Some(largest), Some(smallest)) if largest != smallest => {
            format!(
                "{title} of {} variants: the largest is {largest}, the smallest {smallest}.",
                known().count()
            )
        }
        (Some(only), _) => format!("{title}: {only}."),
        _ => format!("{title}: no variant has a number."),
    };
    if without > 0 && known().next().is_some() {
        text.push_str(&format!(" {without} without a number."));
    }
    text
}
