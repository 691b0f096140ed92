//! What was assumed about a project.

/// What was assumed, and what changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectNote {
    /// What it is about.
    pub subject: &'static str,
    /// What was assumed, or left out, and why.
    pub text: String,
    /// The flag that changes it.
    pub flag: Option<&'static str>,
}
