//! Engine errors, named by operation and subject.

use std::error::Error;

use crate::text;

/// The kinds of errors that callers distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The engine cannot be reached, or the connection was lost.
    Unreachable,
    /// The object does not exist.
    NotFound,
    /// The object is in use or already exists.
    Conflict,
    /// The deadline passed.
    Timeout,
    /// The engine refused the operation or failed.
    Refused,
    /// The response is invalid.
    Protocol,
}

/// A failed engine operation.
#[derive(Debug, thiserror::Error)]
#[error("failed to {operation} `{subject}`")]
pub struct EngineError {
    /// The operation: "create container", "pull image".
    pub operation: &'static str,
    /// The object of the operation.
    pub subject: String,
    /// The kind.
    pub kind: ErrorKind,
    /// How the user can fix it.
    pub hint: Option<String>,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl EngineError {
    /// An error with a text as its cause.
    pub fn new(
        operation: &'static str,
        subject: impl Into<String>,
        kind: ErrorKind,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            operation,
            subject: subject.into(),
            kind,
            hint: None,
            source: Some(cause.into()),
        }
    }

    /// The same with a hint.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The error and its causes on one line, for the reason of a DNF.
    pub fn chain(&self) -> String {
        text::chain(self)
    }
}
