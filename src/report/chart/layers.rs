//! What each image is made of: its layers as parts of one bar, with the instructions that
//! made the heaviest of its own.

use super::super::comparison::instruction;
use super::super::distribution::base_layers;
use super::super::entry::Series;
use super::super::native::quantity;
use super::super::scale::Scale;
use super::Chart;
use super::canvas::{Anchor, Area, Canvas, LABEL, SMALL, Text};
use super::font;
use super::matter::{Matter, Names, absent, heading, rule};
use super::palette::{Ink, KINDS};
use super::sheet::{MARGIN, Sheet, Swatch, WIDTH};
use crate::record::{CaseRecord, Metric};
use crate::units::{Bytes, Quantity, Unit};

/// Instructions that are told for each image.
const TOLD: usize = 4;
/// Height of the bar's row, and of a line of instructions.
const ROW: f64 = 24.0;
const LINE: f64 = 17.0;
/// Room for the size of the whole.
const VALUE: f64 = 78.0;

/// A layer that holds anything.
struct Layer {
    bytes: f64,
    instruction: String,
}

impl Layer {
    /// Whether an entry of a history made a layer: what writes files does, even where it
    /// wrote none.
    fn is_layer(&self) -> bool {
        let writes = ["RUN ", "COPY ", "ADD ", "WORKDIR "];
        self.bytes > 0.0 || writes.iter().any(|verb| self.instruction.starts_with(verb))
    }
}

/// An image in parts, bottom first.
struct Parts {
    base: Vec<Layer>,
    own: Vec<Layer>,
    whole: f64,
}

/// Where any image has a history that counts.
pub(super) fn draw(matter: &Matter<'_, '_>) -> Option<Chart> {
    let size = Series::unlinked(Metric::SizeUnpacked);
    if !matter.cases().any(|case| parts(matter, case).is_some()) {
        return None;
    }
    let names = Names::of(matter);
    let subtitle = format!(
        "Unpacked bytes; each bar is one whole image, from its lowest layer to its highest · {}",
        matter.provenance(&[size])
    );
    let title = matter.title("Layers and their instructions");
    let mut sheet = Sheet::new(matter.theme, matter.name("layers"), title, &subtitle);
    let mut legend = vec![
        (
            Swatch::Fill(Ink::Base, Some(Ink::Edge)),
            "a layer of the base".to_owned(),
        ),
        (
            Swatch::Fill(Ink::Kind(0), None),
            "a layer of its own, numbered".to_owned(),
        ),
    ];
    legend.extend(matter.marks(&[size]));
    sheet.legend(&legend);
    sheet.y += 4.0;
    let mut heaviest: Option<(f64, String)> = None;
    for group in &matter.groups {
        sheet.y += heading(&mut sheet.canvas, group.heading.as_deref(), sheet.y);
        for case in &group.cases {
            rule(&mut sheet.canvas, sheet.y, MARGIN, WIDTH - MARGIN);
            let middle = sheet.y + ROW / 2.0 + 2.0;
            names.draw(&mut sheet.canvas, case, middle);
            let Some(parts) = parts(matter, case) else {
                absent(
                    &mut sheet.canvas,
                    matter.entry(case, size),
                    names.end(),
                    middle,
                );
                sheet.y += ROW + 2.0;
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
            bar(&mut sheet.canvas, &parts, names.end(), middle);
            sheet.y +=
                ROW + 2.0 + told(&mut sheet.canvas, &parts, names.end(), sheet.y + ROW + 2.0);
        }
    }
    let mut notes = matter.notes();
    notes.push(format!("Told are the {TOLD} heaviest layers of each image's own; a pointer on a part reads its instruction."));
    let alt = match heaviest {
        Some((bytes, words)) => {
            format!(
                "Layers of each variant. The heaviest that is no base's is {words} with {}.",
                bytes_text(bytes)
            )
        }
        None => "Layers of each variant: none has one of its own.".to_owned(),
    };
    Some(sheet.finish(&notes, alt))
}

fn bytes_text(bytes: f64) -> String {
    let value = quantity(Unit::Bytes, bytes);
    Scale::for_value(value).with_unit(value)
}

/// Parts an image's history at its base: by the number of the base's layers where each entry
/// of the history can be given its layer, else by what `size.unpacked` has more than
/// `size.own`. None where the size does not count.
fn parts(matter: &Matter<'_, '_>, case: &CaseRecord) -> Option<Parts> {
    let median = |metric| {
        let entry = matter.entry(case, Series::unlinked(metric))?;
        Some(entry.summary.as_ref()?.median)
    };
    let whole = median(Metric::SizeUnpacked)?;
    let image = case.image.as_ref()?;
    let bytes = |bytes: &Bytes| super::super::native::native(Quantity::Bytes(*bytes));
    let layer = |(size, words): &(Bytes, String)| Layer {
        bytes: bytes(size),
        instruction: instruction(words),
    };
    let history = image.history.iter().map(layer);
    let mut base: Vec<Layer> = history.filter(Layer::is_layer).collect();
    let known = (base.len() == image.diff_ids.len())
        .then(|| base_layers(matter.analysis, case))
        .flatten();
    let below = median(Metric::SizeOwn).map_or(0.0, |own| whole - own);
    let bottom = known.unwrap_or_else(|| bottom(&base, below));
    let mut own = base.split_off(bottom.min(base.len()));
    base.retain(|layer| layer.bytes > 0.0);
    own.retain(|layer| layer.bytes > 0.0);
    Some(Parts { base, own, whole })
}

/// How many layers from the bottom come to what lies below the image's own. Docker 20.10
/// counts a layer that it pulled some kilobytes higher than the same one built, so the
/// nearest sum is taken; what is further off than a hundredth tells nothing.
fn bottom(layers: &[Layer], below: f64) -> usize {
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
        // What is thinner than a hair is not drawn; the sum of such parts is not seen either.
        if width < 0.3 {
            continue;
        }
        let full = format!("{}: {}", layer.instruction, bytes_text(layer.bytes));
        let Some(own) = at.checked_sub(parts.base.len()) else {
            canvas.rect(area, Ink::Base, Some(Ink::Edge), Some(&full));
            continue;
        };
        canvas.rect(area, colour(own), Some(Ink::Ground), Some(&full));
        let number = (own + 1).to_string();
        if font::width(&number, SMALL, true) + 4.0 <= width {
            canvas.text(Text {
                size: SMALL,
                bold: true,
                ink: Ink::Ground,
                anchor: Anchor::Middle,
                full: Some(&full),
                ..Text::at(area.x + width / 2.0, middle + 4.0, &number)
            });
        }
    }
    let words = bytes_text(parts.whole);
    canvas.text(Text {
        size: LABEL,
        ..Text::at(to + 10.0, middle + 4.0, &words)
    });
}

