//! The best results of a run so far.

use crate::record::{CaseId, Metric, Outcome};
use crate::units::Quantity;

/// The metrics whose best values are kept; less is better for each.
pub(super) const KEPT: [Metric; 3] = [Metric::SizeUnpacked, Metric::BuildCold, Metric::StartReady];

/// The best values of each variant that has any.
#[derive(Debug, Default)]
pub(super) struct BestResults {
    /// The variant that was measured last is the last one.
    rows: Vec<BestRow>,
}

/// The best values of one variant.
#[derive(Debug)]
pub(super) struct BestRow {
    pub(super) case: CaseId,
    /// In the order of [`KEPT`].
    pub(super) best: [Option<Quantity>; KEPT.len()],
}

impl BestResults {
    /// Takes a sample in, if it counts.
    pub(super) fn add(&mut self, case: &CaseId, metric: Metric, outcome: &Outcome) {
        let Some(column) = KEPT.iter().position(|kept| *kept == metric) else {
            return;
        };
        let Some(value) = outcome.counted() else {
            return;
        };
        let known = self.rows.iter().position(|row| row.case == *case);
        let mut row = match known {
            Some(known) => self.rows.remove(known),
            None => BestRow {
                case: case.clone(),
                best: [None; KEPT.len()],
            },
        };
        let best = &mut row.best[column];
        if best.is_none_or(|best| value.base_value() < best.base_value()) {
            *best = Some(value);
        }
        self.rows.push(row);
    }

    /// All variants that have a result; the one that was measured last is the last one.
    pub(super) fn rows(&self) -> &[BestRow] {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::case_id;
    use crate::units::Nanos;

    fn time(seconds: u64) -> Quantity {
        Quantity::Time(Nanos::from_secs(seconds))
    }

    #[test]
    fn the_least_counted_value_is_kept_and_the_last_variant_comes_last() {
        let (first, second) = (case_id("go", "first"), case_id("go", "second"));
        let mut best = BestResults::default();
        let cold = Metric::BuildCold;
        let counted = |seconds| Outcome::Ok {
            value: time(seconds),
        };
        best.add(&first, cold, &Outcome::Warmup { value: time(1) });
        best.add(&first, Metric::BuildCached, &counted(1));
        assert!(best.rows().is_empty());
        best.add(&first, cold, &counted(5));
        best.add(&second, cold, &counted(9));
        best.add(&first, cold, &counted(4));
        best.add(&first, cold, &counted(6));
        let rows: Vec<_> = best
            .rows()
            .iter()
            .map(|row| (row.case.as_str(), row.best))
            .collect();
        assert_eq!(
            rows,
            [
                ("go/second", [None, Some(time(9)), None]),
                ("go/first", [None, Some(time(4)), None]),
            ]
        );
    }
}
