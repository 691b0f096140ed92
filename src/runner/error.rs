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
