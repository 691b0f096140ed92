//! A terminal whose last lines are redrawn, while finished lines scroll by above them.
//!
//! Each change is one write, and leaves the cursor at the start of the line below the live lines.
//! It moves the cursor, erases lines, and turns wrapping off and on again. So the state of the
//! terminal is the usual one between two writes: nothing has to be restored if the process is
//! killed.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Erases from the cursor to the end of the screen.
const ERASE_BELOW: &str = "\x1b[J";
/// Erases the line of the cursor.
const ERASE_LINE: &str = "\x1b[2K";
/// A line that is too long is cut at the edge, so that each live line takes one row.
const WRAP_OFF: &str = "\x1b[?7l";
const WRAP_ON: &str = "\x1b[?7h";

/// Columns and rows of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TerminalSize {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl TerminalSize {
    /// For a terminal that does not report its size.
    const USUAL: Self = Self {
        columns: 80,
        rows: 24,
    };

    fn of_stderr() -> Self {
        let Ok(size) = rustix::termios::tcgetwinsize(io::stderr()) else {
            return Self::USUAL;
        };
        let or = |reported: u16, usual| match reported {
            0 => usual,
            reported => usize::from(reported),
        };
        Self {
            columns: or(size.ws_col, Self::USUAL.columns),
            rows: or(size.ws_row, Self::USUAL.rows),
        }
    }
}

/// The terminal. Clones share it. What is written to it scrolls by; the live lines are erased
/// before, until the next [`update`](Self::update).
#[derive(Clone)]
pub(super) struct Screen(Arc<Mutex<LiveArea>>);

struct LiveArea {
    sink: Box<dyn Write + Send>,
    size: Box<dyn Fn() -> TerminalSize + Send>,
    /// Columns of each live line that is shown.
    shown: Vec<usize>,
    /// Whether the cursor is at the start of a line.
    is_at_start: bool,
}

impl Screen {
    /// The terminal on stderr.
    pub(super) fn of_stderr() -> Self {
        Self::new(Box::new(io::stderr()), Box::new(TerminalSize::of_stderr))
    }

    /// A terminal behind any sink.
    pub(super) fn new(
        sink: Box<dyn Write + Send>,
        size: Box<dyn Fn() -> TerminalSize + Send>,
    ) -> Self {
        Self(Arc::new(Mutex::new(LiveArea {
            sink,
            size,
            shown: Vec::new(),
            is_at_start: true,
        })))
    }

    /// The size at this moment.
    pub(super) fn size(&self) -> TerminalSize {
        (self.area().size)()
    }

    /// Adds finished lines, and shows live lines below them in place of the previous ones.
    /// Without both, it erases the live lines. All must be free of control characters.
    pub(super) fn update(&self, finished: &[String], live: &[String]) {
        self.area().update(finished, live);
    }

    /// Leaves the live lines on the screen as they are, if something else was written below them.
    pub(super) fn leave(&self) {
        self.area().shown.clear();
    }

    fn area(&self) -> MutexGuard<'_, LiveArea> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveArea {
    fn update(&mut self, finished: &[String], live: &[String]) {
        // Someone else is in the middle of a line.
        if !self.is_at_start && finished.is_empty() {
            return;
        }
        let mut text = self.to_first();
        if !finished.is_empty() || live.is_empty() {
            if !self.shown.is_empty() {
                text.push_str(ERASE_BELOW);
            }
            if !self.is_at_start {
                text.push('\n');
            }
            for line in finished {
                text.push_str(line);
                text.push('\n');
            }
        }
        if !live.is_empty() {
            text.push_str(WRAP_OFF);
            for line in live {
                text.push_str(ERASE_LINE);
                text.push_str(line);
                text.push('\n');
            }
            text.push_str(ERASE_BELOW);
            text.push_str(WRAP_ON);
        }
        self.shown = live.iter().map(|line| line.chars().count()).collect();
        self.is_at_start = true;
        if !text.is_empty() {
            // A closed terminal must not end a run.
            let _ = self.sink.write_all(text.as_bytes());
            let _ = self.sink.flush();
        }
    }

