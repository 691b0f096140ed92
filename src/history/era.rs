//! Groups the points of a trend into eras: comparable runs.

use std::collections::BTreeSet;

use super::digest::{CaseDigest, RunDigest};
use crate::compare::{CaseTraits, Difference, Rule, RunTraits};
use crate::record::Metric;

/// Assigns points of one metric to eras, in time order. A point joins the latest era that it is
/// comparable with, so that two alternating machines form two eras instead of one per change.
pub(super) struct Eras<'a> {
    metric: Metric,
    waived: &'a BTreeSet<Rule>,
    known: Vec<Known<'a>>,
    /// The indexes of the eras, that of the latest point last.
    by_age: Vec<usize>,
}

/// The common traits of an era.
struct Known<'a> {
    run: &'a RunTraits,
    /// All bases of its points, because comparability is not transitive otherwise.
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
        let setup = case.setup(run);
        let fits = |era: &&usize| {
            let known = &self.known[**era];
            if known.run == setup && known.case == case.traits {
                return true;
            }
            let measured_on = known.run.differences(setup);
            let found = known.case.with(measured_on, &case.traits);
            self.in_force(found).is_empty()
        };
        let found = self.by_age.iter().rev().find(fits).copied();
        let era = match found {
            Some(era) => {
                let known = &mut self.known[era];
                known.run = setup;
                if known.case != case.traits {
                    known.case = known.case.joined(&case.traits);
                }
                self.by_age.retain(|other| *other != era);
                era
            }
            None => {
                self.known.push(Known {
                    run: setup,
                    case: case.traits.clone(),
                });
                self.known.len() - 1
            }
        };
        self.by_age.push(era);
        era
    }

    /// Why a point cannot be compared with the previous one.
    pub(super) fn border(
        &self,
        before: (&RunDigest, &CaseDigest),
        after: (&RunDigest, &CaseDigest),
    ) -> Vec<Difference> {
        let measured_on = before.1.setup(before.0);
        let found = measured_on.differences(after.1.setup(after.0));
        self.in_force(before.1.traits.with(found, &after.1.traits))
    }

    fn in_force(&self, mut found: Vec<Difference>) -> Vec<Difference> {
        found.retain(|one| one.touches(self.metric) && !self.waived.contains(&one.rule));
        found
    }
}
