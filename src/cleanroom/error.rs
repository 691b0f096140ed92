//! Errors of clean rooms.

use std::error::Error;

use super::requirements::Unavailable;
use crate::text;

/// A failed operation on a room.
#[derive(Debug, thiserror::Error)]
#[error("failed to {operation} `{subject}`")]
pub struct RoomError {
    /// The operation, as a verb with its object.
    pub operation: &'static str,
    /// The room or file concerned.
    pub subject: String,
    /// How the user can fix it.
    pub hint: Option<String>,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl RoomError {
    pub(super) fn new(
        operation: &'static str,
        subject: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            operation,
            subject: subject.into(),
            hint: None,
            source: source.into(),
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The error and its causes on one line.
    pub fn chain(&self) -> String {
        text::chain(self)
    }

    pub(super) fn unavailable(missing: Unavailable, subject: &str) -> Self {
        let hint = missing.fix();
        Self::new("open clean room", subject, missing).with_hint(hint)
    }
}

/// Wraps an error with its operation and subject.
pub(super) fn failed<E>(
    operation: &'static str,
    subject: impl ToString,
) -> impl FnOnce(E) -> RoomError
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    move |source| RoomError::new(operation, subject.to_string(), source)
}
