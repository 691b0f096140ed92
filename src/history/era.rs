//! Which points of a trend may be compared: those of one era.

use std::collections::BTreeSet;

use super::digest::{CaseDigest, RunDigest};
use crate::compare::{CaseTraits, Difference, Rule, RunTraits};
use crate::record::Metric;

/// Sorts points of one metric into eras, in the order of time. A point goes on with the
/// youngest era that it is comparable with, so that two machines that take turns make two
/// eras and not one at each turn.
pub(super) struct Eras<'a> {
    metric: Metric,
    waived: &'a BTreeSet<Rule>,
    known: Vec<Known<'a>>,
    /// Numbers of eras, that of the latest point last.
    by_age: Vec<usize>,
}

/// What the points of an era have in common.
struct Known<'a> {
    run: &'a RunTraits,
    /// All bases that any of its points names: being comparable is not transitive otherwise.
    case: CaseTraits,
}

impl<'a> Eras<'a> {
    pub(super) fn new(metric: Metric, waived: &'a BTreeSet<Rule>) -> Self {
        Self {
            metric,
            waived,
            known: Vec::new(),
            by_age: Vec::new(),
        }
    }

    /// The era of the next point.
    pub(super) fn next(&mut self, run: &'a RunDigest, case: &'a CaseDigest) -> usize {
        let ground = case.ground(run);
        let fits = |era: &&usize| {
            let known = &self.known[**era];
            if known.run == ground && known.case == case.traits {
                return true;
            }
            let measured_on = known.run.differences(ground);
            let found = known.case.with(measured_on, &case.traits);
            self.in_force(found).is_empty()
        };
        let found = self.by_age.iter().rev().find(fits).copied();
        let era = match found {
            Some(era) => {
                let known = &mut self.known[era];
                known.run = ground;
                if known.case != case.traits {
                    known.case = known.case.joined(&case.traits);
                }
                self.by_age.retain(|other| *other != era);
                era
            }
            None => {
                self.known.push(Known {
                    run: ground,
                    case: case.traits.clone(),
                });
                self.known.len() - 1
            }
        };
        self.by_age.push(era);
        era
    }

    /// What keeps a point from being compared with the one before it.
    pub(super) fn border(
        &self,
        before: (&RunDigest, &CaseDigest),
        after: (&RunDigest, &CaseDigest),
    ) -> Vec<Difference> {
        let measured_on = before.1.ground(before.0);
        let found = measured_on.differences(after.1.ground(after.0));
        self.in_force(before.1.traits.with(found, &after.1.traits))
    }

    fn in_force(&self, mut found: Vec<Difference>) -> Vec<Difference> {
        found.retain(|one| one.touches(self.metric) && !self.waived.contains(&one.rule));
        found
    }
}
