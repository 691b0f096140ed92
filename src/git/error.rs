//! Errors of git operations.

use std::io;
use std::path::PathBuf;

/// A failed operation on a repository.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program could not be run.
    #[error("failed to run git")]
    Run {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder is not in a repository.
    #[error("`{}` is in no git repository: {said}", folder.display())]
    NoRepository {
        /// The folder.
        folder: PathBuf,
        /// The message of git.
        said: String,
    },
    /// The name does not resolve to a commit.
    #[error("there is no commit `{name}`: {said}")]
    NoCommit {
        /// The name.
        name: String,
        /// The message of git.
        said: String,
    },
    /// A git command failed.
    #[error("git failed to {what}: {said}")]
    Failed {
        /// The operation.
        what: String,
        /// The message of git.
        said: String,
    },
    /// A folder for checkouts could not be created.
    #[error("failed to make a folder for checkouts in `{}`", folder.display())]
    Folder {
        /// Where.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl GitError {
    /// How the user can fix it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Run { source } if source.kind() == io::ErrorKind::NotFound => {
                Some("install git: revisions are read with it")
            }
            Self::NoRepository { said, .. } if said.contains("dubious ownership") => Some(
                "the folder belongs to another user: `git config --global --add safe.directory FOLDER`",
            ),
            Self::NoRepository { .. } => {
                Some("name the folder with --home, or run this in the repository")
            }
            Self::NoCommit { .. } => Some(
                "`git fetch origin BRANCH` brings it; a CI system's shallow checkout lacks it (GitHub Actions: `fetch-depth: 0`)",
            ),
            Self::Folder { .. } => Some("set TMPDIR to a folder that has room"),
            _ => None,
        }
    }
}
