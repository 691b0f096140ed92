//! Where in a record's text an entry of a list stands: looked up for faults only.

use serde::Deserialize;
use serde_json::value::RawValue;

/// An entry of one of the record's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    Scenario(usize),
    Case(usize),
    Sample(usize),
    Build(usize),
    Part(usize),
}

/// The lists, unread.
#[derive(Deserialize)]
struct Lists<'a> {
    #[serde(borrow, default)]
    scenarios: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    cases: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    samples: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    builds: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    parts: Vec<&'a RawValue>,
}

/// Line and column, from 1.
pub(super) fn place(text: &str, spot: Spot) -> Option<(usize, usize)> {
    let lists: Lists<'_> = serde_json::from_str(text).ok()?;
    let entry = match spot {
        Spot::Scenario(at) => lists.scenarios.get(at),
        Spot::Case(at) => lists.cases.get(at),
        Spot::Sample(at) => lists.samples.get(at),
        Spot::Build(at) => lists.builds.get(at),
        Spot::Part(at) => lists.parts.get(at),
    }?;
    // The entry is a slice of the text.
    let start = entry.get().as_ptr().addr();
    let before = text.get(..start.checked_sub(text.as_ptr().addr())?)?;
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    Some((line, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_a_line_and_a_column() {
        let text = "{\n  \"other\": [1, {}],\n  \"samples\": [\n    {\"a\": 1},\n    {\"a\": 2}, {\"a\": 3}\n  ]\n}";
        assert_eq!(place(text, Spot::Sample(0)), Some((4, 5)));
        assert_eq!(place(text, Spot::Sample(2)), Some((5, 15)));
        assert_eq!(place(text, Spot::Sample(3)), None);
        assert_eq!(place(text, Spot::Case(0)), None);
    }
}
