//! The one place that writes to stdout and stderr, or to a file in the place of stdout.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;

use super::failure::Failure;
use super::output_error::{OutputError, folder_of, unless_left};
use super::screen::Screen;
use super::short::short;
use crate::secrets::mask_found;
use crate::text;

/// The mode of a new file that all may read.
const PUBLIC: u32 = 0o644;

/// The mode of a new file that only its owner may read.
const PRIVATE: u32 = 0o600;

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// A sink that several hold.
pub type SharedSink = Arc<Mutex<dyn Write + Send>>;

/// Data goes to one sink, talk to the other.
pub struct Printer {
    data: Box<dyn Write + Send>,
    talk: SharedSink,
    /// What the talk goes to, where a line of it may be redrawn.
    screen: Option<Screen>,
    /// Columns of the terminal on stdout, where it is one.
    pub width: Option<u16>,
    /// Whether a line on stderr may be redrawn.
    pub redraw: bool,
}

impl Printer {
    /// Stdout and stderr of the process.
    pub fn standard() -> Self {
        let width = io::stdout().is_terminal().then(console_width).flatten();
        let (term, ci) = (std::env::var_os("TERM"), std::env::var_os("CI"));
        let redraw = io::stderr().is_terminal() && can_redraw(term.as_deref(), ci.as_deref());
        let screen = redraw.then(Screen::of_stderr);
        let talk: SharedSink = match &screen {
            Some(screen) => Arc::new(Mutex::new(screen.clone())),
            None => Arc::new(Mutex::new(io::stderr())),
        };
        Self {
            data: Box::new(io::stdout()),
            talk,
            screen,
            width,
            redraw,
        }
    }

    /// Any two sinks, without a terminal.
    pub fn into_sinks(data: Box<dyn Write + Send>, talk: SharedSink) -> Self {
        Self {
            data,
            talk,
            screen: None,
            width: None,
            redraw: false,
        }
    }

    /// Writes data. A text is written without anything that acts on a terminal; JSON stays the
    /// same data.
    ///
    /// # Errors
    /// When the sink cannot be written or is closed.
    pub fn data(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let written = self.data.write_all(&harmless(bytes));
        let flushed = written.and_then(|()| self.data.flush());
        flushed.map_err(OutputError::stdout)
    }

    /// Writes a text that may come from outside as one line of data, without secrets.
    ///
    /// # Errors
    /// As [`data`](Self::data).
    pub fn row(&mut self, text: &str) -> Result<(), OutputError> {
        let text = mask_found(text);
        self.line(&text::inline(&text))
    }

    /// Writes a text and a newline as data.
    ///
    /// # Errors
    /// As [`data`](Self::data).
    pub fn line(&mut self, text: &str) -> Result<(), OutputError> {
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

    /// The terminal that the talk goes to, where a line of it may be redrawn.
    pub(super) fn screen(&self) -> Option<Screen> {
        self.screen.clone()
    }

    /// The sink of the talk, for what outlives a borrow of the printer.
    pub fn talk_sink(&self) -> SharedSink {
        self.talk.clone()
    }
}

/// Prints the help or the version, which clap lays out for the terminal.
///
/// # Errors
/// When stdout cannot be written or is closed.
pub(super) fn print_help(help: &clap::Error) -> Result<(), OutputError> {
    let printed = help.print().and_then(|()| io::stdout().flush());
    printed.map_err(OutputError::stdout)
}

/// Writes data to a file, and says so; to stdout where none is named. What is no text is
/// not for a terminal.
///
/// # Errors
/// When the file or stdout cannot be written.
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
        None => Ok(unless_left(printer.data(bytes))?),
    }
}

/// Writes a file, and says so.
///
/// # Errors
/// As [`replace`].
pub(super) fn save_whole(file: &Path, bytes: &[u8], printer: &mut Printer) -> Result<(), Failure> {
    save(file, bytes, PUBLIC, printer)
}

/// Saves a scenario. With a secret in it, only its owner may read it.
pub(super) fn save_scenario(file: &Path, text: &str, printer: &mut Printer) -> Result<(), Failure> {
    let is_secret = mask_found(text) != text;
    let mode = if is_secret { PRIVATE } else { PUBLIC };
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
    replace_by(file, bytes, mode)?;
    printer.talk(&format!("written to {}", file.display()));
    Ok(())
}

