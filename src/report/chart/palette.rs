//! The colours of charts: one role each, in light, dark and as custom properties.
//!
//! The marks' colours are those of Okabe and Ito, "Color Universal Design" (2008), which
//! people of any colour vision can tell apart; yellow is left out, since it vanishes on
//! white, and the dark theme has lighter tones of the same hues. No chart rests on colour
//! alone: lightness, shape or a word says the same.

use std::fmt::Write as _;

/// Whose colours a chart is drawn in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// For white paper and light pages.
    Light,
    /// For dark pages.
    Dark,
    /// The custom properties of [`palette_css`], so that one picture follows its page.
    Css,
}

/// What a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// The paper.
    Ground,
    /// Titles, names, values.
    Text,
    /// Subtitles, ticks, notes.
    Soft,
    /// Lines behind the data.
    Grid,
    /// What is a base's.
    Base,
    /// The edge of what is a base's, or of what was cached.
    Edge,
    /// What is the app's own, and data of which there is one kind.
    Own,
    /// What did not finish, or became worse.
    Alert,
    /// What became better.
    Good,
    /// What a source claims, and the engine's floor.
    Claim,
    /// One of several kinds; counted round.
    Kind(usize),
}

/// Name of the custom property, light, dark.
type Tone = (&'static str, &'static str, &'static str);

const GROUND: Tone = ("ground", "#ffffff", "#14181d");
const TEXT: Tone = ("text", "#1b1f24", "#e8ebee");
const SOFT: Tone = ("soft", "#57606a", "#a3adb8");
const GRID: Tone = ("grid", "#e2e6ea", "#2d343c");
const BASE: Tone = ("base", "#b4c2d0", "#46535f");
const EDGE: Tone = ("edge", "#66788a", "#8797a8");
const OWN: Tone = ("own", "#0072b2", "#56b4e9");
const ALERT: Tone = ("alert", "#b93b00", "#ff8a4c");
const GOOD: Tone = ("good", "#00795a", "#35c79d");
const CLAIM: Tone = ("claim", "#9a4d86", "#e39fcb");

/// How many kinds have a colour of their own.
pub(super) const KINDS: usize = 7;

const KIND: [Tone; KINDS] = [
    ("kind-0", "#0072b2", "#56b4e9"),
    ("kind-1", "#d55e00", "#ff8a4c"),
    ("kind-2", "#009e73", "#35c79d"),
    ("kind-3", "#b5639a", "#e39fcb"),
    ("kind-4", "#c98a00", "#f0b429"),
    ("kind-5", "#3b9ad4", "#9bd3f5"),
    ("kind-6", "#4a4f55", "#d0d5da"),
];

const PLAIN: [Tone; 10] = [
    GROUND, TEXT, SOFT, GRID, BASE, EDGE, OWN, ALERT, GOOD, CLAIM,
];

impl Ink {
    fn tone(self) -> Tone {
        match self {
            Self::Ground => GROUND,
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

    /// Attributes that paint with it: ` fill="#…"`, or classes where a page decides. A class
    /// and no style: a page whose policy names its style sheet by hash allows no others.
    pub(super) fn paints(theme: Theme, pairs: &[(&str, Ink)]) -> String {
        let mut text = String::new();
        match theme {
            Theme::Light | Theme::Dark => {
                for (what, ink) in pairs {
                    let (_, light, dark) = ink.tone();
                    let colour = if theme == Theme::Light { light } else { dark };
                    let _ = write!(text, " {what}=\"{colour}\"");
                }
            }
            Theme::Css => {
                let classes = pairs
                    .iter()
                    .map(|(what, ink)| format!("{what}-{}", ink.tone().0));
                let classes: Vec<String> = classes.collect();
                let _ = write!(text, " class=\"{}\"", classes.join(" "));
            }
        }
        text
    }
}

/// The classes that [`Theme::Css`] uses, for a page's style sheet, and their colours: light,
/// dark where the reader's system asks for it, and either where the root's `data-theme`
/// says so.
pub fn palette_css() -> String {
    let all = || PLAIN.iter().chain(&KIND);
    let list = |pick: fn(&Tone) -> &'static str| {
        let mut text = String::new();
        for tone in all() {
            let _ = write!(text, "--chart-{}:{};", tone.0, pick(tone));
        }
        text
    };
    let (light, dark) = (list(|tone| tone.1), list(|tone| tone.2));
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
    fn text_and_marks_stand_out_from_the_ground() {
        assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
        let marks = [EDGE, OWN, ALERT, GOOD, CLAIM];
        for pick in [|tone: &Tone| tone.1, |tone: &Tone| tone.2] {
            let ground = pick(&GROUND);
            for tone in [TEXT, SOFT] {
                assert!(contrast(pick(&tone), ground) >= 4.5, "{}", tone.0);
            }
            for tone in marks.iter().chain(&KIND) {
                let seen = contrast(pick(tone), ground);
                assert!(seen >= 2.9, "{} on {ground}: {seen:.2}", tone.0);
            }
            // The two parts of a bar differ in lightness, for print and for any eye.
            assert!(contrast(pick(&BASE), pick(&OWN)) >= 2.5);
        }
    }

    #[test]
    fn the_page_is_told_every_property_that_a_picture_uses() {
        let css = palette_css();
        for ink in [Ink::Ground, Ink::Claim, Ink::Kind(KINDS + 2)] {
            let classes = Ink::paints(Theme::Css, &[("fill", ink), ("stroke", Ink::Text)]);
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
        let plain = Ink::paints(Theme::Dark, &[("fill", Ink::Own)]);
        assert_eq!(plain, " fill=\"#56b4e9\"");
    }
}
