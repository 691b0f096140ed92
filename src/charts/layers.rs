//! The layers of each image as parts of one bar, with the instructions of its largest own layers.

use super::canvas::{Anchor, Area, Canvas, ChartText, LABEL, SMALL};
use super::context::{ChartContext, NameColumn, absent, heading, rule};
use super::font;
use super::layout::{Layout, LegendSymbol, MARGIN, WIDTH};
use super::options::Chart;
use super::palette::{Color, KINDS};
use crate::record::{CaseRecord, Metric};
use crate::summary::Series;
use crate::summary::comparison::instruction;
use crate::summary::distribution::base_layers;
use crate::summary::scale::Scale;
use crate::units::{Bytes, Quantity, Unit, quantity_of as quantity};

/// How many layers are listed for each image.
const LISTED_LAYERS: usize = 4;
/// Height of the row with the bar, and of a line of instructions.
const ROW: f64 = 24.0;
const LINE: f64 = 17.0;
/// Space for the total size.
const VALUE: f64 = 78.0;

/// A layer with content.
struct Layer {
    bytes: f64,
    instruction: String,
}

impl Layer {
    /// Whether a history entry created a layer. Instructions that write files do, even if they
    /// wrote none.
    fn is_layer(&self) -> bool {
        let writes = ["RUN ", "COPY ", "ADD ", "WORKDIR "];
        self.bytes > 0.0 || writes.iter().any(|verb| self.instruction.starts_with(verb))
    }
}

/// The layers of an image, lowest first.
struct Parts {
    base: Vec<Layer>,
    own: Vec<Layer>,
    whole: f64,
}

/// Draws the chart if any image has a usable history.
pub(super) fn draw(context: &ChartContext<'_, '_>) -> Option<Chart> {
    let size = Series::unlinked(Metric::SizeUnpacked);
    if !context.cases().any(|case| parts(context, case).is_some()) {
        return None;
    }
    let names = NameColumn::of(context);
    let subtitle = format!(
        "Unpacked bytes; each bar is one whole image, from its lowest layer to its highest · {}",
        context.provenance(&[size])
    );
    let title = context.title("Layers and their instructions");
    let mut layout = Layout::new(context.theme, context.name("layers"), title, &subtitle);
    let mut legend = vec![
        (
            LegendSymbol::Fill(Color::Base, Some(Color::Edge)),
            "a layer of the base".to_owned(),
        ),
        (
            LegendSymbol::Fill(Color::Kind(0), None),
            "its own layer, numbered".to_owned(),
        ),
    ];
    legend.extend(context.marks(&[size]));
    layout.legend(&legend);
    layout.y += 4.0;
    let mut heaviest: Option<(f64, String)> = None;
    for group in &context.groups {
        layout.y += heading(&mut layout.canvas, group.heading.as_deref(), layout.y);
        for case in &group.cases {
            rule(&mut layout.canvas, layout.y, MARGIN, WIDTH - MARGIN);
            let middle = layout.y + ROW / 2.0 + 2.0;
            names.draw(&mut layout.canvas, case, middle);
            let Some(parts) = parts(context, case) else {
                absent(
                    &mut layout.canvas,
                    context.entry(case, size),
                    names.end(),
                    middle,
                );
                layout.y += ROW + 2.0;
                continue;
            };
            for layer in &parts.own {
                if heaviest
                    .as_ref()
                    .is_none_or(|(bytes, _)| layer.bytes > *bytes)
                {
                    let words = format!("{} in {}", layer.instruction, case.variant);
                    heaviest = Some((layer.bytes, words));
                }
            }
            bar(&mut layout.canvas, &parts, names.end(), middle);
            layout.y += ROW
                + 2.0
                + list_layers(
                    &mut layout.canvas,
                    &parts,
                    names.end(),
                    layout.y + ROW + 2.0,
                );
        }
    }
    let mut notes = context.notes();
    notes.push(format!("Listed are the {LISTED_LAYERS} heaviest of each image's own layers; a pointer on a part shows its instruction."));
    let alt = match heaviest {
        Some((bytes, words)) => {
            format!(
                "Layers of each variant. The heaviest that is no base's is {words} with {}.",
                bytes_text(bytes)
            )
        }
        None => "Layers of each variant: no image has its own.".to_owned(),
    };
    Some(layout.finish(&notes, alt))
}

fn bytes_text(bytes: f64) -> String {
    let value = quantity(Unit::Bytes, bytes);
    Scale::for_value(value).with_unit(value)
}

/// Splits the history of an image into base and own layers: by the number of base layers if each
/// history entry matches a layer, else by `size.unpacked` minus `size.own`. `None` without a
/// valid size.
fn parts(context: &ChartContext<'_, '_>, case: &CaseRecord) -> Option<Parts> {
    let median = |metric| {
        let entry = context.entry(case, Series::unlinked(metric))?;
        Some(entry.summary.as_ref()?.median)
    };
    let whole = median(Metric::SizeUnpacked)?;
    let image = case.image.as_ref()?;
    let bytes = |bytes: &Bytes| crate::units::native(Quantity::Bytes(*bytes));
    let layer = |(size, words): &(Bytes, String)| Layer {
        bytes: bytes(size),
        instruction: instruction(words),
    };
    let history = image.history.iter().map(layer);
    let mut base: Vec<Layer> = history.filter(Layer::is_layer).collect();
    let known = (base.len() == image.diff_ids.len())
        .then(|| base_layers(context.analysis, case))
        .flatten();
    let below = median(Metric::SizeOwn).map_or(0.0, |own| whole - own);
    let bottom = known.unwrap_or_else(|| base_layer_count(&base, below));
    let mut own = base.split_off(bottom.min(base.len()));
    base.retain(|layer| layer.bytes > 0.0);
    own.retain(|layer| layer.bytes > 0.0);
    Some(Parts { base, own, whole })
}

