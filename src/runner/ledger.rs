//! What one visit of a case yields, until it is known whether it counts.

use crate::engine::{EngineError, ErrorKind, HealthCheck};
use crate::record::{
    BuildRecord, CaseId, ImageRecord, LayerContents, Link, Metric, Outcome, Posture, Sample,
    StopFacts, Texts, Visit,
};
use crate::secrets::Secret;
use crate::units::Quantity;

/// Whether the contract was seen to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContractState {
    /// Not asked yet.
    Unknown,
    /// It held.
    Passed,
    /// It did not, or the app was never built.
    Failed(String),
}

/// The samples of one visit. They count only once the contract was seen to hold: a
/// container that does not work has no size (METHODOLOGY, rule 1).
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) case: CaseId,
    pub(super) round: u32,
    pub(super) order: u32,
    pub(super) warmup: bool,
    pub(super) contract: ContractState,
    pub(super) image: Option<ImageRecord>,
    /// The image's health check, where it has one.
    pub(super) health_check: Option<HealthCheck>,
    /// How the process took its stop signal.
    pub(super) stop: Option<StopFacts>,
    /// Facts of the image, where this visit looked into it.
    pub(super) posture: Option<Posture>,
    pub(super) layers: Vec<LayerContents>,
    /// Values of secrets that were found in the image: nothing of the record may hold them.
    pub(super) secrets: Vec<Secret>,
    /// Set when the engine itself was out of reach.
    pub(super) engine_lost: bool,
    /// What a visit of this case yields if all goes well.
    planned: Vec<(Metric, Option<Link>)>,
    samples: Vec<Sample>,
    builds: Vec<BuildRecord>,
}

impl Ledger {
    pub(super) fn new(
        case: CaseId,
        round: u32,
        order: u32,
        warmup: bool,
        planned: Vec<(Metric, Option<Link>)>,
    ) -> Self {
        Self {
            case,
            round,
            order,
            warmup,
            contract: ContractState::Unknown,
            image: None,
            health_check: None,
            stop: None,
            posture: None,
            layers: Vec::new(),
            secrets: Vec::new(),
            engine_lost: false,
            planned,
            samples: Vec::new(),
            builds: Vec::new(),
        }
    }

    /// Notes an outcome.
    pub(super) fn note(&mut self, metric: Metric, outcome: Outcome) {
        self.note_over(metric, None, outcome);
    }

    /// Notes an outcome of what went over a link.
    pub(super) fn note_over(&mut self, metric: Metric, link: Option<Link>, outcome: Outcome) {
        let (case, round, order) = (self.case.clone(), self.round, self.order);
        self.samples.push(Sample {
            case,
            metric,
            round,
            order,
            link,
            outcome,
            detail: None,
        });
    }

    /// Notes a value.
    pub(super) fn value(&mut self, metric: Metric, value: Quantity) {
        self.note(metric, Outcome::Ok { value });
    }

    /// Notes a value, or why it is not what its metric asks for.
    pub(super) fn judged(&mut self, metric: Metric, value: Quantity, verdict: Result<(), String>) {
        match verdict {
            Ok(()) => self.value(metric, value),
            Err(reason) => self.note(
                metric,
                Outcome::Invalid {
                    value: Some(value),
                    reason,
                },
            ),
        }
    }

    /// Adds a remark to the last note.
    pub(super) fn detail(&mut self, detail: String) {
        if let Some(sample) = self.samples.last_mut() {
            sample.detail = Some(detail);
        }
    }

    /// Notes that a phase did not finish.
    pub(super) fn dnf(&mut self, metric: Metric, reason: &str) {
        self.note(
            metric,
            Outcome::Dnf {
                reason: reason.to_owned(),
            },
        );
    }

    /// Notes a build.
    pub(super) fn build(&mut self, build: BuildRecord) {
        self.builds.push(build);
    }

    /// The contract does not hold: whatever was seen in this visit has no value, and all that was planned did not finish.
    pub(super) fn fail(&mut self, reason: &str) {
        self.contract = ContractState::Failed(reason.to_owned());
        self.samples.clear();
        for (metric, link) in self.planned.clone() {
            let reason = reason.to_owned();
            self.note_over(metric, link, Outcome::Dnf { reason });
        }
    }

    /// The samples that may be kept. A visit that ended before the contract was
    /// checked keeps its values only where an earlier visit saw it hold.
    pub(super) fn finish(mut self, passed_before: bool) -> (Vec<Sample>, Vec<BuildRecord>) {
        if self.contract == ContractState::Unknown && !passed_before {
            return (Vec::new(), Vec::new());
        }
        if self.warmup {
            for sample in &mut self.samples {
                if let Outcome::Ok { value } = sample.outcome {
                    sample.outcome = Outcome::Warmup { value };
                }
            }
        }
        (self.samples, self.builds)
    }
}

impl Texts for Ledger {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        if let ContractState::Failed(reason) = &mut self.contract {
            visit(reason);
        }
        self.image.each_text(visit);
        self.posture.each_text(visit);
        self.layers.each_text(visit);
        self.samples.each_text(visit);
        self.builds.each_text(visit);
    }
}

/// The reason of a call that failed; notes where the engine itself is gone.
pub(super) fn lost(ledger: &mut Ledger, error: &EngineError) -> String {
    ledger.engine_lost |= error.kind == ErrorKind::Unreachable;
    error.chain()
}
