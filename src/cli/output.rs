//! The one place that writes to stdout and stderr.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A sink that several hold.
pub type SharedSink = Arc<Mutex<dyn Write + Send>>;

/// Data goes to one sink, talk to the other.
pub struct Printer {
    data: Box<dyn Write + Send>,
    talk: SharedSink,
    /// Columns of the terminal on stdout, where it is one.
    pub width: Option<u16>,
    /// Whether a line on stderr may be redrawn.
    pub redraw: bool,
}

impl Printer {
    /// Stdout and stderr of the process.
    pub fn standard() -> Self {
        let width = io::stdout().is_terminal().then(console_width).flatten();
        let redraw = io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self {
            data: Box::new(io::stdout()),
            talk: Arc::new(Mutex::new(io::stderr())),
            width,
            redraw,
        }
    }

    /// Any two sinks, without a terminal.
    pub fn into_sinks(data: Box<dyn Write + Send>, talk: SharedSink) -> Self {
        Self {
            data,
            talk,
            width: None,
            redraw: false,
        }
    }

    /// Writes data.
    ///
    /// # Errors
    /// When the sink is closed.
    pub fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.data.write_all(bytes)?;
        self.data.flush()
    }

    /// Writes a text and a newline as data.
    ///
    /// # Errors
    /// When the sink is closed.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.data(text.as_bytes())?;
        self.data(b"\n")
    }

    /// Says something. A closed stderr is nobody's loss.
    pub fn talk(&mut self, text: &str) {
        let mut sink = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(sink, "{text}");
        let _ = sink.flush();
    }

    /// The sink of the talk, for what outlives a borrow of the printer.
    pub fn talk_sink(&self) -> SharedSink {
        self.talk.clone()
    }
}

/// Columns of the terminal: an empty comfy-table asks the system for them.
fn console_width() -> Option<u16> {
    comfy_table::Table::new().width()
}
