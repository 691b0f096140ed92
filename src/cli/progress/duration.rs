//! Durations as people write them.

use std::time::Duration;

use crate::units::Nanos;

/// A duration in at most two units: `8 s`, `3 min 20 s`, `1 h 05 min`.
pub fn clock(duration: Duration) -> String {
    let seconds = Nanos::from(duration).as_secs_f64().round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_two_units_at_most() {
        assert_eq!(clock(Duration::from_millis(7_600)), "8 s");
        assert_eq!(clock(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(clock(Duration::from_secs(3900)), "1 h 05 min");
    }
}
