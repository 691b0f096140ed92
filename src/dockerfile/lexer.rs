//! From bytes to logical lines: parser directives, comments, continuations and
//! heredocs.

use super::error::ParseError;
use super::words::{Word, split_quoted};

/// An instruction's line with its continuations joined; heredoc bodies left out.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub number: u32,
    pub content: Word,
}

/// What the lexer found.
#[derive(Debug, Clone)]
pub(super) struct Lexed {
    pub lines: Vec<Line>,
    pub escape: char,
    pub syntax: Option<String>,
}

/// A physical line: its number, its offset in the file, and its text without the line end.
type Physical<'a> = (u32, usize, &'a str);

pub(super) fn lex(text: &str) -> Result<Lexed, ParseError> {
    let physical = physical_lines(text);
    let (mut escape, mut syntax, skip) = ('\\', None, directives_end(&physical));
    for (number, _, line) in &physical[..skip] {
        let Some((key, value)) = directive(line) else {
            continue;
        };
        match (key.as_str(), value) {
            ("escape", "\\") => escape = '\\',
            ("escape", "`") => escape = '`',
            ("escape", other) => {
                return Err(ParseError::new(
                    *number,
                    format!("escape character `{other}` is none of \\ and `"),
                ));
            }
            ("syntax", value) => syntax = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut rest = physical[skip..].iter().copied();
    let mut lines = Vec::new();
    while let Some(first) = rest.next() {
        if is_comment(first.2) || first.2.trim().is_empty() {
            continue;
        }
        let content = join(first, &mut rest, escape);
        for heredoc in heredocs(&content.text, escape) {
            skip_heredoc(&heredoc, first.0, &mut rest)?;
        }
        lines.push(Line {
            number: first.0,
            content,
        });
    }
    Ok(Lexed {
        lines,
        escape,
        syntax,
    })
}

fn physical_lines(text: &str) -> Vec<Physical<'_>> {
    let mut offset = 0;
    let mut number = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let (at, content) = match line.strip_prefix('\u{feff}') {
                Some(rest) if offset == 0 => (line.len() - rest.len(), rest),
                _ => (offset, line),
            };
            offset += line.len();
            number += 1;
            (number, at, content.trim_end_matches(['\r', '\n']))
        })
        .collect()
}

