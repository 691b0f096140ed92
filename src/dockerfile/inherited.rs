//! What a stage hands on.

use super::env::Env;

/// What a stage hands on to one that is built on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Inherited {
    pub env: Env,
    /// Without its leading slash; `None` where the image decides it.
    pub workdir: Option<String>,
    /// USER and SHELL as they were written.
    pub settings: String,
    /// Which file system it is.
    pub file_system: usize,
}
