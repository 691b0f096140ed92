//! A run: all rounds, what is kept, and what is taken away again.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::cache::{Asked, Before, VisitNotes};
use super::error::RunError;
use super::ledger::{ContractState, Ledger};
use super::pace::Pace;
use super::push::Distribution;
use super::sweep::sweep;
use super::visit::short_id;
use super::{Event, Observer, floor, order_of, visit, weigh};
use crate::context::Context;
use crate::engine::{Clock, Engine, Probe};
use crate::record::{
    CaseId, Conditions, Disposition, Metric, Reach, RunRecord, RunState, VisitConditions,
    mask_texts, secrets_in,
};
use crate::scan::Scanners;
use crate::scenario::{BuildSpec, Companion, Contract, Edit, Load};
use crate::secrets::{Masker, Secret};
use crate::units::{Bytes, Nanos};

/// A case that takes part, with all that its visits need.
#[derive(Debug)]
pub struct PlannedCase {
    /// Its identity.
    pub id: CaseId,
    /// The app's folder.
    pub app_dir: PathBuf,
    /// The build context as it was scanned before the run.
    pub context: Context,
    /// How it is built.
    pub spec: BuildSpec,
    /// How it proves that it works.
    pub contract: Contract,
    /// Services that it needs.
    pub companions: Vec<Companion>,
    /// What its rebuilds change.
    pub edits: Vec<Edit>,
    /// Whether its health check is waited for: a check may come every half minute only.
    pub healthy: bool,
    /// The load that it is put under once it is ready.
    pub load: Option<Load>,
    /// The id under which its build gets a planted secret, if it asks for one.
    pub secret: Option<String>,
}

/// What the runner needs to know in addition to the cases.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How containers are reached.
    pub reach: Reach,
    /// Interval of the readiness probe.
    pub probe_interval: Nanos,
    /// Whether this run may remove the builder's cache records that it made.
    pub prune_own_cache: bool,
    /// Whether the building engine is ours alone: its builder is emptied before each cold build.
    pub own_builder: bool,
    /// Sockets of the SSH agents that builds may use, by id.
    pub ssh: BTreeMap<String, PathBuf>,
    /// The user's secrets that a step can mount, by id.
    pub secrets: BTreeMap<String, Secret>,
    /// The vulnerability scanners to ask, where any is installed.
    pub scanners: Option<Scanners>,
    /// Reports how busy the machine is: asked before and after each visit.
    pub conditions: fn() -> Conditions,
}

/// Keeps the record. Called between visits, never between two marks.
pub trait Recorder: Send {
    /// Writes everything that is known so far.
    fn save(&mut self, record: &RunRecord) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// The same where what was written before has changed, and not only grown.
    fn save_whole(&mut self, record: &RunRecord) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// Notes the ids of cache records that are ours and not removed yet, so
    /// that a later `clean` finds them should this process die.
    fn note_cache(&mut self, ids: &BTreeSet<String>) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// The ids that an earlier process of this run noted.
    ///
    /// # Errors
    /// Notes that cannot be read. They are kept as they are, and nothing is written over them.
    fn noted_cache(&mut self) -> Result<BTreeSet<String>, Box<dyn Error + Send + Sync>>;

    /// Notes what identifies the records of the visit that begins; `None` once they are noted.
    fn note_visit(
        &mut self,
        notes: Option<&VisitNotes>,
    ) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// What an earlier process of this run noted of a visit that it did not finish.
    fn noted_visit(&mut self) -> Option<VisitNotes>;
}

/// How long an interrupted run may take for the builder's cache. What is left then is noted,
/// and `plimsoll clean` removes it.
const INTERRUPTED_WITHIN: Duration = Duration::from_secs(5);

