//! Draws shapes and text as SVG.
//!
//! Coordinates are pixels from the top left at the natural size. Every text is a text element
//! with its own position and size, so that it can be selected, searched, and measured by tests.

use std::fmt::Write as _;

use super::font;
use super::palette::{Color, Theme};
use crate::text;

/// The alignment of a text to its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text; `y` is its baseline.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChartText<'t> {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) words: &'t str,
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    pub(super) color: Color,
    pub(super) bold: bool,
    /// The tooltip with the full text, if the shown text is shortened.
    pub(super) full: Option<&'t str>,
}

impl<'t> ChartText<'t> {
    /// A label that starts at its position.
    pub(super) fn at(x: f64, y: f64, words: &'t str) -> Self {
        Self {
            x,
            y,
            words,
            size: LABEL,
            anchor: Anchor::Start,
            color: Color::Text,
            bold: false,
            full: None,
        }
    }
}

/// Font size of names and values.
pub(super) const LABEL: f64 = 12.0;
/// Font size of ticks and notes.
pub(super) const SMALL: f64 = 11.0;

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Shapes that can be distinguished without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Wedge,
    Plus,
    Cross,
}

impl Shape {
    /// In the order in which kinds use them.
    pub(super) const ALL: [Self; 7] = [
        Self::Circle,
        Self::Square,
        Self::Triangle,
        Self::Diamond,
        Self::Wedge,
        Self::Plus,
        Self::Cross,
    ];
}

/// A mark: shape, colour and filling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ChartMark {
    pub(super) shape: Shape,
    pub(super) color: Color,
    pub(super) hollow: bool,
}

impl ChartMark {
    /// A case built on a stand-in base.
    pub(super) const STAND_IN: Self = Self::of(Shape::Diamond, Color::Text, true);
    /// A sample that did not finish.
    pub(super) const DNF: Self = Self::of(Shape::Cross, Color::Alert, false);

    pub(super) const fn of(shape: Shape, color: Color, hollow: bool) -> Self {
        Self {
            shape,
            color,
            hollow,
        }
    }

    /// The mark of a kind: the first 14 differ in shape or filling, regardless of colour.
    pub(super) fn kind(number: usize) -> Self {
        let shapes = Shape::ALL.len();
        let shape = Shape::ALL[number % shapes];
        Self::of(
            shape,
            Color::Kind(number + number / (2 * shapes)),
            (number / shapes) % 2 == 1,
        )
    }
}

/// The drawing.
#[derive(Debug)]
pub(super) struct Canvas {
    theme: Theme,
    body: String,
}

impl Canvas {
    pub(super) fn new(theme: Theme) -> Self {
        Self {
            theme,
            body: String::new(),
        }
    }

    pub(super) fn text(&mut self, text: ChartText<'_>) {
        let anchor = match text.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if text.bold {
            " font-weight=\"700\""
        } else {
            ""
        };
        let paint = Color::paints(self.theme, &[("fill", text.color)]);
        let full = text.full.filter(|full| *full != text.words);
        let title = full.map(title).unwrap_or_default();
        let _ = writeln!(
            self.body,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{anchor}{weight}{paint}>{title}{}</text>",
            px(text.x),
            px(text.y),
            px(text.size),
            escape(text.words)
        );
    }