/// Neighbours never have the same colour, and the number says which is which.
fn colour(own: usize) -> Ink {
    Ink::Kind(own % KINDS)
}

/// The heaviest layers in two columns; gives the height that they take.
fn told(canvas: &mut Canvas, parts: &Parts, from: f64, top: f64) -> f64 {
    let mut heaviest: Vec<usize> = (0..parts.own.len()).collect();
    heaviest.sort_by(|one, other| {
        let bytes = |at: &usize| parts.own[*at].bytes;
        bytes(other).total_cmp(&bytes(one)).then(one.cmp(other))
    });
    heaviest.truncate(TOLD);
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
        canvas.rect(square, colour(*own), None, None);
        canvas.text(Text {
            size: SMALL,
            bold: true,
            ink: Ink::Ground,
            anchor: Anchor::Middle,
            ..Text::at(x + chip / 2.0, y + 4.0, &number)
        });
        let head = bytes_text(layer.bytes);
        canvas.text(Text {
            size: SMALL,
            bold: true,
            ..Text::at(x + chip + 6.0, y + 4.0, &head)
        });
        let indent = chip + 6.0 + font::width(&head, SMALL, true) + 8.0;
        let words = font::cut(&layer.instruction, SMALL, column - indent - 14.0);
        canvas.text(Text {
            size: SMALL,
            ink: Ink::Soft,
            full: Some(&layer.instruction),
            ..Text::at(x + indent, y + 4.0, &words)
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
    fn the_base_ends_where_its_bytes_do() {
        let layers: Vec<Layer> = [100.0, 50.0, 3.0, 40.0]
            .map(|bytes| Layer {
                bytes,
                instruction: String::new(),
            })
            .into();
        assert_eq!(bottom(&layers, 150.0), 2);
        assert_eq!(bottom(&layers, 151.0), 2);
        assert_eq!(bottom(&layers, 0.0), 0);
        assert_eq!(bottom(&layers, 120.0), 0, "no sum is near");
        assert_eq!(bottom(&layers, 193.0), 4);
    }
}
