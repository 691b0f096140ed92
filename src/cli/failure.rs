//! Exit codes and how a failure is reported.

use std::error::Error;
use std::fmt;
use std::io;

use super::hints::hint_of;
use super::output_error::OutputError;
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
    /// A failure of the tool or the engine, with the hint of its cause.
    pub fn failed(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of(Exit::Failed, cause.into())
    }

    /// Wrong usage or an invalid scenario, with the hint of its cause.
    pub fn usage(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of(Exit::Usage, cause.into())
    }

    fn of(exit: Exit, cause: Box<dyn Error + Send + Sync>) -> Self {
        let hint = hint_of(cause.as_ref());
        Self { exit, cause, hint }
    }

    /// The same with another hint, if there is one.
    pub fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// Whether the reader of standard output has closed it: `plimsoll ... | head`. A connection
    /// to an engine that breaks is another thing.
    pub fn is_broken_pipe(&self) -> bool {
        let output = self.cause.downcast_ref::<OutputError>();
        output.is_some_and(OutputError::is_broken_pipe)
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

macro_rules! failed_by {
    ($($cause:ty),*) => {
        $(impl From<$cause> for Failure {
            fn from(error: $cause) -> Self {
                Self::failed(error)
            }
        })*
    };
}

failed_by!(
    BasesError,
    BuiltinError,
    EngineError,
    OutputError,
    RegistryError,
    RoomError,
    RunError,
    io::Error
);

/// The failure of a command whose run cannot be found, read or written.
pub(super) fn store_failure(error: StoreError) -> Failure {
    Failure::failed(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ErrorKind;

    fn full() -> StoreError {
        StoreError::Write {
            path: "results/x/run.json".into(),
            source: io::ErrorKind::StorageFull.into(),
        }
    }

    #[test]
    fn a_run_that_cannot_be_saved_says_what_to_do() {
        // The first save, and the later ones.
        let first: Box<dyn Error + Send + Sync> = Box::new(full());
        let later = RunError::Record(Box::new(full()));
        for failure in [Failure::failed(first), Failure::from(later)] {
            let text = failure.to_string();
            assert!(
                text.contains("failed to write `results/x/run.json`"),
                "{text}"
            );
            assert!(text.contains("\n  hint: free space on that disk"), "{text}");
            assert_eq!(failure.exit, Exit::Failed);
        }
    }

    #[test]
    fn a_hint_is_replaced_by_another_one_only() {
        let kept = Failure::failed(full()).with_hint(None).to_string();
        assert!(kept.contains("hint: free space"), "{kept}");
        let other = Failure::failed(full()).with_hint(Some("wait".to_owned()));
        assert!(other.to_string().ends_with("\n  hint: wait"), "{other}");
        let none = Failure::failed("no more is known").to_string();
        assert_eq!(none, "error: no more is known");
    }

    #[test]
    fn only_a_reader_that_leaves_is_no_failure() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(Failure::from(OutputError::stdout(broken())).is_broken_pipe());
        assert!(!Failure::from(broken()).is_broken_pipe());
        let engine = EngineError::new("build", "app", ErrorKind::Unreachable, broken());
        assert!(!Failure::from(engine).is_broken_pipe());
    }
}
