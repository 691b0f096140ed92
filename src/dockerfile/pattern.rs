//! Which context paths the source of a COPY covers.
//!
//! Source: Go's `path/filepath.Match`, which Docker matches sources with, and
//! `path.Clean`.

use std::collections::BTreeSet;

/// Whether a source covers a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cover {
    No,
    /// The pattern is not one that can be judged here.
    Unknown,
    Yes,
}

/// A context path without leading, trailing and doubled slashes, `.` and `..`;
/// empty for the context's root. A `..` stops at the root, as Docker's does.
pub(super) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether `source` names `path`, a folder above it, or a glob of either.
pub(super) fn covers(source: &str, path: &str) -> Cover {
    let source = clean(source);
    let path = clean(path);
    if source.is_empty() {
        return Cover::Yes;
    }
    let mut parts = path.split('/');
    for pattern in source.split('/') {
        // Docker gives `**` a meaning in newer frontends only.
        if pattern.contains("**") {
            return Cover::Unknown;
        }
        match parts.next().map(|part| matches_component(pattern, part)) {
            Some(Some(true)) => {}
            Some(None) => return Cover::Unknown,
            Some(Some(false)) | None => return Cover::No,
        }
    }
    Cover::Yes
}

/// Go's `filepath.Match` within one path component; `None` for a malformed pattern.
pub fn matches_component(pattern: &str, name: &str) -> Option<bool> {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    matches_from(&pattern, &name, &mut BTreeSet::new())
}

/// `failed` are the lengths of rests that did not match: without it, many `*` take time that
/// doubles with each.
fn matches_from(
    pattern: &[char],
    name: &[char],
    failed: &mut BTreeSet<(usize, usize)>,
) -> Option<bool> {
    let Some((&first, rest)) = pattern.split_first() else {
        return Some(name.is_empty());
    };
    match first {
        '*' => {
            for skipped in 0..=name.len() {
                let state = (rest.len(), name.len() - skipped);
                if failed.contains(&state) {
                    continue;
                }
                if matches_from(rest, &name[skipped..], failed)? {
                    return Some(true);
                }
                failed.insert(state);
            }
            Some(false)
        }
        '[' => {
            let (hit, rest) = class(rest, name.first().copied())?;
            Some(hit && matches_from(rest, name.get(1..)?, failed)?)
        }
        '?' => name
            .split_first()
            .map_or(Some(false), |(_, name)| matches_from(rest, name, failed)),
        _ => {
            let (literal, rest) = match first {
                '\\' => rest.split_first().map(|(next, rest)| (*next, rest))?,
                _ => (first, rest),
            };
            match name.split_first() {
                Some((character, name)) if *character == literal => {
                    matches_from(rest, name, failed)
                }
                _ => Some(false),
            }
        }
    }
}

/// A character class behind its `[`: whether it holds the character, and the
/// pattern behind its `]`. Only `^` negates.
fn class(mut pattern: &[char], character: Option<char>) -> Option<(bool, &[char])> {
    let negated = pattern.first() == Some(&'^');
    if negated {
        pattern = &pattern[1..];
    }
    let mut hit = false;
    let mut ranges = 0;
    loop {
        if pattern.first() == Some(&']') && ranges > 0 {
            let holds = character.is_some() && hit != negated;
            return Some((holds, &pattern[1..]));
        }
        let (low, rest) = class_character(pattern)?;
        pattern = rest;
        let mut high = low;
        if pattern.first() == Some(&'-') {
            (high, pattern) = class_character(&pattern[1..])?;
        }
        hit |= character.is_some_and(|c| (low..=high).contains(&c));
        ranges += 1;
    }
}

fn class_character(pattern: &[char]) -> Option<(char, &[char])> {
    match pattern {
        ['\\', next, rest @ ..] => Some((*next, rest)),
        ['-' | ']' | '\\', ..] | [] => None,
        [next, rest @ ..] => Some((*next, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_cover_what_docker_copies() {
        let yes = [
            (".", "a/b"),
            ("/", "a"),
            ("", "a"),
            ("./", "a"),
            ("src", "src/a.ts"),
            ("./src/", "src/a.ts"),
            ("/src", "src/a"),
            ("package*.json", "package-lock.json"),
            ("*", "a/b/c"),
            ("src/*.ts", "src/a.ts"),
            ("s[a-z]c", "src/x"),
            ("s[^0-9]c", "src"),
            ("go.?um", "go.sum"),
            ("a/../b", "b/c"),
            ("../x", "x"),
            (r"a\*", "a*"),
        ];
        for (source, path) in yes {
            assert_eq!(covers(source, path), Cover::Yes, "{source} {path}");
        }
        let no = [
            ("src", "src2/a"),
            ("src/a.ts", "src"),
            ("*.ts", "src/a.ts"),
            ("package*.json", "src/package.json"),
            ("a?", "a"),
            ("[^a]", "a"),
            ("[ab]", ""),
            (r"a\*", "ab"),
        ];
        for (source, path) in no {
            assert_eq!(covers(source, path), Cover::No, "{source} {path}");
        }
        let many = "*a".repeat(40);
        assert_eq!(covers(&format!("{many}b"), &"a".repeat(200)), Cover::No);
        for source in ["[a", "**/x", "a[]"] {
            assert_eq!(covers(source, "a"), Cover::Unknown, "{source}");
        }
    }
}