/// The number of lowest layers whose sum is nearest to `below`. The nearest sum is used because
/// Docker 20.10 reports a pulled layer some kilobytes larger than the same layer built; 0 if it
/// differs by more than 1 %.
fn base_layer_count(layers: &[Layer], below: f64) -> usize {
    let mut nearest = (0, below);
    let mut sum = 0.0;
    for (at, layer) in layers.iter().enumerate() {
        sum += layer.bytes;
        let distance = (sum - below).abs();
        if distance < nearest.1 {
            nearest = (at + 1, distance);
        }
    }
    if nearest.1 <= below / 100.0 {
        nearest.0
    } else {
        0
    }
}

fn bar(canvas: &mut Canvas, parts: &Parts, from: f64, middle: f64) {
    let to = WIDTH - MARGIN - VALUE;
    let all: f64 = parts
        .base
        .iter()
        .chain(&parts.own)
        .map(|layer| layer.bytes)
        .sum();
    let mut x = from;
    for (at, layer) in parts.base.iter().chain(&parts.own).enumerate() {
        let width = if all > 0.0 {
            layer.bytes / all * (to - from)
        } else {
            0.0
        };
        let area = Area {
            x,
            y: middle - 7.0,
            width,
            height: 14.0,
        };
        x += width;
        // Parts too thin to see are not drawn; their sum is not visible either.
        if width < 0.3 {
            continue;
        }
        let full = format!("{}: {}", layer.instruction, bytes_text(layer.bytes));
        let Some(own) = at.checked_sub(parts.base.len()) else {
            canvas.rect(area, Color::Base, Some(Color::Edge), Some(&full));
            continue;
        };
        canvas.rect(area, layer_color(own), Some(Color::Background), Some(&full));
        let number = (own + 1).to_string();
        if font::width(&number, SMALL, true) + 4.0 <= width {
            canvas.text(ChartText {
                size: SMALL,
                bold: true,
                color: Color::Background,
                anchor: Anchor::Middle,
                full: Some(&full),
                ..ChartText::at(area.x + width / 2.0, middle + 4.0, &number)
            });
        }
    }
    let words = bytes_text(parts.whole);
    canvas.text(ChartText {
        size: LABEL,
        ..ChartText::at(to + 10.0, middle + 4.0, &words)
    });
}

/// Neighbours have different colours, and numbers identify the layers.
fn layer_color(own: usize) -> Color {
    Color::Kind(own % KINDS)
}

/// Lists the largest layers in two columns and returns the height.
fn list_layers(canvas: &mut Canvas, parts: &Parts, from: f64, top: f64) -> f64 {
    let mut heaviest: Vec<usize> = (0..parts.own.len()).collect();
    heaviest.sort_by(|one, other| {
        let bytes = |at: &usize| parts.own[*at].bytes;
        bytes(other).total_cmp(&bytes(one)).then(one.cmp(other))
    });
    heaviest.truncate(LISTED_LAYERS);
    let column = (WIDTH - MARGIN - from) / 2.0;
    for (place, own) in heaviest.iter().enumerate() {
        let layer = &parts.own[*own];
        let x = from + column * (place % 2) as f64;
        let y = top + LINE * (place / 2) as f64 + 8.0;
        let number = (own + 1).to_string();
        let chip = font::width(&number, SMALL, true) + 7.0;
        let square = Area {
            x,
            y: y - 7.0,
            width: chip,
            height: 14.0,
        };
        canvas.rect(square, layer_color(*own), None, None);
        canvas.text(ChartText {
            size: SMALL,
            bold: true,
            color: Color::Background,
            anchor: Anchor::Middle,
            ..ChartText::at(x + chip / 2.0, y + 4.0, &number)
        });
        let head = bytes_text(layer.bytes);
        canvas.text(ChartText {
            size: SMALL,
            bold: true,
            ..ChartText::at(x + chip + 6.0, y + 4.0, &head)
        });
        let indent = chip + 6.0 + font::width(&head, SMALL, true) + 8.0;
        let words = font::truncate_end(&layer.instruction, SMALL, column - indent - 14.0);
        canvas.text(ChartText {
            size: SMALL,
            color: Color::Soft,
            full: Some(&layer.instruction),
            ..ChartText::at(x + indent, y + 4.0, &words)
        });
    }
    let lines = heaviest.len().div_ceil(2);
    if lines == 0 {
        0.0
    } else {
        LINE * lines as f64 + 4.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_layers_are_found_by_their_sum() {
        let layers: Vec<Layer> = [100.0, 50.0, 3.0, 40.0]
            .map(|bytes| Layer {
                bytes,
                instruction: String::new(),
            })
            .into();
        assert_eq!(base_layer_count(&layers, 150.0), 2);
        assert_eq!(base_layer_count(&layers, 151.0), 2);
        assert_eq!(base_layer_count(&layers, 0.0), 0);
        assert_eq!(base_layer_count(&layers, 120.0), 0, "no sum is near enough");
        assert_eq!(base_layer_count(&layers, 193.0), 4);
    }
}
