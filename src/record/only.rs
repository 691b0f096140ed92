//! The record of some of a run's cases.

use std::collections::BTreeSet;

use super::{CaseId, CaseRecord, RunRecord};

impl RunRecord {
    /// Leaves only the wanted cases, what was measured of them, their scenarios and their parts.
    /// The floor stays with them; of a run that was joined from parts, only the floors of those
    /// parts. Says whether any case is left except for a floor.
    pub fn keep_only(&mut self, wanted: impl Fn(&CaseRecord) -> bool) -> bool {
        let is_wanted = |case: &&CaseRecord| case.strategy != "floor" && wanted(case);
        let chosen: BTreeSet<CaseId> = self
            .cases
            .iter()
            .filter(is_wanted)
            .map(|case| case.id.clone())
            .collect();
        let has_chosen = |cases: &[CaseId]| cases.iter().any(|id| chosen.contains(id));
        self.parts.retain(|part| has_chosen(&part.cases));
        let of_parts: BTreeSet<&CaseId> = self.parts.iter().flat_map(|part| &part.cases).collect();
        let is_whole = self.parts.is_empty();
        let floors = self
            .cases
            .iter()
            .filter(|case| case.strategy == "floor" && (is_whole || of_parts.contains(&case.id)));
        let kept: BTreeSet<CaseId> = floors
            .map(|case| case.id.clone())
            .chain(chosen.iter().cloned())
            .collect();
        self.cases.retain(|case| kept.contains(&case.id));
        for part in &mut self.parts {
            part.cases.retain(|id| kept.contains(id));
        }
        self.samples.retain(|sample| kept.contains(&sample.case));
        self.builds.retain(|build| kept.contains(&build.case));
        self.conditions.retain(|visit| kept.contains(&visit.case));
        let scenarios: BTreeSet<&str> = self
            .cases
            .iter()
            .map(|case| case.scenario.as_str())
            .collect();
        self.scenarios
            .retain(|scenario| scenarios.contains(scenario.name.as_str()));
        let visits = self.plan.order.iter().flatten();
        let done = visits.take(self.plan.visits_done as usize);
        let done = done.filter(|id| kept.contains(id)).count();
        self.plan.visits_done = u32::try_from(done).unwrap_or(u32::MAX);
        for round in &mut self.plan.order {
            round.retain(|id| kept.contains(id));
        }
        !chosen.is_empty()
    }
}
