//! Measures text with the metrics of the embedded font.
//!
//! A viewer may use another font for an SVG, so space is reserved for a wider one. Noto Sans (SIL
//! Open Font License 1.1) also draws the PNGs, so the machine needs no font.

use std::sync::LazyLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// The font stack of the SVG.
pub(super) const STACK: &str = "'Noto Sans', 'Segoe UI', Helvetica, Arial, sans-serif";

/// The widest common fallback, DejaVu Sans, is about a tenth wider than Noto Sans.
pub(super) const MARGIN: f64 = 1.12;

/// Advance widths of Latin, Greek and Cyrillic characters, relative to the font size.
const TABLE: u32 = 0x530;

static REGULAR: LazyLock<Advances> = LazyLock::new(|| Advances::of(notosans::REGULAR_TTF));
static BOLD: LazyLock<Advances> = LazyLock::new(|| Advances::of(notosans::BOLD_TTF));

struct Advances {
    table: Vec<f64>,
    /// Other characters that charts use.
    dash: f64,
    ellipsis: f64,
}

impl Advances {
    fn of(bytes: &[u8]) -> Self {
        let font = FontRef::new(bytes).ok();
        let known = font.as_ref().map(|font| {
            let whole = font.metrics(Size::unscaled(), LocationRef::default());
            let glyphs = font.glyph_metrics(Size::unscaled(), LocationRef::default());
            (font.charmap(), glyphs, f64::from(whole.units_per_em))
        });
        // A character that the font lacks comes from another font, at most one em wide.
        let advance = |code: u32| -> f64 {
            let width = known.as_ref().and_then(|(characters, glyphs, em)| {
                let units = glyphs.advance_width(characters.map(code)?)?;
                Some(f64::from(units) / em)
            });
            width.unwrap_or(1.0)
        };
        Self {
            table: (0..TABLE).map(advance).collect(),
            dash: advance(0x2013),
            ellipsis: advance(0x2026),
        }
    }

    fn advance(&self, character: char) -> f64 {
        let code = character as u32;
        match character {
            '\u{2013}' => self.dash,
            '\u{2026}' => self.ellipsis,
            _ => self.table.get(code as usize).copied().unwrap_or(1.0),
        }
    }
}

/// The width to reserve for a text at a font size, both in pixels.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let advances = if bold { &*BOLD } else { &*REGULAR };
    let ems: f64 = text.chars().map(|c| advances.advance(c)).sum();
    ems * size * MARGIN
}

/// The text if it fits, else with an ellipsis in the middle, because names differ at both ends.
pub(super) fn truncate_middle(text: &str, size: f64, most: f64) -> String {
    // Tolerance for rounding: a text fits into its own width.
    if width(text, size, false) <= most + 0.01 {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let shortened = |kept: usize| -> String {
        let front = kept.div_ceil(2);
        let back = characters.len() - (kept - front);
        let ends = characters[..front].iter().chain(&['…']);
        ends.chain(&characters[back..]).collect()
    };
    let mut kept = characters.len().saturating_sub(1);
    while kept > 0 && width(&shortened(kept), size, false) > most {
        kept -= 1;
    }
    shortened(kept)
}

/// The text if it fits, else its beginning and an ellipsis.
pub(super) fn truncate_end(text: &str, size: f64, most: f64) -> String {
    if width(text, size, false) <= most + 0.01 {
        return text.to_owned();
    }
    let mut short: String = text.to_owned();
    while short.pop().is_some() {
        let tried = format!("{}…", short.trim_end());
        if width(&tried, size, false) <= most {
            return tried;
        }
    }
    String::new()
}

/// Wraps the text; a word wider than a line is shortened.
pub(super) fn wrap(text: &str, size: f64, bold: bool, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = if width(word, size, bold) > most {
            // Bold text is wider by less than this.
            truncate_middle(word, size, most * 0.9)
        } else {
            word.to_owned()
        };
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size, bold) <= most => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font_plus_a_margin() {
        // From the hmtx table of Noto Sans Regular: 2048 units per em, 1266 for "n" and 532 for a
        // space.
        let n = width("n", 10.0, false);
        assert!((n - 12660.0 / 2048.0 * MARGIN).abs() < 1e-9, "{n}");
        assert!((width(" n", 10.0, false) - 17980.0 / 2048.0 * MARGIN).abs() < 1e-9);
        assert!(width("n", 10.0, true) > n);
        assert!((width("漢", 10.0, false) - 10.0 * MARGIN).abs() < 1e-9);
    }

    #[test]
    fn text_that_does_not_fit_is_shortened_to_the_width() {
        let name = "multi-stage-alpine-prune-with-a-very-long-name";
        for most in [4.0, 40.0, 100.0, 1000.0] {
            let short = truncate_middle(name, 12.0, most);
            assert!(width(&short, 12.0, false) <= most.max(width("…", 12.0, false)));
        }
        assert_eq!(truncate_middle("short", 12.0, 100.0), "short");
        let cut_text = truncate_end("RUN npm ci && npm run build", 12.0, 80.0);
        assert!(
            cut_text.starts_with("RUN") && cut_text.ends_with('…'),
            "{cut_text}"
        );
        let lines = wrap("one two three four", 12.0, false, 60.0);
        assert!(lines.len() > 1 && lines.join(" ") == "one two three four");
        let lines = wrap(name, 12.0, true, 80.0);
        assert!(lines.iter().all(|line| width(line, 12.0, true) <= 80.0));
    }
}
