//! What a reader should be told, computed from the data.

use std::fmt;

use super::analysis::Analysis;
use super::native::{exact_text, quantity};
use super::notes::plural;
use super::scale::Scale;
use crate::record::{CaseId, Kind, Metric, RunRecord, RunState};
use crate::stats::MIN_FOR_INTERVAL;
use crate::units::Quantity;

/// A doubt about a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// The run did not visit all that was planned.
    Unfinished {
        /// How it stands.
        state: RunState,
        /// Rounds that were visited whole, warm-ups included.
        rounds_done: u32,
        /// Rounds that were planned, warm-ups included.
        rounds: u32,
    },
    /// The harness was not an optimised build.
    NotOptimised,
    /// Samples of a metric of which one is the truth differ.
    ExactSpread {
        /// The case.
        case: CaseId,
        /// The metric.
        metric: Metric,
        /// The smallest.
        min: Quantity,
        /// The largest.
        max: Quantity,
    },
    /// The first counting sample lies outside the others: something was not warm yet.
    FirstSampleOutlier {
        /// The case.
        case: CaseId,
        /// The metric.
        metric: Metric,
        /// The sample.
        first: Quantity,
        /// The median of all.
        median: Quantity,
    },
    /// Timed summaries rest on too few samples for an interval.
    FewSamples {
        /// How many summaries.
        summaries: usize,
        /// The smallest n among them.
        least: usize,
    },
    /// Values in another unit than their metric's were left out.
    WrongUnit {
        /// The case.
        case: CaseId,
        /// The metric.
        metric: Metric,
        /// How many.
        samples: usize,
    },
    /// What the run itself noted down.
    Recorded(String),
}

/// The warnings of a run, in a fixed order: the run's, the recorded ones, then by case.
pub fn warnings(record: &RunRecord) -> Vec<Warning> {
    warnings_of(&Analysis::of(record))
}

pub(super) fn warnings_of(analysis: &Analysis<'_>) -> Vec<Warning> {
    let record = analysis.record;
    let mut warnings = Vec::new();
    if record.state != RunState::Complete {
        warnings.push(Warning::Unfinished {
            state: record.state,
            rounds_done: record.plan.rounds_done(),
            rounds: record.plan.warmup_rounds + record.plan.rounds,
        });
    }
    if !record.tool.optimised {
        warnings.push(Warning::NotOptimised);
    }
    warnings.extend(few_samples(analysis));
    warnings.extend(record.warnings.iter().cloned().map(Warning::Recorded));
    for entry in analysis.entries() {
        let (case, metric) = (entry.subject.id.clone(), entry.metric);
        if entry.counts.wrong_unit > 0 {
            let samples = entry.counts.wrong_unit;
            warnings.push(Warning::WrongUnit {
                case: case.clone(),
                metric,
                samples,
            });
        }
        let Some(summary) = &entry.summary else {
            continue;
        };
        let value = |native| quantity(metric.unit(), native);
        if metric.kind() == Kind::Exact && summary.spread() {
            let (min, max) = (value(summary.min), value(summary.max));
            warnings.push(Warning::ExactSpread {
                case,
                metric,
                min,
                max,
            });
        } else if summary.outliers.first() == Some(&0) {
            let (first, median) = (value(summary.first), value(summary.median));
            warnings.push(Warning::FirstSampleOutlier {
                case,
                metric,
                first,
                median,
            });
        }
    }
    warnings
}

fn few_samples(analysis: &Analysis<'_>) -> Option<Warning> {
    let few = analysis
        .entries()
        .iter()
        .filter(|entry| entry.metric.kind() == Kind::Timed)
        .filter_map(|entry| Some(entry.summary.as_ref()?.n))
        .filter(|n| *n < MIN_FOR_INTERVAL);
    let least = few.clone().min()?;
    Some(Warning::FewSamples {
        summaries: few.count(),
        least,
    })
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Quantity| Scale::for_value(*value).with_unit(*value);
        match self {
            Self::Unfinished {
                state,
                rounds_done,
                rounds,
            } => {
                let state = match state {
                    RunState::Running => "was not ended",
                    RunState::Interrupted => "was interrupted",
                    RunState::Complete => "is complete",
                };
                write!(
                    f,
                    "the run {state}: {rounds_done} of {rounds} rounds are whole (`plimsoll run --resume` goes on)"
                )
            }
            Self::NotOptimised => {
                f.write_str("the harness was a debug build: its own share of each time is larger")
            }
            Self::ExactSpread {
                case,
                metric,
                min,
                max,
            } => {
                write!(
                    f,
                    "{case}: {metric} should be one value, but ranges from {} to {} {}",
                    exact_text(*min),
                    exact_text(*max),
                    metric.unit()
                )
            }
            Self::FirstSampleOutlier {
                case,
                metric,
                first,
                median,
            } => write!(
                f,
                "{case}: the first sample of {metric} is an outlier ({} against a median of {}): read the median, or add a warm-up round",
                text(first),
                text(median)
            ),
            Self::FewSamples { summaries, least } => write!(
                f,
                "{} of timed metrics on fewer than {MIN_FOR_INTERVAL} samples (n = {least} at the least): no interval, no verdict",
                plural(*summaries, "median")
            ),
            Self::WrongUnit {
                case,
                metric,
                samples,
            } => {
                write!(
                    f,
                    "{case}: {} of {metric} not in its unit and left out",
                    plural(*samples, "sample")
                )
            }
            Self::Recorded(text) => f.write_str(text),
        }
    }
}
