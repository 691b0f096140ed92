//! From bytes to logical lines: parser directives, comments, continuations and
//! heredocs.

use super::error::ParseError;
use super::heredoc::{Heredoc, Opening, openings};
use super::words::{Word, take_flags};

/// A longer line is refused by BuildKit (Go's `bufio.MaxScanTokenSize`).
const LINE_LIMIT: usize = 64 * 1024;

/// An instruction's line with its continuations joined, and its heredocs.
#[derive(Debug, Clone)]
pub(super) struct InstructionLine {
    pub number: u32,
    pub content: Word,
    pub heredocs: Vec<Heredoc>,
}

/// What the lexer found.
#[derive(Debug, Clone)]
pub(super) struct Lexed {
    pub lines: Vec<InstructionLine>,
    pub escape: char,
    pub syntax: Option<String>,
}

/// A physical line.
#[derive(Debug, Clone, Copy)]
struct Physical<'a> {
    number: u32,
    /// Its offset in the file.
    at: usize,
    /// Without the line end.
    text: &'a [u8],
    /// With it.
    whole: &'a [u8],
}

impl Physical<'_> {
    fn is_comment(&self) -> bool {
        String::from_utf8_lossy(self.text)
            .trim_start()
            .starts_with('#')
    }

    fn is_blank(&self) -> bool {
        String::from_utf8_lossy(self.text).trim().is_empty()
    }
}

pub(super) fn lex(text: &[u8]) -> Result<Lexed, ParseError> {
    let physical = physical_lines(text)?;
    let (mut escape, mut syntax) = ('\\', None);
    let mut seen = Vec::new();
    // A shebang hides the directives from the parser, not from what looks for `syntax`.
    let shebang = usize::from(
        physical
            .first()
            .is_some_and(|line| line.text.starts_with(b"#!")),
    );
    for line in &physical[shebang..] {
        let Some((key, value)) = directive(line.text) else {
            break;
        };
        let number = line.number;
        if shebang == 0 && seen.contains(&key) {
            let message = format!("the directive `{key}` stands there twice");
            return Err(ParseError::new(number, message).with_hint("remove one of the two"));
        }
        match (key.as_str(), value.as_str()) {
            ("escape", "\\" | "`") if shebang == 0 => {
                escape = value.chars().next().unwrap_or(escape)
            }
            ("escape", other) if shebang == 0 => {
                let message = format!("escape character `{other}` is none of \\ and `");
                return Err(ParseError::new(number, message));
            }
            ("syntax", value) => syntax = value.split(' ').next().map(str::to_owned),
            _ => {}
        }
        seen.push(key);
    }
    let mut rest = physical.iter().copied();
    let mut lines = Vec::new();
    while let Some(first) = rest.next() {
        if first.is_comment() || first.is_blank() {
            continue;
        }
        let content = join(first, &mut rest, escape);
        let mut heredocs = Vec::new();
        if takes_heredocs(&content, escape) {
            let refused = |message| ParseError::new(first.number, message);
            for opening in openings(&content.text).map_err(refused)? {
                heredocs.push(take_heredoc(opening, first.number, &mut rest)?);
            }
        }
        lines.push(InstructionLine {
            number: first.number,
            content,
            heredocs,
        });
    }
    Ok(Lexed {
        lines,
        escape,
        syntax,
    })
}

fn physical_lines(text: &[u8]) -> Result<Vec<Physical<'_>>, ParseError> {
    let mut at = 0;
    let mut lines = Vec::new();
    for (number, whole) in (1..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
        let full = whole.len() == LINE_LIMIT && !whole.ends_with(b"\n");
        if whole.len() > LINE_LIMIT || full {
            let message = format!("the line is longer than {} bytes", LINE_LIMIT - 1);
            return Err(
                ParseError::new(number, message).with_hint("continue it on another line with `\\`")
            );
        }
        let mark = match whole.strip_prefix("\u{feff}".as_bytes()) {
            Some(rest) if number == 1 => whole.len() - rest.len(),
            _ => 0,
        };
        let mut line = &whole[mark..];
        while let [rest @ .., b'\r' | b'\n'] = line {
            line = rest;
        }
        lines.push(Physical {
            number,
            at: at + mark,
            text: line,
            whole,
        });
        at += whole.len();
    }
    Ok(lines)
}

