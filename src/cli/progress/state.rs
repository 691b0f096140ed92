//! What is known of a run while it works, from its events.

use std::collections::BTreeMap;
use std::time::Duration;

use super::best::BestResults;
use super::duration::clock;
use crate::record::{CaseId, Link, Metric, Outcome, Status};
use crate::runner::Event;
use crate::secrets::mask_found;
use crate::text;
use crate::units::Quantity;

/// The time in a phase before anything is drawn in it without an event.
const QUIET: Duration = Duration::from_secs(1);

/// The state of a run. Times are those since the display began.
pub(super) struct RunProgress {
    order: Vec<CaseId>,
    /// Visits that are done, and all.
    done: usize,
    visits: usize,
    current: Option<CurrentVisit>,
    /// What the current visit yielded, for its line.
    summary: Vec<String>,
    spent: BTreeMap<CaseId, (Duration, u32)>,
    /// The time that the visits from `done` on will take.
    rest: Option<Duration>,
    best: BestResults,
}

/// The visit that takes place.
pub(super) struct CurrentVisit {
    pub(super) case: CaseId,
    /// `round 1/6`, or `warm-up round 1/7`.
    pub(super) round: String,
    pub(super) phase: Option<CurrentPhase>,
    label: String,
    begun: Duration,
}

/// The phase of the current visit.
pub(super) struct CurrentPhase {
    pub(super) metric: Metric,
    pub(super) begun: Duration,
    /// The builder's current step, as it names it.
    pub(super) step: Option<String>,
}

/// A line that an event gives: masked, and free of control characters.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ProgressLine {
    /// A visit begins. The live view shows that itself.
    Begins(String),
    /// Something that stays on the screen.
    Lasting(String),
}

impl ProgressLine {
    fn begins(text: &str) -> Self {
        Self::Begins(clean(text))
    }

    fn lasting(text: &str) -> Self {
        Self::Lasting(clean(text))
    }
}

fn clean(text: &str) -> String {
    text::inline(&mask_found(text)).into_owned()
}

impl RunProgress {
    /// The visits of `order`, none of which has begun.
    pub(super) fn new(order: Vec<CaseId>) -> Self {
        Self {
            done: 0,
            visits: order.len(),
            order,
            current: None,
            summary: Vec::new(),
            spent: BTreeMap::new(),
            rest: None,
            best: BestResults::default(),
        }
    }

    /// Takes an event in, and gives its line if it has one.
    pub(super) fn on_event(&mut self, event: Event, now: Duration) -> Option<ProgressLine> {
        match event {
            Event::Visit {
                case,
                round,
                rounds,
                warmup,
                done,
                visits,
            } => {
                let kind = if warmup { "warm-up " } else { "" };
                let round = format!("{kind}round {round}/{rounds}");
                (self.done, self.visits) = (done, visits);
                return Some(self.begins(case, round, now));
            }
            Event::Phase { metric } => {
                if let Some(visit) = &mut self.current {
                    visit.phase = Some(CurrentPhase {
                        metric,
                        begun: now,
                        step: None,
                    });
                }
            }
            Event::Step { name } => {
                let phase = self.current.as_mut().and_then(|one| one.phase.as_mut());
                if let Some(phase) = phase {
                    phase.step = Some(name);
                }
            }
            Event::Sample {
                case,
                metric,
                link,
                outcome,
                expected,
            } => {
                self.best.add(&case, metric, &outcome);
                self.summary.extend(words(metric, link, &outcome, expected));
            }
            Event::Visited {
                case,
                failed,
                expected,
            } => return self.visited(&case, failed.as_deref(), expected, now),
            Event::MoreRounds { rounds, order } => {
                self.visits = order.len();
                self.order = order;
                self.rest = self.estimate();
                let text = format!("{rounds} further rounds, because some verdicts are open");
                return Some(ProgressLine::lasting(&text));
            }
            Event::Warning(text) => {
                return Some(ProgressLine::lasting(&format!("warning: {text}")));
            }
            Event::Cleanup(what) => {
                return Some(ProgressLine::lasting(&format!("stopping: {what}")));
            }
        }
        None
    }

    fn begins(&mut self, case: CaseId, round: String, now: Duration) -> ProgressLine {
        self.rest = self.estimate();
        let left = match self.rest {
            Some(left) => format!(", about {} left", clock(left)),
            None => String::new(),
        };
        let label = format!("[{}/{}] {round}", self.done + 1, self.visits);
        let line = format!("{label} {case} ... ({} so far{left})", clock(now));
        self.current = Some(CurrentVisit {
            case,
            round,
            phase: None,
            label,
            begun: now,
        });
        ProgressLine::begins(&line)
    }