    /// Moves the cursor to the first live line. A terminal that became narrower has wrapped those
    /// that no longer fit.
    fn to_first(&self) -> String {
        let columns = (self.size)().columns.max(1);
        let rows = |width: &usize| width.div_ceil(columns).max(1);
        match self.shown.iter().map(rows).sum::<usize>() {
            0 => String::new(),
            rows => format!("\r\x1b[{rows}A"),
        }
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut area = self.area();
        if let Some(last) = bytes.last() {
            area.update(&[], &[]);
            area.sink.write_all(bytes)?;
            area.is_at_start = *last == b'\n';
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.area().sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        /// What was written since the last call.
        fn taken(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    fn screen() -> (Screen, Written, Arc<AtomicUsize>) {
        let (written, columns) = (Written::default(), Arc::new(AtomicUsize::new(80)));
        let now = columns.clone();
        let size = move || TerminalSize {
            columns: now.load(Ordering::Relaxed),
            rows: 24,
        };
        let screen = Screen::new(Box::new(written.clone()), Box::new(size));
        (screen, written, columns)
    }

    #[test]
    fn live_lines_are_replaced_and_erased_at_the_end() {
        let (screen, written, _) = screen();
        screen.update(&[], &lines(&["one", "two"]));
        assert_eq!(
            written.taken(),
            "\x1b[?7l\x1b[2Kone\n\x1b[2Ktwo\n\x1b[J\x1b[?7h"
        );
        screen.update(&lines(&["finished"]), &lines(&["three"]));
        assert_eq!(
            written.taken(),
            "\r\x1b[2A\x1b[Jfinished\n\x1b[?7l\x1b[2Kthree\n\x1b[J\x1b[?7h"
        );
        screen.update(&[], &[]);
        assert_eq!(written.taken(), "\r\x1b[1A\x1b[J");
        screen.update(&[], &[]);
        assert_eq!(written.taken(), "");
    }

    #[test]
    fn without_live_lines_it_adds_nothing_to_what_is_written() {
        let (mut screen, written, _) = screen();
        let one = 1;
        writeln!(screen, "a {one}\n\nb").unwrap();
        screen.flush().unwrap();
        screen.update(&lines(&["c"]), &[]);
        assert_eq!(written.taken(), "a 1\n\nb\nc\n");
    }

    #[test]
    fn what_others_write_takes_the_place_of_the_live_lines() {
        let (mut screen, written, _) = screen();
        screen.update(&[], &lines(&["live"]));
        written.taken();
        write!(screen, "stop").unwrap();
        assert_eq!(written.taken(), "\r\x1b[1A\x1b[Jstop");
        // Not in the middle of their line.
        screen.update(&[], &lines(&["live"]));
        assert_eq!(written.taken(), "");
        writeln!(screen, "ping").unwrap();
        screen.update(&[], &lines(&["live"]));
        let text = written.taken();
        assert_eq!(text, "ping\n\x1b[?7l\x1b[2Klive\n\x1b[J\x1b[?7h");
    }

    #[test]
    fn a_narrower_terminal_has_wrapped_the_lines() {
        let (screen, written, columns) = screen();
        screen.update(&[], &lines(&[&"x".repeat(79), "", "short"]));
        written.taken();
        columns.store(40, Ordering::Relaxed);
        screen.update(&[], &[]);
        assert_eq!(written.taken(), "\r\x1b[4A\x1b[J");
    }

    #[test]
    fn lines_that_are_left_stay() {
        let (screen, written, _) = screen();
        screen.update(&[], &lines(&["live"]));
        screen.leave();
        written.taken();
        screen.update(&[], &[]);
        assert_eq!(written.taken(), "");
    }
}
