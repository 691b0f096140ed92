//! What can go wrong with a build context.

use std::io;
use std::path::PathBuf;

/// A build context or an edit of it that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// A file or folder could not be read.
    #[error("failed to read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The Dockerfile is not there, or not a regular file.
    #[error("failed to find the Dockerfile `{dockerfile}` in `{}`: {problem}", dir.display())]
    Dockerfile {
        /// As it was asked for.
        dockerfile: String,
        /// The context's folder.
        dir: PathBuf,
        /// What was found instead.
        problem: &'static str,
    },
    /// A line of an ignore file is no pattern.
    #[error("failed to read `{}`, line {line}: `{pattern}` {problem}", file.display())]
    Pattern {
        /// The ignore file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The line's text.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A name that is not UTF-8: builders disagree about those.
    #[error("failed to send `{}`: its name is not UTF-8", path.display())]
    Name {
        /// The path, with the odd bytes replaced.
        path: PathBuf,
    },
    /// A pipe or a device.
    #[error("failed to send `{}`: it is a {kind}", path.display())]
    Special {
        /// Which.
        path: PathBuf,
        /// "named pipe", "device".
        kind: &'static str,
    },
    /// A path that is absolute, empty, or leads out of the folder.
    #[error("failed to use the path `{path}`: it is not inside the app's folder")]
    Outside {
        /// The path.
        path: String,
    },
    /// An edit does not fit the file.
    #[error("failed to edit `{file}`: {problem}")]
    Edit {
        /// The file, relative to the app's folder.
        file: String,
        /// Why not.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// An overlay does not fit the tree.
    #[error("failed to lay `{path}` over the build context: {problem}")]
    Overlay {
        /// The overlaid path.
        path: String,
        /// Why not.
        problem: &'static str,
    },
}

impl ContextError {
    /// What the user can do about it, where there is a remedy.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Dockerfile { .. } => Some(
                "a Dockerfile is named relative to the app's folder and is a regular file or a link to one",
            ),
            Self::Pattern { .. } => {
                Some("write `\\` before a character that is meant literally: `\\[`")
            }
            Self::Name { .. } => Some("rename the file, or exclude it in .dockerignore"),
            Self::Special { .. } => Some("exclude it in .dockerignore"),
            Self::Edit { hint, .. } => Some(hint),
            Self::Read { .. } | Self::Outside { .. } | Self::Overlay { .. } => None,
        }
    }
}
