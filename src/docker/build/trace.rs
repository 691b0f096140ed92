//! BuildKit's status stream, merged into steps.
//!
//! A vertex is sent again with every change, and one digest can have several
//! intervals (a look into the cache, then the work). Digests distinguish vertices
//! within one build; between builds only the names are stable.

use std::collections::{BTreeMap, HashMap};

use bollard::moby::buildkit::v1::{StatusResponse, Vertex};

use super::failure::Failing;
use super::tail::{STEP_BYTES, Tail};
use crate::engine::{BuildStep, StepSink};
use crate::units::Nanos;

/// BuildKit's message for steps that were cancelled because another one failed.
const CANCELLED: &str = "context canceled";

/// The steps of a build so far.
#[derive(Default)]
pub(super) struct Trace {
    /// Digests by first appearance.
    order: Vec<String>,
    steps: HashMap<String, Step>,
}

#[derive(Default)]
struct Step {
    name: String,
    cached: bool,
    error: String,
    /// Start to end, in nanoseconds on the builder's clock.
    intervals: BTreeMap<i64, Option<i64>>,
    log: Tail,
    /// The bytes of the log that count as kept.
    logged: usize,
}

impl Trace {
    /// Whether the builder reported anything.
    pub(super) fn heard(&self) -> bool {
        !self.order.is_empty()
    }

    /// Returns by how many bytes the steps grew.
    pub(super) fn take(&mut self, status: StatusResponse, sink: &mut StepSink<'_>) -> usize {
        let known = self.order.len();
        let mut grown = 0;
        for vertex in status.vertexes {
            let step = self.step(&vertex.digest);
            let idle = step.intervals.is_empty();
            grown += step.merge(vertex);
            if idle && !step.intervals.is_empty() {
                sink(&step.name);
            }
        }
        for log in status.logs {
            grown += self.step(&log.vertex).take_output(&log.msg);
        }
        let new = self.order.iter().skip(known);
        grown
            + new
                .map(|digest| 2 * digest.len() + size_of::<Step>())
                .sum::<usize>()
    }

    fn step(&mut self, digest: &str) -> &mut Step {
        if !self.steps.contains_key(digest) {
            self.order.push(digest.to_owned());
        }
        self.steps.entry(digest.to_owned()).or_default()
    }

    fn in_order(&self) -> impl Iterator<Item = &Step> {
        self.order
            .iter()
            .filter_map(|digest| self.steps.get(digest))
    }

    pub(super) fn steps(&self) -> Vec<BuildStep> {
        let origin = self.in_order().filter_map(Step::started).min();
        self.in_order()
            .map(|step| BuildStep {
                name: step.name.clone(),
                started: step.started().zip(origin).map(|(at, from)| span(from, at)),
                duration: step.duration(),
                cached: step.cached,
            })
            .collect()
    }

    /// The step that caused the failure: the one whose message is in the failure. Parallel steps
    /// also end with errors, because they are cancelled.
    pub(super) fn failing(&self, message: &str) -> Option<Failing> {
        let failed = || self.in_order().filter(|step| !step.error.is_empty());
        let step = failed()
            .find(|step| message.contains(&step.error))
            .or_else(|| failed().find(|step| !step.error.contains(CANCELLED)))?;
        Some(Failing {
            step: step.name.clone(),
            message: Some(step.error.clone()),
            log: step.log.lines(),
        })
    }
}

impl Step {
    /// Returns by how many bytes it grew.
    fn merge(&mut self, vertex: Vertex) -> usize {
        let mut grown = 0;
        if self.name != vertex.name {
            grown += vertex.name.len();
            self.name = vertex.name;
        }
        self.cached = vertex.cached;
        if !vertex.error.is_empty() && self.error != vertex.error {
            grown += vertex.error.len();
            self.error = vertex.error;
        }
        let intervals = self.intervals.len();
        if let Some(started) = vertex.started {
            let completed = vertex.completed.map(|at| nanos(at.seconds, at.nanos));
            let end = self
                .intervals
                .entry(nanos(started.seconds, started.nanos))
                .or_default();
            *end = completed.or(*end);
        }
        grown + (self.intervals.len() - intervals) * size_of::<(i64, Option<i64>)>()
    }

    /// Returns by how many bytes it grew.
    fn take_output(&mut self, output: &[u8]) -> usize {
        self.log.take(output);
        let grown = output.len().min(STEP_BYTES - self.logged);
        self.logged += grown;
        grown
    }

    fn started(&self) -> Option<i64> {
        self.intervals.keys().next().copied()
    }

    /// The working time: overlapping intervals count once, and gaps do not count.
    fn duration(&self) -> Option<Nanos> {
        let mut total = None;
        let mut counted_until = i64::MIN;
        for (start, end) in &self.intervals {
            let Some(end) = end else { continue };
            let from = (*start).max(counted_until);
            total = Some(total.unwrap_or(Nanos(0)) + span(from, *end));
            counted_until = counted_until.max(*end);
        }
        total
    }
}

fn nanos(seconds: i64, nanos: i32) -> i64 {
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(i64::from(nanos))
}

fn span(from: i64, to: i64) -> Nanos {
    Nanos(u64::try_from(to.saturating_sub(from)).unwrap_or(0))
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
