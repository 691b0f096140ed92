//! The sheet that every chart is drawn on: title and subtitle on top, then a legend, the
//! plot, and notes; as high as all that needs.

use super::Chart;
use super::canvas::{Area, Canvas, LABEL, Mark, SMALL, Text};
use super::font;
use super::palette::{Ink, Theme};

/// Width of every picture.
pub(super) const WIDTH: f64 = 960.0;
/// Free space at each side.
pub(super) const MARGIN: f64 = 16.0;
/// Width between the margins.
pub(super) const INNER: f64 = WIDTH - 2.0 * MARGIN;

const TITLE: f64 = 17.0;

/// A sheet under construction, filled from top to foot.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) canvas: Canvas,
    /// Where the next thing begins.
    pub(super) y: f64,
    name: String,
    title: String,
}

/// What an entry of a legend shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Swatch {
    Fill(Ink, Option<Ink>),
    Mark(Mark),
    Line(Ink),
    Dashed(Ink),
    Dots(Ink),
    /// A median in its interval.
    Interval(Ink),
    /// An upright stroke on a bar.
    Tick(Ink),
}

impl Sheet {
    /// A sheet with its title and what stands below it.
    pub(super) fn new(theme: Theme, name: String, title: String, subtitle: &str) -> Self {
        let mut sheet = Self {
            canvas: Canvas::new(theme),
            y: MARGIN,
            name,
            title: title.clone(),
        };
        for line in font::wrap(&title, TITLE, true, INNER) {
            sheet.y += 22.0;
            sheet.canvas.text(Text {
                size: TITLE,
                bold: true,
                ..Text::at(MARGIN, sheet.y - 6.0, &line)
            });
        }
        sheet.lines(subtitle, LABEL);
        sheet.y += 6.0;
        sheet
    }

    /// Small print over the whole width.
    pub(super) fn lines(&mut self, text: &str, size: f64) {
        for line in font::wrap(text, size, false, INNER) {
            self.y += size + 5.0;
            self.canvas.text(Text {
                size,
                ink: Ink::Soft,
                ..Text::at(MARGIN, self.y - 4.0, &line)
            });
        }
    }

    /// A legend, in as many lines as it needs.
    pub(super) fn legend(&mut self, entries: &[(Swatch, String)]) {
        const SAMPLE: f64 = 26.0;
        const SPACE: f64 = 20.0;
        if entries.is_empty() {
            return;
        }
        let mut x = MARGIN;
        let mut y = self.y + 9.0;
        for (swatch, words) in entries {
            let shown = font::cut(words, SMALL, INNER - SAMPLE);
            let width = SAMPLE + font::width(&shown, SMALL, false);
            if x > MARGIN && x + width > MARGIN + INNER {
                x = MARGIN;
                y += 18.0;
            }
            self.swatch(*swatch, x, y);
            self.canvas.text(Text {
                size: SMALL,
                full: Some(words),
                ..Text::at(x + SAMPLE, y + 4.0, &shown)
            });
            x += width + SPACE;
        }
        self.y = y + 15.0;
    }

    fn swatch(&mut self, swatch: Swatch, x: f64, y: f64) {
        let canvas = &mut self.canvas;
        let (left, right, middle) = (x, x + 20.0, x + 10.0);
        match swatch {
            Swatch::Fill(fill, edge) => {
                let area = Area {
                    x: left,
                    y: y - 5.0,
                    width: 20.0,
                    height: 10.0,
                };
                canvas.rect(area, fill, edge, None);
            }
            Swatch::Mark(mark) => canvas.mark(mark, middle, y, None),
            Swatch::Line(ink) => canvas.line((left, y), (right, y), ink, 2.0),
            Swatch::Dashed(ink) => canvas.dashed((left, y), (right, y), ink),
            Swatch::Dots(ink) => {
                let places = [(left + 3.0, y), (middle, y), (right - 3.0, y)];
                canvas.dots(&places, 5.0, ink);
            }
            Swatch::Interval(ink) => {
                interval(
                    canvas,
                    (left, middle, right),
                    y,
                    Mark::of(super::canvas::Shape::Circle, ink, false),
                );
            }
            Swatch::Tick(ink) => canvas.line((middle, y - 7.0), (middle, y + 7.0), ink, 2.4),
        }
    }

    /// The picture.
    pub(super) fn finish(mut self, notes: &[String], alt: String) -> Chart {
        if !notes.is_empty() {
            self.y += 6.0;
        }
        for note in notes {
            self.lines(note, SMALL);
        }
        let height = (self.y + MARGIN).ceil();
        Chart {
            svg: self.canvas.svg(WIDTH, height, &self.title, &alt),
            name: self.name,
            title: self.title,
            alt,
        }
    }
}

/// A median's mark in its interval: from, at, to.
pub(super) fn interval(canvas: &mut Canvas, places: (f64, f64, f64), y: f64, mark: Mark) {
    let (from, at, to) = places;
    canvas.line((from, y), (to, y), mark.ink, 2.0);
    for end in [from, to] {
        canvas.line((end, y - 3.5), (end, y + 3.5), mark.ink, 1.4);
    }
    canvas.mark(mark, at, y, None);
}
