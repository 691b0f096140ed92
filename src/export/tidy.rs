//! Tidy CSV files: a row per sample, and a row per build step.

use std::collections::BTreeSet;
use std::io;
use std::io::Write;

use super::csv_bytes::{CsvLines, in_memory};
use crate::record::{Disposition, Link, Outcome, RunRecord, Status};
use crate::summary::analysis::Subjects;
use crate::summary::exact_text::{exact_text, seconds_text};
use crate::summary::series::metrics_of;

/// `samples.csv`: every sample in measurement order, values in base units (bytes, seconds,
/// counts), empty if missing. A variant that is not applicable or not available has a row per
/// metric without round and order, so that it is not mistaken for a forgotten one. For a value
/// with stand-in bases, the column of the reason lists them. `link` is empty for metrics without
/// a link.
pub fn samples_csv(record: &RunRecord) -> Vec<u8> {
    in_memory(|bytes| write_samples_csv(record, bytes))
}

/// [`samples_csv`], row by row.
///
/// # Errors
/// Those of `into`.
pub fn write_samples_csv(record: &RunRecord, into: impl Write) -> io::Result<()> {
    let head = [
        "run", "scenario", "app", "variant", "strategy", "platform", "metric", "unit", "round",
        "order", "value", "status", "reason", "link",
    ];
    let mut lines = CsvLines::new(into, head)?;
    let (subjects, mut seen) = (Subjects::of(record), BTreeSet::new());
    for sample in &record.samples {
        seen.insert((sample.case.as_str(), sample.metric));
        let subject = subjects.get(&sample.case);
        let value = sample.outcome.value();
        // An invalid record may have a value in another unit, so the row states the unit.
        let unit = value.map_or(sample.metric.unit(), |value| value.unit());
        lines.push([
            &record.id,
            subject.scenario(),
            subject.app(),
            subject.variant(),
            subject.strategy(),
            subject.platform(),
            sample.metric.id(),
            &unit.to_string(),
            &sample.round.to_string(),
            &sample.order.to_string(),
            &value.map(exact_text).unwrap_or_default(),
            sample.outcome.status().word(),
            &reason(&sample.outcome, subject.stand_ins()),
            &link_text(sample.link),
        ])?;
    }
    let possible: Vec<_> = metrics_of(record).collect();
    for case in &record.cases {
        let (status, reason) = match &case.disposition {
            Disposition::NotApplicable { reason } => (Status::NotApplicable, reason.clone()),
            Disposition::NotAvailable { reason } => {
                (Status::NotMeasured, format!("not available here: {reason}"))
            }
            Disposition::Pending | Disposition::Qualified | Disposition::Failed { .. } => continue,
        };
        for metric in possible.iter().copied() {
            if metric.is_floor() || seen.contains(&(case.id.as_str(), metric)) {
                continue;
            }
            lines.push([
                &record.id,
                &case.scenario,
                &case.app,
                &case.variant,
                &case.strategy,
                &case.platform,
                metric.id(),
                &metric.unit().to_string(),
                "",
                "",
                "",
                status.word(),
                &reason,
                "",
            ])?;
        }
    }
    lines.finish()
}

fn link_text(link: Option<Link>) -> String {
    link.map(|link| link.to_string()).unwrap_or_default()
}

fn reason(outcome: &Outcome, stand_ins: &[String]) -> String {
    match outcome.reason() {
        Some(reason) => reason.to_owned(),
        None if stand_ins.is_empty() => String::new(),
        None => format!("on stand-ins for {}", stand_ins.join(" ")),
    }
}

/// `steps.csv`: every step of every build, in seconds on the builder's clock, empty if the
/// builder reported none.
pub fn steps_csv(record: &RunRecord) -> Vec<u8> {
    in_memory(|bytes| write_steps_csv(record, bytes))
}

/// [`steps_csv`], row by row.
///
/// # Errors
/// Those of `into`.
pub fn write_steps_csv(record: &RunRecord, into: impl Write) -> io::Result<()> {
    let head = [
        "run",
        "scenario",
        "variant",
        "metric",
        "round",
        "step",
        "started_s",
        "duration_s",
        "cached",
        "stand_in",
    ];
    let mut lines = CsvLines::new(into, head)?;
    let subjects = Subjects::of(record);
    for build in &record.builds {
        let subject = subjects.get(&build.case);
        for step in &build.steps {
            lines.push([
                &record.id,
                subject.scenario(),
                subject.variant(),
                build.metric.id(),
                &build.round.to_string(),
                &step.name,
                &step.started_ns.map(seconds_text).unwrap_or_default(),
                &step.duration_ns.map(seconds_text).unwrap_or_default(),
                &step.cached.to_string(),
                &(!subject.stand_ins().is_empty()).to_string(),
            ])?;
        }
    }
    lines.finish()
}