    /// A filled rectangle with an optional edge.
    pub(super) fn rect(
        &mut self,
        area: Area,
        fill: Color,
        edge: Option<Color>,
        full: Option<&str>,
    ) {
        let mut paints = vec![("fill", fill)];
        paints.extend(edge.map(|edge| ("stroke", edge)));
        let paint = Color::paints(self.theme, &paints);
        let title = full.map(title).unwrap_or_default();
        let _ = writeln!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{paint}>{title}</rect>",
            px(area.x),
            px(area.y),
            px(area.width),
            px(area.height)
        );
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), color: Color, width: f64) {
        let d = format!("M{} {}L{} {}", px(from.0), px(from.1), px(to.0), px(to.1));
        self.stroke(&d, color, width, "", None);
    }

    pub(super) fn dashed(&mut self, from: (f64, f64), to: (f64, f64), color: Color) {
        let d = format!("M{} {}L{} {}", px(from.0), px(from.1), px(to.0), px(to.1));
        self.stroke(&d, color, 1.2, " stroke-dasharray=\"4 3\"", None);
    }

    /// A line through points.
    pub(super) fn polyline(&mut self, points: &[(f64, f64)], color: Color, width: f64) {
        let mut d = String::new();
        for (number, (x, y)) in points.iter().enumerate() {
            let verb = if number == 0 { 'M' } else { 'L' };
            let _ = write!(d, "{verb}{} {}", px(*x), px(*y));
        }
        self.stroke(&d, color, width, " stroke-linejoin=\"round\"", None);
    }

    /// Many small dots as one path, because one element per dot would take megabytes.
    pub(super) fn dots(&mut self, points: &[(f64, f64)], diameter: f64, color: Color) {
        let mut d = String::new();
        for (x, y) in points {
            let _ = write!(d, "M{} {}h0", px(*x), px(*y));
        }
        let more = " stroke-linecap=\"round\" stroke-opacity=\"0.45\"";
        self.stroke(&d, color, diameter, more, None);
    }

    fn stroke(&mut self, d: &str, color: Color, width: f64, more: &str, full: Option<&str>) {
        if d.is_empty() {
            return;
        }
        let paint = Color::paints(self.theme, &[("stroke", color)]);
        let title = full.map(title).unwrap_or_default();
        let width = px(width);
        let _ = writeln!(
            self.body,
            "<path d=\"{d}\" fill=\"none\" stroke-width=\"{width}\"{more}{paint}>{title}</path>"
        );
    }

    /// A mark centred on a position, about 9 pixels wide.
    pub(super) fn mark(&mut self, mark: ChartMark, x: f64, y: f64, full: Option<&str>) {
        const R: f64 = 4.2;
        let d = outline(mark.shape, x, y, R);
        if matches!(mark.shape, Shape::Plus | Shape::Cross) {
            let width = if mark.hollow { 1.4 } else { 2.2 };
            self.stroke(&d, mark.color, width, "", full);
            return;
        }
        let fill = if mark.hollow {
            Color::Background
        } else {
            mark.color
        };
        let paint = Color::paints(self.theme, &[("fill", fill), ("stroke", mark.color)]);
        let title = full.map(title).unwrap_or_default();
        let _ = writeln!(
            self.body,
            "<path d=\"{d}\" stroke-width=\"1.4\"{paint}>{title}</path>"
        );
    }

    /// The whole picture, with its title and alternative text.
    pub(super) fn svg(self, width: f64, height: f64, name: &str, alt: &str) -> String {
        let (width, height) = (px(width), px(height));
        let background = Color::paints(self.theme, &[("fill", Color::Background)]);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" font-family=\"{}\">\n<title>{}</title>\n<desc>{}</desc>\n\
             <rect width=\"{width}\" height=\"{height}\"{background}/>\n{}</svg>\n",
            font::STACK,
            escape(name),
            escape(alt),
            self.body
        )
    }
}

fn outline(shape: Shape, x: f64, y: f64, r: f64) -> String {
    let points: &[(f64, f64)] = match shape {
        Shape::Circle => {
            let (left, d, r) = (px(x - r), px(2.0 * r), px(r));
            return format!(
                "M{left} {}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z",
                px(y)
            );
        }
        Shape::Square => &[(-0.87, -0.87), (0.87, -0.87), (0.87, 0.87), (-0.87, 0.87)],
        Shape::Triangle => &[(0.0, -1.1), (1.0, 0.8), (-1.0, 0.8)],
        Shape::Diamond => &[(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)],
        Shape::Wedge => &[(0.0, 1.1), (1.0, -0.8), (-1.0, -0.8)],
        Shape::Plus => {
            let (left, right, top, foot) = (px(x - r), px(x + r), px(y - r), px(y + r));
            return format!(
                "M{left} {}L{right} {}M{} {top}L{} {foot}",
                px(y),
                px(y),
                px(x),
                px(x)
            );
        }
        Shape::Cross => {
            let r = r * 0.85;
            let (left, right, top, foot) = (px(x - r), px(x + r), px(y - r), px(y + r));
            return format!("M{left} {top}L{right} {foot}M{left} {foot}L{right} {top}");
        }
    };
    let mut d = String::new();
    for (number, (dx, dy)) in points.iter().enumerate() {
        let verb = if number == 0 { 'M' } else { 'L' };
        let _ = write!(d, "{verb}{} {}", px(x + dx * r), px(y + dy * r));
    }
    d.push('z');
    d
}

fn title(text: &str) -> String {
    format!("<title>{}</title>", escape(text))
}

/// One decimal is precise enough, and the output is the same on every machine.
fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    let short = text.strip_suffix(".0").unwrap_or(&text);
    if short == "-0" {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}

/// Escapes text for XML, on one line.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text::inline(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        let mut canvas = Canvas::new(Theme::Light);
        let words = "<script>\u{1b}&\"";
        canvas.text(ChartText::at(1.0, 2.04, words));
        let svg = canvas.svg(10.0, 20.5, words, "a<b");
        assert!(
            svg.contains(">&lt;script&gt;\\u001b&amp;&quot;</text>"),
            "{svg}"
        );
        assert!(svg.contains("<text x=\"1\" y=\"2\" "), "{svg}");
        assert!(!svg.contains("<script"), "{svg}");
    }

    #[test]
    fn the_first_fourteen_kinds_differ_without_colour() {
        let kinds: Vec<_> = (0..14)
            .map(ChartMark::kind)
            .map(|mark| (mark.shape, mark.hollow))
            .collect();
        for (at, kind) in kinds.iter().enumerate() {
            assert!(!kinds[..at].contains(kind), "{at}");
        }
    }
}
