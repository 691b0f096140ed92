//! A picture under construction, and the SVG that it becomes.
//!
//! Coordinates are pixels from the top left, of a picture at its natural size. Every text
//! is a text element with its own place and size, so that it can be selected, searched,
//! and measured by a test.

use std::fmt::Write as _;

use super::font;
use super::palette::{Ink, Theme};
use crate::text;

/// Where a text stands against its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text; `y` is its base line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) words: &'t str,
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    pub(super) ink: Ink,
    pub(super) bold: bool,
    /// What a pointer on it reads, where the words are not all.
    pub(super) full: Option<&'t str>,
}

impl<'t> Text<'t> {
    /// A label: small, dark, from its place on.
    pub(super) fn at(x: f64, y: f64, words: &'t str) -> Self {
        Self {
            x,
            y,
            words,
            size: LABEL,
            anchor: Anchor::Start,
            ink: Ink::Text,
            bold: false,
            full: None,
        }
    }
}

/// Size of names and values.
pub(super) const LABEL: f64 = 12.0;
/// Size of ticks, notes and whatever else is small print.
pub(super) const SMALL: f64 = 11.0;

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Shapes that stay apart without colour.
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
    /// In the order in which kinds get them.
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

/// A mark for one thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mark {
    pub(super) shape: Shape,
    pub(super) ink: Ink,
    pub(super) hollow: bool,
}

impl Mark {
    /// A base whose place a stand-in took.
    pub(super) const STAND_IN: Self = Self::of(Shape::Diamond, Ink::Text, true);
    /// What did not finish.
    pub(super) const DNF: Self = Self::of(Shape::Cross, Ink::Alert, false);

    pub(super) const fn of(shape: Shape, ink: Ink, hollow: bool) -> Self {
        Self { shape, ink, hollow }
    }

    /// One of many: the first 14 differ in shape or filling, whatever the colour.
    pub(super) fn kind(number: usize) -> Self {
        let shapes = Shape::ALL.len();
        let shape = Shape::ALL[number % shapes];
        Self::of(
            shape,
            Ink::Kind(number + number / (2 * shapes)),
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

    pub(super) fn text(&mut self, text: Text<'_>) {
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
        let paint = Ink::paints(self.theme, &[("fill", text.ink)]);
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

    /// A filled rectangle, with an edge where there is a second ink.
    pub(super) fn rect(&mut self, area: Area, fill: Ink, edge: Option<Ink>, full: Option<&str>) {
        let mut paints = vec![("fill", fill)];
        paints.extend(edge.map(|edge| ("stroke", edge)));
        let paint = Ink::paints(self.theme, &paints);
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

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink, width: f64) {
        let d = format!("M{} {}L{} {}", px(from.0), px(from.1), px(to.0), px(to.1));
        self.stroke(&d, ink, width, "", None);
    }

    pub(super) fn dashed(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink) {
        let d = format!("M{} {}L{} {}", px(from.0), px(from.1), px(to.0), px(to.1));
        self.stroke(&d, ink, 1.2, " stroke-dasharray=\"4 3\"", None);
    }

    /// A line through points.
    pub(super) fn polyline(&mut self, points: &[(f64, f64)], ink: Ink, width: f64) {
        let mut d = String::new();
        for (number, (x, y)) in points.iter().enumerate() {
            let verb = if number == 0 { 'M' } else { 'L' };
            let _ = write!(d, "{verb}{} {}", px(*x), px(*y));
        }
        self.stroke(&d, ink, width, " stroke-linejoin=\"round\"", None);
    }

    /// Many small dots as one path: an element each would make pictures of megabytes.
    pub(super) fn dots(&mut self, points: &[(f64, f64)], diameter: f64, ink: Ink) {
        let mut d = String::new();
        for (x, y) in points {
            let _ = write!(d, "M{} {}h0", px(*x), px(*y));
        }
        let more = " stroke-linecap=\"round\" stroke-opacity=\"0.45\"";
        self.stroke(&d, ink, diameter, more, None);
    }

    fn stroke(&mut self, d: &str, ink: Ink, width: f64, more: &str, full: Option<&str>) {
        if d.is_empty() {
            return;
        }
        let paint = Ink::paints(self.theme, &[("stroke", ink)]);
        let title = full.map(title).unwrap_or_default();
        let width = px(width);
        let _ = writeln!(
            self.body,
            "<path d=\"{d}\" fill=\"none\" stroke-width=\"{width}\"{more}{paint}>{title}</path>"
        );
    }

    /// A mark around a place, some 9 pixels wide.
    pub(super) fn mark(&mut self, mark: Mark, x: f64, y: f64, full: Option<&str>) {
        const R: f64 = 4.2;
        let d = outline(mark.shape, x, y, R);
        if matches!(mark.shape, Shape::Plus | Shape::Cross) {
            let width = if mark.hollow { 1.4 } else { 2.2 };
            self.stroke(&d, mark.ink, width, "", full);
            return;
        }
        let fill = if mark.hollow { Ink::Ground } else { mark.ink };
        let paint = Ink::paints(self.theme, &[("fill", fill), ("stroke", mark.ink)]);
        let title = full.map(title).unwrap_or_default();
        let _ = writeln!(
            self.body,
            "<path d=\"{d}\" stroke-width=\"1.4\"{paint}>{title}</path>"
        );
    }

    /// The whole picture, with its name and description for those who do not see it.
    pub(super) fn svg(self, width: f64, height: f64, name: &str, alt: &str) -> String {
        let (width, height) = (px(width), px(height));
        let ground = Ink::paints(self.theme, &[("fill", Ink::Ground)]);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" font-family=\"{}\">\n<title>{}</title>\n<desc>{}</desc>\n\
             <rect width=\"{width}\" height=\"{height}\"{ground}/>\n{}</svg>\n",
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

/// A tenth of a pixel is enough, and the same on every machine.
fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    let short = text.strip_suffix(".0").unwrap_or(&text);
    if short == "-0" {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}

/// As XML takes it, in one line.
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
    fn foreign_text_cannot_break_out() {
        let mut canvas = Canvas::new(Theme::Light);
        let words = "<script>\u{1b}&\"";
        canvas.text(Text::at(1.0, 2.04, words));
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
            .map(Mark::kind)
            .map(|mark| (mark.shape, mark.hollow))
            .collect();
        for (at, kind) in kinds.iter().enumerate() {
            assert!(!kinds[..at].contains(kind), "{at}");
        }
    }
}
