//! What a rule finds in a text.

use std::ops::Range;

/// Kind of a private key, as it begins with or without an algorithm.
pub const PRIVATE_KEY: &str = "private key";

/// A secret that a rule found in a text: its place, not its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// Where the form begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The secret within it.
    pub secret: Range<usize>,
    /// What it looks like.
    pub kind: String,
}
