//! The two sides side by side, phase by phase.

use std::fmt::Write;

use plimsoll::stats::{SampleSet, Summary, ratio_of_medians};
use plimsoll::units::Nanos;

use super::stage::Marks;

/// What the harness may add.
const AIM: f64 = 1.02;

type Phase = (&'static str, fn(&Marks) -> Nanos);

/// The first is what the aim is about; the others sum up to it.
const PHASES: [Phase; 4] = [
    ("create + start + ready", |at| at.ready.since(at.begin)),
    ("create", |at| at.created.since(at.begin)),
    ("start", |at| at.started.since(at.created)),
    ("ready after start", |at| at.ready.since(at.started)),
];

/// A table, the differences within the pairs, and whether the aim is met.
pub fn of(plimsoll: &[Marks], bare: &[Marks]) -> Result<String, String> {
    let mut text = String::from(
        "| phase | n | plimsoll, ms | MAD | bare, ms | MAD | plimsoll / bare | 95 % interval \
         | within a pair, ms | 95 % interval |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut verdict = String::new();
    for (index, (phase, time)) in PHASES.into_iter().enumerate() {
        let ours = millis(plimsoll, time);
        let theirs = millis(bare, time);
        let differences = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
        let (ours, theirs, differences) = (set(ours)?, set(theirs)?, set(differences)?);
        let [a, b, within] = [&ours, &theirs, &differences].map(Summary::of_timed);
        let ratio = ratio_of_medians(&ours, &theirs).ok_or("the bare side took no time")?;
        let number = ratio.ratio.get();
        let ends = ratio.interval.map(|ends| (ends.lower, ends.upper));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {phase} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {number:.4} | {} | {:+.2} | {} |",
            a.n,
            a.median,
            a.mad,
            b.median,
            b.mad,
            span(ends, 4),
            within.median,
            span(within.interval.map(|ends| (ends.lower, ends.upper)), 2),
        );
        if index == 0 {
            verdict = judged(number, ends);
        }
    }
    Ok(format!("{text}\n{verdict}\n"))
}

fn judged(ratio: f64, ends: Option<(f64, f64)>) -> String {
    let word = match ends {
        _ if ratio > AIM => "is missed",
        Some((_, upper)) if upper <= AIM => "is met, the whole interval with it",
        _ => "is met by the medians; the interval reaches past it",
    };
    format!("The aim of {AIM} or less {word}: {ratio:.4}.")
}

fn millis(starts: &[Marks], time: fn(&Marks) -> Nanos) -> Vec<f64> {
    starts.iter().map(|at| time(at).0 as f64 / 1e6).collect()
}

fn set(values: Vec<f64>) -> Result<SampleSet, String> {
    SampleSet::new(values).map_err(|error| error.to_string())
}

fn span(ends: Option<(f64, f64)>, digits: usize) -> String {
    ends.map_or_else(
        || "too few".to_owned(),
        |(lower, upper)| format!("{lower:.digits$} to {upper:.digits$}"),
    )
}
