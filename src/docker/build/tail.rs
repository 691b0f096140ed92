//! The last lines of a step's output.

use std::collections::VecDeque;

use crate::secrets::{AHEAD_BYTES, mask_beginning};

/// The number of kept lines per step.
const LINES: usize = 20;

/// The kept bytes per line; a step may print megabytes without a newline.
const LINE_BYTES: usize = 4096;

/// The most bytes of a step that are kept.
pub(super) const STEP_BYTES: usize = LINES * LINE_BYTES;

/// Splits chunked output into lines.
#[derive(Debug, Default)]
pub(super) struct LineSplitter {
    partial: Vec<u8>,
}

impl LineSplitter {
    /// Adds a chunk and returns the completed lines.
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

    /// The incomplete last line.
    fn rest(&self) -> Option<String> {
        (!self.partial.is_empty()).then(|| self.text())
    }

    /// The line. A truncated line is masked before, because no rule detects half a secret.
    fn text(&self) -> String {
        let line = text(&self.partial);
        match line.len() > LINE_BYTES {
            true => mask_beginning(&line, LINE_BYTES).into_owned(),
            false => line,
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = (LINE_BYTES + AHEAD_BYTES).saturating_sub(self.partial.len());
        self.partial
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// The last lines.
#[derive(Debug, Default)]
pub(super) struct Tail {
    lines: LineSplitter,
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

/// The visible part of a line on a terminal: the last state of a progress bar.
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
    }

    #[test]
    fn a_line_that_is_cut_ends_with_no_half_of_a_secret() {
        let secret = "ghp_aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJaB3d";
        for before in ["x y", "x"] {
            let mut tail = Tail::default();
            let long = before.repeat(LINE_BYTES / before.len() - 5);
            tail.take(format!("{long},\"{secret}\",{long}\n").as_bytes());
            let line = &tail.lines()[0];
            assert!(line.len() < LINE_BYTES + 8, "{line}");
            assert!(!line.contains(&secret[..5]), "{line}");
            assert!(line.starts_with(&long));
        }
    }
}
