//! Makes the record of a run that has not begun.

use std::collections::BTreeMap;

use super::args::RunArgs;
use super::cases::Selection;
use super::failure::Failure;
use crate::bases::Policy;
use crate::engine::{Clock, Engine};
use crate::record::{
    AbRecord, BaseRecord, Calibration, CaseRecord, Disposition, DistributionRecord, EngineChoice,
    EngineFacts, HostFacts, Link, PlanRecord, Reach, Revision, RunRecord, RunState, SCHEMA_VERSION,
    ToolFacts, case_id,
};
use crate::runner::{FLOOR_CASE, FLOOR_SCENARIO, Profile, order_of, uses_own_frontend};
use crate::units::Nanos;

/// Interval of the readiness probe, as METHODOLOGY (start, memory, stop) states it.
pub(super) const PROBE_INTERVAL: Nanos = Nanos::from_millis(2);

/// Deadline of an engine call that is not a build.
const CALL_DEADLINE: Nanos = Nanos::from_secs(120);

/// Pings whose median is the engine's round trip.
const PINGS: usize = 21;

/// What a plan is made of.
pub(super) struct Material {
    pub(super) id: String,
    pub(super) command: Vec<String>,
    pub(super) started_at: String,
    pub(super) seed: u64,
    pub(super) engine: EngineFacts,
    pub(super) choice: EngineChoice,
    pub(super) links: Vec<Link>,
    pub(super) distribution: Option<DistributionRecord>,
    pub(super) host: HostFacts,
    pub(super) calibration: Calibration,
    pub(super) bases: Vec<BaseRecord>,
    pub(super) warnings: Vec<String>,
    pub(super) reach: Reach,
    pub(super) revision: Option<Revision>,
    pub(super) ab: Option<AbRecord>,
}

/// The record of a run that has not begun.
pub(super) fn plan(args: &RunArgs, selection: &Selection, material: Material) -> RunRecord {
    let profile = Profile::from(args.profile);
    let (warmup_rounds, rounds) = rounds_of(args);
    let mut ids = selection.ids();
    let mut cases = selection.records.clone();
    // The floor belongs to every part that has anything to compare with it.
    if !ids.is_empty() {
        ids.push(case_id(FLOOR_SCENARIO, FLOOR_CASE));
        cases.push(floor());
    }
    let order = order_of(&ids, material.seed, warmup_rounds + rounds);
    settle(&mut cases, &material);
    let mut warnings = material.warnings;
    warnings.extend(frontends(selection, &material.engine));
    RunRecord {
        schema_version: SCHEMA_VERSION,
        id: material.id,
        commands: vec![material.command],
        state: RunState::Running,
        started_at: material.started_at,
        finished_at: None,
        revision: material.revision,
        ab: material.ab,
        tool: ToolFacts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            optimised: !cfg!(debug_assertions),
        },
        plan: PlanRecord {
            profile: profile.name().to_owned(),
            seed: material.seed,
            warmup_rounds,
            rounds,
            visits_done: 0,
            only: args.common.only.clone(),
            shard: selection.part.as_ref().map(|part| part.record.clone()),
            bases: Policy::from(args.common.bases).name().to_owned(),
            reach: material.reach,
            engine: material.choice,
            links: material.links,
            skipped: args
                .common
                .skip
                .iter()
                .map(|phase| (*phase).into())
                .collect(),
            build_deadline_ns: Nanos::from_secs(args.common.build_deadline * 60),
            call_deadline_ns: CALL_DEADLINE,
            order,
        },
        engine: material.engine,
        distribution: material.distribution,
        host: material.host,
        calibration: material.calibration,
        scenarios: selection.scenarios.clone(),
        parts: Vec::new(),
        bases: material.bases,
        cases,
        samples: Vec::new(),
        builds: Vec::new(),
        conditions: Vec::new(),
        warnings,
    }
}

/// Warm-up rounds and counted rounds that are asked for.
pub(super) fn rounds_of(args: &RunArgs) -> (u32, u32) {
    let profile = Profile::from(args.profile);
    let warmup = args.common.warmup.unwrap_or(profile.warmup_rounds());
    (warmup, args.rounds.unwrap_or(profile.rounds()))
}

