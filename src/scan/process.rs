//! A scanner's process: bounded in time and in what it prints, and never left behind.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::error::ScanError;
use crate::units::{Bytes, Nanos};

/// Most bytes of a report. Those of large images have tens of megabytes.
const MOST_BYTES: u64 = 256 << 20;
/// Bytes of its talk that are kept.
const TALK_BYTES: usize = 64 << 10;
/// Characters of its talk that an error quotes.
const QUOTED: usize = 300;

/// The program of a name in a search path.
pub(super) fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .map(|folder| folder.join(name))
        .find(|file| {
            file.metadata()
                .is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
        })
}

/// Runs a program to its end and returns what it printed to stdout.
///
/// It has a process group of its own, which is killed when the deadline passes or the
/// future is dropped: a client's plugin is a process beside it.
pub(super) async fn run(
    program: &Path,
    arguments: &[OsString],
    deadline: Nanos,
) -> Result<Vec<u8>, ScanError> {
    let work = listen(program, arguments);
    match tokio::time::timeout(Duration::from(deadline), work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ScanError::Late(deadline)),
    }
}

async fn listen(program: &Path, arguments: &[OsString]) -> Result<Vec<u8>, ScanError> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(ScanError::Run)?;
    // Dropped before the child, which is only then waited for: its id is still its own.
    let mut group = Group::of(child.id());
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(ScanError::Run(io::ErrorKind::BrokenPipe.into()));
    };
    let talk = async { last(stderr).await.map_err(ScanError::Run) };
    let (printed, talk) = tokio::try_join!(collect(stdout), talk)?;
    let status = child.wait().await.map_err(ScanError::Run)?;
    group.ended();
    if status.success() {
        return Ok(printed);
    }
    Err(ScanError::Failed {
        status: state(status),
        words: quote(&talk),
    })
}

async fn collect(stdout: impl AsyncRead + Unpin) -> Result<Vec<u8>, ScanError> {
    let mut printed = Vec::new();
    let mut stdout = stdout.take(MOST_BYTES + 1);
    stdout
        .read_to_end(&mut printed)
        .await
        .map_err(ScanError::Run)?;
    if printed.len() as u64 > MOST_BYTES {
        return Err(ScanError::Endless(Bytes(MOST_BYTES)));
    }
    Ok(printed)
}

/// The last that was said.
async fn last(mut stderr: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut talk = Vec::new();
    let mut buffer = vec![0; TALK_BYTES];
    loop {
        let read = stderr.read(&mut buffer).await?;
        if read == 0 {
            return Ok(talk);
        }
        talk.extend_from_slice(&buffer[..read]);
        let early = talk.len().saturating_sub(TALK_BYTES);
        talk.drain(..early);
    }
}

fn state(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit code".to_owned(),
    }
}

/// The last line that says something, without colours.
fn quote(talk: &[u8]) -> String {
    let talk = String::from_utf8_lossy(talk);
    let line = talk
        .lines()
        .map(str::trim)
        .rfind(|line| line.chars().any(char::is_alphanumeric))
        .unwrap_or("it said nothing");
    let mut words = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else if !letter.is_control() {
            words.push(letter);
        }
    }
    match words.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// A process group that is killed when this is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(id: Option<u32>) -> Self {
        let id = id.and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    /// Its leader was waited for: its id may be another's now.
    fn ended(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Gone already is fine.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_quoted_plainly() {
        assert_eq!(
            quote(b"a\n\x1b[31mFATAL\x1b[0m\tboom \n---\n\n"),
            "FATALboom"
        );
        assert_eq!(quote(b"\n"), "it said nothing");
        assert_eq!(
            quote("ü".repeat(400).as_bytes()).chars().count(),
            QUOTED + 1
        );
    }
}
