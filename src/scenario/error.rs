//! Errors with their place, what was expected and the fix.

use std::fmt;
use std::path::PathBuf;

use crate::text;

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Problem {
    /// The file: the scenario, or a Dockerfile of its app.
    pub file: PathBuf,
    /// Line and column, from 1; the column in characters.
    pub at: (usize, usize),
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub expected: Option<String>,
    /// The fix.
    pub hint: Option<String>,
}

/// `file:line:col: message`, then what was expected and the hint on lines of their own.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.at;
        write!(
            f,
            "{}:{line}:{column}: {}",
            text::inline(&self.file.display().to_string()),
            text::inline(&self.message)
        )?;
        if let Some(expected) = &self.expected {
            write!(f, "\n  expected: {}", text::inline(expected))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {}", text::inline(hint))?;
        }
        Ok(())
    }
}

/// Why a scenario is not available.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file or the folder could not be read.
    #[error("failed to read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no scenario of that name.
    #[error("no scenario `{name}`: {reason}")]
    NotFound {
        /// As it was asked for.
        name: String,
        /// Where it was looked for.
        reason: String,
        /// The fix.
        hint: Option<String>,
    },
    /// Everything that is wrong, in the order of the files.
    #[error("{}", join(.0))]
    Invalid(Vec<Problem>),
}

impl ScenarioError {
    /// What a user can do about it, where the message does not say it already.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::NotFound { hint, .. } => hint.as_deref(),
            Self::Read { .. } | Self::Invalid(_) => None,
        }
    }
}

fn join(problems: &[Problem]) -> String {
    let texts: Vec<_> = problems.iter().map(Problem::to_string).collect();
    texts.join("\n")
}
