//! A run: all rounds, what is kept, and what is taken away again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::bench::{Bench, Settings, World};
use super::cache::Asked;
use super::distribution::Distribution;
use super::error::RunError;
use super::event::{Event, Observer};
use super::ledger::{ContractState, Ledger};
use super::naming::short_id;
use super::pace::Pace;
use super::plan::order_of;
use super::planned_case::PlannedCase;
use super::recorder::Recorder;
use super::sweep::sweep;
use super::{floor, visit, weigh};
use crate::engine::{Clock, Engine, Probe};
use crate::record::{
    CaseId, Disposition, RunRecord, RunState, VisitConditions, mask_texts, secrets_in,
};
use crate::secrets::Masker;
use crate::text::chain;

/// How long an interrupted run may take for the builder's cache. What is left then is noted,
/// and `plimsoll clean` removes it.
const INTERRUPTED_WITHIN: Duration = Duration::from_secs(5);

/// Runs a planned record to its end.
pub struct Runner<W: World> {
    bench: Bench<W>,
    /// Whether something was masked that was saved before.
    has_masked: bool,
    cases: BTreeMap<CaseId, PlannedCase>,
    pace: Option<Box<dyn Pace>>,
    stop: CancellationToken,
}

impl<E: Engine, C: Clock, P: Probe> Runner<(E, C, P)> {
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
        let bench = Bench {
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
            pending_cache: BTreeSet::new(),
            doubtful_cache: BTreeSet::new(),
            nonce,
            layer_bytes: BTreeMap::new(),
            masker,
        };
        Self {
            bench,
            has_masked: false,
            cases,
            pace: None,
            stop,
        }
    }
}

impl<W: World> Runner<W> {
    /// The same with pushes, and with pulls where there is an engine for them.
    pub fn with_distribution(mut self, distribution: Distribution<W::Engine>) -> Self {
        self.bench.distribution = Some(distribution);
        self
    }

