//! What a person sees while a run works.
//!
//! Lines are drawn when the runner reports something: before and after marks,
//! never between two, and there is no ticker. The one exception is the builder's
//! current step, redrawn on a terminal at most four times a second.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::SharedSink;
use crate::record::{CaseId, Link, Metric, Outcome, Status};
use crate::runner::{Event, Observer};
use crate::secrets::mask_found;
use crate::text;
use crate::units::Nanos;

/// The least time between two redraws for the builder's steps.
const STEP_INTERVAL: Duration = Duration::from_millis(250);

/// Where lines go: the terminal's bar, or a sink of lines.
enum Surface {
    Bar(ProgressBar),
    Lines(SharedSink),
}

/// Draws events.
pub(super) struct Display {
    surface: Surface,
    begun: Instant,
    visit: Option<(CaseId, String, Instant)>,
    phase: String,
    summary: Vec<String>,
    last_step: Instant,
    spent: BTreeMap<CaseId, (Duration, u32)>,
    order: Vec<CaseId>,
}

impl Display {
    /// A display of the visits in `order`; `redraw` where stderr is a terminal.
    pub(super) fn new(order: Vec<CaseId>, redraw: bool, lines: SharedSink) -> Self {
        let surface = if redraw {
            let target = ProgressDrawTarget::stderr();
            let bar = ProgressBar::with_draw_target(Some(order.len() as u64), target);
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            Surface::Bar(bar)
        } else {
            Surface::Lines(lines)
        };
        let now = Instant::now();
        Self {
            surface,
            begun: now,
            visit: None,
            phase: String::new(),
            summary: Vec::new(),
            last_step: now,
            spent: BTreeMap::new(),
            order,
        }
    }

    fn line(&self, text: &str) {
        let text = mask_found(text);
        let text = &*text::inline(&text);
        match &self.surface {
            Surface::Bar(bar) => bar.println(text),
            Surface::Lines(sink) => {
                let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = writeln!(sink, "{text}");
                let _ = sink.flush();
            }
        }
    }

    fn redraw(&self, detail: &str) {
        if let (Surface::Bar(bar), Some((case, round, _))) = (&self.surface, &self.visit) {
            let detail = mask_found(detail);
            bar.set_message(text::inline(&format!("{round} {case}: {detail}")).into_owned());
        }
    }

    /// Time that the visits from `done` on will take, from those that were made.
    fn estimate(&self, done: usize) -> Option<Duration> {
        let (total, count) = self
            .spent
            .values()
            .fold((Duration::ZERO, 0), |(total, count), (spent, n)| {
                (total + *spent, count + n)
            });
        let mean = total.checked_div(count)?;
        let rest = self.order.get(done..)?;
        Some(
            rest.iter()
                .map(|case| {
                    self.spent
                        .get(case)
                        .and_then(|(spent, n)| spent.checked_div(*n))
                        .unwrap_or(mean)
                })
                .sum(),
        )
    }

    fn visited(&mut self, case: &CaseId, failed: Option<&str>, expected: bool) {
        let Some((_, round, begun)) = self.visit.take() else {
            return;
        };
        let spent = begun.elapsed();
        let entry = self.spent.entry(case.clone()).or_default();
        entry.0 += spent;
        entry.1 += 1;
        let text = match failed {
            Some(reason) if expected => format!("failed as expected: {reason}"),
            Some(reason) => format!("DNF: {reason}"),
            None => self.summary.join(", "),
        };
        self.summary.clear();
        self.line(&format!("{round} {case}: {text} [{}]", clock(spent)));
        if let Surface::Bar(bar) = &self.surface {
            bar.inc(1);
        }
    }
}

impl Observer for Display {
    fn on_event(&mut self, event: Event) {
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
                let left = match self.estimate(done) {
                    Some(left) => format!(", about {} left", clock(left)),
                    None => String::new(),
                };
                let label = format!("[{}/{visits}] {kind}round {round}/{rounds}", done + 1);
                if let Surface::Bar(bar) = &self.surface {
                    bar.set_position(done as u64);
                } else {
                    self.line(&format!(
                        "{label} {case} ... ({} so far{left})",
                        clock(self.begun.elapsed())
                    ));
                }
                self.visit = Some((case, label, Instant::now()));
                self.phase = format!("begins{left}");
                self.redraw(&self.phase);
            }
            Event::Phase { metric } => {
                self.phase = metric.title().to_owned();
                self.redraw(&self.phase);
            }
            Event::Step { name } => {
                if self.last_step.elapsed() >= STEP_INTERVAL {
                    self.last_step = Instant::now();
                    self.redraw(&format!("{} · {name}", self.phase));
                }
            }
            Event::Sample {
                metric,
                link,
                outcome,
                expected,
                ..
            } => self.sample(metric, link, &outcome, expected),
            Event::Visited {
                case,
                failed,
                expected,
            } => self.visited(&case, failed.as_deref(), expected),
            Event::MoreRounds { rounds, order } => {
                if let Surface::Bar(bar) = &self.surface {
                    bar.set_length(order.len() as u64);
                }
                self.order = order;
                self.line(&format!(
                    "{rounds} further rounds, because some verdicts are open"
                ));
            }
            Event::Warning(text) => self.line(&format!("warning: {text}")),
            Event::Cleanup(what) => self.line(&format!("stopping: {what}")),
        }
    }
}

impl Display {
    fn sample(&mut self, metric: Metric, link: Option<Link>, outcome: &Outcome, expected: bool) {
        let over = link.map_or(String::new(), |link| format!(" over {link}"));
        match outcome.status() {
            Status::Invalid | Status::Dnf => {
                let (word, reason) = (
                    outcome.status().word(),
                    outcome.reason().unwrap_or_default(),
                );
                let note = if expected { " as expected" } else { "" };
                self.summary
                    .push(format!("{}{over} {word}{note} ({reason})", metric.title()));
            }
            _ => {
                let shown = matches!(
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
                );
                if let (true, Some(value)) = (shown, outcome.value()) {
                    let text = match value {
                        crate::units::Quantity::Bytes(bytes) => bytes.to_string(),
                        crate::units::Quantity::Time(time) => time.to_string(),
                        other => other.base_value().to_string(),
                    };
                    self.summary
                        .push(format!("{}{over} {text}", metric.title()));
                }
            }
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Surface::Bar(bar) = &self.surface {
            bar.finish_and_clear();
        }
    }
}

/// A duration as people say it: `8 s`, `3 min 20 s`, `1 h 05 min`.
pub(super) fn clock(duration: Duration) -> String {
    let seconds = Nanos::from(duration).as_secs_f64().round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_two_units_at_most() {
        assert_eq!(clock(Duration::from_millis(7_600)), "8 s");
        assert_eq!(clock(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(clock(Duration::from_secs(3900)), "1 h 05 min");
    }
}
