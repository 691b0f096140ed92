//! Why a folder cannot be measured as it is.

use std::io;
use std::path::PathBuf;

/// There is no scenario for a folder.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// A file or folder cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was found does not make one scenario.
    #[error("{message}")]
    Open {
        /// What is missing, or too much.
        message: String,
        /// What the user can do.
        hint: String,
    },
}

impl ProjectError {
    pub(super) fn open(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Open {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// What the user can do.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Read { .. } => None,
            Self::Open { hint, .. } => Some(hint),
        }
    }
}
