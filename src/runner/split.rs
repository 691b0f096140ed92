//! Splits cases over machines, evenly by the time that they are expected to take.
//!
//! Pure: every machine finds the same split, without a word to another.

use crate::record::CaseId;
use crate::units::Nanos;

/// Cases that are not separated, or the cases of one shard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Portion {
    /// The cases.
    pub cases: Vec<CaseId>,
    /// How long one visit to each of them takes, together.
    pub expected: Nanos,
}

/// So many shards, some of them empty where there are fewer units.
///
/// Longest processing time first: the longest unit that is left goes to the shard that has
/// least to do. The busiest shard then takes at most 4/3 - 1/(3N) times as long as in the
/// best of all splits (Graham, "Bounds on multiprocessing timing anomalies", SIAM J. Appl.
/// Math. 17, 1969). Equal units go by the id of their first case, and equal shards by their
/// number. The cases of a shard stay in the order in which `units` has them.
pub fn split(units: &[Portion], shards: u32) -> Vec<Portion> {
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by(|left, right| {
        let (left, right) = (&units[*left], &units[*right]);
        let longest = right.expected.cmp(&left.expected);
        longest.then_with(|| left.cases.first().cmp(&right.cases.first()))
    });
    let mut taken: Vec<Vec<usize>> = (0..shards).map(|_| Vec::new()).collect();
    let mut loads = vec![Nanos(0); taken.len()];
    for unit in order {
        // The first of the least.
        let Some(least) = (0..loads.len()).min_by_key(|at| loads[*at]) else {
            break;
        };
        loads[least] = Nanos(loads[least].0.saturating_add(units[unit].expected.0));
        taken[least].push(unit);
    }
    let shard = |(mut taken, expected): (Vec<usize>, Nanos)| {
        taken.sort_unstable();
        let cases = taken.into_iter().flat_map(|at| units[at].cases.clone());
        Portion {
            cases: cases.collect(),
            expected,
        }
    };
    taken.into_iter().zip(loads).map(shard).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::case_id;

    fn units(seconds: &[u64]) -> Vec<Portion> {
        let unit = |(at, seconds): (usize, &u64)| Portion {
            cases: vec![case_id("s", &format!("v{at:02}"))],
            expected: Nanos::from_secs(*seconds),
        };
        seconds.iter().enumerate().map(unit).collect()
    }

    fn loads(shards: &[Portion]) -> Vec<u64> {
        let seconds = |shard: &Portion| shard.expected.0 / 1_000_000_000;
        shards.iter().map(seconds).collect()
    }

    #[test]
    fn grahams_worst_case_comes_out_as_he_gives_it() {
        // Two machines, 3 3 2 2 2: 7 and 5 against the best 6 and 6, which is 4/3 - 1/6.
        assert_eq!(loads(&split(&units(&[3, 3, 2, 2, 2]), 2)), [7, 5]);
        // Three machines, 5 5 4 4 3 3 3: 11 against the best 9, which is 4/3 - 1/9.
        let split = split(&units(&[5, 5, 4, 4, 3, 3, 3]), 3);
        assert_eq!(loads(&split).into_iter().max(), Some(11));
    }

    #[test]
    fn a_split_takes_every_case_once_and_needs_no_order_of_the_input() {
        let forward = units(&[8, 1, 5, 5, 3, 9, 2, 2]);
        let mut backward = forward.clone();
        backward.reverse();
        let sorted = |shards: Vec<Portion>| -> Vec<Vec<CaseId>> {
            let sort = |mut shard: Portion| {
                shard.cases.sort();
                shard.cases
            };
            shards.into_iter().map(sort).collect()
        };
        assert_eq!(sorted(split(&forward, 3)), sorted(split(&backward, 3)));
        let mut all = sorted(split(&forward, 3)).concat();
        all.sort();
        let cases = forward.iter().flat_map(|unit| unit.cases.clone());
        assert_eq!(all, cases.collect::<Vec<_>>());
        // Within a shard they stand as they came.
        for shard in split(&forward, 3) {
            assert!(shard.cases.is_sorted(), "{:?}", shard.cases);
        }
    }

    #[test]
    fn more_shards_than_units_leave_some_empty() {
        let split = split(&units(&[2, 1]), 4);
        assert_eq!(loads(&split), [2, 1, 0, 0]);
        assert_eq!(split[3], Portion::default());
    }
}
