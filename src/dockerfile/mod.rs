//! Parses a Dockerfile as far as needed.

/// A parsed Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile {}
