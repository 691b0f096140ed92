//! What all timed builds share: an empty builder before, the time, the verdict, and the steps.

use std::io;
use std::time::Duration;

use super::bench::{Bench, World};
use super::event::Event;
use super::ledger::Ledger;
use super::validity::Steps;
use crate::context::ContextError;
use crate::dockerfile::Step;
use crate::engine::{
    BuildFailure, BuildOutcome, BuildRequest, BuildSource, Clock, Engine, ErrorKind,
};
use crate::record::{BuildRecord, Metric, Outcome, SentRecord, StepRecord};
use crate::text::chain;
use crate::units::{Nanos, Quantity};

/// A build that did not finish.
pub(super) struct FailedBuild {
    pub(super) reason: String,
    pub(super) engine_lost: bool,
}

/// Times one build, from the packing of its context to the image in the store.
pub(super) async fn measure<W: World>(
    bench: &mut Bench<W>,
    request: &BuildRequest,
    source: impl FnOnce() -> Result<BuildSource, ContextError>,
) -> Result<(Nanos, BuildOutcome), FailedBuild> {
    let deadline: Duration = bench.record.plan.build_deadline_ns.into();
    // Until it has succeeded, and also where a signal drops this future.
    bench.asked.unknown += 1;
    let engine = bench.engine.clone();
    let (observer, masker) = (&mut bench.observer, &bench.masker);
    let mut sink = |name: &str| {
        observer.on_event(Event::Step {
            name: masker.mask(name).into_owned(),
        })
    };
    let begin = bench.clock.mark();
    let build = async {
        let source = source().map_err(|error| BuildFailure::Context(io::Error::other(error)))?;
        engine.build(request, source, &mut sink).await
    };
    let result = tokio::time::timeout(deadline, build).await;
    let end = bench.clock.mark();
    // Of a build that failed nothing says how its context went; the others of the run do.
    let by_tar = match &result {
        Ok(Ok(outcome)) => !outcome.sent.synced,
        _ => bench.asked.tars > 0,
    };
    bench.asked.tars += usize::from(by_tar);
    if let Ok(Ok(outcome)) = &result {
        bench.asked.unknown -= 1;
        bench.asked.add_steps(&outcome.steps);
    }
    match result {
        Ok(Ok(outcome)) => Ok((end.since(begin), outcome)),
        Ok(Err(failure)) => Err(FailedBuild {
            engine_lost: matches!(&failure, BuildFailure::Engine(error) if error.kind == ErrorKind::Unreachable),
            reason: describe(&failure),
        }),
        Err(_) => Err(FailedBuild {
            reason: format!(
                "the build ran into its deadline of {}",
                Nanos::from(deadline)
            ),
            engine_lost: false,
        }),
    }
}

/// In an engine of our own the builder is emptied, so that nothing of it can be of
/// use. On the user's engine nothing is removed; cold is what `nocache` makes it.
pub(super) async fn empty_builder<W: World>(bench: &Bench<W>) -> Result<(), String> {
    if !bench.settings.own_builder {
        return Ok(());
    }
    let engine = &bench.engine;
    let mut left = engine.build_cache().await.map_err(|error| error.chain())?;
    if !left.is_empty() {
        let ids: Vec<_> = left.into_iter().map(|record| record.id).collect();
        engine
            .prune_cache(&ids)
            .await
            .map_err(|error| error.chain())?;
        left = engine.build_cache().await.map_err(|error| error.chain())?;
    }
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("the builder still held {} records", left.len()))
    }
}

/// The builder whose steps say what ran and what was cached.
const WITH_STEPS: &str = "buildkit";

/// Notes the time of a build, or why it is not what its metric asks for. Where the builder reports
/// no cached flags, nothing can show that the build was cold or cached.
pub(super) fn judge_build(
    ledger: &mut Ledger,
    metric: Metric,
    time: Nanos,
    outcome: &BuildOutcome,
    verdict: Result<(), String>,
) {
    if outcome.builder == WITH_STEPS {
        return ledger.judged(metric, Quantity::Time(time), verdict);
    }
    let reason = format!(
        "the builder ({}) does not report which steps were cached",
        outcome.builder
    );
    ledger.note(metric, Outcome::NotMeasured { reason });
}

/// Notes the steps: the source of `build.steps`.
pub(super) fn note_build(
    ledger: &mut Ledger,
    metric: Metric,
    outcome: &BuildOutcome,
    planned: &[Step],
) {
    let own = Steps::of(&outcome.steps, planned);
    let (cached, ran) = (own.cached(), own.ran());
    let steps = outcome
        .steps
        .iter()
        .map(|step| StepRecord {
            name: step.name.clone(),
            started_ns: step.started,
            duration_ns: step.duration,
            cached: step.cached,
        })
        .collect();
    let (case, round) = (ledger.case.clone(), ledger.round);
    ledger.build(BuildRecord {
        case,
        metric,
        round,
        steps,
        cached,
        ran,
        sent: Some(SentRecord {
            bytes: outcome.sent.bytes,
            files: outcome.sent.files,
            synced: outcome.sent.synced,
        }),
    });
}

/// A build failure with the builder's last lines, as a DNF's reason.
fn describe(failure: &BuildFailure) -> String {
    let mut text = chain(failure);
    if let BuildFailure::Step { log, .. } = failure
        && !log.is_empty()
    {
        text.push_str("; last lines: ");
        text.push_str(&log.join(" | "));
    }
    text
}