/// Runs a planned record to its end.
pub struct Runner<E, C, P> {
    pub(super) engine: Arc<E>,
    pub(super) clock: Arc<C>,
    pub(super) probe: P,
    pub(super) settings: Settings,
    pub(super) record: RunRecord,
    pub(super) bases: BTreeMap<String, String>,
    pub(super) observer: Box<dyn Observer>,
    /// What its builds have asked of the builder so far.
    pub(super) asked: Asked,
    pub(super) distribution: Option<Distribution<E>>,
    /// The builder's cache before the visit that is going on.
    pub(super) cache_before: Option<Before>,
    /// The ids that it listed last, without those removed since.
    pub(super) cache_listed: Option<BTreeSet<String>>,
    /// Of this process: what it sends is not what an interrupted one sent before.
    pub(super) nonce: String,
    /// File bytes of layers that were read already, by diff id.
    pub(super) layer_bytes: BTreeMap<String, Bytes>,
    /// What no record and no event may hold.
    pub(super) masker: Masker,
    /// Whether something was masked that was saved before.
    has_masked: bool,
    cases: BTreeMap<CaseId, PlannedCase>,
    pace: Option<Box<dyn Pace>>,
    stop: CancellationToken,
    pub(super) pending_cache: BTreeSet<String>,
    pub(super) doubtful_cache: BTreeSet<String>,
}