/// The links that were asked for, each once; the bare loopback where none was.
pub(super) fn links(asked: &[Link]) -> Vec<Link> {
    let mut links = Vec::new();
    for link in asked {
        if !links.contains(link) {
            links.push(*link);
        }
    }
    if links.is_empty() {
        links.push(Link::LOOPBACK);
    }
    links
}

/// Dockerfiles that name a frontend of their own, and what the builder makes of it.
fn frontends(selection: &Selection, engine: &EngineFacts) -> Vec<String> {
    selection
        .planned
        .iter()
        .filter_map(|case| {
            let syntax = case.spec.dockerfile.syntax()?;
            let what = match uses_own_frontend(engine, case) {
                true => {
                    "; BUILDKIT_SYNTAX makes the builder use its own instead, so that no \
                     registry is asked for it within the timed build"
                }
                false => ", which the builder may fetch within the timed build",
            };
            let id = &case.id;
            Some(format!(
                "{id}: its Dockerfile names the frontend `{syntax}`{what}"
            ))
        })
        .collect()
}

/// The pseudo-case of the floor.
fn floor() -> CaseRecord {
    CaseRecord {
        id: case_id(FLOOR_SCENARIO, FLOOR_CASE),
        scenario: FLOOR_SCENARIO.to_owned(),
        app: FLOOR_CASE.to_owned(),
        variant: FLOOR_CASE.to_owned(),
        title: "an image from scratch that only waits: what the engine itself costs".to_owned(),
        strategy: FLOOR_CASE.to_owned(),
        platform: String::new(),
        disposition: Disposition::Pending,
        dockerfile: None,
        ready_image: None,
        bases: Vec::new(),
        companions: Vec::new(),
        stand_ins: Vec::new(),
        expected_failure: None,
        image: None,
        posture: None,
        layers: Vec::new(),
    }
}

/// Fills in what is known once engine and bases are.
fn settle(cases: &mut [CaseRecord], material: &Material) {
    let stand_ins: BTreeMap<_, _> = material
        .bases
        .iter()
        .map(|base| (base.reference.as_str(), base.stand_in.is_some()))
        .collect();
    for case in cases {
        case.platform.clone_from(&material.engine.platform);
        case.stand_ins = case
            .bases
            .iter()
            .chain(&case.companions)
            .filter(|base| stand_ins.get(base.as_str()) == Some(&true))
            .cloned()
            .collect();
    }
}

/// Measures what measuring costs.
///
/// # Errors
/// When the engine does not answer.
pub(super) async fn calibrate<E: Engine, C: Clock>(
    engine: &E,
    clock: &C,
) -> Result<Calibration, Failure> {
    let mut pings = Vec::with_capacity(PINGS);
    for _ in 0..PINGS {
        let begin = clock.mark();
        engine.ping().await?;
        pings.push(clock.mark().since(begin));
    }
    pings.sort_unstable();
    Ok(Calibration {
        ping_ns: pings[PINGS / 2],
        clock_resolution_ns: clock.resolution(),
        probe_interval_ns: PROBE_INTERVAL,
    })
}

/// Which bases moved while the run went on: their images are looked up again.
pub(super) async fn moved_bases<E: Engine>(engine: &E, record: &RunRecord) -> Vec<String> {
    let mut moved = Vec::new();
    for base in &record.bases {
        if let Ok(Some(image)) = engine.image(&base.resolved).await
            && image.id.0 != base.image_id
        {
            moved.push(format!(
                "the base `{}` was another image at the end of the run than at its beginning",
                base.resolved
            ));
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_taken_once_each_and_loopback_is_the_default() {
        let link = |text: &str| text.parse::<Link>().unwrap();
        assert_eq!(links(&[]), [Link::LOOPBACK]);
        let asked = [link("100mbit"), link("loopback"), link("100mbit")];
        assert_eq!(links(&asked), [link("100mbit"), Link::LOOPBACK]);
    }
}
