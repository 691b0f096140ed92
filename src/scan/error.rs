//! Errors of a scanner.

use std::io;

/// Why a scanner produced no report.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// It cannot be started, or its output cannot be read.
    #[error("failed to run it")]
    Run(#[source] io::Error),
    /// It took too long and was killed.
    #[error("it was not done within {0}")]
    Late(crate::units::Nanos),
    /// It failed.
    #[error("it ended with {status}: {words}")]
    Failed {
        /// "exit code 1", "signal 9".
        status: String,
        /// Its last message.
        words: String,
    },
    /// Its output exceeds the limit.
    #[error("it printed more than {0}")]
    Endless(crate::units::Bytes),
    /// Its output may be incomplete.
    #[error(transparent)]
    Held(crate::process::ProcessError),
    /// Its output is not a known report.
    #[error("it printed no report of the known form")]
    Form(#[source] serde_json::Error),
    /// Its report has another format.
    #[error("it printed no report of the known form: {0}")]
    Kind(&'static str),
}

impl ScanError {
    /// The error and its cause on one line.
    pub fn chain(&self) -> String {
        crate::text::chain(self)
    }
}
