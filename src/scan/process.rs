//! Runs the process of a scanner within limits.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use super::error::ScanError;
use crate::process::{Limits, ProcessError, run_async};
use crate::secrets::{excerpt, without_cut_start};
use crate::units::{Bytes, Nanos};

/// The largest report in bytes. Reports of large images have tens of megabytes.
const MOST_BYTES: u64 = 256 << 20;
/// How many bytes of stderr are kept.
const TALK_BYTES: u64 = 64 << 10;
/// How many characters of stderr an error quotes.
const QUOTED: usize = 300;

/// Finds a program in a search path.
pub(super) fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .map(|folder| folder.join(name))
        .find(|file| {
            file.metadata()
                .is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
        })
}

/// Runs a program and returns its stdout. A plugin of a client is a separate process in the same
/// process group.
pub(super) async fn run(
    program: &Path,
    arguments: &[OsString],
    deadline: Nanos,
) -> Result<Vec<u8>, ScanError> {
    let mut command = Command::new(program);
    command.args(arguments);
    let limits = Limits {
        within: deadline,
        stdout: Bytes(MOST_BYTES),
        stderr: Bytes(TALK_BYTES),
    };
    let ended = run_async(command, limits)
        .await
        .map_err(|error| match error {
            ProcessError::Run(cause) => ScanError::Run(cause),
            ProcessError::Late(within) => ScanError::Late(within),
            ProcessError::Endless(most) => ScanError::Endless(most),
            held @ ProcessError::Held { .. } => ScanError::Held(held),
        })?;
    if ended.status.success() {
        return Ok(ended.stdout);
    }
    Err(ScanError::Failed {
        status: state(ended.status),
        words: quote(&ended.stderr),
    })
}

fn state(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit code".to_owned(),
    }
}

/// The last non-empty line, without colour codes.
fn quote(talk: &[u8]) -> String {
    let is_cut = talk.len() as u64 >= TALK_BYTES;
    let talk = String::from_utf8_lossy(talk);
    let whole = match is_cut {
        true => without_cut_start(&talk),
        false => &talk,
    };
    let line = whole
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
    excerpt(&words, QUOTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_half_of_a_secret_is_quoted() {
        let secret = "correct-horse-9-battery";
        let talk = format!("SWORD={secret} {}", "y ".repeat(TALK_BYTES as usize));
        let quoted = quote(&talk.as_bytes()[..TALK_BYTES as usize]);
        assert!(
            !quoted.contains(secret) && quoted.contains("y y"),
            "{quoted}"
        );
    }

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
