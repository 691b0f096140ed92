//! What a comparison has to know of a metric.

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}

/// How a metric behaves under repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One sample is the truth; a spread is a warning.
    Exact,
    /// A distribution.
    Timed,
}
