//! The last lines of a step's output.

use std::collections::VecDeque;

/// Lines kept of a step.
const LINES: usize = 20;

/// Bytes kept of a line; a step may print megabytes without a line's end.
const LINE_BYTES: usize = 4096;

/// Cuts output that comes in pieces into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    /// Takes a piece and gives the lines that it ends.
    pub(super) fn take(&mut self, piece: &[u8]) -> Vec<String> {
        let mut whole = Vec::new();
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.keep(&rest[..end]);
            whole.push(self.text());
            self.partial.clear();
            rest = &rest[end + 1..];
        }
        self.keep(rest);
        whole
    }

    /// The line that has no end yet.
    fn rest(&self) -> Option<String> {
        (!self.partial.is_empty()).then(|| self.text())
    }

    /// The line, without a word at its end that was cut: no rule finds half of a secret.
    fn text(&self) -> String {
        let is_blank = |byte: &u8| byte.is_ascii_whitespace();
        let last = match self.partial.len() < LINE_BYTES {
            true => None,
            false => self.partial.iter().rposition(is_blank),
        };
        text(&self.partial[..last.unwrap_or(self.partial.len())])
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_BYTES.saturating_sub(self.partial.len());
        self.partial
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// The last lines.
#[derive(Debug, Default)]
pub(super) struct Tail {
    lines: Lines,
    last: VecDeque<String>,
}

impl Tail {
    pub(super) fn take(&mut self, piece: &[u8]) {
        for line in self.lines.take(piece) {
            self.push(line);
        }
    }

    pub(super) fn push(&mut self, line: String) {
        if self.last.len() == LINES {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let all = self.last.iter().cloned().chain(self.lines.rest());
        let mut all: Vec<_> = all.collect();
        all.drain(..all.len().saturating_sub(LINES));
        all
    }
}

/// What a terminal would show of a line: a progress bar's last state.
fn text(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end_matches('\r');
    text.rsplit('\r').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_stay_whatever_the_pieces() {
        let mut tail = Tail::default();
        for number in 1..=30 {
            tail.take(b"li");
            tail.take(format!("ne {number}\nrest").as_bytes());
            tail.take(b"\r");
        }
        let lines = tail.lines();
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines.first().unwrap(), "line 12");
        assert_eq!(lines.last().unwrap(), "rest");
    }

    #[test]
    fn a_progress_bar_is_its_last_state() {
        let mut tail = Tail::default();
        tail.take(b"1%\r50%\r100%\r\n");
        assert_eq!(tail.lines(), ["100%"]);
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let mut tail = Tail::default();
        tail.take(&vec![b'x'; 3 * LINE_BYTES]);
        assert_eq!(tail.lines()[0].len(), LINE_BYTES);
        let mut tail = Tail::default();
        tail.take(format!("{} ghp_secret", "x".repeat(LINE_BYTES - 8)).as_bytes());
        assert_eq!(tail.lines()[0], "x".repeat(LINE_BYTES - 8));
    }
}
