//! The build phases: cold, cached, rebuilt after an edit.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::Event;
use super::frontend;
use super::ledger::Ledger;
use super::mounts;
use super::secret_canary::SecretCanary;
use super::session::{PlannedCase, Runner};
use super::starts::bounded;
use super::validity::Steps;
use super::visit::short_id;
use crate::context::{ContextError, Overlay};
use crate::dockerfile::Step;
use crate::engine::{
    BuildFailure, BuildOutcome, BuildRequest, BuildSource, Clock, Engine, ErrorKind, LABEL_OWNER,
    LABEL_OWNER_VALUE, LABEL_RUN, Probe, Secret,
};
use crate::record::{BuildRecord, Metric, Outcome, SentRecord, StepRecord};
use crate::units::{Nanos, Quantity};

/// What is the same for all builds of a visit.
pub(super) struct Job {
    /// Repository of the tags; the phase is the tag.
    repository: String,
    /// Name of the visit's container.
    pub(super) container: String,
    /// The Dockerfile as it is built: with resolved bases and mount ids of this visit.
    pub(super) dockerfile: Vec<u8>,
    /// What is sent in one build of the visit need not be sent in the next. A visit begins
    /// with nothing sent.
    pub(super) sync_key: String,
    /// Whether records of the visit's cache mounts were removed.
    pub(super) removed: AtomicBool,
    /// The planted secret.
    pub(super) canary: Option<SecretCanary>,
    /// The build arguments besides it.
    arguments: BTreeMap<String, String>,
    /// Steps that the Dockerfile plans.
    planned: Vec<Step>,
    /// How many of them are no FROM.
    steps: usize,
}

impl Job {
    /// Cache mounts get ids of this visit: a build without cache empties the
    /// mounts of the steps that it runs again, by their id, and the default id
    /// is the path, which the user's own builds share (METHODOLOGY, rule 3).
    pub(super) fn new<E: Engine, C: Clock, P: Probe>(
        runner: &Runner<E, C, P>,
        case: &PlannedCase,
        round: u32,
    ) -> Result<Self, String> {
        let run = short_id(&runner.record.id);
        let name = case.id.as_str().replace('/', "_");
        let mounts = format!("{run}-{name}-r{round}");
        let spec = &case.spec;
        let target = spec.target.as_deref();
        let args = &spec.build_args;
        let file = &spec.dockerfile;
        let dockerfile = file
            .rewrite(args, &runner.bases, Some(&mounts))
            .map_err(|error| error.to_string())?;
        let planned = file
            .steps(target, args)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            repository: format!("plimsoll/{name}"),
            container: format!("plimsoll-{run}-{name}-r{round}"),
            sync_key: format!("plimsoll-{mounts}-{}", runner.nonce),
            dockerfile,
            removed: AtomicBool::new(false),
            canary: SecretCanary::of(runner, case, round),
            arguments: frontend::build_args(&runner.record.engine, case),
            steps: planned
                .iter()
                .filter(|step| step.instruction != "FROM")
                .count(),
            planned,
        })
    }

    /// The text without the planted token.
    pub(super) fn masked(&self, text: String) -> String {
        match &self.canary {
            Some(canary) => canary.masked(&text),
            None => text,
        }
    }

    /// The tag of what empties the cache mounts.
    pub(super) fn emptied_tag(&self, run: &str) -> String {
        format!("{}:{}-emptied", self.repository, short_id(run))
    }

    /// The build arguments, with the planted secret where it is one.
    pub(super) fn build_args(&self) -> BTreeMap<String, String> {
        let mut arguments = self.arguments.clone();
        arguments.extend(self.canary.as_ref().and_then(SecretCanary::build_arg));
        arguments
    }

    /// The secrets that a step can mount: the user's, and the planted one.
    pub(super) fn secrets(&self, users: &BTreeMap<String, Secret>) -> BTreeMap<String, Secret> {
        let planted = self
            .canary
            .as_ref()
            .map(SecretCanary::mounted)
            .unwrap_or_default();
        users.clone().into_iter().chain(planted).collect()
    }

    fn tag(&self, run: &str, metric: Metric) -> String {
        format!(
            "{}:{}-{}",
            self.repository,
            short_id(run),
            metric.id().replace('.', "-")
        )
    }
}

/// An image that was built; of a ready image, its id in place of a tag.
pub(super) struct Built {
    pub(super) tag: String,
    pub(super) image: String,
}

