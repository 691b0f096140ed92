//! What a run is given: engine, clock and the like, and what it is to measure.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::args::RunArgs;
use super::cases::Selection;
use crate::record::{AbRecord, HostFacts, Revision};
use crate::runner::Pace;
use crate::scan::Scanners;

/// What a run needs of the world; tests put fakes in.
pub struct Seams<E, C, P, G> {
    /// The user's engine.
    pub engine: Arc<E>,
    /// The clock.
    pub clock: Arc<C>,
    /// The probe of the user's engine.
    pub probe: Arc<P>,
    /// Registry and clean room.
    pub environments: G,
    /// Facts about the host.
    pub host: HostFacts,
    /// The commit that the home folder is at, where it lies in a repository.
    pub revision: Option<Revision>,
    /// The command line, for the record.
    pub command: Vec<String>,
    /// The vulnerability scanners to ask, where any is installed.
    pub scanners: Option<Scanners>,
    /// Cancelled when the user asks to stop.
    pub stop: CancellationToken,
}

/// What is to be measured.
pub(super) struct Job<'a> {
    pub(super) args: &'a RunArgs,
    /// Cases that are selected already, instead of scenarios by name.
    pub(super) given: Option<Given>,
}

/// Cases that are selected already.
pub(super) struct Given {
    /// The cases.
    pub(super) selection: Selection,
    /// Which revisions they are of, where they are of two.
    pub(super) ab: Option<AbRecord>,
    /// What the run's folder is called.
    pub(super) name: String,
    /// How many rounds there are, where the plan alone does not say.
    pub(super) pace: Option<Box<dyn Pace>>,
}

impl<'a> Job<'a> {
    /// Scenarios by name.
    pub(super) fn of(args: &'a RunArgs) -> Self {
        Self { args, given: None }
    }
}