/// Directives stand at the very top, before any other comment, blank line or
/// instruction.
fn directive(line: &[u8]) -> Option<(String, String)> {
    let line = std::str::from_utf8(line).ok()?;
    let (key, value) = line.trim_start().strip_prefix('#')?.split_once('=')?;
    let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
    (matches!(key.as_str(), "escape" | "syntax" | "check") && !value.is_empty())
        .then(|| (key, value.to_owned()))
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
    while let Some(line) = next {
        let Some(body) = continued(line.text, escape) else {
            content.push_bytes(line.text, line.at);
            break;
        };
        content.push_bytes(body, line.at);
        next = rest.find(|line| !line.is_comment() && !line.is_blank());
    }
    content
}

/// The line without its continuation character; `None` where it has none. A
/// doubled escape character at the end is a literal one.
fn continued(line: &[u8], escape: char) -> Option<&[u8]> {
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t'))?;
    let is_escape = |byte: &u8| char::from(*byte) == escape;
    let body = &line[..end];
    (is_escape(&line[end]) && !body.last().is_some_and(is_escape)).then_some(body)
}

/// RUN, COPY and ADD in the shell form, ONBUILD before them or not.
fn takes_heredocs(line: &Word, escape: char) -> bool {
    let is = |word: &Word, name: &str| word.text.eq_ignore_ascii_case(name);
    let (mut keyword, mut arguments) = line.split_first();
    if is(&keyword, "onbuild") {
        (_, arguments) = take_flags(&arguments, escape);
        (keyword, arguments) = arguments.split_first();
    }
    if !["run", "copy", "add"].iter().any(|name| is(&keyword, name)) {
        return false;
    }
    let (_, arguments) = take_flags(&arguments, escape);
    serde_json::from_str::<Vec<String>>(&arguments.text).is_err()
}

fn take_heredoc<'a>(
    opening: Opening,
    opened: u32,
    rest: &mut impl Iterator<Item = Physical<'a>>,
) -> Result<Heredoc, ParseError> {
    let mut body = Vec::new();
    for line in rest {
        let mut end = line.text;
        if opening.strip_tabs {
            while let [b'\t', behind @ ..] = end {
                end = behind;
            }
        }
        if end == opening.name.as_bytes() {
            let body = String::from_utf8_lossy(&body).into_owned();
            return Ok(Heredoc { opening, body });
        }
        body.extend_from_slice(line.whole);
    }
    let name = opening.name;
    Err(
        ParseError::new(opened, format!("the heredoc `{name}` is never closed"))
            .with_hint(format!("end it with a line that holds `{name}` alone")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<(u32, String)> {
        lex(source.as_bytes())
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
            lex(b"# syntax = docker/dockerfile:1\n# ESCAPE=`\nFROM a\nRUN x `\n  y\\\n").unwrap();
        assert_eq!(
            (lexed.escape, lexed.syntax.as_deref()),
            ('`', Some("docker/dockerfile:1"))
        );
        assert_eq!(lexed.lines[1].content.text, "RUN x   y\\");
        assert_eq!(lex(b"# hello\n# escape=`\nFROM a").unwrap().escape, '\\');
        assert_eq!(lex(b"# escape=x\nFROM a").unwrap_err().line, 1);
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
        let error = lex(b"FROM a\nRUN <<EOF\nx\n").unwrap_err();
        assert_eq!(
            (error.line, error.message.as_str()),
            (2, "the heredoc `EOF` is never closed")
        );
    }
}