/// Writes a file that all may read: the whole of it, or none. A text is written without anything
/// that acts on a terminal.
///
/// # Errors
/// When the file cannot be written. An old file is unchanged then, and nothing else remains.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    replace_by(file, bytes, PUBLIC)
}

fn replace_by(file: &Path, bytes: &[u8], mode: u32) -> Result<(), OutputError> {
    // Errors name the path that the user knows, not the temporary one.
    let bytes = harmless(bytes);
    let written = Destination::of(file).and_then(|destination| match destination {
        Destination::Special => write_into(file, &bytes),
        Destination::File(place) => write_next_to(&place, &bytes, mode),
    });
    written.map_err(|source| OutputError::file(file, source))
}

/// What a path leads to.
enum Destination {
    /// A file, which may be missing: a link stays, and its target is replaced.
    File(PathBuf),
    /// A pipe or a device: `/dev/stdout`, `>(gzip > page.gz)`.
    Special,
}

impl Destination {
    /// # Errors
    /// It is a folder, or links that do not end.
    fn of(file: &Path) -> io::Result<Self> {
        let mut place = file.to_owned();
        for _ in 0..MOST_LINKS {
            if is_open_file(&place) {
                return Ok(Self::Special);
            }
            match fs::symlink_metadata(&place) {
                Ok(facts) if facts.is_symlink() => {
                    let target = fs::read_link(&place)?;
                    place = folder_of(&place).join(target);
                }
                Ok(facts) if facts.is_dir() => return Err(Errno::ISDIR.into()),
                Ok(facts) if facts.is_file() => return Ok(Self::File(place)),
                Ok(_) => return Ok(Self::Special),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Self::File(place));
                }
                Err(error) => return Err(error),
            }
        }
        Err(Errno::LOOP.into())
    }
}

/// Whether a path is that of an open file of a process, as `/dev/stdout` is in the end. It has a
/// position and may be appended to, so it is never replaced.
fn is_open_file(place: &Path) -> bool {
    let folder = fs::canonicalize(folder_of(place));
    folder.is_ok_and(|folder| folder.starts_with("/proc") || folder == Path::new("/dev/fd"))
}

fn write_into(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // At the end: what the file of `>> FILE` has stays.
    let mut file = OpenOptions::new().append(true).open(file)?;
    file.write_all(bytes)
}

/// Writes next to the place and renames, so that nobody opens half a page.
fn write_next_to(place: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let create = |path: &Path| {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode).open(path)
    };
    // Removed on drop, so also on every early return.
    let mut temporary = tempfile::Builder::new().make_in(folder_of(place), create)?;
    // The permissions of an existing file stay; a file with secrets is only its owner's.
    if mode == PUBLIC
        && let Ok(facts) = fs::metadata(place)
    {
        let kept = facts.permissions();
        if temporary.as_file().metadata()?.permissions() != kept {
            temporary.as_file().set_permissions(kept)?;
        }
    }
    temporary.as_file_mut().write_all(bytes)?;
    // Some file systems report a full disk only here.
    temporary.as_file().sync_all()?;
    temporary.persist(place).map_err(|error| error.error)?;
    Ok(())
}

/// A text without anything that acts on a terminal; JSON stays the same data.
fn harmless(bytes: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(bytes).map(text::visible) {
        Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        _ => Cow::Borrowed(bytes),
    }
}

/// Whether the cursor of a terminal can be moved, and nobody keeps what it shows as a log: by the
/// variables `TERM` and `CI`.
fn can_redraw(term: Option<&OsStr>, ci: Option<&OsStr>) -> bool {
    let has_cursor = term.is_some_and(|term| !term.is_empty() && term != "dumb");
    let is_log = ci.is_some_and(|ci| !ci.is_empty() && ci != "false");
    has_cursor && !is_log
}

