//! Engine errors, named by operation and subject.

use std::error::Error;

/// What went wrong, as far as a caller acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The engine cannot be reached, or went away.
    Unreachable,
    /// It has no such thing.
    NotFound,
    /// The thing is in use or exists already.
    Conflict,
    /// The deadline passed.
    Timeout,
    /// It refused or failed.
    Refused,
    /// Its answer makes no sense here.
    Protocol,
}

/// A failed engine verb.
#[derive(Debug, thiserror::Error)]
#[error("failed to {operation} `{subject}`")]
pub struct EngineError {
    /// The verb, as a phrase: "create container", "pull image".
    pub operation: &'static str,
    /// What it was about.
    pub subject: String,
    /// The kind.
    pub kind: ErrorKind,
    /// What a user can do about it.
    pub hint: Option<String>,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl EngineError {
    /// An error without a cause of its own type.
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

    /// The whole chain on one line: for a DNF's reason.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    }
}
