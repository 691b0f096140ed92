//! The colours of charts by role, for light and dark themes and as CSS custom properties.
//!
//! The colours of marks are those of Okabe and Ito, "Color Universal Design" (2008), which can be
//! distinguished with any colour vision. Yellow is left out because it is hardly visible on
//! white; the dark theme has lighter tones of the same hues. No chart relies on colour alone:
//! lightness, shape or text carries the same information.

use std::fmt::Write as _;

/// The colour theme of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// For print and light pages.
    Light,
    /// For dark pages.
    Dark,
    /// The custom properties of [`palette_css`], so that a picture follows the theme of its page.
    Css,
}

/// The role of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    /// The background.
    Background,
    /// Titles, names and values.
    Text,
    /// Subtitles, ticks and notes.
    Soft,
    /// Grid lines.
    Grid,
    /// Parts of a base image.
    Base,
    /// The edge of base parts and of cached steps.
    Edge,
    /// Own parts of an image, and data of a single kind.
    Own,
    /// Failures and regressions.
    Alert,
    /// Improvements.
    Good,
    /// Published claims, and the engine's floor.
    Claim,
    /// One of several kinds, modulo the number of colours.
    Kind(usize),
}

/// Name of the custom property, light colour, dark colour.
type ThemeColors = (&'static str, &'static str, &'static str);

const BACKGROUND: ThemeColors = ("background", "#ffffff", "#14181d");
const TEXT: ThemeColors = ("text", "#1b1f24", "#e8ebee");
const SOFT: ThemeColors = ("soft", "#57606a", "#a3adb8");
const GRID: ThemeColors = ("grid", "#e2e6ea", "#2d343c");
const BASE: ThemeColors = ("base", "#b4c2d0", "#46535f");
const EDGE: ThemeColors = ("edge", "#66788a", "#8797a8");
const OWN: ThemeColors = ("own", "#0072b2", "#56b4e9");
const ALERT: ThemeColors = ("alert", "#b93b00", "#ff8a4c");
const GOOD: ThemeColors = ("good", "#00795a", "#35c79d");
const CLAIM: ThemeColors = ("claim", "#9a4d86", "#e39fcb");

/// The number of distinct colours for kinds.
pub(super) const KINDS: usize = 7;

const KIND: [ThemeColors; KINDS] = [
    ("kind-0", "#0072b2", "#56b4e9"),
    ("kind-1", "#d55e00", "#ff8a4c"),
    ("kind-2", "#009e73", "#35c79d"),
    ("kind-3", "#b5639a", "#e39fcb"),
    ("kind-4", "#c98a00", "#f0b429"),
    ("kind-5", "#3b9ad4", "#9bd3f5"),
    ("kind-6", "#4a4f55", "#d0d5da"),
];

const PLAIN: [ThemeColors; 10] = [
    BACKGROUND, TEXT, SOFT, GRID, BASE, EDGE, OWN, ALERT, GOOD, CLAIM,
];

impl Color {
    fn theme_colors(self) -> ThemeColors {
        match self {
            Self::Background => BACKGROUND,
            Self::Text => TEXT,
            Self::Soft => SOFT,
            Self::Grid => GRID,
            Self::Base => BASE,
            Self::Edge => EDGE,
            Self::Own => OWN,
            Self::Alert => ALERT,
            Self::Good => GOOD,
            Self::Claim => CLAIM,
            Self::Kind(number) => KIND[number % KINDS],
        }
    }

    /// SVG attributes for these colours: ` fill="#…"`, or classes for [`Theme::Css`]. Classes
    /// instead of inline styles, because the content security policy of the page allows only its
    /// style sheet.
    pub(crate) fn paints(theme: Theme, pairs: &[(&str, Color)]) -> String {
        let mut text = String::new();
        match theme {
            Theme::Light | Theme::Dark => {
                for (what, color) in pairs {
                    let (_, light, dark) = color.theme_colors();
                    let colour = if theme == Theme::Light { light } else { dark };
                    let _ = write!(text, " {what}=\"{colour}\"");
                }
            }
            Theme::Css => {
                let classes = pairs
                    .iter()
                    .map(|(what, color)| format!("{what}-{}", color.theme_colors().0));
                let classes: Vec<String> = classes.collect();
                let _ = write!(text, " class=\"{}\"", classes.join(" "));
            }
        }
        text
    }
}

/// The style sheet for [`Theme::Css`]: classes and their colours. Light by default, dark if the
/// system prefers it; the `data-theme` attribute of the root overrides both.
pub fn palette_css() -> String {
    let all = || PLAIN.iter().chain(&KIND);
    let list = |pick: fn(&ThemeColors) -> &'static str| {
        let mut text = String::new();
        for theme_colors in all() {
            let _ = write!(text, "--chart-{}:{};", theme_colors.0, pick(theme_colors));
        }
        text
    };
    let (light, dark) = (
        list(|theme_colors| theme_colors.1),
        list(|theme_colors| theme_colors.2),
    );
    let mut classes = String::new();
    for (name, _, _) in all() {
        for what in ["fill", "stroke"] {
            let _ = writeln!(classes, ".{what}-{name}{{{what}:var(--chart-{name})}}");
        }
    }
    format!(
        ":root{{{light}}}\n\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=\"light\"]){{{dark}}}}}\n\
         :root[data-theme=\"dark\"]{{{dark}}}\n{classes}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2, relative luminance.
    fn luminance(hex: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_and_marks_have_contrast_to_the_background() {
        assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
        let marks = [EDGE, OWN, ALERT, GOOD, CLAIM];
        for pick in [
            |theme_colors: &ThemeColors| theme_colors.1,
            |theme_colors: &ThemeColors| theme_colors.2,
        ] {
            let background = pick(&BACKGROUND);
            for theme_colors in [TEXT, SOFT] {
                assert!(
                    contrast(pick(&theme_colors), background) >= 4.5,
                    "{}",
                    theme_colors.0
                );
            }
            for theme_colors in marks.iter().chain(&KIND) {
                let seen = contrast(pick(theme_colors), background);
                assert!(seen >= 2.9, "{} on {background}: {seen:.2}", theme_colors.0);
            }
            // The two parts of a bar differ in lightness, for print and for any colour vision.
            assert!(contrast(pick(&BASE), pick(&OWN)) >= 2.5);
        }
    }

    #[test]
    fn the_style_sheet_defines_every_property_that_a_picture_uses() {
        let css = palette_css();
        for color in [Color::Background, Color::Claim, Color::Kind(KINDS + 2)] {
            let classes = Color::paints(Theme::Css, &[("fill", color), ("stroke", Color::Text)]);
            let name = classes
                .split("fill-")
                .nth(1)
                .unwrap()
                .split(' ')
                .next()
                .unwrap();
            let rule = format!(".fill-{name}{{fill:var(--chart-{name})}}");
            assert!(css.contains(&rule), "{classes}");
            assert_eq!(
                css.matches(&format!("--chart-{name}:")).count(),
                3,
                "{classes}"
            );
        }
        let plain = Color::paints(Theme::Dark, &[("fill", Color::Own)]);
        assert_eq!(plain, " fill=\"#56b4e9\"");
    }
}