/// Directives stand at the very top, before any other comment, blank line or
/// instruction.
fn directives_end(lines: &[Physical<'_>]) -> usize {
    lines
        .iter()
        .position(|(_, _, line)| directive(line).is_none())
        .unwrap_or(lines.len())
}

fn directive(line: &str) -> Option<(String, &str)> {
    let (key, value) = line.trim_start().strip_prefix('#')?.split_once('=')?;
    let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
    (matches!(key.as_str(), "escape" | "syntax" | "check") && !value.is_empty())
        .then_some((key, value))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Joins a line with its continuations; comments and blank lines among them are
/// skipped.
fn join<'a>(
    first: Physical<'a>,
    rest: &mut impl Iterator<Item = Physical<'a>>,
    escape: char,
) -> Word {
    let mut content = Word::default();
    let mut next = Some(first);
    while let Some((_, offset, line)) = next {
        let Some(body) = continued(line, escape) else {
            content.push(line, offset);
            break;
        };
        content.push(body, offset);
        next = rest.find(|(_, _, line)| !is_comment(line) && !line.trim().is_empty());
    }
    content
}

/// The line without its continuation character; `None` where it has none. A
/// doubled escape character at the end is a literal one.
fn continued(line: &str, escape: char) -> Option<&str> {
    line.trim_end_matches([' ', '\t'])
        .strip_suffix(escape)
        .filter(|body| !body.ends_with(escape))
}

#[derive(Debug, PartialEq, Eq)]
struct Heredoc {
    name: String,
    strip_tabs: bool,
}

fn heredocs(line: &str, escape: char) -> Vec<Heredoc> {
    let words = split_quoted(line, escape);
    let keyword = match words.as_slice() {
        [first, second, ..] if first.eq_ignore_ascii_case("onbuild") => second,
        [first, ..] => first,
        [] => return Vec::new(),
    };
    let takes_heredocs = ["run", "copy", "add"]
        .iter()
        .any(|name| keyword.eq_ignore_ascii_case(name));
    if !takes_heredocs {
        return Vec::new();
    }
    words.into_iter().filter_map(heredoc).collect()
}

/// `3<<-"EOF"`; `<<<` is a here-string, which has no body.
fn heredoc(word: &str) -> Option<Heredoc> {
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = word.strip_prefix("<<")?;
    let (strip_tabs, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let name = rest.replace(['"', '\''], "");
    (!name.is_empty() && !name.contains('<')).then_some(Heredoc { name, strip_tabs })
}

fn skip_heredoc<'a>(
    heredoc: &Heredoc,
    opened: u32,
    rest: &mut impl Iterator<Item = Physical<'a>>,
) -> Result<(), ParseError> {
    let ends = |line: &str| {
        let line = if heredoc.strip_tabs {
            line.trim_start_matches('\t')
        } else {
            line
        };
        line == heredoc.name
    };
    match rest.find(|(_, _, line)| ends(line)) {
        Some(_) => Ok(()),
        None => Err(ParseError::new(
            opened,
            format!("the heredoc `{}` is never closed", heredoc.name),
        )
        .with_hint(format!(
            "end it with a line that holds `{}` alone",
            heredoc.name
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<(u32, String)> {
        lex(source)
            .unwrap()
            .lines
            .into_iter()
            .map(|line| {
                for (byte, at) in line.content.text.bytes().zip(&line.content.at) {
                    assert_eq!(
                        source.as_bytes()[*at],
                        byte,
                        "offsets lead back into the file"
                    );
                }
                (line.number, line.content.text)
            })
            .collect()
    }

    #[test]
    fn continuations_skip_comments_and_blank_lines() {
        let source = "\u{feff}# a comment\r\nFROM a\r\nRUN x \\  \r\n  # within\r\n\r\n  && y\r\n";
        assert_eq!(
            texts(source),
            [(2, "FROM a".to_owned()), (3, "RUN x   && y".to_owned())]
        );
        assert_eq!(
            texts("RUN a\\\\\nRUN b").len(),
            2,
            "a doubled backslash continues nothing"
        );
        assert_eq!(texts("RUN a \\"), [(1, "RUN a ".to_owned())]);
    }

    #[test]
    fn directives_count_at_the_top_only() {
        let lexed =
            lex("# syntax = docker/dockerfile:1\n# ESCAPE=`\nFROM a\nRUN x `\n  y\\\n").unwrap();
        assert_eq!(
            (lexed.escape, lexed.syntax.as_deref()),
            ('`', Some("docker/dockerfile:1"))
        );
        assert_eq!(lexed.lines[1].content.text, "RUN x   y\\");
        assert_eq!(lex("# hello\n# escape=`\nFROM a").unwrap().escape, '\\');
        assert_eq!(lex("# escape=x\nFROM a").unwrap_err().line, 1);
    }

    #[test]
    fn heredoc_bodies_are_no_instructions() {
        let source = "RUN <<EOF cat\nFROM x\nEOF\nCOPY <<-'A' <<B /d/\n\tx\n\tA\ny\nB\nRUN echo \"<<C\" $((1<<2)) <<<z\nCMD <<D\n";
        assert_eq!(
            texts(source)
                .into_iter()
                .map(|(line, _)| line)
                .collect::<Vec<_>>(),
            [1, 4, 9, 10]
        );
        let error = lex("FROM a\nRUN <<EOF\nx\n").unwrap_err();
        assert_eq!(
            (error.line, error.message.as_str()),
            (2, "the heredoc `EOF` is never closed")
        );
    }
}