impl<E: Engine, C: Clock, P: Probe> Runner<E, C, P> {
    /// A runner of `record`, which holds the plan and, on a resumed run, what was measured before.
    #[allow(
        clippy::too_many_arguments,
        reason = "each is one seam of the pipeline"
    )]
    pub fn new(
        engine: Arc<E>,
        clock: Arc<C>,
        probe: P,
        settings: Settings,
        mut record: RunRecord,
        cases: Vec<PlannedCase>,
        observer: Box<dyn Observer>,
        stop: CancellationToken,
    ) -> Self {
        let mut masker = Masker::default();
        masker.learn(secrets_in(&mut record));
        masker.learn(settings.secrets.values().flat_map(Masker::parts));
        mask_texts(&mut record, &masker);
        let nonce = short_id(&format!("{} {}", clock.utc(), std::process::id()));
        let bases = record
            .bases
            .iter()
            .map(|base| (base.reference.clone(), base.resolved.clone()))
            .collect();
        let cases = cases
            .into_iter()
            .map(|case| (case.id.clone(), case))
            .collect();
        Self {
            engine,
            clock,
            probe,
            settings,
            record,
            bases,
            observer,
            asked: Asked::default(),
            distribution: None,
            cache_before: None,
            cache_listed: None,
            nonce,
            layer_bytes: BTreeMap::new(),
            masker,
            has_masked: false,
            cases,
            pace: None,
            stop,
            pending_cache: BTreeSet::new(),
            doubtful_cache: BTreeSet::new(),
        }
    }

    /// The same with pushes, and with pulls where there is an engine for them.
    pub fn with_distribution(mut self, distribution: Distribution<E>) -> Self {
        self.distribution = Some(distribution);
        self
    }

    /// The same where bases have other names on the building engine than in the record.
    pub fn with_bases(mut self, bases: BTreeMap<String, String>) -> Self {
        self.bases = bases;
        self
    }

    /// The same with as many rounds as `pace` asks for.
    pub fn with_pace(mut self, pace: Box<dyn Pace>) -> Self {
        self.pace = Some(pace);
        self
    }

    /// Visits what is not visited yet. Whatever ends it, the record is saved and
    /// the engine is swept of all that carries this run's label.
    ///
    /// # Errors
    /// When the engine is gone, or the record cannot be written. Failing cases
    /// are no error: they are DNF in the record.
    pub async fn run(mut self, recorder: &mut dyn Recorder) -> (RunRecord, Result<(), RunError>) {
        match recorder.noted_cache() {
            Ok(noted) => self.pending_cache = noted,
            Err(error) => self.warn(super::builds::chain(error.as_ref())),
        }
        self.sweep_before_resume().await;
        let mut result = match self.take_over_cache(recorder).await {
            Ok(()) => self.rounds(recorder).await,
            Err(error) => Err(error),
        };
        if self.record.state == RunState::Complete {
            weigh::weigh_bases(&mut self).await;
        }
        for warning in self.sweep_own().await {
            self.warn(warning);
        }
        self.tell_of_cache().await;
        self.record.finished_at = Some(self.clock.utc());
        // Whatever ended the rounds, what was measured is kept; the first error is reported.
        if let Err(error) = recorder.save(&self.record)
            && result.is_ok()
        {
            result = Err(RunError::Record(error));
        }
        (self.record, result)
    }

    async fn rounds(&mut self, recorder: &mut dyn Recorder) -> Result<(), RunError> {
        loop {
            self.planned_rounds(recorder).await?;
            let asked = match (self.record.state, &mut self.pace) {
                (RunState::Complete, Some(pace)) => pace.more(&mut self.record),
                _ => 0,
            };
            if asked == 0 {
                return Ok(());
            }
            self.extend(asked);
        }
    }

    /// Plans further rounds, in the order that a longer run of this seed has.
    fn extend(&mut self, rounds: u32) {
        let plan = &mut self.record.plan;
        let mut cases = plan.order.first().cloned().unwrap_or_default();
        cases.sort_by_key(|id| (*id == floor::floor_case(), id.clone()));
        plan.rounds += rounds;
        let longer = order_of(&cases, plan.seed, plan.warmup_rounds + plan.rounds);
        let planned = plan.order.len();
        plan.order.extend(longer.into_iter().skip(planned));
        let order = plan.order.concat();
        self.record.state = RunState::Running;
        self.observer.on_event(Event::MoreRounds { rounds, order });
    }

    /// Whether this round is the last one. Then no other is planned.
    fn ends_after(&mut self, round: u32) -> bool {
        let counted = round.saturating_sub(self.record.plan.warmup_rounds);
        if counted == 0 || counted == self.record.plan.rounds {
            return false;
        }
        let Some(pace) = &mut self.pace else {
            return false;
        };
        let ends = pace.is_enough(&mut self.record);
        if ends {
            self.record.plan.rounds = counted;
            self.record.plan.order.truncate(round as usize);
        }
        ends
    }

    async fn planned_rounds(&mut self, recorder: &mut dyn Recorder) -> Result<(), RunError> {
        let order = self.record.plan.order.clone();
        let visits: usize = order.iter().map(Vec::len).sum();
        let mut done = 0;
        for (round, cases) in (1..).zip(&order) {
            if let Some(pace) = &mut self.pace {
                pace.begins();
            }
            for (position, case) in (1..).zip(cases) {
                done += 1;
                if done <= self.record.plan.visits_done as usize {
                    continue;
                }
                if self.stop.is_cancelled() {
                    self.record.state = RunState::Interrupted;
                    return Ok(());
                }
                if self.is_given_up(case) {
                    self.record.plan.visits_done += 1;
                    continue;
                }
                let warmup = round <= self.record.plan.warmup_rounds;
                let planned = match self.cases.get(case) {
                    None if *case != floor::floor_case() => Vec::new(),
                    planned => visit::planned(self, planned),
                };
                let ledger = Ledger::new(case.clone(), round, position, warmup, planned);
                self.observer.on_event(Event::Visit {
                    case: case.clone(),
                    round,
                    rounds: u32::try_from(order.len()).unwrap_or(u32::MAX),
                    warmup,
                    done: done - 1,
                    visits,
                });
                let whole = self.visit_one(ledger, recorder).await?;
                if !whole {
                    self.record.state = RunState::Interrupted;
                    return Ok(());
                }
                self.record.plan.visits_done += 1;
                let saved = match std::mem::take(&mut self.has_masked) {
                    true => recorder.save_whole(&self.record),
                    false => recorder.save(&self.record),
                };
                saved.map_err(RunError::Record)?;
            }
            if done == self.record.plan.visits_done as usize && self.ends_after(round) {
                break;
            }
        }
        self.record.state = RunState::Complete;
        Ok(())
    }

    /// One visit; `false` where a signal cut it short.
    async fn visit_one(
        &mut self,
        mut ledger: Ledger,
        recorder: &mut dyn Recorder,
    ) -> Result<bool, RunError> {
        let id = ledger.case.clone();
        let is_floor = id == floor::floor_case();
        let case = self.cases.remove(&id);
        if case.is_none() && !is_floor {
            return Ok(true);
        }
        self.note_cache_before(case.as_ref(), recorder).await?;
        let stop = self.stop.clone();
        let (round, before) = (ledger.round, (self.settings.conditions)());
        let whole = {
            let work = visit::visit(self, case.as_ref(), &mut ledger);
            tokio::select! {
                biased;
                () = stop.cancelled() => false,
                () = work => true,
            }
        };
        self.record.conditions.push(VisitConditions {
            case: id.clone(),
            round,
            before,
            after: (self.settings.conditions)(),
        });
        if let Some(case) = case {
            self.cases.insert(id.clone(), case);
        }
        let lost = ledger.engine_lost;
        self.keep(ledger);
        if whole {
            self.settle_cache(recorder, None).await?;
        } else {
            let removing = "removing this run's containers and images";
            self.observer.on_event(Event::Cleanup(removing));
            self.sweep_own().await;
            self.settle_cache(recorder, Some(INTERRUPTED_WITHIN))
                .await?;
        }
        if lost {
            self.engine.ping().await.map_err(RunError::EngineGone)?;
        }
        Ok(whole)
    }

    /// Takes over what a visit yielded.
    fn keep(&mut self, mut ledger: Ledger) {
        self.mask(&mut ledger);
        let id = ledger.case.clone();
        let passed_before = matches!(self.disposition(&id), Some(Disposition::Qualified));
        let (contract, engine_lost) = (ledger.contract.clone(), ledger.engine_lost);
        let (image, posture) = (ledger.image.take(), ledger.posture.take());
        let layers = std::mem::take(&mut ledger.layers);
        let (samples, builds) = ledger.finish(passed_before);
        let (mut failed, mut expected) = (None, false);
        if let Some(case) = self.record.cases.iter_mut().find(|case| case.id == id) {
            match contract {
                ContractState::Passed => {
                    case.disposition = Disposition::Qualified;
                    case.image = image.or(case.image.take());
                    case.posture = case.posture.take().or(posture);
                    if case.layers.is_empty() {
                        case.layers = layers;
                    }
                }
                ContractState::Failed(reason) => {
                    failed = Some(reason.clone());
                    expected = case.expects_to_fail(&reason).is_some();
                    // A case that has worked before is visited again: one bad round is
                    // one bad round. So is one that a lost engine cut short.
                    if !passed_before && !engine_lost {
                        case.disposition = Disposition::Failed { reason };
                    }
                }
                ContractState::Unknown => {}
            }
        }
        for sample in &samples {
            let expected = self.record.expects(sample);
            self.observer.on_event(Event::Sample {
                case: id.clone(),
                metric: sample.metric,
                link: sample.link,
                outcome: sample.outcome.clone(),
                expected,
            });
        }
        self.record.samples.extend(samples);
        self.record.builds.extend(builds);
        self.observer.on_event(Event::Visited {
            case: id,
            failed,
            expected,
        });
    }

    /// Masks what a visit yielded; and what was recorded before, where the visit found secrets
    /// that were not known.
    fn mask(&mut self, ledger: &mut Ledger) {
        let mut found = std::mem::take(&mut ledger.secrets);
        found.extend(secrets_in(ledger));
        if self.masker.learn(found) {
            self.has_masked |= mask_texts(&mut self.record, &self.masker);
        }
        mask_texts(ledger, &self.masker);
    }

    pub(super) fn disposition(&self, id: &CaseId) -> Option<&Disposition> {
        self.record
            .cases
            .iter()
            .find(|case| case.id == *id)
            .map(|case| &case.disposition)
    }

    /// Removes all that this run left on the engine; says what stays.
    async fn sweep_own(&self) -> Vec<String> {
        let run = Some(&self.record.id);
        sweep(self.engine.as_ref(), |item| item.run.as_ref() == run)
            .await
            .1
    }

    /// Pulls are given up for the rest of the run; everything else goes on.
    pub(super) fn lose_puller(&mut self, reason: &str) {
        let warning = format!("the pulling engine went away: {reason}");
        if let Some(distribution) = &mut self.distribution {
            distribution.puller = Err(warning.clone());
        }
        self.warn(warning);
    }

    pub(super) fn warn(&mut self, warning: String) {
        let warning = self.masker.mask(&warning).into_owned();
        if !self.record.warnings.contains(&warning) {
            self.observer.on_event(Event::Warning(warning.clone()));
            self.record.warnings.push(warning);
        }
    }

    pub(super) fn phase(&mut self, metric: Metric) {
        self.observer.on_event(Event::Phase { metric });
    }

    pub(super) fn deadline(&self) -> std::time::Duration {
        self.record.plan.call_deadline_ns.into()
    }
}
