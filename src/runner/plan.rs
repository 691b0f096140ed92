//! Profiles and the seeded order of the cases.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::record::CaseId;

/// How much to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// One round: every number, no spread.
    Quick,
    /// One warm-up and six counted rounds: the least that carries an interval.
    Standard,
    /// Two warm-ups and twenty counted rounds: enough for a 95th percentile.
    Thorough,
}

impl Profile {
    /// The name on the command line and in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Thorough => "thorough",
        }
    }

    /// Declared warm-up rounds.
    pub fn warmup_rounds(self) -> u32 {
        match self {
            Self::Quick => 0,
            Self::Standard => 1,
            Self::Thorough => 2,
        }
    }

    /// Counted rounds.
    pub fn rounds(self) -> u32 {
        match self {
            Self::Quick => 1,
            Self::Standard => 6,
            Self::Thorough => 20,
        }
    }
}

/// The order of the cases in each round: seeded, so that it can be repeated,
/// and another in each round, so that drift falls on all alike.
pub fn order_of(cases: &[CaseId], seed: u64, rounds: u32) -> Vec<Vec<CaseId>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..rounds)
        .map(|_| {
            let mut round = cases.to_vec();
            round.shuffle(&mut rng);
            round
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::case_id;

    #[test]
    fn the_order_is_seeded_and_every_round_visits_every_case() {
        let cases: Vec<_> = (0..12).map(|n| case_id("s", &format!("v{n}"))).collect();
        let order = order_of(&cases, 7, 3);
        assert_eq!(order, order_of(&cases, 7, 3));
        assert_ne!(order, order_of(&cases, 8, 3));
        assert_ne!(order[0], order[1]);
        for mut round in order {
            round.sort();
            let mut sorted = cases.clone();
            sorted.sort();
            assert_eq!(round, sorted);
        }
    }
}
