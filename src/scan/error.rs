//! What can go wrong with a scanner.

use std::io;

/// A scanner that gives no report.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// It cannot be started or listened to.
    #[error("failed to run it")]
    Run(#[source] io::Error),
    /// It took too long and was killed.
    #[error("it was not done within {0}")]
    Late(crate::units::Nanos),
    /// It says that it failed.
    #[error("it ended with {status}: {words}")]
    Failed {
        /// "exit code 1", "signal 9".
        status: String,
        /// The last that it said.
        words: String,
    },
    /// It printed more than a report can be.
    #[error("it printed more than {0}")]
    Endless(crate::units::Bytes),
    /// Whether what it printed is whole is not known.
    #[error(transparent)]
    Held(crate::process::ProcessError),
    /// What it printed is not what it is known to print.
    #[error("it printed no report of the known form")]
    Form(#[source] serde_json::Error),
    /// It printed a report, and not of its own kind.
    #[error("it printed no report of the known form: {0}")]
    Kind(&'static str),
}

impl ScanError {
    /// With its cause, on one line.
    pub fn chain(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }
}
