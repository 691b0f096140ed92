//! The one place that writes to stdout and stderr, or to a file in the place of stdout.

use std::fs::Permissions;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::failure::Failure;
use super::short::short;
use crate::secrets::mask_found;
use crate::text;

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

    /// Writes data. A text is written without anything that acts on a terminal; JSON stays the
    /// same data.
    ///
    /// # Errors
    /// When the sink is closed.
    pub fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.data.write_all(text::visible(text).as_bytes())?,
            Err(_) => self.data.write_all(bytes)?,
        }
        self.data.flush()
    }

    /// Writes a text that may come from outside as one line of data, without secrets.
    ///
    /// # Errors
    /// When the sink is closed.
    pub fn row(&mut self, text: &str) -> io::Result<()> {
        let text = mask_found(text);
        self.line(&text::inline(&text))
    }

    /// Writes a text and a newline as data.
    ///
    /// # Errors
    /// When the sink is closed.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.data(text.as_bytes())?;
        self.data(b"\n")
    }

    /// Says something in one line, without secrets and without anything that acts on a
    /// terminal. A closed stderr is nobody's loss.
    pub fn talk(&mut self, text: &str) {
        self.talk_lines(&short(text));
    }

    /// The same in several lines: what comes from outside must be in one line each already.
    pub fn talk_lines(&mut self, text: &str) {
        let text = mask_found(text);
        let text = text::visible(&text);
        let mut sink = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(sink, "{text}");
        let _ = sink.flush();
    }

    /// The sink of the talk, for what outlives a borrow of the printer.
    pub fn talk_sink(&self) -> SharedSink {
        self.talk.clone()
    }
}

/// Writes data to a file, and says so; to stdout where none is named. What is no text is
/// not for a terminal.
///
/// # Errors
/// When the file cannot be written, or the sink is closed.
pub(super) fn hand_over(
    bytes: &[u8],
    file: Option<&Path>,
    is_text: bool,
    printer: &mut Printer,
) -> Result<(), Failure> {
    match file {
        Some(file) => save_whole(file, bytes, printer),
        None if !is_text && printer.width.is_some() => {
            let hint = "add --out FILE, or lead stdout to a file";
            let said = "a terminal cannot show a PNG picture";
            Err(Failure::usage(said).with_hint(Some(hint.to_owned())))
        }
        None => Ok(printer.data(bytes)?),
    }
}

/// Writes next to the place and renames, so that nobody opens half a page.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn save_whole(file: &Path, bytes: &[u8], printer: &mut Printer) -> Result<(), Failure> {
    save(file, bytes, 0o644, printer)
}

/// Saves a scenario. With a secret in it, only its owner may read it.
pub(super) fn save_scenario(file: &Path, text: &str, printer: &mut Printer) -> Result<(), Failure> {
    let is_secret = mask_found(text) != text;
    let mode = if is_secret { 0o600 } else { 0o644 };
    save(file, text.as_bytes(), mode, printer)?;
    if is_secret {
        printer.talk(&format!(
            "warning: {} holds secrets (values of the environment): keep it out of version control and of the build context",
            file.display()
        ));
    }
    Ok(())
}

fn save(file: &Path, bytes: &[u8], mode: u32, printer: &mut Printer) -> Result<(), Failure> {
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let written = tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)
        .and_then(|mut temporary| {
            match std::str::from_utf8(bytes) {
                Ok(text) => temporary.write_all(text::visible(text).as_bytes())?,
                Err(_) => temporary.write_all(bytes)?,
            }
            temporary.persist(file).map_err(|error| error.error)
        });
    match written {
        Ok(_) => {
            printer.talk(&format!("written to {}", file.display()));
            Ok(())
        }
        Err(error) => {
            let hint = format!("does the folder {} exist?", folder.display());
            let hint = (error.kind() == io::ErrorKind::NotFound).then_some(hint);
            let said = format!("failed to write {}: {error}", file.display());
            Err(Failure::failed(said).with_hint(hint))
        }
    }
}

/// Columns of the terminal: an empty comfy-table asks the system for them.
fn console_width() -> Option<u16> {
    comfy_table::Table::new().width()
}
