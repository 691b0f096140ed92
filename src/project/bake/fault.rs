//! Why a Bake file cannot be measured.

use std::fmt;
use std::path::Path;

use super::super::error::ProjectError;

/// What resolves a Bake file where plimsoll cannot.
const BY_BUILDX: &str = "let buildx resolve the file: `docker buildx bake -f FILE --print TARGET > bake.json`, and give bake.json";

/// Why a Bake file cannot be measured: what is wrong, where, and what can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BakeFault {
    pub(super) line: Option<usize>,
    pub(super) said: String,
    pub(super) hint: String,
}

impl BakeFault {
    pub(super) fn new(
        line: Option<usize>,
        said: impl fmt::Display,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            line,
            said: said.to_string(),
            hint: hint.into(),
        }
    }

    /// What buildx can do.
    pub(super) fn beyond(line: Option<usize>, said: impl fmt::Display) -> Self {
        Self::new(line, said, BY_BUILDX)
    }

    pub(super) fn in_file(self, file: &Path) -> ProjectError {
        let at = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        ProjectError::open(format!("{}{at}: {}", file.display(), self.said), self.hint)
    }
}
