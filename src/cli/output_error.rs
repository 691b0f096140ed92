//! Errors of output: standard output, and files that the user names.

use std::io;
use std::path::{Path, PathBuf};

use crate::files::is_full;

/// Output that cannot be written. An old file of the same name is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Standard output cannot be written.
    #[error("failed to write standard output")]
    Stdout {
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file or folder that the user names cannot be written.
    #[error("failed to write `{}`", path.display())]
    File {
        /// Which, as the user names it.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl OutputError {
    /// Standard output cannot be written.
    pub(super) fn stdout(source: io::Error) -> Self {
        Self::Stdout { source }
    }

    /// A file or folder cannot be written.
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::File { path, source }
    }

    /// Whether the reader of standard output has closed it: `plimsoll ... | head`.
    pub fn is_broken_pipe(&self) -> bool {
        match self {
            Self::Stdout { source } => source.kind() == io::ErrorKind::BrokenPipe,
            Self::File { .. } => false,
        }
    }

    /// How the user can fix it.
    pub fn hint(&self) -> Option<String> {
        let (path, source) = match self {
            Self::Stdout { source } if is_full(source) => {
                let hint = "free space on the disk that the output goes to, or redirect it to \
                            another one";
                return Some(hint.to_owned());
            }
            Self::Stdout { .. } => {
                return Some("redirect the output to a file that can be written".to_owned());
            }
            Self::File { path, source } => (path, source),
        };
        match source.kind() {
            _ if is_full(source) => {
                Some("free space on that disk, or name a place on another one".to_owned())
            }
            io::ErrorKind::NotFound => {
                let folder = folder_of(path).display();
                Some(format!("does the folder {folder} exist?"))
            }
            io::ErrorKind::IsADirectory => Some("name a file in that folder".to_owned()),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Some("name a place that you can write to".to_owned())
            }
            _ => None,
        }
    }
}

/// The same without the error that the reader of standard output has left: the exit code is still
/// that of the command.
pub(super) fn unless_left(written: Result<(), OutputError>) -> Result<(), OutputError> {
    match written {
        Err(error) if error.is_broken_pipe() => Ok(()),
        written => written,
    }
}

/// The folder that holds a file.
pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_depends_on_the_cause() {
        let of = |kind: io::ErrorKind| {
            let error = OutputError::file(Path::new("page.html"), kind.into());
            assert_eq!(error.to_string(), "failed to write `page.html`");
            error.hint().unwrap_or_default()
        };
        for (kind, words) in [
            (io::ErrorKind::StorageFull, "free space on that disk"),
            (io::ErrorKind::QuotaExceeded, "free space on that disk"),
            (io::ErrorKind::NotFound, "does the folder . exist?"),
            (io::ErrorKind::IsADirectory, "name a file in that folder"),
            (io::ErrorKind::PermissionDenied, "that you can write to"),
            (io::ErrorKind::ReadOnlyFilesystem, "that you can write to"),
        ] {
            assert!(of(kind).contains(words), "{kind}: {}", of(kind));
        }
        assert_eq!(of(io::ErrorKind::Other), "");
        let full = OutputError::stdout(io::ErrorKind::StorageFull.into());
        assert!(full.hint().unwrap().starts_with("free space"));
        let other = OutputError::stdout(io::ErrorKind::Other.into());
        assert!(other.hint().unwrap().starts_with("redirect the output"));
    }

    #[test]
    fn only_a_pipe_on_standard_output_may_break() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(OutputError::stdout(broken()).is_broken_pipe());
        assert!(!OutputError::file(Path::new("pipe"), broken()).is_broken_pipe());
        let full = io::ErrorKind::StorageFull.into();
        assert!(!OutputError::stdout(full).is_broken_pipe());
    }
}
