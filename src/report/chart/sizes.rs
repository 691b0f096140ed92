//! What images weigh: a bar per variant, its base's part and its own apart, and what
//! sources claim as a mark on it.

use super::super::distribution::base_share;
use super::super::entry::Series;
use super::super::native::{native, quantity};
use super::super::scale::Scale;
use super::Chart;
use super::axis::{Axis, Span};
use super::canvas::{Area, Canvas, Mark, SMALL, Shape, Text};
use super::font;
use super::matter::{HEADING, Matter, Names, absent, heading, partly_failed, rule};
use super::palette::Ink;
use super::sheet::{MARGIN, Sheet, Swatch, WIDTH};
use crate::record::{CaseRecord, Metric};
use crate::units::{Quantity, Unit};

/// Height of a row.
const ROW: f64 = 24.0;
/// Room for a value.
const VALUE: f64 = 78.0;
/// Room for a claim beside it.
const CLAIM: f64 = 164.0;

/// One image, in bytes.
struct Weight<'a> {
    case: &'a CaseRecord,
    /// None where there is no number.
    whole: Option<f64>,
    /// The base's part of it, where it is known.
    base: Option<f64>,
    /// What sources say, and how they say it.
    claims: Vec<(f64, &'a str)>,
}

/// `size.unpacked`, parted by `size.own`. None where no case has a word of it.
pub(super) fn unpacked(matter: &Matter<'_, '_>) -> Option<Chart> {
    let base = |case: &CaseRecord, whole: f64| {
        let own = matter
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
    draw(matter, Metric::SizeUnpacked, words, base)
}

/// `size.transfer`, parted at the layers of the base.
pub(super) fn packed(matter: &Matter<'_, '_>) -> Option<Chart> {
    if !matter.analysis.distributed() {
        return None;
    }
    let base = |case: &CaseRecord, _: f64| {
        // The case of the record, which lives as long as the analysis.
        let case = matter
            .analysis
            .record
            .cases
            .iter()
            .find(|known| known.id == case.id)?;
        base_share(matter.analysis, case).map(|bytes| native(Quantity::Bytes(bytes)))
    };
    let words = (
        "transfer",
        "Transfer size, packed",
        "Config and layers as the registry stores them",
    );
    draw(matter, Metric::SizeTransfer, words, base)
}

fn weights<'a>(
    matter: &Matter<'_, 'a>,
    cases: &[&'a CaseRecord],
    metric: Metric,
    base: &dyn Fn(&CaseRecord, f64) -> Option<f64>,
) -> Vec<Weight<'a>> {
    let weight = |case: &&'a CaseRecord| {
        let entry = matter.entry(case, Series::unlinked(metric));
        let whole = entry.and_then(|entry| Some(entry.summary.as_ref()?.median));
        let claims = matter.scenario.claims.iter().filter(|claim| {
            claim.variant == case.variant && claim.metric == metric.id() && claim.from.is_none()
        });
        let said = claims.filter_map(|claim| {
            let bytes = native(Quantity::Bytes(claim.claimed_bytes?));
            Some((bytes, claim.claimed.as_str()))
        });
        Weight {
            case,
            whole,
            base: whole.and_then(|whole| base(case, whole)),
            claims: said.collect(),
        }
    };
    cases.iter().map(weight).collect()
}

fn draw(
    matter: &Matter<'_, '_>,
    metric: Metric,
    (what, title, definition): (&str, &str, &str),
    base: impl Fn(&CaseRecord, f64) -> Option<f64>,
) -> Option<Chart> {
    let series = [Series::unlinked(metric)];
    let groups: Vec<_> = matter
        .groups
        .iter()
        .map(|group| {
            (
                group.heading.as_deref(),
                weights(matter, &group.cases, metric, &base),
            )
        })
        .collect();
    let all = || groups.iter().flat_map(|(_, weights)| weights);
    all().next()?;
    let claimed = all().any(|weight| !weight.claims.is_empty());
    let names = Names::of(matter);
    let to = WIDTH - MARGIN - VALUE - if claimed { CLAIM } else { 0.0 };
    let wholes: Vec<f64> = all().filter_map(|weight| weight.whole).collect();
    let own = all().filter_map(|weight| Some(weight.whole? - weight.base?));
    let claims = all().flat_map(|weight| weight.claims.iter().map(|claim| claim.0));
    let parts: Vec<f64> = own.filter(|own| *own > 0.0).chain(claims).collect();
    let span = Span {
        from: names.end(),
        to,
        zero: true,
        unit: Unit::Bytes,
    };
    let axis = Axis::with_parts(span, &wholes, &parts);
    let subtitle = format!(
        "{definition}, {} · {}",
        axis.scale_words(),
        matter.provenance(&series)
    );
    let mut sheet = Sheet::new(
        matter.theme,
        matter.name(what),
        matter.title(title),
        &subtitle,
    );
    sheet.legend(&legend(matter, &axis, &series, all()));
    let labels = sheet.y + 14.0;
    let top = labels + 6.0;
    let rows: f64 = groups
        .iter()
        .map(|(heading, weights)| heading.map_or(0.0, |_| HEADING) + ROW * weights.len() as f64)
        .sum();
    axis.draw_above(&mut sheet.canvas, labels, top, top + rows);
    sheet.y = top;
    let scale = column_scale(all(), &axis);
    for (words, weights) in &groups {
        sheet.y += heading(&mut sheet.canvas, *words, sheet.y);
        for weight in weights {
            row(
                &mut sheet.canvas,
                matter,
                weight,
                metric,
                (&axis, names, scale),
                sheet.y,
            );
            sheet.y += ROW;
        }
    }
    let alt = alt(all(), title);
    Some(sheet.finish(&matter.notes(), alt))
}