    fn visited(
        &mut self,
        case: &CaseId,
        failed: Option<&str>,
        expected: bool,
        now: Duration,
    ) -> Option<ProgressLine> {
        let CurrentVisit { label, begun, .. } = self.current.take()?;
        let spent = now.saturating_sub(begun);
        let entry = self.spent.entry(case.clone()).or_default();
        entry.0 += spent;
        entry.1 += 1;
        self.done += 1;
        self.rest = self.estimate();
        let text = match failed {
            Some(reason) if expected => format!("failed as expected: {reason}"),
            Some(reason) => format!("DNF: {reason}"),
            None => self.summary.join(", "),
        };
        self.summary.clear();
        let line = format!("{label} {case}: {text} [{}]", clock(spent));
        Some(ProgressLine::lasting(&line))
    }

    fn mean(&self) -> Option<Duration> {
        let (total, count) = self
            .spent
            .values()
            .fold((Duration::ZERO, 0), |(total, count), (spent, n)| {
                (total + *spent, count + n)
            });
        total.checked_div(count)
    }

    fn own_mean(&self, case: &CaseId) -> Option<Duration> {
        let (spent, n) = self.spent.get(case)?;
        spent.checked_div(*n)
    }

    /// Time that the visits from `done` on will take, from those that were made.
    fn estimate(&self) -> Option<Duration> {
        let mean = self.mean()?;
        let rest = self.order.get(self.done..)?;
        let expected = rest.iter().map(|case| self.own_mean(case).unwrap_or(mean));
        Some(expected.sum())
    }

    /// Time that the rest of the run will take, from the visits that were made.
    pub(super) fn left(&self, now: Duration) -> Option<Duration> {
        let rest = self.rest?;
        let Some(visit) = &self.current else {
            return Some(rest);
        };
        let expected = self.own_mean(&visit.case).or_else(|| self.mean());
        let gone = now.saturating_sub(visit.begun);
        Some(rest.saturating_sub(gone.min(expected.unwrap_or_default())))
    }

    /// Visits that are done, and all.
    pub(super) fn visits(&self) -> (usize, usize) {
        (self.done, self.visits)
    }

    /// The visit that takes place.
    pub(super) fn current(&self) -> Option<&CurrentVisit> {
        self.current.as_ref()
    }

    /// The case of the visit after those that are done.
    pub(super) fn next_case(&self) -> Option<&CaseId> {
        self.order.get(self.done)
    }

    /// The best results so far.
    pub(super) fn best(&self) -> &BestResults {
        &self.best
    }

    /// Whether it may be drawn without an event: not in the first second of a phase, so that short
    /// intervals are timed without it, and not under load.
    pub(super) fn may_be_drawn(&self, now: Duration) -> bool {
        match self.current.as_ref().and_then(|one| one.phase.as_ref()) {
            Some(phase) => {
                phase.metric != Metric::ServeRps && now.saturating_sub(phase.begun) >= QUIET
            }
            None => true,
        }
    }
}

/// Whether the line of a visit contains a metric.
fn is_shown(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::SizeUnpacked
            | Metric::BuildCold
            | Metric::BuildCached
            | Metric::RebuildSource
            | Metric::RebuildDependency
            | Metric::StartReady
            | Metric::SizeTransfer
            | Metric::PushTime
            | Metric::PullCold
            | Metric::PullBase
            | Metric::PullUpdate
            | Metric::FloorBuildCold
            | Metric::FloorStartStarted
    )
}

/// What the line of a visit says of a sample.
fn words(metric: Metric, link: Option<Link>, outcome: &Outcome, expected: bool) -> Option<String> {
    let over = link.map_or(String::new(), |link| format!(" over {link}"));
    let title = metric.title();
    if let Status::Invalid | Status::Dnf = outcome.status() {
        let word = outcome.status().word();
        let reason = outcome.reason().unwrap_or_default();
        let note = if expected { " as expected" } else { "" };
        return Some(format!("{title}{over} {word}{note} ({reason})"));
    }
    let value = outcome.value().filter(|_| is_shown(metric))?;
    Some(format!("{title}{over} {}", shown(value)))
}

/// A value with its unit.
pub(super) fn shown(value: Quantity) -> String {
    match value {
        Quantity::Bytes(bytes) => bytes.to_string(),
        Quantity::Time(time) => time.to_string(),
        other => other.base_value().to_string(),
    }
}
