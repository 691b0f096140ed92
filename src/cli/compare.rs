//! `plimsoll compare`: what became better or worse from one run to another, and why.

use std::collections::BTreeSet;
use std::io;

use super::args::{CompareArgs, CompareFormat, Place};
use super::failure::{Exit, Failure};
use super::output::Printer;
use super::report::load_one;
use crate::compare::{Rule, RunComparison, Standing, Terms, compare};
use crate::report;

/// Compares head with base and prints what changed.
///
/// # Errors
/// When a run cannot be read.
pub(super) fn compare_runs(
    place: &Place,
    args: &CompareArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let base = load_one(place, &args.base)?;
    let head = load_one(place, &args.head)?;
    let terms = Terms {
        timed: args.threshold,
        exact: args.exact_threshold,
        waived: args.allow.iter().copied().collect::<BTreeSet<Rule>>(),
        metrics: args.metrics.iter().copied().collect(),
        ..Terms::default()
    };
    let comparison = compare(&base, &head, terms);
    print(&comparison, args.format, args.all, printer)?;
    let exit = exit_of(&comparison, args.fail_on_inconclusive);
    Ok(if args.exit_zero { Exit::Fine } else { exit })
}

/// Prints a comparison in a form.
///
/// # Errors
/// When stdout is closed.
pub(super) fn print(
    comparison: &RunComparison<'_>,
    format: CompareFormat,
    all: bool,
    printer: &mut Printer,
) -> io::Result<()> {
    let table = || report::comparison_table(comparison, all);
    let summary = |most| report::summary_md(None, Some(comparison), most).into_bytes();
    let bytes = match format {
        CompareFormat::Table => table().terminal(printer.width).into_bytes(),
        CompareFormat::Md => table().markdown().into_bytes(),
        CompareFormat::Csv => report::comparison_csv(comparison),
        CompareFormat::Json => format!("{:#}\n", report::comparison_json(comparison)).into_bytes(),
        CompareFormat::Annotations => report::comparison_annotations(comparison).into_bytes(),
        CompareFormat::StepSummary => summary(report::STEP_SUMMARY_BYTES),
        CompareFormat::Comment => summary(report::COMMENT_BYTES),
    };
    printer.data(&bytes)
}

/// What it comes to. Nothing that could be judged is open, too.
pub(super) fn exit_of(comparison: &RunComparison<'_>, fail_on_inconclusive: bool) -> Exit {
    let open = comparison.count(Standing::Inconclusive);
    let judged = comparison.lines.len() - comparison.count(Standing::NotComparable);
    if comparison.count(Standing::Worse) > 0 {
        Exit::Regressed
    } else if fail_on_inconclusive && (open > 0 || judged == 0) {
        Exit::Inconclusive
    } else {
        Exit::Fine
    }
}
