//! Changes as sources print them: "30 s -> 3 s", "-70 %", "47x", "1/2", "less".

use super::{FigureValue, PublishedFigure, parse_figure, split};
use crate::units::{Ratio, Unit};

/// A published change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::scenario) struct FigureChange {
    /// After divided by before; none where the source only says which way.
    pub ratio: Option<Ratio>,
    /// The unit of its two figures, where it has such.
    pub unit: Option<Unit>,
    /// Whether it is marked so.
    pub approximate: bool,
}

/// Words for a change without a figure.
const WORDS: [&str; 2] = ["less", "more"];
const ARROWS: [&str; 2] = ["->", "→"];

/// Reads a change; `None` where it is none, or one of nothing. `more_is_better` says what
/// "47x" means: 47 times as much, or a 47th.
pub(in crate::scenario) fn parse_change(text: &str, more_is_better: bool) -> Option<FigureChange> {
    let text = text.trim();
    if WORDS.contains(&text.to_lowercase().as_str()) {
        return Some(FigureChange {
            ratio: None,
            unit: None,
            approximate: false,
        });
    }
    if let Some((before, after)) = ARROWS.iter().find_map(|arrow| text.split_once(arrow)) {
        return of_figures(before, after);
    }
    let bare = text.trim_start_matches(['~', '≈']).trim_start();
    let ratio = percent(bare)
        .or_else(|| times(bare, more_is_better))
        .or_else(|| fraction(bare))?;
    Some(FigureChange {
        ratio: Some(of_something(ratio)?),
        unit: None,
        approximate: bare.len() < text.len(),
    })
}

/// `30 s -> 3 s`, `72 -> 3`.
fn of_figures(before: &str, after: &str) -> Option<FigureChange> {
    let number = |value: FigureValue| match value {
        FigureValue::Size(bytes) => bytes.0 as f64,
        FigureValue::Time(nanos) => nanos.0 as f64,
    };
    let sides: Option<(PublishedFigure, PublishedFigure)> =
        parse_figure(before).zip(parse_figure(after));
    if let Some((before, after)) = sides {
        let unit = before.value.unit();
        let ratio = Ratio::of(number(after.value), number(before.value))?;
        return (unit == after.value.unit()).then_some(FigureChange {
            ratio: Some(of_something(ratio)?),
            unit: Some(unit),
            approximate: before.approximate || after.approximate,
        });
    }
    let count = |text: &str| {
        let (number, rest) = split(text.trim())?;
        rest.is_empty().then_some(number)
    };
    let ratio = Ratio::of(count(after)?, count(before)?)?;
    Some(FigureChange {
        ratio: Some(of_something(ratio)?),
        unit: Some(Unit::Count),
        approximate: false,
    })
}

/// `-70 %`, `+2.5 %`: the sign is needed, for "70 %" may be what is left.
fn percent(text: &str) -> Option<Ratio> {
    let number = text.strip_suffix('%')?.trim_end();
    let (sign, number) = match number.strip_prefix('+') {
        Some(number) => (1.0, number),
        None => (-1.0, number.strip_prefix(['-', '−'])?),
    };
    let (number, rest) = split(number.trim_start())?;
    let ratio = Ratio::of(100.0 + sign * number, 100.0)?;
    (rest.is_empty() && ratio.get() >= 0.0).then_some(ratio)
}

/// `47x`, `2.5 times`.
fn times(text: &str, more_is_better: bool) -> Option<Ratio> {
    let number = ["x", "×", "times"]
        .iter()
        .find_map(|suffix| text.strip_suffix(suffix))?;
    let (number, rest) = split(number.trim_end())?;
    let ratio = if more_is_better {
        Ratio::of(number, 1.0)
    } else {
        Ratio::of(1.0, number)
    };
    ratio.filter(|_| rest.is_empty() && number > 1.0)
}

/// `1/2`.
fn fraction(text: &str) -> Option<Ratio> {
    let (part, whole) = text.split_once('/')?;
    let whole_number = |text: &str| text.trim().parse::<u32>().ok();
    Ratio::of(
        f64::from(whole_number(part)?),
        f64::from(whole_number(whole)?),
    )
}

/// A change of nothing is none.
fn of_something(ratio: Ratio) -> Option<Ratio> {
    (ratio.get() != 1.0).then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_as_sources_print_them() {
        let table = [
            ("30 s -> 3 s", Some(0.1), Some(Unit::Seconds), false),
            ("4 min → 45 s", Some(0.1875), Some(Unit::Seconds), false),
            ("~1.2 GB -> 180 MB", Some(0.15), Some(Unit::Bytes), true),
            ("72 -> 0", Some(0.0), Some(Unit::Count), false),
            ("-70 %", Some(0.3), None, false),
            ("−70%", Some(0.3), None, false),
            ("-100 %", Some(0.0), None, false),
            ("+2.5 %", Some(1.025), None, false),
            ("~-30 %", Some(0.7), None, true),
            ("4x", Some(0.25), None, false),
            ("≈ 4 times", Some(0.25), None, true),
            ("1/2", Some(0.5), None, false),
            ("less", None, None, false),
            ("More", None, None, false),
        ];
        for (text, ratio, unit, approximate) in table {
            let change = parse_change(text, false).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(change.ratio.map(Ratio::get), ratio, "{text}");
            assert_eq!(
                (change.unit, change.approximate),
                (unit, approximate),
                "{text}"
            );
        }
        let more = parse_change("4x", true).and_then(|change| change.ratio);
        assert_eq!(more.map(Ratio::get), Some(4.0));
        for text in [
            "",
            "30 s",
            "70 %",
            "-120 %",
            "0.5x",
            "1x",
            "x",
            "3 s -> 3 s",
            "0 s -> 3 s",
            "30 s -> 3 MB",
            "30 -> 3 s",
            "30 s ->",
            "1/0",
            "2/2",
            "0 %",
            "fewer",
            "-7 0%",
            "1/2/3",
        ] {
            assert_eq!(parse_change(text, false), None, "{text}");
        }
    }
}
