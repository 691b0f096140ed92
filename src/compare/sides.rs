//! Splits a run of two revisions.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, Terms};
use crate::record::{AbRecord, CaseId, CaseRecord, RunRecord, RunState, case_id};
use crate::stats::{ALPHA, Design, Looks, Threshold};
use crate::units::Ratio;

/// A side of a run that measures two revisions in the same rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The baseline.
    Base,
    /// The compared revision.
    Head,
}

impl Side {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Base, Self::Head];

    /// Its name, also that of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Head => "head",
        }
    }

    /// The name of its scenarios in the combined run. The suffixes have equal length, so that
    /// names in an image have equal size.
    pub fn of_scenario(self, scenario: &str) -> String {
        format!("{scenario}--{}", self.name())
    }

    /// The same case on the other side of a combined run.
    pub fn counterpart(case: &CaseRecord) -> Option<CaseId> {
        let other = |side: Self| match side {
            Self::Base => Self::Head,
            Self::Head => Self::Base,
        };
        Self::ALL.into_iter().find_map(|side| {
            let own = side.own_name(&case.scenario)?;
            Some(case_id(&other(side).of_scenario(own), &case.variant))
        })
    }

    /// The original name of the scenario, if it belongs to this side.
    fn own_name(self, scenario: &str) -> Option<&str> {
        scenario.strip_suffix(self.name())?.strip_suffix("--")
    }
}

/// The settings of an A/B run, at the level of its last interim look. An aborted run was looked
/// at outside the schedule, so it gets the smallest level of all looks.
pub fn terms_of(record: &RunRecord, ab: &AbRecord) -> Terms {
    let wanted = &ab.terms;
    // 1.001 less 1 is not 0.001: a default is known by its factor.
    let threshold = |factor: Ratio, default: Threshold| match factor.get() == default.factor() {
        true => default,
        false => Threshold::of(factor.get() - 1.0).unwrap_or(default),
    };
    let planned = ab.planned_looks.first().zip(ab.planned_looks.last());
    let smallest = planned.map_or(ALPHA, |(first, most)| {
        let looks = Looks::between(*first, *most);
        let rounds = looks.rounds().iter();
        let levels = rounds.filter_map(|rounds| looks.level(*rounds, ALPHA));
        levels.fold(ALPHA, f64::min)
    });
    let last = ab.level().filter(|_| record.state == RunState::Complete);
    Terms {
        timed: threshold(wanted.timed, Threshold::TIMED),
        exact: threshold(wanted.exact, Threshold::EXACT),
        waived: wanted
            .waived
            .iter()
            .filter_map(|word| Rule::of_word(word))
            .collect(),
        metrics: wanted.metrics.iter().copied().collect(),
        alpha: last.map_or(smallest, Ratio::get),
        design: Design::Paired,
    }
}

/// One side of an A/B run as a separate run: its scenarios with their original names, its
/// samples, the floor, and the shared facts of machine and engine.
pub fn side_of(record: &RunRecord, side: Side) -> RunRecord {
    let mut run = record.clone();
    run.id = format!("{}-{}", record.id, side.name());
    if let Some(ab) = run.ab.take() {
        run.revision = Some(match side {
            Side::Base => ab.base,
            Side::Head => ab.head,
        });
    }
    run.scenarios
        .retain_mut(|scenario| match side.own_name(&scenario.name) {
            Some(own) => {
                scenario.name = own.to_owned();
                true
            }
            None => false,
        });
    let mut ids = BTreeMap::new();
    run.cases.retain_mut(|case| keep_case(case, side, &mut ids));
    let own = |id: &CaseId| ids.get(id).cloned();
    run.samples
        .retain_mut(|sample| own(&sample.case).is_some_and(|id| replace(&mut sample.case, id)));
    run.builds
        .retain_mut(|build| own(&build.case).is_some_and(|id| replace(&mut build.case, id)));
    run.conditions
        .retain_mut(|visit| own(&visit.case).is_some_and(|id| replace(&mut visit.case, id)));
    let done = record.plan.order.iter().flatten();
    let done = done.take(record.plan.visits_done as usize);
    run.plan.visits_done = u32::try_from(done.filter(|id| own(id).is_some()).count()).unwrap_or(0);
    for round in &mut run.plan.order {
        *round = round.iter().filter_map(own).collect();
    }
    let of_case =
        |case: &'_ CaseRecord| -> Vec<String> { [&case.bases[..], &case.companions[..]].concat() };
    let rests_on: BTreeSet<_> = run.cases.iter().flat_map(of_case).collect();
    run.bases.retain(|base| rests_on.contains(&base.reference));
    run
}

fn replace(place: &mut CaseId, id: CaseId) -> bool {
    *place = id;
    true
}

/// Whether the case belongs to this side; the floor belongs to both.
fn keep_case(case: &mut CaseRecord, side: Side, ids: &mut BTreeMap<CaseId, CaseId>) -> bool {
    let old = case.id.clone();
    if let Some(own) = side.own_name(&case.scenario).map(str::to_owned) {
        case.id = case_id(&own, &case.variant);
        case.scenario = own;
    } else if case.strategy != "floor" {
        return false;
    }
    ids.insert(old, case.id.clone());
    true
}
