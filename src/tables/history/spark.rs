//! A sparkline: values as one line of text.

/// From the smallest to the largest value.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A missing value.
const GAP: char = '×';

/// A character for each value. A constant series is drawn low, and so is one whose range is less
/// than `least` of its largest value, so that noise looks small.
pub(super) fn sparkline(values: &[Option<f64>], least: f64) -> String {
    let known = values.iter().flatten().copied();
    let (low, high) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let range = (high - low).max(high.abs() * least);
    let level = |value: f64| {
        let share = if range > 0.0 {
            (value - low) / range
        } else {
            0.0
        };
        // A share of 0 to 1 selects a character.
        LEVELS[((share * 8.0) as usize).min(7)]
    };
    values
        .iter()
        .map(|value| value.map_or(GAP, level))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_values_have_higher_characters() {
        let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0].map(Some);
        assert_eq!(sparkline(&values, 0.0), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[Some(5.0), None, Some(5.0)], 0.0), "▁×▁");
        assert_eq!(sparkline(&[Some(0.0); 2], 0.1), "▁▁");
        assert_eq!(sparkline(&[], 0.1), "");
        // Noise of 1 % in a range of 10 %.
        assert_eq!(sparkline(&[Some(100.0), Some(101.0)], 0.1), "▁▁");
    }
}