/// Columns of the terminal: an empty comfy-table asks the system for them.
fn console_width() -> Option<u16> {
    comfy_table::Table::new().width()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use rustix::fs::{CWD, FileType as Node, Mode, mknodat};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn lines_are_redrawn_on_a_terminal_with_a_cursor_and_not_in_ci() {
        let redraws =
            |term: &str, ci: Option<&str>| can_redraw(Some(OsStr::new(term)), ci.map(OsStr::new));
        assert!(redraws("xterm-256color", None));
        assert!(redraws("xterm", Some("")));
        assert!(redraws("xterm", Some("false")));
        assert!(!redraws("xterm", Some("true")));
        assert!(!redraws("xterm", Some("1")));
        assert!(!redraws("dumb", None));
        assert!(!redraws("", None));
        assert!(!can_redraw(None, None));
    }

    #[test]
    fn a_file_is_replaced_whole_and_a_link_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        replace(&file, b"longer than the next").unwrap();
        symlink("file", &link).unwrap();
        replace(&link, b"next \x1b").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "next \\u001b");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(dir.path()), ["file", "link"]);
        replace_by(&file, b"\xff", PRIVATE).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"\xff");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
    }

    #[test]
    fn a_link_stays_if_its_target_is_missing_and_permissions_stay() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("web")).unwrap();
        symlink("web/new", at("dangling")).unwrap();
        replace(&at("dangling"), b"text").unwrap();
        assert_eq!(fs::read_to_string(at("web/new")).unwrap(), "text");
        assert!(at("dangling").is_symlink());
        fs::set_permissions(at("web/new"), fs::Permissions::from_mode(0o640)).unwrap();
        replace(&at("dangling"), b"next").unwrap();
        let mode = fs::metadata(at("web/new")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        symlink("loop", at("loop")).unwrap();
        replace(&at("loop"), b"text").unwrap_err();
        assert!(at("loop").is_symlink());
    }

    /// `--out /dev/stdout >> log`.
    #[test]
    fn an_open_file_is_appended_to_and_not_replaced() {
        use std::os::fd::AsRawFd;
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        fs::write(&log, "first\n").unwrap();
        let open = OpenOptions::new().append(true).open(&log).unwrap();
        let link = dir.path().join("stdout");
        symlink(format!("/proc/self/fd/{}", open.as_raw_fd()), &link).unwrap();
        replace(&link, b"second\n").unwrap();
        assert_eq!(fs::read_to_string(&log).unwrap(), "first\nsecond\n");
        fs::remove_file(&log).unwrap();
        replace(&link, b"third\n").unwrap();
        assert_eq!(names(dir.path()), ["stdout"]);
        assert!(link.is_symlink());
    }

    #[test]
    fn a_pipe_and_a_device_are_written_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        mknodat(CWD, &pipe, Node::Fifo, Mode::RWXU, 0).unwrap();
        let mut options = OpenOptions::new();
        let mut reader = options.read(true).write(true).open(&pipe).unwrap();
        replace(&pipe, b"data").unwrap();
        let mut read = [0; 4];
        reader.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"data");
        assert_eq!(names(dir.path()), ["pipe"]);
        // A link to a device, so that no mistake can replace the device itself.
        let full = dir.path().join("full");
        symlink("/dev/full", &full).unwrap();
        let error = replace(&full, b"data").unwrap_err();
        assert!(error.to_string().ends_with("/full`"), "{error}");
        assert!(error.hint().unwrap().starts_with("free space"));
        assert_eq!(names(dir.path()), ["full", "pipe"]);
    }

    #[test]
    fn an_error_names_the_path_of_the_user_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing/file");
        let cause = |error: &OutputError| {
            let source = std::error::Error::source(error).unwrap();
            source.to_string()
        };
        let error = replace(&missing, b"data").unwrap_err();
        assert!(error.to_string().ends_with("/missing/file`"), "{error}");
        assert_eq!(cause(&error), "No such file or directory (os error 2)");
        let folder = dir.path().join("folder");
        fs::create_dir(&folder).unwrap();
        let error = replace(&folder, b"data").unwrap_err();
        assert_eq!(cause(&error), "Is a directory (os error 21)");
        assert_eq!(error.hint().unwrap(), "name a file in that folder");
        assert_eq!(names(dir.path()), ["folder"]);
    }

    #[test]
    fn standard_output_that_is_full_is_named() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let talk = Arc::new(Mutex::new(Vec::<u8>::new()));
        let mut printer = Printer::into_sinks(Box::new(full), talk);
        let failure = Failure::from(printer.line("text").unwrap_err());
        assert_eq!(
            failure.to_string(),
            "error: failed to write standard output\n  \
             caused by: No space left on device (os error 28)\n  \
             hint: free space on the disk that the output goes to, or redirect it to another one"
        );
        assert!(!failure.is_broken_pipe());
    }
}
