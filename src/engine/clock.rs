//! The clock of a measurement.

use std::future::Future;

use crate::units::Nanos;

/// An instant on a monotonic clock, in nanoseconds since a fixed origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub Nanos);

impl Mark {
    /// The time from `earlier` to this mark.
    pub fn since(self, earlier: Mark) -> Nanos {
        self.0.saturating_sub(earlier.0)
    }
}

/// A monotonic clock and the wall clock that dates a run.
pub trait Clock: Send + Sync + 'static {
    /// Now, on the monotonic clock.
    fn mark(&self) -> Mark;

    /// Now, RFC 3339 in UTC with seconds: `2026-11-20T20:40:00Z`.
    fn utc(&self) -> String;

    /// The smallest step that the monotonic clock shows.
    fn resolution(&self) -> Nanos;

    /// Sleeps.
    fn sleep(&self, duration: Nanos) -> impl Future<Output = ()> + Send;
}
