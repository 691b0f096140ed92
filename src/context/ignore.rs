//! An ignore file as a list of patterns, of which the last match decides.

use std::io;
use std::path::Path;

use super::error::ContextError;
use super::pattern::Pattern;
use crate::files;

/// The rules of a context. Without an ignore file there are none.
///
/// They are moby's since patternmatcher was split off (Docker 23 and later): a
/// pattern matches a path if it matches the path or any folder above it. Docker
/// 20.10 differs in a few corners, which `tests/suite/context_rules/cases.toml`
/// lists: above all, it enters an ignored folder only where an exception names
/// it letter by letter.
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
            // Comments are told before trimming: an indented `#` is a pattern.
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let line = line.trim();
            let (exception, pattern) = match line.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, line),
            };
            if pattern.is_empty() {
                return Err(fault("is an exception from nothing"));
            }
            let cleaned = clean(pattern);
            let rooted = cleaned.strip_prefix('/').unwrap_or(&cleaned);
            patterns.push(Pattern::new(rooted, exception).map_err(fault)?);
        }
        Ok(Self { patterns })
    }

    /// Whether a path is ignored.
    pub fn ignores(&self, path: &str) -> bool {
        let mut ignored = false;
        for pattern in &self.patterns {
            if pattern.exception == ignored
                && (pattern.matches(path) || parents(path).any(|dir| pattern.matches(dir)))
            {
                ignored = !pattern.exception;
            }
        }
        ignored
    }

    /// Whether anything below an ignored folder can be saved by an exception.
    pub fn may_except_below(&self, dir: &str) -> bool {
        self.patterns
            .iter()
            .any(|pattern| pattern.exception && pattern.reaches_into(dir))
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
    fn a_bad_line_is_located() {
        let error = Rules::parse("# fine\n\n  [a \n", Path::new("x/.dockerignore")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to read `x/.dockerignore`, line 3: `[a` has a `[` without its `]`"
        );
        assert!(Rules::parse("!", Path::new("i")).is_err());
    }
}
