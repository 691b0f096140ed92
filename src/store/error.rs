//! Errors of run folders.

use std::io;
use std::path::{Path, PathBuf};

use crate::files::is_full;
use crate::record::ReadError;

/// A run folder cannot be created, found, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be created.
    #[error("failed to create the run folder `{}`", path.display())]
    Create {
        /// Which.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file or folder cannot be read.
    #[error("failed to read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written; the old content is unchanged.
    #[error("failed to write `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The name is not that of a file or folder in the run folder.
    #[error("failed to use `{name}` as a name: it is empty, has a slash, or begins with a dot")]
    Name {
        /// The name.
        name: String,
    },
    /// The file is not a run record.
    #[error("failed to read the run record `{}`", place(path, source))]
    Record {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: ReadError,
    },
    /// A line of the journal is not an entry.
    #[error("failed to read the journal `{}:{line}:{column}`: {what}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// The run does not exist.
    #[error("failed to find the run `{run}`: {known}")]
    NotFound {
        /// The requested name.
        run: String,
        /// The existing runs as text.
        known: String,
    },
    /// Another process writes the run.
    #[error("failed to lock `{}`: process {owner} writes this run", path.display())]
    Locked {
        /// The run folder.
        path: PathBuf,
        /// The id of the process, if known.
        owner: String,
    },
    /// A run of this name is running elsewhere on the machine; the engine would mix up their
    /// images and containers.
    #[error("failed to start the run of `{}`: its name is in use", path.display())]
    Taken {
        /// The run folder.
        path: PathBuf,
        /// Who uses it.
        #[source]
        source: io::Error,
    },
    /// The `git` program cannot be started.
    #[error("failed to run `git`")]
    GitMissing {
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A git command fails.
    #[error("failed to read the git repository `{}`: {said}", repository.display())]
    Git {
        /// The working directory.
        repository: PathBuf,
        /// The message of git.
        said: String,
    },
    /// The branch does not exist.
    #[error("failed to find the branch `{branch}`: {known}")]
    NoBranch {
        /// The requested name.
        branch: String,
        /// The existing branches as text.
        known: String,
    },
}

/// `results/x/run.json:3:1`.
fn place(path: &Path, source: &ReadError) -> String {
    let path = path.display();
    match source.place() {
        Some((line, column)) => format!("{path}:{line}:{column}"),
        None => path.to_string(),
    }
}

/// Whether a file of a run can be derived from its record: tables, report, page and charts.
fn is_derived(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("csv" | "md" | "html" | "svg"))
}

impl StoreError {
    /// How the user can fix it, if there is a fix.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::NotFound { .. } => Some(
                "run `plimsoll run` first, or name a run by its folder, its run.json or `latest`",
            ),
            Self::Record { source, .. } => Some(source.hint()),
            Self::Journal { .. } => Some(
                "the file was edited or damaged: restore it as plimsoll wrote it, or remove this \
                 line and those after it; `plimsoll run --resume` measures their visits again",
            ),
            Self::Locked { .. } | Self::Taken { .. } => Some("wait for that process, or stop it"),
            Self::Create { source, .. } if is_full(source) => {
                Some("free space on that disk, or name a folder on another one with `--out DIR`")
            }
            Self::Write { path, source } if is_full(source) => Some(match is_derived(path) {
                true => {
                    "free space on that disk; `plimsoll report RUN --write` then writes the tables, \
                     charts and page of a run from its run.json"
                }
                false => {
                    "free space on that disk, then repeat the command; `plimsoll run --resume RUN` \
                     continues a run that was interrupted"
                }
            }),
            Self::Create { .. } | Self::Write { .. } => {
                Some("name a folder that you can write to with `--out DIR`")
            }
            Self::GitMissing { .. } => {
                Some("install git, or name a folder of runs instead of a branch")
            }
            Self::Git { .. } => Some("name the folder of a repository that git can read"),
            Self::NoBranch { .. } => {
                Some("name a branch, a tag or a commit; `git fetch` brings those of a server")
            }
            Self::Read { .. } | Self::Name { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::{JOURNAL_FILE, RECORD_FILE};
    use super::*;

    #[test]
    fn the_hint_on_a_full_disk_depends_on_what_can_be_derived() {
        let write = |name: &str, kind: io::ErrorKind| StoreError::Write {
            path: Path::new("results/x").join(name),
            source: kind.into(),
        };
        for name in ["summary.csv", "report.md", "charts/cache-size.svg"] {
            let error = write(name, io::ErrorKind::StorageFull);
            assert!(
                error.hint().unwrap().contains("report RUN --write"),
                "{name}"
            );
        }
        for name in [RECORD_FILE, JOURNAL_FILE, "cache-records.json"] {
            let error = write(name, io::ErrorKind::QuotaExceeded);
            assert!(error.hint().unwrap().contains("run --resume RUN"), "{name}");
        }
        let other = write("report.md", io::ErrorKind::PermissionDenied);
        assert!(other.hint().unwrap().contains("--out DIR"));
    }
}