fn legend<'w, 'a: 'w>(
    matter: &Matter<'_, '_>,
    axis: &Axis,
    series: &[Series],
    all: impl Iterator<Item = &'w Weight<'a>> + Clone,
) -> Vec<(Swatch, String)> {
    let mut legend = Vec::new();
    let parted = all.clone().any(|weight| weight.base.is_some());
    let unparted = all
        .clone()
        .any(|weight| weight.whole.is_some() && weight.base.is_none());
    if parted {
        let own = if axis.log {
            Swatch::Mark(OWN_DOT)
        } else {
            Swatch::Fill(Ink::Own, None)
        };
        legend.push((own, "the image's own part".to_owned()));
        let base = if axis.log {
            Swatch::Mark(WHOLE_DOT)
        } else {
            Swatch::Fill(Ink::Base, Some(Ink::Edge))
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
            Swatch::Mark(WHOLE_DOT)
        } else {
            Swatch::Fill(Ink::Edge, None)
        };
        legend.push((whole, "the whole, its parts not known".to_owned()));
    }
    if all.clone().any(|weight| !weight.claims.is_empty()) {
        legend.push((Swatch::Tick(Ink::Claim), "claimed by a source".to_owned()));
    }
    legend.extend(matter.marks(series));
    legend
}

const OWN_DOT: Mark = Mark::of(Shape::Circle, Ink::Own, false);
const WHOLE_DOT: Mark = Mark::of(Shape::Square, Ink::Edge, false);

/// One unit for all values, as in the tables; each its own among logarithms.
fn column_scale<'w, 'a: 'w>(
    all: impl Iterator<Item = &'w Weight<'a>>,
    axis: &Axis,
) -> Option<Scale> {
    let known = all.filter_map(|weight| weight.whole);
    let quantities = known.map(|whole| quantity(Unit::Bytes, whole));
    (!axis.log).then(|| Scale::for_values(Unit::Bytes, quantities))
}

fn row(
    canvas: &mut Canvas,
    matter: &Matter<'_, '_>,
    weight: &Weight<'_>,
    metric: Metric,
    (axis, names, scale): (&Axis, Names, Option<Scale>),
    y: f64,
) {
    let middle = y + ROW / 2.0;
    rule(canvas, y, MARGIN, WIDTH - MARGIN);
    names.draw(canvas, weight.case, middle);
    let entry = matter.entry(weight.case, Series::unlinked(metric));
    let values = axis.end();
    match weight.whole {
        Some(whole) => {
            if axis.log {
                dots(canvas, weight, whole, axis, middle)
            } else {
                bar(canvas, weight, whole, axis, middle)
            }
            let value = quantity(Unit::Bytes, whole);
            let words = scale
                .unwrap_or_else(|| Scale::for_value(value))
                .with_unit(value);
            canvas.text(Text::at(values + 10.0, middle + 4.0, &words));
        }
        None => absent(canvas, entry, axis.place(0.0), middle),
    }
    if let Some(entry) = entry.filter(|_| weight.whole.is_some()) {
        partly_failed(canvas, entry, values + 3.0, middle);
    }
    if weight.claims.is_empty() {
        return;
    }
    for (bytes, _) in &weight.claims {
        let x = axis.place(*bytes);
        canvas.line((x, middle - 10.0), (x, middle + 10.0), Ink::Claim, 2.4);
    }
    let (short, full) = claimed(&weight.claims);
    let short = font::cut(&short, SMALL, CLAIM - 6.0);
    let x = WIDTH - MARGIN - CLAIM + 6.0;
    canvas.text(Text {
        size: SMALL,
        ink: Ink::Claim,
        full: Some(&full),
        ..Text::at(x, middle + 4.0, &short)
    });
}

/// What sources say in short, and in full.
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

fn bar(canvas: &mut Canvas, weight: &Weight<'_>, whole: f64, axis: &Axis, middle: f64) {
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
            weight.case.variant,
            Scale::for_value(value).with_unit(value)
        )
    };
    let Some(base) = weight.base else {
        canvas.rect(
            part(0.0, whole),
            Ink::Edge,
            None,
            Some(&words("whole", whole)),
        );
        return;
    };
    if base > 0.0 {
        canvas.rect(
            part(0.0, base),
            Ink::Base,
            Some(Ink::Edge),
            Some(&words("base", base)),
        );
    }
    canvas.rect(
        part(base, whole),
        Ink::Own,
        None,
        Some(&words("own part", whole - base)),
    );
}

fn dots(canvas: &mut Canvas, weight: &Weight<'_>, whole: f64, axis: &Axis, middle: f64) {
    let own = weight
        .base
        .map(|base| whole - base)
        .filter(|own| *own > 0.0);
    if let Some(own) = own {
        canvas.line(
            (axis.place(own), middle),
            (axis.place(whole), middle),
            Ink::Base,
            3.0,
        );
    }
    canvas.mark(WHOLE_DOT, axis.place(whole), middle, Some("with its base"));
    if let Some(own) = own {
        canvas.mark(OWN_DOT, axis.place(own), middle, Some("own part"));
    }
}

fn alt<'w, 'a: 'w>(all: impl Iterator<Item = &'w Weight<'a>> + Clone, title: &str) -> String {
    let known = || {
        all.clone()
            .filter_map(|weight| Some((weight.whole?, &weight.case.variant)))
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
    let without = all.clone().filter(|weight| weight.whole.is_none()).count();
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
