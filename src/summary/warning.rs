//! Warnings, computed from the data.

use std::fmt;

use super::analysis::Analysis;
use super::entry::{MetricSummary, Series};
use super::exact_text::exact_text;
use super::scale::Scale;
use super::wording::plural;
use crate::record::{CaseId, Disposition, Kind, Metric, RunRecord, RunState};
use crate::scenario::FailurePoint;
use crate::stats::MIN_FOR_INTERVAL;
use crate::units::{Quantity, quantity_of as quantity};

/// A warning about a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// The run is incomplete.
    Unfinished {
        /// Its state.
        state: RunState,
        /// Complete rounds, including warm-ups.
        rounds_done: u32,
        /// Planned rounds, including warm-ups.
        rounds: u32,
    },
    /// The run was joined from parts of different machines.
    Joined {
        /// The number of parts with samples.
        parts: usize,
    },
    /// plimsoll was not an optimised build.
    NotOptimised,
    /// Samples of an exact metric differ.
    ExactSpread {
        /// The case.
        case: CaseId,
        /// The metric and its link.
        series: Series,
        /// The smallest.
        min: Quantity,
        /// The largest.
        max: Quantity,
    },
    /// Packed bytes differ between rounds. One warning for all cases, because time stamps and
    /// nonces in layers alone cause a few bytes.
    BytesSpread {
        /// The metric.
        metric: Metric,
        /// The number of affected series.
        series: usize,
        /// The widest range among them.
        widest: Quantity,
    },
    /// The first valid sample lies outside the others, probably because something was not warm yet.
    FirstSampleOutlier {
        /// The case.
        case: CaseId,
        /// The metric and its link.
        series: Series,
        /// The sample.
        first: Quantity,
        /// The median of all.
        median: Quantity,
    },
    /// Timed summaries have too few samples for an interval.
    FewSamples {
        /// The number of summaries.
        summaries: usize,
        /// The smallest n among them.
        least: usize,
    },
    /// Values in a unit other than their metric's were excluded.
    WrongUnit {
        /// The case.
        case: CaseId,
        /// The metric and its link.
        series: Series,
        /// The number of values.
        samples: usize,
    },
    /// A variant that is expected to fail did not fail.
    DidNotFail {
        /// The case.
        case: CaseId,
        /// The phase of the expected failure.
        point: FailurePoint,
        /// The reason for the expectation.
        why: String,
    },
    /// A warning that the run recorded.
    Recorded(String),
}

/// The warnings of a run, in a fixed order: the run's, the recorded ones, then by case.
pub fn warnings(record: &RunRecord) -> Vec<Warning> {
    warnings_of(&Analysis::of(record))
}

pub(crate) fn warnings_of(analysis: &Analysis<'_>) -> Vec<Warning> {
    let record = analysis.record;
    let mut warnings = Vec::new();
    if record.state != RunState::Complete {
        warnings.push(Warning::Unfinished {
            state: record.state,
            rounds_done: record.plan.rounds_done(),
            rounds: record.plan.warmup_rounds + record.plan.rounds,
        });
    }
    let parts = record.parts.iter().filter(|part| !part.cases.is_empty());
    match parts.count() {
        0 | 1 => {}
        parts => warnings.push(Warning::Joined { parts }),
    }
    let tools = record.parts.iter().map(|part| &part.tool);
    if tools.chain([&record.tool]).any(|tool| !tool.optimised) {
        warnings.push(Warning::NotOptimised);
    }
    warnings.extend(few_samples(analysis));
    warnings.extend(record.warnings.iter().cloned().map(Warning::Recorded));
    warnings.extend(did_not_fail(analysis));
    warnings.extend(analysis.entries().iter().flat_map(of_entry));
    warnings.extend(bytes_spreads(analysis));
    warnings
}

fn did_not_fail<'a>(analysis: &'a Analysis<'_>) -> impl Iterator<Item = Warning> + use<'a> {
    analysis.record.cases.iter().filter_map(|case| {
        let expected = case.expected_failure.as_ref()?;
        let worked = match expected.point {
            FailurePoint::Start => case.disposition == Disposition::Qualified,
            FailurePoint::Stop => analysis
                .at(&case.id, Series::unlinked(Metric::StopTime))
                .is_some_and(|entry| entry.counts.ok + entry.counts.warmup > 0),
        };
        worked.then(|| Warning::DidNotFail {
            case: case.id.clone(),
            point: expected.point,
            why: expected.why.trim().to_owned(),
        })
    })
}

