//! An ignore file as a list of patterns, of which the last match decides.

use std::io;
use std::path::Path;

use super::error::ContextError;
use super::pattern::Pattern;
use crate::files;

/// The rules of a context. Without an ignore file there are none.
///
/// They are those of buildx: fsutil's walk with moby's `MatchesUsingParentResults`. A pattern
/// matches what lies below a folder that it matched itself, if it was looked at there: a pattern
/// is looked at only where it could change the outcome so far. Docker 20.10 differs in a few
/// corners, which `tests/suite/context_rules/cases.toml` lists: above all, it enters an ignored
/// folder only where an exception names it letter by letter.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    patterns: Vec<Pattern>,
}

impl Rules {
    /// Reads the ignore file that counts for a Dockerfile: its own
    /// (`<Dockerfile>.dockerignore`) where there is one, else `.dockerignore`.
    pub fn read(dir: &Path, dockerfile: &str) -> Result<Self, ContextError> {
        for name in [
            format!("{dockerfile}.dockerignore"),
            ".dockerignore".to_owned(),
        ] {
            let file = dir.join(name);
            match files::read(&file) {
                // Comments may hold any bytes.
                Ok(text) => return Self::parse(&String::from_utf8_lossy(&text), &file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(ContextError::Read { path: file, source }),
            }
        }
        Ok(Self::default())
    }

    /// Parses the text of an ignore file; `file` is for errors.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ContextError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut patterns = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let fault = |problem| ContextError::Pattern {
                file: file.to_owned(),
                line: index + 1,
                pattern: line.trim().to_owned(),
                problem,
            };
            // Comments are recognized before trimming: an indented `#` is a pattern.
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let line = line.trim();
            let cleaned = match line.strip_prefix('!') {
                Some(rest) => format!("!{}", rooted(rest.trim())),
                None => rooted(line),
            };
            // moby reads the cleaned line anew, so `/!a` is an exception, too.
            let cleaned = cleaned.trim();
            if cleaned.is_empty() {
                continue;
            }
            let cleaned = clean(cleaned);
            let (exception, pattern) = match cleaned.strip_prefix('!') {
                Some("") => return Err(fault("is an exception from nothing")),
                Some(rest) => (true, rest),
                None => (false, cleaned.as_str()),
            };
            patterns.push(Pattern::new(pattern, exception).map_err(fault)?);
        }
        Ok(Self { patterns })
    }

    /// The verdict on an entry of a folder. `folder` is the verdict on that; `None` is the
    /// context's root.
    pub fn verdict(&self, path: &str, folder: Option<&IgnoreVerdict>) -> IgnoreVerdict {
        let mut verdict = IgnoreVerdict {
            ignored: false,
            matched: vec![false; self.patterns.len()],
        };
        for (index, pattern) in self.patterns.iter().enumerate() {
            let inherited = folder.is_some_and(|folder| folder.matched[index]);
            if inherited || (pattern.exception == verdict.ignored && pattern.matches(path)) {
                verdict.matched[index] = true;
                verdict.ignored = !pattern.exception;
            }
        }
        verdict
    }

    /// Whether a path is ignored.
    pub fn ignores(&self, path: &str) -> bool {
        let mut folder = None;
        for dir in parents(path) {
            let verdict = self.verdict(dir, folder.as_ref());
            if verdict.ignored && !self.may_except_below(dir) {
                return true;
            }
            folder = Some(verdict);
        }
        self.verdict(path, folder.as_ref()).ignored
    }

    /// Whether anything below an ignored folder can be saved by an exception.
    pub fn may_except_below(&self, dir: &str) -> bool {
        let mut exceptions = self.patterns.iter().filter(|pattern| pattern.exception);
        exceptions.any(|pattern| !pattern.is_path() || pattern.reaches_into(dir))
    }
}

/// What the rules say of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IgnoreVerdict {
    pub ignored: bool,
    /// Which patterns matched it or a folder above it.
    matched: Vec<bool>,
}

/// A cleaned pattern without the slash at its start.
fn rooted(pattern: &str) -> String {
    if pattern.is_empty() {
        return String::new();
    }
    let cleaned = clean(pattern);
    match cleaned.strip_prefix('/') {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => cleaned,
    }
}

/// The folders above a path, innermost last.
pub(super) fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// Go's `path.Clean`: no `.`, no doubled or trailing slash, `x/..` resolved.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if rooted => {}
            other => kept.push(other),
        }
    }
    match (rooted, kept.is_empty()) {
        (true, _) => format!("/{}", kept.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => kept.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        // From the documentation of Go's path.Clean and its test table.
        for (path, cleaned) in [
            ("./a", "a"),
            ("a/../b", "b"),
            ("a//b/", "a/b"),
            ("", "."),
            ("..", ".."),
            ("../../a", "../../a"),
            ("a/../../b", "../b"),
            ("/..", "/"),
            ("/a/..", "/"),
            ("**/", "**"),
        ] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
    }

    #[test]
    fn patterns_are_looked_at_where_they_could_change_the_outcome() {
        let ignores = |text: &str, path: &str| {
            let rules = Rules::parse(text, Path::new("i")).unwrap();
            rules.ignores(path)
        };
        // Each tried against buildx.
        assert!(ignores("**/*.md\n!docs\n", "docs/r.md"));
        assert!(ignores("**/node_modules\n!app\n", "app/node_modules/x"));
        assert!(!ignores("docs\n!docs/x*\ndocs\n", "docs/x.txt"));
        assert!(ignores("\\d\n", "1") && !ignores("\\d\n", "d"));
        assert!(!ignores("**a]\n", "xa]"));
        assert!(
            !ignores("*\n/!a\n", "a"),
            "moby reads `/!a` as an exception"
        );
    }

    #[test]
    fn a_bad_line_is_located() {
        let error = Rules::parse("# fine\n\n  [a \n", Path::new("x/.dockerignore")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to read `x/.dockerignore`, line 3: `[a` has a `[` without its `]`"
        );
        assert!(Rules::parse("!", Path::new("i")).is_err());
    }
}
