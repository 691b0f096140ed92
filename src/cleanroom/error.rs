//! What can go wrong with a room.

use std::error::Error;

use super::means::Unavailable;

/// A room that cannot be opened, used or closed.
#[derive(Debug, thiserror::Error)]
#[error("failed to {operation} `{subject}`")]
pub struct RoomError {
    /// What was tried.
    pub operation: &'static str,
    /// Of what.
    pub subject: String,
    /// What a user can do about it.
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

    /// The whole chain on one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        text
    }

    pub(super) fn lacking(lacks: Unavailable, subject: &str) -> Self {
        let hint = lacks.mend();
        Self::new("open clean room", subject, lacks).with_hint(hint)
    }
}

/// Names the operation and its subject.
pub(super) fn failed<E>(
    operation: &'static str,
    subject: impl ToString,
) -> impl FnOnce(E) -> RoomError
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    move |source| RoomError::new(operation, subject.to_string(), source)
}