/// The cold build: neither layers nor cache mounts of before. `None` where it
/// failed; all of the visit is then DNF.
pub(super) async fn cold<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    case: &PlannedCase,
    job: &Job,
    ledger: &mut Ledger,
) -> Option<Built> {
    let metric = Metric::BuildCold;
    let overlay = overlaid(job, Overlay::default());
    let strict = runner.settings.own_builder;
    let emptied = empty_builder(runner).await;
    match timed(runner, case, job, metric, overlay, !strict).await {
        Ok((time, outcome)) => {
            let steps = Steps::of(&outcome.steps, &job.planned);
            let verdict = emptied.and_then(|()| steps.check_cold(job.steps, strict));
            judge_build(ledger, metric, time, &outcome, verdict);
            note_build(ledger, metric, &outcome, &job.planned);
            let sent = outcome.sent;
            ledger.value(Metric::ContextSentBytes, Quantity::Bytes(sent.bytes));
            ledger.value(Metric::ContextSentFiles, Quantity::Count(sent.files));
            let tag = job.tag(&runner.record.id, metric);
            Some(Built {
                tag,
                image: outcome.image.0,
            })
        }
        Err(failure) => {
            ledger.engine_lost = failure.engine_lost;
            ledger.fail(&failure.reason);
            None
        }
    }
}

/// In an engine of our own the builder is emptied, so that nothing of it can be of
/// use. On the user's engine nothing is removed; cold is what `nocache` makes it.
pub(super) async fn empty_builder<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
) -> Result<(), String> {
    if !runner.settings.own_builder {
        return Ok(());
    }
    let engine = &runner.engine;
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

/// The same again: every step must be cached, and the image must be the same.
pub(super) async fn cached<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    case: &PlannedCase,
    job: &Job,
    cold: &Built,
    ledger: &mut Ledger,
) {
    let metric = Metric::BuildCached;
    let overlay = overlaid(job, Overlay::default());
    match timed(runner, case, job, metric, overlay, false).await {
        Ok((time, outcome)) => {
            let steps = Steps::of(&outcome.steps, &job.planned);
            let mut verdict = steps.check_cached(job.steps);
            if verdict.is_ok() && outcome.image.0 != cold.image {
                verdict = Err("nothing had changed, yet another image came out".to_owned());
            }
            judge_build(ledger, metric, time, &outcome, verdict);
            note_build(ledger, metric, &outcome, &job.planned);
        }
        Err(failure) => give_up(ledger, metric, &failure),
    }
}

/// After an edit: what the edit reaches must run, and nothing else. Gives the tag of the image.
pub(super) async fn rebuild<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    case: &PlannedCase,
    job: &Job,
    metric: Metric,
    edit: Overlay,
    nonce: &str,
    ledger: &mut Ledger,
) -> Option<String> {
    let emptied = match metric {
        Metric::RebuildSourceColdMounts | Metric::RebuildDependencyColdMounts => {
            mounts::empty(runner, case, job, nonce).await
        }
        _ => Ok(()),
    };
    let changed: Vec<String> = edit.iter().map(|(path, _)| path.to_owned()).collect();
    let spec = &case.spec;
    let target = spec.target.as_deref();
    let effect =
        match spec
            .dockerfile
            .edit_effect(target, &spec.build_args, &changed, &case.context.links())
        {
            Ok(effect) => effect,
            Err(error) => {
                ledger.dnf(metric, &error.to_string());
                return None;
            }
        };
    let overlay = overlaid(job, edit);
    match timed(runner, case, job, metric, overlay, false).await {
        Ok((time, outcome)) => {
            let steps = Steps::of(&outcome.steps, &job.planned);
            let verdict = emptied.and_then(|()| steps.check_rebuild(&effect, job.steps));
            judge_build(ledger, metric, time, &outcome, verdict);
            note_build(ledger, metric, &outcome, &job.planned);
            Some(job.tag(&runner.record.id, metric))
        }
        Err(failure) => {
            give_up(ledger, metric, &failure);
            None
        }
    }
}

/// Removes the images of a visit. What it cannot remove, the sweep at the end does.
pub(super) async fn discard<E: Engine, C: Clock, P: Probe>(runner: &Runner<E, C, P>, job: &Job) {
    for metric in [
        Metric::BuildCold,
        Metric::BuildCached,
        Metric::RebuildSource,
        Metric::RebuildDependency,
        Metric::RebuildSourceColdMounts,
        Metric::RebuildDependencyColdMounts,
    ] {
        let tag = job.tag(&runner.record.id, metric);
        let removed = runner.engine.remove_image(&tag);
        let _ = bounded(runner, "remove image", &tag, removed).await;
    }
}

/// An edit and the file of a planted secret, laid over the context.
pub(super) fn overlaid(job: &Job, mut edit: Overlay) -> Overlay {
    if let Some((path, text)) = job.canary.as_ref().and_then(SecretCanary::file) {
        edit.insert(path, text);
    }
    edit
}

