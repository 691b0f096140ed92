//! Looking at samples while they are still being taken.

/// Looks at most: each takes its part of the level, so many of them would see nothing.
const MOST_LOOKS: u32 = 3;

/// Counted rounds after which a run that goes on looks at its samples and may end.
///
/// Who tests again and again until something shows will see something. So each look has a
/// part of the level: what a spending function that grows with the rounds gives it (Lan and
/// DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70 (1983), with
/// the linear function of Kim and DeMets, Biometrika 74 (1987)). Their boundaries use how
/// the looks depend on each other; here the parts are levels of their own, added up by
/// Bonferroni's inequality. That holds for any test and any dependence, at the price of
/// some power.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looks(Vec<u32>);

impl Looks {
    /// The first look after `first` rounds, the last after `most`, and one in the middle. With
    /// more of them, a later look would show less than the one before.
    pub fn between(first: u32, most: u32) -> Self {
        if most <= first {
            return Self(vec![first]);
        }
        let way = most - first;
        let steps = way.min(MOST_LOOKS - 1);
        Self((0..=steps).map(|step| first + way * step / steps).collect())
    }

    /// Rounds before each look.
    pub fn rounds(&self) -> &[u32] {
        &self.0
    }

    /// The part of `alpha` that the look after `rounds` has; none where there is no such look.
    /// The parts of all looks add up to `alpha`.
    pub fn level(&self, rounds: u32, alpha: f64) -> Option<f64> {
        let at = self.0.iter().position(|look| *look == rounds)?;
        let before = match at {
            0 => 0,
            _ => self.0[at - 1],
        };
        let last = self.0.last()?;
        Some(alpha * f64::from(rounds - before) / f64::from(*last))
    }

    /// What is left of `alpha` after looks of these levels: a run that ends early spends it in
    /// its last look.
    pub fn rest(taken: impl IntoIterator<Item = f64>, alpha: f64) -> f64 {
        (alpha - taken.into_iter().sum::<f64>()).max(0.0)
    }

    /// The rounds before the look that follows the one after `rounds`.
    pub fn after(&self, rounds: u32) -> Option<u32> {
        self.0.iter().copied().find(|look| *look > rounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_few_and_even_and_their_levels_add_up() {
        assert_eq!(Looks::between(6, 20).rounds(), [6, 13, 20]);
        assert_eq!(Looks::between(6, 8).rounds(), [6, 7, 8]);
        assert_eq!(Looks::between(6, 6).rounds(), [6]);
        assert_eq!(Looks::between(9, 6).rounds(), [9]);
        for most in 6..40 {
            let looks = Looks::between(6, most);
            let parts = looks.rounds().iter().map(|look| looks.level(*look, 0.05));
            let sum: f64 = parts.map(Option::unwrap).sum();
            assert!((sum - 0.05).abs() < 1e-12, "{looks:?}: {sum}");
            assert!(looks.rounds().is_sorted_by(|a, b| a < b), "{looks:?}");
        }
    }

    #[test]
    fn a_look_has_what_its_rounds_are_of_all() {
        let looks = Looks::between(6, 20);
        // 6, 7 and 7 of 20 rounds.
        for (rounds, level) in [(6, 0.015), (13, 0.0175), (20, 0.0175)] {
            let found = looks.level(rounds, 0.05).unwrap();
            assert!((found - level).abs() < 1e-15, "{rounds}: {found}");
        }
        assert_eq!(looks.level(7, 0.05), None);
        assert!((Looks::rest([0.015, 0.0175], 0.05) - 0.0175).abs() < 1e-15);
        assert_eq!(Looks::rest([0.05, 0.05], 0.05), 0.0);
        assert_eq!(looks.after(6), Some(13));
        assert_eq!(looks.after(20), None);
    }
}
