//! One line of an ignore file as a matcher.
//!
//! The grammar is Go's `filepath.Match` with `**`, as moby's patternmatcher has
//! it: <https://docs.docker.com/build/concepts/context/#dockerignore-files>.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// A compiled pattern, anchored at both ends.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// Whether it takes back what earlier patterns ignored (`!`).
    pub exception: bool,
    regex: Regex,
    /// The leading path components that hold no wildcard, joined by `/`.
    literal: String,
    /// Whether `literal` is the whole pattern.
    whole: bool,
}

const WILDCARDS: &[char] = &['*', '?', '[', '\\'];

impl Pattern {
    /// Compiles a cleaned pattern; the error says what is wrong with it.
    pub fn new(cleaned: &str, exception: bool) -> Result<Self, &'static str> {
        let literal: Vec<&str> = cleaned
            .split('/')
            .take_while(|component| !component.contains(WILDCARDS))
            .collect();
        let literal = literal.join("/");
        let regex = Regex::new(&format!("^(?s:{})$", translate(cleaned)?))
            .map_err(|_| "is no pattern: a range in brackets runs backwards, or it is too long")?;
        Ok(Self {
            exception,
            regex,
            whole: literal == cleaned,
            literal,
        })
    }

    /// Whether it matches this very path.
    pub fn matches(&self, path: &str) -> bool {
        self.regex.is_match(path)
    }

    /// Whether it could match something below the folder `dir`.
    pub fn reaches_into(&self, dir: &str) -> bool {
        let below = |outer: &str, inner: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        below(dir, &self.literal)
            || !self.whole
                && (self.literal.is_empty() || self.literal == dir || below(&self.literal, dir))
    }
}

/// The pattern as a regular expression without anchors.
fn translate(pattern: &str) -> Result<String, &'static str> {
    // moby takes a leading `**` before plain text as "ends in", so that `**foo`
    // matches `xfoo`; elsewhere `**` ends at a slash or at nothing.
    if let Some(rest) = pattern.strip_prefix("**")
        && !rest.is_empty()
        && !rest.starts_with('/')
        && !rest.contains(WILDCARDS)
    {
        return Ok(format!(".*{}", regex::escape(rest)));
    }
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '*' if chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                out.push_str(if chars.peek().is_none() {
                    ".*"
                } else {
                    "(?:.*/)?"
                });
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => class(&mut chars, &mut out)?,
            '\\' => literal(chars.next().ok_or("ends in a lone `\\`")?, &mut out),
            other => literal(other, &mut out),
        }
    }
    Ok(out)
}

/// A bracket expression; `[` has been read. `^` negates, `!` does not.
fn class(chars: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), &'static str> {
    const UNCLOSED: &str = "has a `[` without its `]`";
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        if !first && chars.next_if_eq(&']').is_some() {
            out.push(']');
            return Ok(());
        }
        first = false;
        member(chars, out, UNCLOSED)?;
        if chars.next_if_eq(&'-').is_some() {
            out.push('-');
            member(chars, out, UNCLOSED)?;
        }
    }
}

fn member(
    chars: &mut Peekable<Chars<'_>>,
    out: &mut String,
    unclosed: &'static str,
) -> Result<(), &'static str> {
    let ch = match chars.next().ok_or(unclosed)? {
        '-' | ']' => return Err("has a bare `-` or `]` where brackets need a character"),
        '\\' => chars.next().ok_or(unclosed)?,
        other => other,
    };
    literal(ch, out);
    Ok(())
}

fn literal(ch: char, out: &mut String) {
    out.push_str(&regex::escape(ch.encode_utf8(&mut [0; 4])));
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
    fn exceptions_reach_only_where_they_can_match() {
        let reach =
            |pattern: &str, dir: &str| Pattern::new(pattern, true).unwrap().reaches_into(dir);
        assert!(reach("a/b/c", "a") && reach("a/b/c", "a/b"));
        assert!(!reach("a/b/c", "a/b/c") && !reach("a/b/c", "a/bb") && !reach("a", "b"));
        assert!(reach("docs/**/*.md", "docs") && reach("docs/**/*.md", "docs/s"));
        assert!(!reach("docs/**/*.md", "node_modules") && !reach("docs/*.md", "docs2"));
        assert!(reach("**/*.md", "node_modules"));
    }
}