    /// The same where bases have other names on the building engine than in the record.
    pub fn with_bases(mut self, bases: BTreeMap<String, String>) -> Self {
        self.bench.bases = bases;
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
            Ok(noted) => self.bench.pending_cache = noted,
            Err(error) => self.bench.warn(chain(error.as_ref())),
        }
        self.bench.sweep_before_resume().await;
        let mut result = match self.bench.take_over_cache(recorder).await {
            Ok(()) => self.rounds(recorder).await,
            Err(error) => Err(error),
        };
        if self.bench.record.state == RunState::Complete {
            weigh::weigh_bases(&mut self.bench).await;
        }
        for warning in self.sweep_own().await {
            self.bench.warn(warning);
        }
        self.bench.warn_of_kept_cache().await;
        self.bench.record.finished_at = Some(self.bench.clock.utc());
        // Whatever ended the rounds, what was measured is kept; the first error is reported.
        if let Err(error) = recorder.save(&self.bench.record)
            && result.is_ok()
        {
            result = Err(RunError::Record(error));
        }
        (self.bench.record, result)
    }

    async fn rounds(&mut self, recorder: &mut dyn Recorder) -> Result<(), RunError> {
        loop {
            self.planned_rounds(recorder).await?;
            let asked = match (self.bench.record.state, &mut self.pace) {
                (RunState::Complete, Some(pace)) => pace.more(&mut self.bench.record),
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
        let plan = &mut self.bench.record.plan;
        let mut cases = plan.order.first().cloned().unwrap_or_default();
        cases.sort_by_key(|id| (*id == floor::floor_case(), id.clone()));
        plan.rounds += rounds;
        let longer = order_of(&cases, plan.seed, plan.warmup_rounds + plan.rounds);
        let planned = plan.order.len();
        plan.order.extend(longer.into_iter().skip(planned));
        let order = plan.order.concat();
        self.bench.record.state = RunState::Running;
        self.bench
            .observer
            .on_event(Event::MoreRounds { rounds, order });
    }

    /// Whether this round is the last one. Then no other is planned.
    fn ends_after(&mut self, round: u32) -> bool {
        let counted = round.saturating_sub(self.bench.record.plan.warmup_rounds);
        if counted == 0 || counted == self.bench.record.plan.rounds {
            return false;
        }
        let Some(pace) = &mut self.pace else {
            return false;
        };
        let ends = pace.is_enough(&mut self.bench.record);
        if ends {
            self.bench.record.plan.rounds = counted;
            self.bench.record.plan.order.truncate(round as usize);
        }
        ends
    }

    async fn planned_rounds(&mut self, recorder: &mut dyn Recorder) -> Result<(), RunError> {
        let order = self.bench.record.plan.order.clone();
        let visits: usize = order.iter().map(Vec::len).sum();
        let mut done = 0;
        for (round, cases) in (1..).zip(&order) {
            if let Some(pace) = &mut self.pace {
                pace.begins();
            }
            for (position, case) in (1..).zip(cases) {
                done += 1;
                if done <= self.bench.record.plan.visits_done as usize {
                    continue;
                }
                if self.stop.is_cancelled() {
                    self.bench.record.state = RunState::Interrupted;
                    return Ok(());
                }
                if self.bench.is_given_up(case) {
                    self.bench.record.plan.visits_done += 1;
                    continue;
                }
                let warmup = round <= self.bench.record.plan.warmup_rounds;
                let planned = match self.cases.get(case) {
                    None if *case != floor::floor_case() => Vec::new(),
                    planned => visit::planned(&self.bench, planned),
                };
                let ledger = Ledger::new(case.clone(), round, position, warmup, planned);
                self.bench.observer.on_event(Event::Visit {
                    case: case.clone(),
                    round,
                    rounds: u32::try_from(order.len()).unwrap_or(u32::MAX),
                    warmup,
                    done: done - 1,
                    visits,
                });
                let whole = self.visit_one(ledger, recorder).await?;
                if !whole {
                    self.bench.record.state = RunState::Interrupted;
                    return Ok(());
                }
                self.bench.record.plan.visits_done += 1;
                let saved = match std::mem::take(&mut self.has_masked) {
                    true => recorder.save_whole(&self.bench.record),
                    false => recorder.save(&self.bench.record),
                };
                saved.map_err(RunError::Record)?;
            }
            if done == self.bench.record.plan.visits_done as usize && self.ends_after(round) {
                break;
            }
        }
        self.bench.record.state = RunState::Complete;
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
        self.bench
            .note_cache_before(case.as_ref(), recorder)
            .await?;
        let stop = self.stop.clone();
        let (round, before) = (ledger.round, (self.bench.settings.conditions)());
        let whole = {
            let work = visit::visit(&mut self.bench, case.as_ref(), &mut ledger);
            tokio::select! {
                biased;
                () = stop.cancelled() => false,
                () = work => true,
            }
        };
        self.bench.record.conditions.push(VisitConditions {
            case: id.clone(),
            round,
            before,
            after: (self.bench.settings.conditions)(),
        });
        if let Some(case) = case {
            self.cases.insert(id.clone(), case);
        }
        let lost = ledger.engine_lost;
        self.keep(ledger);
        if whole {
            self.bench.settle_cache(recorder, None).await?;
        } else {
            let removing = "removing this run's containers and images";
            self.bench.observer.on_event(Event::Cleanup(removing));
            self.sweep_own().await;
            self.bench
                .settle_cache(recorder, Some(INTERRUPTED_WITHIN))
                .await?;
        }
        if lost {
            self.bench
                .engine
                .ping()
                .await
                .map_err(RunError::EngineGone)?;
        }
        Ok(whole)
    }

    /// Takes over what a visit yielded.
    fn keep(&mut self, mut ledger: Ledger) {
        self.mask(&mut ledger);
        let id = ledger.case.clone();
        let passed_before = matches!(self.bench.disposition(&id), Some(Disposition::Qualified));
        let (contract, engine_lost) = (ledger.contract.clone(), ledger.engine_lost);
        let (image, posture) = (ledger.image.take(), ledger.posture.take());
        let layers = std::mem::take(&mut ledger.layers);
        let (samples, builds) = ledger.finish(passed_before);
        let (mut failed, mut expected) = (None, false);
        if let Some(case) = self
            .bench
            .record
            .cases
            .iter_mut()
            .find(|case| case.id == id)
        {
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
            let expected = self.bench.record.expects(sample);
            self.bench.observer.on_event(Event::Sample {
                case: id.clone(),
                metric: sample.metric,
                link: sample.link,
                outcome: sample.outcome.clone(),
                expected,
            });
        }
        self.bench.record.samples.extend(samples);
        self.bench.record.builds.extend(builds);
        self.bench.observer.on_event(Event::Visited {
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
        if self.bench.masker.learn(found) {
            self.has_masked |= mask_texts(&mut self.bench.record, &self.bench.masker);
        }
        mask_texts(ledger, &self.bench.masker);
    }

    /// Removes all that this run left on the engine; says what stays.
    async fn sweep_own(&self) -> Vec<String> {
        let run = Some(&self.bench.record.id);
        sweep(self.bench.engine.as_ref(), |item| item.run.as_ref() == run)
            .await
            .1
    }
}
