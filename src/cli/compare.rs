//! `plimsoll compare`: what became better or worse from one run to another, and why.

use std::io;

use super::args::{CompareArgs, CompareFormat, Place};
use super::failure::{Exit, Failure};
use super::output::Printer;
use super::report::load_one;
use crate::compare::{RunComparison, Side, Standing, Terms, compare, side_of, terms_of};
use crate::record::RunRecord;
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
    let (base, head, mut terms) = match &args.head {
        Some(head) => {
            let base = load_one(place, &args.base)?;
            (base, load_one(place, head)?, Terms::default())
        }
        None => sides(load_one(place, &args.base)?)?,
    };
    terms.timed = args.threshold.unwrap_or(terms.timed);
    terms.exact = args.exact_threshold.unwrap_or(terms.exact);
    terms.waived.extend(args.allow.iter().copied());
    if !args.metrics.is_empty() {
        terms.metrics = args.metrics.iter().copied().collect();
    }
    let comparison = compare(&base, &head, terms);
    print(&comparison, args.format, args.all, printer)?;
    let exit = exit_of(&comparison, args.fail_on_inconclusive);
    Ok(if args.exit_zero { Exit::Fine } else { exit })
}

/// The sides of an A/B run, and its terms.
fn sides(run: RunRecord) -> Result<(RunRecord, RunRecord, Terms), Failure> {
    let Some(ab) = &run.ab else {
        return Err(Failure::usage(format!(
            "`{}` is one run, and there is none to compare it with",
            run.id
        ))
        .with_hint(Some(
            "name HEAD too; only a run of `plimsoll ab` has both sides in it".to_owned(),
        )));
    };
    let terms = terms_of(&run, ab);
    Ok((side_of(&run, Side::Base), side_of(&run, Side::Head), terms))
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
