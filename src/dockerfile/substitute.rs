//! Cutting and replacing by a shell pattern: `${NAME#pattern}`, `${NAME%pattern}` and
//! `${NAME/pattern/text}`.
//!
//! Source: `convertShellPatternToRegex` and its callers in BuildKit's
//! `frontend/dockerfile/shell/lex.go`. The reversal for suffixes is BuildKit's, too.

use regex::Regex;

/// The pattern as a regular expression: `*` is any text, `?` any character.
fn compile(pattern: &str, longest: bool, at_start: bool) -> Result<Regex, String> {
    let mut out = String::from(if at_start { "^" } else { "" });
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        let literal = match character {
            '*' => {
                out.push_str(if longest { ".*" } else { ".*?" });
                continue;
            }
            '?' => {
                out.push('.');
                continue;
            }
            // `}` and `/` are escaped within `${}` only, and are no part of the pattern.
            '\\' if matches!(characters.peek(), Some('}' | '/')) => continue,
            '\\' => match characters.next() {
                Some(next @ ('*' | '?' | '\\')) => next,
                other => {
                    let other = other.map(String::from).unwrap_or_default();
                    return Err(format!("invalid pattern `{pattern}`: escape `\\{other}`"));
                }
            },
            other => other,
        };
        out.push_str(&regex::escape(literal.encode_utf8(&mut [0; 4])));
    }
    Regex::new(&out).map_err(|_| format!("invalid pattern `{pattern}`: it is too long"))
}

/// The value without the shortest or longest start that the pattern matches.
pub(super) fn trim_prefix(pattern: &str, value: &str, longest: bool) -> Result<String, String> {
    let found = compile(pattern, longest, true)?.find(value);
    Ok(value[found.map_or(0, |found| found.end())..].to_owned())
}

/// The same for its end.
pub(super) fn trim_suffix(pattern: &str, value: &str, longest: bool) -> Result<String, String> {
    let reversed: String = value.chars().rev().collect();
    let cut = trim_prefix(&reversed_pattern(pattern), &reversed, longest)?;
    Ok(cut.chars().rev().collect())
}

/// Escapes stay before the characters that they stand for.
fn reversed_pattern(pattern: &str) -> String {
    let mut units = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => units.push(
                character.to_string() + &characters.next().map_or(String::new(), String::from),
            ),
            _ => units.push(character.to_string()),
        }
    }
    units.into_iter().rev().collect()
}

/// The value with the first or each match replaced. With `all`, `$1` and its like in the text
/// name groups of the pattern, of which there are none.
pub(super) fn replace(pattern: &str, text: &str, value: &str, all: bool) -> Result<String, String> {
    let regex = compile(pattern, true, false)?;
    Ok(match regex.find(value) {
        _ if all => regex.replace_all(value, text).into_owned(),
        Some(found) => format!("{}{text}{}", &value[..found.start()], &value[found.end()..]),
        None => value.to_owned(),
    })
}
