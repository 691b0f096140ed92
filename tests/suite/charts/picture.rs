//! An SVG as a test sees it: its texts with the boxes that they cover.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use resvg::usvg::roxmltree::{Document, Node};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// A box, from and to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Box2 {
    pub x: (f64, f64),
    pub y: (f64, f64),
}

impl Box2 {
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x.0 < other.x.1 && other.x.0 < self.x.1 && self.y.0 < other.y.1 && other.y.0 < self.y.1
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.x.0 >= other.x.0
            && self.x.1 <= other.x.1
            && self.y.0 >= other.y.0
            && self.y.1 <= other.y.1
    }
}

/// A viewer's font may be wider than the one that the layout was made with.
const WIDER: f64 = 1.1;

/// Widths by the font's own table, so that the layout is not measured with its own ruler.
fn advance(character: char, bold: bool) -> f64 {
    static FONTS: LazyLock<[BTreeMap<char, f64>; 2]> = LazyLock::new(|| {
        [notosans::REGULAR_TTF, notosans::BOLD_TTF].map(|bytes| {
            let font = FontRef::new(bytes).unwrap();
            let em = f64::from(
                font.metrics(Size::unscaled(), LocationRef::default())
                    .units_per_em,
            );
            let glyphs = font.glyph_metrics(Size::unscaled(), LocationRef::default());
            let mapped = font.charmap().mappings().filter_map(|(code, glyph)| {
                let width = f64::from(glyphs.advance_width(glyph)?);
                Some((char::from_u32(code)?, width / em))
            });
            mapped.collect()
        })
    });
    FONTS[usize::from(bold)]
        .get(&character)
        .copied()
        .unwrap_or(1.0)
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap_or("0").parse().unwrap()
}

/// The words of a text element, without its title.
pub fn words(node: Node<'_, '_>) -> String {
    let texts = node.children().filter(|child| child.is_text());
    texts.filter_map(|child| child.text()).collect()
}

/// The texts of a picture with their boxes.
pub fn texts(document: &Document<'_>) -> Vec<(String, Box2)> {
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    texts
        .map(|node| {
            let words = words(node);
            let bold = node.attribute("font-weight").is_some();
            let size = number(node, "font-size");
            let width = words.chars().map(|c| advance(c, bold)).sum::<f64>() * size * WIDER;
            let (x, y) = (number(node, "x"), number(node, "y"));
            let from = match node.attribute("text-anchor") {
                None => x,
                Some("middle") => x - width / 2.0,
                Some("end") => x - width,
                Some(other) => panic!("no anchor: {other}"),
            };
            // Capitals of Noto Sans are 0.714 of an em high, descenders 0.24 deep.
            let y = (y - 0.76 * size, y + 0.24 * size);
            (
                words,
                Box2 {
                    x: (from, from + width),
                    y,
                },
            )
        })
        .collect()
}

/// What the picture may cover.
pub fn view_box(document: &Document<'_>) -> Box2 {
    let text = document.root_element().attribute("viewBox").unwrap();
    let numbers: Vec<f64> = text
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    Box2 {
        x: (numbers[0], numbers[0] + numbers[2]),
        y: (numbers[1], numbers[1] + numbers[3]),
    }
}

/// Every corner of rectangles and every absolute point of paths.
pub fn points(document: &Document<'_>) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    for node in document.descendants() {
        if node.has_tag_name("rect") {
            let (x, y) = (number(node, "x"), number(node, "y"));
            points.push((x, y));
            points.push((x + number(node, "width"), y + number(node, "height")));
        }
        if node.has_tag_name("path") {
            let d = node.attribute("d").unwrap();
            for part in d.split(['M', 'L']).skip(1) {
                let numbers = part.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'));
                let mut numbers = numbers.map(|number| number.parse::<f64>().unwrap());
                points.push((numbers.next().unwrap(), numbers.next().unwrap()));
            }
        }
    }
    points
}
