//! The layout of every chart: title, subtitle, legend, plot and notes. The height follows the
//! content.

use super::canvas::{Area, Canvas, ChartMark, ChartText, LABEL, SMALL};
use super::font;
use super::options::Chart;
use super::palette::{Color, Theme};

/// Width of every picture.
pub(super) const WIDTH: f64 = 960.0;
/// Margin on each side.
pub(super) const MARGIN: f64 = 16.0;
/// Width between the margins.
pub(super) const INNER: f64 = WIDTH - 2.0 * MARGIN;

const TITLE: f64 = 17.0;

/// A chart under construction, filled from top to bottom.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) canvas: Canvas,
    /// The top of the next element.
    pub(super) y: f64,
    name: String,
    title: String,
}

/// The symbol of a legend entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum LegendSymbol {
    Fill(Color, Option<Color>),
    Mark(ChartMark),
    Line(Color),
    Dashed(Color),
    Dots(Color),
    /// A median with its interval.
    Interval(Color),
    /// A vertical line on a bar.
    Tick(Color),
}

impl Layout {
    /// Starts a chart with its title and subtitle.
    pub(super) fn new(theme: Theme, name: String, title: String, subtitle: &str) -> Self {
        let mut layout = Self {
            canvas: Canvas::new(theme),
            y: MARGIN,
            name,
            title: title.clone(),
        };
        for line in font::wrap(&title, TITLE, true, INNER) {
            layout.y += 22.0;
            layout.canvas.text(ChartText {
                size: TITLE,
                bold: true,
                ..ChartText::at(MARGIN, layout.y - 6.0, &line)
            });
        }
        layout.lines(subtitle, LABEL);
        layout.y += 6.0;
        layout
    }

    /// Draws wrapped text over the whole width.
    pub(super) fn lines(&mut self, text: &str, size: f64) {
        for line in font::wrap(text, size, false, INNER) {
            self.y += size + 5.0;
            self.canvas.text(ChartText {
                size,
                color: Color::Soft,
                ..ChartText::at(MARGIN, self.y - 4.0, &line)
            });
        }
    }

    /// Draws a legend, wrapped to the width.
    pub(super) fn legend(&mut self, entries: &[(LegendSymbol, String)]) {
        const SAMPLE: f64 = 26.0;
        const SPACE: f64 = 20.0;
        if entries.is_empty() {
            return;
        }
        let mut x = MARGIN;
        let mut y = self.y + 9.0;
        for (symbol, words) in entries {
            let shown = font::truncate_end(words, SMALL, INNER - SAMPLE);
            let width = SAMPLE + font::width(&shown, SMALL, false);
            if x > MARGIN && x + width > MARGIN + INNER {
                x = MARGIN;
                y += 18.0;
            }
            self.symbol(*symbol, x, y);
            self.canvas.text(ChartText {
                size: SMALL,
                full: Some(words),
                ..ChartText::at(x + SAMPLE, y + 4.0, &shown)
            });
            x += width + SPACE;
        }
        self.y = y + 15.0;
    }

    fn symbol(&mut self, symbol: LegendSymbol, x: f64, y: f64) {
        let canvas = &mut self.canvas;
        let (left, right, middle) = (x, x + 20.0, x + 10.0);
        match symbol {
            LegendSymbol::Fill(fill, edge) => {
                let area = Area {
                    x: left,
                    y: y - 5.0,
                    width: 20.0,
                    height: 10.0,
                };
                canvas.rect(area, fill, edge, None);
            }
            LegendSymbol::Mark(mark) => canvas.mark(mark, middle, y, None),
            LegendSymbol::Line(color) => canvas.line((left, y), (right, y), color, 2.0),
            LegendSymbol::Dashed(color) => canvas.dashed((left, y), (right, y), color),
            LegendSymbol::Dots(color) => {
                let places = [(left + 3.0, y), (middle, y), (right - 3.0, y)];
                canvas.dots(&places, 5.0, color);
            }
            LegendSymbol::Interval(color) => {
                interval(
                    canvas,
                    (left, middle, right),
                    y,
                    ChartMark::of(super::canvas::Shape::Circle, color, false),
                );
            }
            LegendSymbol::Tick(color) => {
                canvas.line((middle, y - 7.0), (middle, y + 7.0), color, 2.4)
            }
        }
    }

    /// Adds the notes and returns the chart.
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

/// Draws a median with its interval; `places` are the pixels of low end, median and high end.
pub(super) fn interval(canvas: &mut Canvas, places: (f64, f64, f64), y: f64, mark: ChartMark) {
    let (from, at, to) = places;
    canvas.line((from, y), (to, y), mark.color, 2.0);
    for end in [from, to] {
        canvas.line((end, y - 3.5), (end, y + 3.5), mark.color, 1.4);
    }
    canvas.mark(mark, at, y, None);
}
