//! Puts what the TOML parser says into the words of a scenario's author.

use std::path::Path;

use super::check::position;
use super::error::Problem;
use super::words::nearest;

/// The parser's words for types, and ours.
const TYPES: [(&str, &str); 5] = [
    ("i64", "a whole number, without quotes"),
    ("a string", "a text, in quotes"),
    ("a map", "a table"),
    ("a sequence", "an array, or tables in double brackets"),
    ("literal string", "a text, in quotes"),
];

/// The problem that an error of syntax or of type stands for.
pub(super) fn malformed(file: &Path, text: &str, error: &toml::de::Error) -> Problem {
    let whole = error.message();
    let (what, expected) = match whole.split_once(", expected ") {
        Some((what, expected)) => (what, Some(expected)),
        None => (whole, None),
    };
    let key = quoted(what).next().unwrap_or_default();
    let start = error.span().map_or(0, |span| span.start);
    let mut expected = expected;
    let (message, hint) = if what.starts_with("unknown field") {
        let known: Vec<&str> = quoted(expected.unwrap_or_default()).collect();
        let near = nearest(key, known.iter().copied());
        let near = near.map(|near| format!("did you mean `{near}`?"));
        let hint = elsewhere(key, &known).or(near);
        let hint = hint.or_else(|| argument(key, &known));
        (format!("unknown key `{key}`"), hint)
    } else if what.starts_with("missing field") {
        let hint = format!("add `{key}` to what starts here; `plimsoll schema` describes it");
        (format!("missing key `{key}`"), Some(hint))
    } else if ["invalid type", "invalid length"]
        .iter()
        .any(|kind| what.starts_with(*kind))
        && let Some(key) = array_of_tables(text, start)
    {
        // serde reads a sequence as the fields of the table, and says what is wrong with the first.
        expected = None;
        let hint = match key {
            "matrix" => "a scenario has one matrix: write `[matrix]`".to_owned(),
            key => format!("write `[{key}]`"),
        };
        (format!("`[[{key}]]` is an array of tables"), Some(hint))
    } else {
        (what.to_owned(), None)
    };
    let ours = |theirs: &str| {
        let known = TYPES.iter().find(|(name, _)| *name == theirs);
        known.map_or(theirs, |(_, ours)| ours).to_owned()
    };
    Problem {
        file: file.to_path_buf(),
        at: position(text, start),
        message,
        expected: expected.map(ours),
        hint,
    }
}

/// The key of an array of tables whose header begins here: `[[key]]`.
fn array_of_tables(text: &str, start: usize) -> Option<&str> {
    let (before, header) = text.split_at_checked(start)?;
    let above = before.chars().rev().find(|one| *one != ' ' && *one != '\t');
    let line = header.lines().next()?;
    let (key, _) = line.strip_prefix("[[")?.split_once("]]")?;
    above.is_none_or(|one| one == '\n').then(|| key.trim())
}

/// The key for what other tools have a different one for.
fn elsewhere(key: &str, known: &[&str]) -> Option<String> {
    match key {
        "include" if known.contains(&"exclude") => {
            Some("write variants that the matrix does not make as `[[variant]]`".to_owned())
        }
        "args" if known.contains(&"build-args") => Some("did you mean `build-args`?".to_owned()),
        _ => None,
    }
}

/// The key for what looks like a build argument.
fn argument(key: &str, known: &[&str]) -> Option<String> {
    let is_upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let is_argument = known.contains(&"build-args") && key.bytes().all(is_upper);
    is_argument.then(|| format!("a build argument is written `build-args.{key}`"))
}

/// The parts of a text that stand between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}
