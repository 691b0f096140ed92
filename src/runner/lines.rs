//! Waits for a line of a container's output, in bounded memory.

use futures_util::StreamExt;

use crate::engine::{Clock, Mark, OutputChunk, OutputPipe, OutputStream, Result};
use crate::scenario::LinePattern;

/// Bytes of a line that the pattern sees. What follows up to the line's end is passed over, so
/// that output without an end of a line takes no more memory than this.
const MOST_OF_A_LINE: usize = 64 << 10;

/// The output of a container, and the line that is waited for.
pub(super) struct Lines {
    output: OutputStream,
    pattern: LinePattern,
    pipes: [Pipe; 2],
    ended: bool,
}

/// A line that matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Matched {
    /// When the chunk with its end arrived.
    pub(super) at: Mark,
    pub(super) pipe: OutputPipe,
    /// Its number on that pipe, from 1.
    pub(super) number: u64,
}

impl Lines {
    pub(super) fn new(output: OutputStream, pattern: LinePattern) -> Self {
        Self {
            output,
            pattern,
            pipes: [Pipe::default(), Pipe::default()],
            ended: false,
        }
    }

    /// Lines that ended so far, on both pipes.
    pub(super) fn seen(&self) -> u64 {
        self.pipes.iter().map(|pipe| pipe.lines).sum()
    }

    /// The next line that matches; none once the output has ended. Can be dropped and called
    /// again: nothing is lost.
    ///
    /// # Errors
    /// The connection to the engine broke.
    pub(super) async fn matched<C: Clock>(&mut self, clock: &C) -> Result<Option<Matched>> {
        while !self.ended {
            // Output that never pauses must leave deadlines their turn.
            tokio::task::coop::consume_budget().await;
            let Some(chunk) = self.output.next().await else {
                self.ended = true;
                return Ok(self.rest(clock.mark()));
            };
            let at = clock.mark();
            if let Some(matched) = self.take(&chunk?, at) {
                return Ok(Some(matched));
            }
        }
        Ok(None)
    }

    fn take(&mut self, chunk: &OutputChunk, at: Mark) -> Option<Matched> {
        let pipe = &mut self.pipes[place(chunk.pipe)];
        let mut rest = chunk.bytes.as_ref();
        let mut matched = None;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            pipe.add(&rest[..end]);
            rest = &rest[end + 1..];
            if pipe.end(&self.pattern) && matched.is_none() {
                let (number, pipe) = (pipe.lines, chunk.pipe);
                matched = Some(Matched { at, pipe, number });
            }
        }
        pipe.add(rest);
        matched
    }

    /// What was printed last may have no end.
    fn rest(&mut self, at: Mark) -> Option<Matched> {
        for pipe in [OutputPipe::Stdout, OutputPipe::Stderr] {
            let seen = &mut self.pipes[place(pipe)];
            if !seen.line.is_empty() && seen.end(&self.pattern) {
                let number = seen.lines;
                return Some(Matched { at, pipe, number });
            }
        }
        None
    }
}

fn place(pipe: OutputPipe) -> usize {
    match pipe {
        OutputPipe::Stdout => 0,
        OutputPipe::Stderr => 1,
    }
}

/// The line that a pipe is at.
#[derive(Debug, Default)]
struct Pipe {
    line: Vec<u8>,
    lines: u64,
}

impl Pipe {
    fn add(&mut self, bytes: &[u8]) {
        let room = MOST_OF_A_LINE - self.line.len();
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Ends the line; whether it matches.
    fn end(&mut self, pattern: &LinePattern) -> bool {
        self.lines += 1;
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        let matches = pattern.matches(line);
        self.line.clear();
        matches
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Nanos;

    fn lines(pattern: &str) -> Lines {
        let none = futures_util::stream::empty();
        Lines::new(Box::pin(none), LinePattern::new(pattern).unwrap())
    }

    fn chunk(pipe: OutputPipe, text: &[u8]) -> OutputChunk {
        OutputChunk {
            pipe,
            bytes: bytes::Bytes::copy_from_slice(text),
        }
    }

    const AT: Mark = Mark(Nanos(7));
    use OutputPipe::{Stderr, Stdout};

    #[test]
    fn a_line_is_put_together_from_chunks_of_its_own_pipe() {
        let mut lines = lines("^ready on 80$");
        assert_eq!(lines.take(&chunk(Stdout, b"ready "), AT), None);
        assert_eq!(
            lines.take(&chunk(Stderr, b"on 80\nready on 80"), AT),
            None,
            "another pipe's text does not end the line, and an unended line waits"
        );
        let matched = lines.take(&chunk(Stdout, b"on 80\r\nmore"), AT).unwrap();
        assert_eq!((matched.pipe, matched.number), (Stdout, 1));
        // What has no end when the output ends is a line too.
        let last = lines.rest(AT).unwrap();
        assert_eq!((last.pipe, last.number), (Stderr, 2));
        assert_eq!(lines.seen(), 4);
    }

    #[test]
    fn output_without_an_end_of_a_line_takes_bounded_memory() {
        let mut lines = lines("late|early");
        for _ in 0..1_000 {
            assert_eq!(lines.take(&chunk(Stdout, &[b'x'; 4_096]), AT), None);
        }
        assert_eq!(lines.pipes[0].line.len(), MOST_OF_A_LINE);
        assert!(lines.pipes[0].line.capacity() <= 2 * MOST_OF_A_LINE);
        // The pattern sees the start of a line only; the next line is whole again.
        assert_eq!(lines.take(&chunk(Stdout, b"late\n"), AT), None);
        assert!(lines.take(&chunk(Stdout, b"early\n"), AT).is_some());
    }
}