fn of_entry(entry: &MetricSummary<'_>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let (case, series) = (entry.subject.id.clone(), entry.series());
    let metric = entry.metric;
    if entry.counts.wrong_unit > 0 {
        let samples = entry.counts.wrong_unit;
        warnings.push(Warning::WrongUnit {
            case: case.clone(),
            series,
            samples,
        });
    }
    let Some(summary) = &entry.summary else {
        return warnings;
    };
    let value = |native| quantity(metric.unit(), native);
    if metric.kind() == Kind::Exact && summary.spread() {
        let (min, max) = (value(summary.min), value(summary.max));
        if !metric.is_distribution() {
            warnings.push(Warning::ExactSpread {
                case,
                series,
                min,
                max,
            });
        }
    } else if summary.outliers.first() == Some(&0) {
        let (first, median) = (value(summary.first), value(summary.median));
        warnings.push(Warning::FirstSampleOutlier {
            case,
            series,
            first,
            median,
        });
    }
    warnings
}

fn bytes_spreads(analysis: &Analysis<'_>) -> Vec<Warning> {
    let packed = |metric: &&Metric| metric.is_distribution() && metric.kind() == Kind::Exact;
    let spread = |metric: &Metric| {
        let ranges: Vec<f64> = analysis
            .entries()
            .iter()
            .filter(|entry| entry.metric == *metric)
            .filter_map(|entry| entry.summary.as_ref())
            .filter(|summary| summary.spread())
            .map(|summary| summary.max - summary.min)
            .collect();
        let widest = ranges.iter().copied().reduce(f64::max)?;
        Some(Warning::BytesSpread {
            metric: *metric,
            series: ranges.len(),
            widest: quantity(metric.unit(), widest),
        })
    };
    Metric::ALL
        .iter()
        .filter(packed)
        .filter_map(spread)
        .collect()
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
            Self::Joined { parts } => write!(
                f,
                "the run was joined from {parts} parts, each with its own machine and engine: times of different parts are not compared"
            ),
            Self::NotOptimised => {
                f.write_str("the harness was a debug build: its own share of each time is larger")
            }
            Self::ExactSpread {
                case,
                series,
                min,
                max,
            } => {
                write!(
                    f,
                    "{case}: {series} should be one value, but ranges from {} to {} {}",
                    exact_text(*min),
                    exact_text(*max),
                    series.metric.unit()
                )
            }
            Self::FirstSampleOutlier {
                case,
                series,
                first,
                median,
            } => write!(
                f,
                "{case}: the first sample of {series} is an outlier ({} against a median of {}): read the median, or add a warm-up round",
                text(first),
                text(median)
            ),
            Self::BytesSpread {
                metric,
                series,
                widest,
            } => write!(
                f,
                "{metric} should be one value per variant and link, but differs between rounds in {series} of them, by {} {} at the most",
                exact_text(*widest),
                metric.unit()
            ),
            Self::FewSamples { summaries, least } => write!(
                f,
                "{} of timed metrics on fewer than {MIN_FOR_INTERVAL} samples (n = {least} at the least): no interval, no verdict",
                plural(*summaries, "median")
            ),
            Self::WrongUnit {
                case,
                series,
                samples,
            } => {
                write!(
                    f,
                    "{case}: {} of {series} not in its unit and left out",
                    plural(*samples, "sample")
                )
            }
            Self::DidNotFail { case, point, why } => did_not_fail_words(f, case, *point, why),
            Self::Recorded(text) => f.write_str(text),
        }
    }
}

fn did_not_fail_words(
    f: &mut fmt::Formatter<'_>,
    case: &CaseId,
    point: FailurePoint,
    why: &str,
) -> fmt::Result {
    let what = match point {
        FailurePoint::Start => "keeps its contract",
        FailurePoint::Stop => "stops in time",
    };
    write!(
        f,
        "{case} {what}, though the scenario expects it to fail ({why})"
    )
}
