//! How long a visit to a case is expected to take: by a former run, else by a rule of thumb.

use std::collections::BTreeMap;

use super::planned_case::PlannedCase;
use crate::record::{CaseId, Metric, RunRecord};
use crate::units::{Nanos, Quantity};

/// What a visit costs in addition to its builds: start, stop, push.
const VISIT: Nanos = Nanos::from_secs(10);
/// What a step costs that runs a program.
const STEP: Nanos = Nanos::from_secs(10);

/// By the Dockerfile alone: 10 s for each RUN that the target needs, in the cold build and
/// once more in the build after each edit, and 10 s. A weight to split by, and no prediction.
pub fn rule_of_thumb(case: &PlannedCase) -> Nanos {
    let spec = &case.spec;
    let steps = spec
        .dockerfile
        .steps(spec.target.as_deref(), &spec.build_args);
    // What does not parse here fails in its build, and soon.
    let runs = steps.map_or(0, |steps| {
        let runs = steps.iter().filter(|step| step.instruction == "RUN");
        runs.count()
    });
    let builds = case.edits.len() + 1;
    let steps = u64::try_from(runs * builds).unwrap_or(u64::MAX);
    Nanos(VISIT.0.saturating_add(STEP.0.saturating_mul(steps)))
}

/// By a former run: the times of all phases in its samples, warm-ups and invalid
/// ones too since they took as long, over the rounds that have any. What no sample times
/// (the look into an image, scans, load) is left out. Cases without a time are not in it:
/// those that failed, and the floor.
pub fn visit_times(former: &RunRecord) -> BTreeMap<CaseId, Nanos> {
    let mut rounds: BTreeMap<(&CaseId, u32), Visit> = BTreeMap::new();
    for sample in &former.samples {
        let Some(Quantity::Time(time)) = sample.outcome.value() else {
            continue;
        };
        let visit = rounds.entry((&sample.case, sample.round)).or_default();
        visit.add(sample.metric, time);
    }
    let mut sums: BTreeMap<CaseId, (Nanos, u64)> = BTreeMap::new();
    for ((case, _), visit) in rounds {
        let whole = visit.whole();
        if whole == Nanos(0) {
            continue;
        }
        let sum = sums.entry(case.clone()).or_default();
        *sum = (Nanos(sum.0.0.saturating_add(whole.0)), sum.1 + 1);
    }
    let mean = |(case, (sum, rounds)): (CaseId, (Nanos, u64))| (case, Nanos(sum.0 / rounds));
    sums.into_iter().map(mean).collect()
}

/// The phases of one visit.
#[derive(Debug, Default)]
struct Visit {
    phases: Nanos,
    /// Ready and healthy are waited for from the same start.
    started: Nanos,
}

impl Visit {
    fn add(&mut self, metric: Metric, time: Nanos) {
        match metric {
            Metric::StartReady | Metric::StartHealthy => self.started = self.started.max(time),
            Metric::BuildCold
            | Metric::BuildCached
            | Metric::RebuildSource
            | Metric::RebuildDependency
            | Metric::RebuildSourceColdMounts
            | Metric::RebuildDependencyColdMounts
            | Metric::PushTime
            | Metric::PullCold
            | Metric::PullBase
            | Metric::PullUpdate
            | Metric::StartCreate
            | Metric::StopTime => {
                self.phases = Nanos(self.phases.0.saturating_add(time.0));
            }
            // Parts of those, latencies, the floor's, and what is no time.
            _ => {}
        }
    }

    fn whole(&self) -> Nanos {
        Nanos(self.phases.0.saturating_add(self.started.0))
    }
}
