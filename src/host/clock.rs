//! The system's clocks.

use std::time::Instant;

use chrono::{SecondsFormat, Utc};

use crate::engine::{Clock, Mark};
use crate::units::Nanos;

/// How often the clock is read to find its smallest step.
const RESOLUTION_READS: u32 = 1_000;

/// The monotonic and the wall clock of this machine.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
    resolution: Nanos,
}

impl SystemClock {
    /// Starts a clock; its marks count from this call. Measures the resolution once, which takes
    /// tens of microseconds.
    pub fn new() -> Self {
        let origin = Instant::now();
        Self {
            origin,
            resolution: smallest_step(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn mark(&self) -> Mark {
        Mark(self.origin.elapsed().into())
    }

    fn utc(&self) -> String {
        Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    fn resolution(&self) -> Nanos {
        self.resolution
    }

    async fn sleep(&self, duration: Nanos) {
        tokio::time::sleep(duration.into()).await;
    }
}

/// The smallest difference between two readings that differ.
fn smallest_step() -> Nanos {
    let mut last = Instant::now();
    let steps = (0..RESOLUTION_READS).filter_map(|_| {
        let now = Instant::now();
        let step = Nanos::from(now - last);
        last = now;
        (step > Nanos(0)).then_some(step)
    });
    // If all readings are equal, the step is larger than the time of all readings.
    steps.min().unwrap_or(Nanos::from_millis(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn marks_rise_with_the_time_slept() {
        let clock = SystemClock::new();
        let before = clock.mark();
        clock.sleep(Nanos::from_millis(5)).await;
        assert!(clock.mark().since(before) >= Nanos::from_millis(5));
        let step = clock.resolution();
        assert!(step > Nanos(0) && step <= Nanos::from_millis(1), "{step:?}");
    }

    #[test]
    fn the_wall_clock_prints_seconds_in_utc() {
        let text = SystemClock::new().utc();
        assert_eq!(text.len(), "2026-11-20T20:40:00Z".len(), "{text}");
        assert!(text.ends_with('Z') && text.as_bytes()[10] == b'T');
    }
}
