//! What each phase of a visit works with: the engine, the clock, the probe, the settings, the
//! record, and what is known of registry and build cache.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::cache::{Asked, Before};
use super::distribution::Distribution;
use super::event::{Event, Observer};
use crate::engine::{Clock, Engine, EngineError, ErrorKind, Probe, Result as EngineResult};
use crate::record::{CaseId, Conditions, Disposition, Metric, Reach, RunRecord};
use crate::scan::Scanners;
use crate::secrets::{Masker, Secret};
use crate::units::{Bytes, Nanos};

/// The types of what a run depends on and does not choose, under one name.
pub trait World {
    /// The engine that builds and runs.
    type Engine: Engine;
    /// Where the time comes from.
    type Clock: Clock;
    /// What asks an app whether it is ready.
    type Probe: Probe;
}

impl<E: Engine, C: Clock, P: Probe> World for (E, C, P) {
    type Engine = E;
    type Clock = C;
    type Probe = P;
}

/// What a run needs to know in addition to the cases.
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

/// What the phases of a run share. It is not the command `bench`.
pub(super) struct Bench<W: World> {
    pub(super) engine: Arc<W::Engine>,
    pub(super) clock: Arc<W::Clock>,
    pub(super) probe: W::Probe,
    pub(super) settings: Settings,
    pub(super) record: RunRecord,
    pub(super) bases: BTreeMap<String, String>,
    pub(super) observer: Box<dyn Observer>,
    /// What the run's builds have asked of the builder so far.
    pub(super) asked: Asked,
    pub(super) distribution: Option<Distribution<W::Engine>>,
    /// The builder's cache before the visit that is going on.
    pub(super) cache_before: Option<Before>,
    /// The ids that it listed last, without those removed since.
    pub(super) cache_listed: Option<BTreeSet<String>>,
    /// Ids of cache records that are ours and not removed yet.
    pub(super) pending_cache: BTreeSet<String>,
    /// Ids of those that may be another build's.
    pub(super) doubtful_cache: BTreeSet<String>,
    /// Of this process: what it sends is not what an interrupted one sent before.
    pub(super) nonce: String,
    /// File bytes of layers that were read already, by diff id.
    pub(super) layer_bytes: BTreeMap<String, Bytes>,
    /// What no record and no event may hold.
    pub(super) masker: Masker,
}

impl<W: World> Bench<W> {
    pub(super) fn disposition(&self, id: &CaseId) -> Option<&Disposition> {
        self.record
            .cases
            .iter()
            .find(|case| case.id == *id)
            .map(|case| &case.disposition)
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

    pub(super) fn deadline(&self) -> Duration {
        self.record.plan.call_deadline_ns.into()
    }
}

/// An engine call with the run's deadline for calls.
pub(super) async fn bounded<W: World, T>(
    bench: &Bench<W>,
    operation: &'static str,
    subject: &impl ToString,
    call: impl Future<Output = EngineResult<T>>,
) -> EngineResult<T> {
    match tokio::time::timeout(bench.deadline(), call).await {
        Ok(result) => result,
        Err(_) => Err(overdue(operation, subject)),
    }
}

pub(super) fn overdue(operation: &'static str, subject: &impl ToString) -> EngineError {
    EngineError::new(
        operation,
        subject.to_string(),
        ErrorKind::Timeout,
        "the engine did not answer before the deadline",
    )
}
