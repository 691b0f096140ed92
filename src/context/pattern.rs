//! One line of an ignore file as a matcher.
//!
//! Source: `Pattern.compile` and `Pattern.match` of <https://github.com/moby/patternmatcher>. A
//! pattern has to be one of Go's `filepath.Match`, and then means what the regular expression
//! means that moby makes of it.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

use super::go_regex;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// Whether it takes back what earlier patterns ignored (`!`).
    pub exception: bool,
    text: String,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    Exact,
    /// What stands before a `**` at the end.
    Prefix(String),
    /// What stands behind a `**` at the start.
    Suffix(String),
    Regex(Regex),
}

impl Pattern {
    /// Compiles a cleaned pattern; the error says what is wrong with it.
    pub fn new(cleaned: &str, exception: bool) -> Result<Self, &'static str> {
        check(cleaned)?;
        Ok(Self {
            exception,
            text: cleaned.to_owned(),
            form: compile(cleaned)?,
        })
    }

    /// Whether it matches this very path.
    pub fn matches(&self, path: &str) -> bool {
        match &self.form {
            Form::Exact => path == self.text,
            Form::Prefix(prefix) => path.starts_with(prefix),
            Form::Suffix(suffix) => {
                path.ends_with(suffix) || suffix.strip_prefix('/').is_some_and(|rest| rest == path)
            }
            Form::Regex(regex) => regex.is_match(path),
        }
    }

    /// The pattern without a wildcard at its end that stands for all of a folder.
    fn folder(&self) -> &str {
        let text = self.text.strip_suffix("/**").unwrap_or(&self.text);
        text.strip_suffix("/*").unwrap_or(text)
    }

    /// Whether it is a path, or all of a folder.
    pub fn is_path(&self) -> bool {
        !self.folder().contains(['*', '[', ']', '?', '^', '\\'])
    }

    /// Whether, being a path, it could match something below the folder `dir`.
    pub fn reaches_into(&self, dir: &str) -> bool {
        let folder = self.folder();
        folder == dir
            || folder
                .strip_prefix(dir)
                .is_some_and(|rest| rest.starts_with('/'))
    }
}

/// What moby makes of a pattern.
fn compile(pattern: &str) -> Result<Form, &'static str> {
    let mut regex = String::from("^");
    let mut form = Form::Exact;
    let mut is_regex = false;
    let mut characters = pattern.chars().peekable();
    let mut is_first = true;
    while let Some(character) = characters.next() {
        match character {
            '*' if characters.next_if_eq(&'*').is_some() => {
                characters.next_if_eq(&'/');
                if characters.peek().is_some() {
                    regex.push_str("(.*/)?");
                    is_regex = true;
                } else if matches!(form, Form::Exact) && !is_regex {
                    form = Form::Prefix(pattern[..pattern.len() - 2].to_owned());
                } else {
                    regex.push_str(".*");
                    is_regex = true;
                }
                if is_first {
                    form = Form::Suffix(pattern[2..].to_owned());
                    is_regex = false;
                }
            }
            '*' => {
                regex.push_str("[^/]*");
                is_regex = true;
            }
            '?' => {
                regex.push_str("[^/]");
                is_regex = true;
            }
            // moby means to escape `|`, `{` and `}` too, and does not.
            '.' | '+' | '(' | ')' | '$' => regex.extend(['\\', character]),
            '\\' => {
                regex.push('\\');
                if let Some(next) = characters.next() {
                    regex.push(next);
                    is_regex = true;
                }
            }
            _ => {
                is_regex |= matches!(character, '[' | ']');
                regex.push(character);
            }
        }
        is_first = false;
    }
    if !is_regex {
        return Ok(form);
    }
    regex.push('$');
    go_regex::compile(&regex)
        .map(Form::Regex)
        .ok_or("is no regular expression: a range in brackets runs backwards, or `\\` stands before a letter that means nothing")
}

/// The syntax of Go's `filepath.Match`, as far as that looks: to the first `*` behind others.
fn check(pattern: &str) -> Result<(), &'static str> {
    let mut characters = pattern.trim_start_matches('*').chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next().ok_or("ends in a lone `\\`")?),
            '*' => break,
            '[' => {
                characters.next_if_eq(&'^');
                let mut is_first = true;
                while is_first || characters.next_if_eq(&']').is_none() {
                    is_first = false;
                    member(&mut characters)?;
                    if characters.next_if_eq(&'-').is_some() {
                        member(&mut characters)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// One character of a bracket expression.
fn member(characters: &mut Peekable<Chars<'_>>) -> Result<(), &'static str> {
    const UNCLOSED: &str = "has a `[` without its `]`";
    match characters.next().ok_or(UNCLOSED)? {
        '-' | ']' => Err("has a bare `-` or `]` where brackets need a character"),
        '\\' => characters.next().map(drop).ok_or(UNCLOSED),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(pattern: &str, path: &str) -> bool {
        Pattern::new(pattern, false).unwrap().matches(path)
    }

    #[test]
    fn wildcards_stop_at_slashes_and_double_stars_do_not() {
        assert!(hits("*.md", "a.md") && !hits("*.md", "d/a.md"));
        assert!(hits("**/*.md", "a.md") && hits("**/*.md", "d/e/a.md"));
        assert!(hits("d/**", "d/e/f") && !hits("d/**", "d"));
        assert!(hits("a**b", "ab") && hits("a**b", "ax/b") && !hits("a**b", "axb"));
        assert!(hits("?", "ä") && !hits("?", "/"));
        assert!(hits("**foo", "xfoo") && hits("**/foo", "foo") && !hits("**/foo", "xfoo"));
    }

    #[test]
    fn brackets_follow_go() {
        assert!(hits("[!a]", "!") && hits("[!a]", "a") && !hits("[!a]", "b"));
        assert!(hits("[^a]", "b") && !hits("[^a]", "a"));
        assert!(hits("[a\\]]", "]") && hits("[[]", "[") && hits("[a&&b]", "&"));
        for bad in ["[", "[]", "[]a]", "[-x]", "[x-]", "a\\", "[z-a]"] {
            assert!(Pattern::new(bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_is_the_regular_expression_that_moby_makes_of_it() {
        assert!(hits(r"\d", "1") && !hits(r"\d", "d"));
        assert!(hits("a|b*", "bx") && hits("a|b*", "ax/y"));
        assert!(hits("a{2}?", "aax") && !hits("**a]", "xa]"));
        assert!(hits("a|b", "a|b"), "no wildcard, no expression");
        for bad in [r"\y", r"\8", "x{2}{3}?", r"\Z"] {
            assert!(Pattern::new(bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn exceptions_reach_only_where_they_can_match() {
        let reach =
            |pattern: &str, dir: &str| Pattern::new(pattern, true).unwrap().reaches_into(dir);
        assert!(reach("a/b/c", "a") && reach("a/b/c", "a/b") && reach("a/**", "a"));
        assert!(!reach("a/b/c", "a/b/c/d") && !reach("a/b/c", "a/bb") && !reach("a", "b"));
        let is_path = |pattern: &str| Pattern::new(pattern, true).unwrap().is_path();
        assert!(is_path("docs/**") && is_path("docs/*") && !is_path("*.md") && !is_path("a\\b"));
    }
}