/// A phase that did not finish.
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) engine_lost: bool,
}

async fn timed<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    case: &PlannedCase,
    job: &Job,
    metric: Metric,
    overlay: Overlay,
    no_cache: bool,
) -> Result<(Nanos, BuildOutcome), Failure> {
    let request = BuildRequest {
        tag: job.tag(&runner.record.id, metric),
        dockerfile: case.spec.path.clone(),
        target: case.spec.target.clone(),
        build_args: job.build_args(),
        labels: labels(&runner.record.id),
        no_cache,
        secrets: job.secrets(&runner.settings.secrets),
        ssh: runner.settings.ssh.clone(),
        platform: case.spec.platform.clone(),
    };
    runner.phase(metric);
    let source = || {
        let dockerfile = job.dockerfile.clone();
        case.context.source(&overlay, dockerfile, &job.sync_key)
    };
    let measured = measure(runner, &request, source).await;
    match measured {
        Ok((time, mut outcome)) => {
            for step in &mut outcome.steps {
                step.name = job.masked(std::mem::take(&mut step.name));
            }
            Ok((time, outcome))
        }
        Err(failure) => Err(Failure {
            reason: job.masked(failure.reason),
            ..failure
        }),
    }
}

/// Times one build, from the packing of its context to the image in the store.
pub(super) async fn measure<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    request: &BuildRequest,
    source: impl FnOnce() -> Result<BuildSource, ContextError>,
) -> Result<(Nanos, BuildOutcome), Failure> {
    let deadline: Duration = runner.record.plan.build_deadline_ns.into();
    // Until it has succeeded, and also where a signal drops this future.
    runner.asked.unknown += 1;
    let engine = runner.engine.clone();
    let (observer, masker) = (&mut runner.observer, &runner.masker);
    let mut sink = |name: &str| {
        observer.on_event(Event::Step {
            name: masker.mask(name).into_owned(),
        })
    };
    let begin = runner.clock.mark();
    let build = async {
        let source = source().map_err(|error| BuildFailure::Context(io::Error::other(error)))?;
        engine.build(request, source, &mut sink).await
    };
    let result = tokio::time::timeout(deadline, build).await;
    let end = runner.clock.mark();
    // Of a build that failed nothing says how its context went; the others of the run do.
    let by_tar = match &result {
        Ok(Ok(outcome)) => !outcome.sent.synced,
        _ => runner.asked.tars > 0,
    };
    runner.asked.tars += usize::from(by_tar);
    if let Ok(Ok(outcome)) = &result {
        runner.asked.unknown -= 1;
        runner.asked.add_steps(&outcome.steps);
    }
    match result {
        Ok(Ok(outcome)) => Ok((end.since(begin), outcome)),
        Ok(Err(failure)) => Err(Failure {
            engine_lost: matches!(&failure, BuildFailure::Engine(error) if error.kind == ErrorKind::Unreachable),
            reason: describe(&failure),
        }),
        Err(_) => Err(Failure {
            reason: format!(
                "the build ran into its deadline of {}",
                Nanos::from(deadline)
            ),
            engine_lost: false,
        }),
    }
}

/// Labels of all that a run creates.
pub(super) fn labels(run: &str) -> BTreeMap<String, String> {
    [(LABEL_OWNER, LABEL_OWNER_VALUE), (LABEL_RUN, run)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// Notes a value, or why it is not what its metric asks for.
pub(super) fn judge(
    ledger: &mut Ledger,
    metric: Metric,
    value: Quantity,
    verdict: Result<(), String>,
) {
    match verdict {
        Ok(()) => ledger.value(metric, value),
        Err(reason) => ledger.note(
            metric,
            Outcome::Invalid {
                value: Some(value),
                reason,
            },
        ),
    }
}

/// The builder whose steps say what ran and what was cached.
const WITH_STEPS: &str = "buildkit";

/// The same of a build's time. Where the builder reports no cached flags, nothing can show
/// that the build was cold or cached.
pub(super) fn judge_build(
    ledger: &mut Ledger,
    metric: Metric,
    time: Nanos,
    outcome: &BuildOutcome,
    verdict: Result<(), String>,
) {
    if outcome.builder == WITH_STEPS {
        return judge(ledger, metric, Quantity::Time(time), verdict);
    }
    let reason = format!(
        "the builder ({}) does not report which steps were cached",
        outcome.builder
    );
    ledger.note(metric, Outcome::NotMeasured { reason });
}

fn give_up(ledger: &mut Ledger, metric: Metric, failure: &Failure) {
    ledger.engine_lost |= failure.engine_lost;
    ledger.dnf(metric, &failure.reason);
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

/// An error with its causes on one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
