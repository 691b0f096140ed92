//! What ends a run early.

use std::error::Error;

use crate::engine::EngineError;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The engine went away.
    #[error("the engine went away during the run")]
    EngineGone(#[source] EngineError),
    /// The record could not be written.
    #[error("the run record could not be written")]
    Record(#[source] Box<dyn Error + Send + Sync>),
}

/// An error with its causes on one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
