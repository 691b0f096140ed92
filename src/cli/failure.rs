//! Exit codes and how a failure is reported.

use std::error::Error;
use std::fmt;
use std::io;

use super::short::short;
use crate::bases::BasesError;
use crate::builtin::BuiltinError;
use crate::cleanroom::RoomError;
use crate::engine::EngineError;
use crate::registry::RegistryError;
use crate::runner::RunError;
use crate::scenario::ScenarioError;
use crate::store::StoreError;

/// How a command ended. The numbers are part of the interface (docs/REFERENCE.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Fine.
    Fine = 0,
    /// Tool or engine error, or a DNF that no scenario expects.
    Failed = 1,
    /// Usage or scenario invalid.
    Usage = 2,
    /// A budget is broken, something became worse, or an image meets a condition.
    Regressed = 3,
    /// It is open whether something became worse, and that was to fail.
    Inconclusive = 4,
    /// Some stand-ins could not be built; the others are there.
    Incomplete = 5,
    /// Interrupted; results so far are kept.
    Interrupted = 130,
}

/// Why a command failed: what is printed, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// The error, or a text that is complete in itself.
    cause: Box<dyn Error + Send + Sync>,
    /// What a user can do about it.
    hint: Option<String>,
}

impl Failure {
    /// A failure of the tool or the engine.
    pub fn failed(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            exit: Exit::Failed,
            cause: cause.into(),
            hint: None,
        }
    }

    /// Wrong usage or an invalid scenario.
    pub fn usage(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            exit: Exit::Usage,
            cause: cause.into(),
            hint: None,
        }
    }

    /// The same with a hint.
    pub fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// Whether a closed pipe stands anywhere in the chain: `plimsoll ... | head`.
    pub fn is_broken_pipe(&self) -> bool {
        let mut cause: Option<&(dyn Error + 'static)> = Some(self.cause.as_ref());
        while let Some(error) = cause {
            if error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
            {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is wrong in a scenario has a line for each problem, each safe to show.
        if self.cause.is::<ScenarioError>() {
            let problems = self.cause.to_string();
            let lines: Vec<_> = problems.lines().map(short).collect();
            write!(f, "error: {}", lines.join("\n"))?;
        } else {
            write!(f, "error: {}", short(&self.cause.to_string()))?;
        }
        let mut source = self.cause.source();
        while let Some(cause) = source {
            write!(f, "\n  caused by: {}", short(&cause.to_string()))?;
            source = cause.source();
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {}", short(hint))?;
        }
        Ok(())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let hint = error.hint.clone();
        Self::failed(error).with_hint(hint)
    }
}

impl From<RoomError> for Failure {
    fn from(error: RoomError) -> Self {
        let hint = error.hint.clone();
        Self::failed(error).with_hint(hint)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let hint = match &error {
            RunError::EngineGone(engine) => engine.hint.clone(),
            RunError::Record(_) => None,
        };
        Self::failed(error).with_hint(hint)
    }
}

impl From<BasesError> for Failure {
    fn from(error: BasesError) -> Self {
        let hint = error.hint();
        Self::failed(error).with_hint(hint)
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self::failed(error).with_hint(hint)
    }
}

impl From<BuiltinError> for Failure {
    fn from(error: BuiltinError) -> Self {
        let hint = error.hint().to_owned();
        Self::failed(error).with_hint(Some(hint))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed(error)
    }
}

/// The failure of a command whose run cannot be found, read or written.
pub(super) fn store_failure(error: StoreError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    Failure::failed(error).with_hint(hint)
}
