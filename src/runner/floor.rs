//! The floor: what the engine itself costs, on an image that does nothing.
//!
//! The image holds one static program of some hundred bytes ([`waiting_program`]), so
//! that the floor needs no compiler and no base.

use bytes::Bytes as Chunk;
use futures_util::stream;

use super::bench::{Bench, World, bounded};
use super::ledger::{ContractState, Ledger, lost};
use super::naming::{labels, short_id};
use super::program::{PROGRAM, waiting_program};
use super::starts;
use super::timed_build::{empty_builder, judge_build, measure, note_build};
use super::validity::Steps;
use crate::context;
use crate::engine::{BuildContext, BuildRequest, BuildSource, Clock, Engine};
use crate::record::{CaseId, Metric, Outcome, case_id};
use crate::units::{Nanos, Quantity};

/// The scenario name under which the floor's samples stand; no scenario file may take it.
pub const FLOOR_SCENARIO: &str = "engine";

/// The variant name of the floor.
pub const FLOOR_CASE: &str = "floor";

/// The Dockerfile of the floor image.
const FLOOR_DOCKERFILE: &str = "FROM scratch\nCOPY wait /wait\nENTRYPOINT [\"/wait\"]\n";

/// The case id of the floor.
pub(super) fn floor_case() -> CaseId {
    case_id(FLOOR_SCENARIO, FLOOR_CASE)
}

/// What a visit of the floor yields.
pub(super) const FLOOR_METRICS: &[Metric] = &[
    Metric::FloorBuildCold,
    Metric::FloorBuildCached,
    Metric::FloorStartCreate,
    Metric::FloorStartStarted,
    Metric::FloorStopTime,
];

/// Dockerfile steps of the floor image, FROM left out.
const FLOOR_STEPS: usize = 1;

/// Grace period of the floor's stop.
const FLOOR_GRACE: Nanos = Nanos::from_secs(10);

/// Visits the floor. It has no contract to keep.
pub(super) async fn visit<W: World>(bench: &mut Bench<W>, ledger: &mut Ledger) {
    ledger.contract = ContractState::Passed;
    let strict = bench.settings.own_builder;
    let emptied = empty_builder(bench).await;
    let platform = bench.record.engine.platform.clone();
    let Some(program) = waiting_program(&platform) else {
        for metric in FLOOR_METRICS {
            let reason = format!("no floor program for {platform}");
            ledger.note(*metric, Outcome::NotMeasured { reason });
        }
        return;
    };
    let run = bench.record.id.clone();
    let mut request = BuildRequest {
        tag: format!("plimsoll/floor:{}", short_id(&run)),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
        build_args: std::collections::BTreeMap::new(),
        labels: labels(&run),
        no_cache: true,
        secrets: std::collections::BTreeMap::new(),
        ssh: std::collections::BTreeMap::new(),
        platform: None,
    };
    let (round, nonce) = (ledger.round, bench.nonce.clone());
    for metric in [Metric::FloorBuildCold, Metric::FloorBuildCached] {
        let cold = metric == Metric::FloorBuildCold;
        request.no_cache = cold && !strict;
        bench.phase(metric);
        match measure(bench, &request, || {
            Ok(source(&program, &run, round, &nonce))
        })
        .await
        {
            Ok((time, outcome)) => {
                let steps = Steps::of(&outcome.steps, &[]);
                let verdict = if cold {
                    emptied
                        .clone()
                        .and_then(|()| steps.check_cold(FLOOR_STEPS, strict))
                } else {
                    steps.check_cached(FLOOR_STEPS)
                };
                judge_build(ledger, metric, time, &outcome, verdict);
                note_build(ledger, metric, &outcome, &[]);
            }
            Err(failure) => {
                ledger.engine_lost |= failure.engine_lost;
                return ledger.fail(&failure.reason);
            }
        }
    }
    start_and_stop(bench, &request.tag, ledger).await;
    let removed = bench.engine.remove_image(&request.tag);
    let _ = bounded(bench, "remove image", &request.tag, removed).await;
}

async fn start_and_stop<W: World>(bench: &mut Bench<W>, image: &str, ledger: &mut Ledger) {
    let run = bench.record.id.clone();
    let name = format!("plimsoll-{}-floor-r{}", short_id(&run), ledger.round);
    let spec = starts::bare(name, image.to_owned(), &run);
    let id = match starts::create(bench, &spec, Metric::FloorStartCreate, ledger).await {
        Ok(id) => id,
        Err(reason) => {
            ledger.dnf(Metric::FloorStartCreate, &reason);
            let reason = format!("the container was not created: {reason}");
            ledger.dnf(Metric::FloorStartStarted, &reason);
            return ledger.dnf(Metric::FloorStopTime, &reason);
        }
    };
    bench.phase(Metric::FloorStartStarted);
    let begin = bench.clock.mark();
    let started = bounded(bench, "start container", &id, bench.engine.start(&id)).await;
    let end = bench.clock.mark();
    match started {
        Ok(()) => {
            ledger.value(Metric::FloorStartStarted, Quantity::Time(end.since(begin)));
            starts::stop(bench, &id, FLOOR_GRACE, Metric::FloorStopTime, ledger).await;
        }
        Err(error) => {
            let reason = lost(ledger, &error);
            ledger.dnf(Metric::FloorStartStarted, &reason);
            let reason = format!("the container did not start: {reason}");
            ledger.dnf(Metric::FloorStopTime, &reason);
        }
    }
    let _ = bounded(
        bench,
        "remove container",
        &id,
        bench.engine.remove_container(&id),
    )
    .await;
}

/// What the floor's builds read. Builds of one round share what was sent.
fn source(program: &[u8], run: &str, round: u32, nonce: &str) -> BuildSource {
    let program = Chunk::copy_from_slice(program);
    let files = [(PROGRAM.to_owned(), 0o755, program)];
    let key = format!("plimsoll-{}-floor-r{round}-{nonce}", short_id(run));
    context::in_memory(files, FLOOR_DOCKERFILE, &key)
}

/// Files in a tar, with their modes.
pub(super) fn packed(files: &[(&str, u32, &[u8])]) -> BuildContext {
    let mut tar = tar::Builder::new(Vec::new());
    let written = files
        .iter()
        .try_for_each(|(name, mode, bytes)| {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(*mode);
            header.set_mtime(0);
            tar.append_data(&mut header, name, *bytes)
        })
        .and_then(|()| tar.into_inner());
    Box::pin(stream::iter([written.map(Chunk::from)]))
}
