//! What the runner reports while it works.

use crate::record::{CaseId, Link, Metric, Outcome};

/// Something that happened. Sent before and after marks, never between two,
/// with one exception: [`Event::Step`], while a builder works.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A visit of a case begins.
    Visit {
        /// The case.
        case: CaseId,
        /// The round, from 1.
        round: u32,
        /// Rounds in all.
        rounds: u32,
        /// Whether this round is a declared warm-up.
        warmup: bool,
        /// Visits that are done.
        done: usize,
        /// Visits in all.
        visits: usize,
    },
    /// A phase begins.
    Phase {
        /// What it measures.
        metric: Metric,
    },
    /// The builder began a step.
    Step {
        /// The builder's own name for it.
        name: String,
    },
    /// A sample was taken.
    Sample {
        /// The case.
        case: CaseId,
        /// The metric.
        metric: Metric,
        /// The link that it went over, for what goes over one.
        link: Option<Link>,
        /// Value or reason.
        outcome: Outcome,
        /// Whether it is the failure that the scenario expects.
        expected: bool,
    },
    /// A visit ended.
    Visited {
        /// The case.
        case: CaseId,
        /// Why the case is out of the run, where it is.
        failed: Option<String>,
        /// Whether that is what the scenario expects of it.
        expected: bool,
    },
    /// All planned rounds are done, and there are to be more.
    MoreRounds {
        /// How many.
        rounds: u32,
        /// The cases of all visits of the run, in order.
        order: Vec<CaseId>,
    },
    /// Something a reader should know.
    Warning(String),
    /// A step of the clean-up after an interruption begins.
    Cleanup(&'static str),
}

/// Hears the events. Must not block: it is called by the measuring task.
pub trait Observer: Send {
    /// One event.
    fn on_event(&mut self, event: Event);
}

impl<F: FnMut(Event) + Send> Observer for F {
    fn on_event(&mut self, event: Event) {
        self(event);
    }
}
