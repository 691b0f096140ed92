//! `plimsoll compare`: what became better or worse from one run to another, and why.

use std::path::Path;

use super::args::{CompareArgs, CompareFormat, Place};
use super::charts::{self, Picture};
use super::failure::{Exit, Failure};
use super::output::{Printer, hand_over};
use super::runs::load_one;
use crate::charts::Theme;
use crate::compare::{
    LineOutcome, RunComparison, Side, Standing, Terms, caveats, compare, side_of, terms_of,
};
use crate::export;
use crate::page;
use crate::record::RunRecord;
use crate::tables;

/// Compares head with base and prints what changed.
///
/// # Errors
/// When a run cannot be read.
pub(super) fn compare_runs(
    place: &Place,
    args: &CompareArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let first = load_one(place, &args.base)?;
    let (base, head, mut terms) = match &args.head {
        Some(head) => (first.clone(), load_one(place, head)?, Terms::default()),
        None => sides(&first)?,
    };
    terms.timed = args.threshold.unwrap_or(terms.timed);
    terms.exact = args.exact_threshold.unwrap_or(terms.exact);
    terms.waived.extend(args.allow.iter().copied());
    if !args.metrics.is_empty() {
        terms.metrics = args.metrics.iter().copied().collect();
    }
    let mut comparison = compare(&base, &head, terms);
    if let (Some(ab), None) = (&first.ab, &args.head) {
        comparison = comparison.with_one_sided(ab);
    }
    let output = ComparisonOutput {
        format: args.format,
        all: args.all,
        theme: args.theme.into(),
        out: args.out.as_deref(),
    };
    for caveat in caveats(&base, &head) {
        printer.talk(&format!("note: {caveat}"));
    }
    print(&comparison, output, printer)?;
    if let Some(reason) = nothing_compared(&comparison) {
        return Err(Failure::failed(reason).with_hint(Some(NOTHING_HINT.to_owned())));
    }
    let exit = exit_of(&comparison, args.fail_on_inconclusive);
    Ok(if args.exit_zero { Exit::Fine } else { exit })
}

/// The sides of an A/B run, and its terms.
fn sides(run: &RunRecord) -> Result<(RunRecord, RunRecord, Terms), Failure> {
    let Some(ab) = &run.ab else {
        return Err(Failure::usage(format!(
            "`{}` is one run, and there is none to compare it with",
            run.id
        ))
        .with_hint(Some(
            "name HEAD too; only a run of `plimsoll ab` has both sides in it".to_owned(),
        )));
    };
    let terms = terms_of(run, ab);
    Ok((side_of(run, Side::Base), side_of(run, Side::Head), terms))
}

/// How a comparison is printed.
pub(super) struct ComparisonOutput<'a> {
    pub(super) format: CompareFormat,
    /// What is the same or not comparable too.
    pub(super) all: bool,
    /// Of the chart.
    pub(super) theme: Theme,
    /// A file in the place of stdout.
    pub(super) out: Option<&'a Path>,
}

/// Prints a comparison in a form.
///
/// # Errors
/// When stdout or the file cannot be written.
pub(super) fn print(
    comparison: &RunComparison<'_>,
    output: ComparisonOutput<'_>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let ComparisonOutput { format, out, .. } = output;
    let width = printer.width.filter(|_| out.is_none());
    let table = || tables::comparison_table(comparison, output.all);
    let drawn = |picture| {
        let chart =
            crate::charts::comparison_chart(comparison, output.theme).ok_or_else(nothing)?;
        charts::bytes_of(&chart, picture)
    };
    let summary = |most| export::summary_md(None, Some(comparison), most).into_bytes();
    let bytes = match format {
        CompareFormat::Table => table().terminal(width).into_bytes(),
        CompareFormat::Md => table().markdown().into_bytes(),
        CompareFormat::Csv => export::comparison_csv(comparison),
        CompareFormat::Json => format!("{:#}\n", export::comparison_json(comparison)).into_bytes(),
        CompareFormat::Html => page::comparison_html(comparison).into_bytes(),
        CompareFormat::Svg => drawn(Picture::Svg)?,
        CompareFormat::Png => drawn(Picture::Png)?,
        CompareFormat::Annotations => export::comparison_annotations(comparison).into_bytes(),
        CompareFormat::StepSummary => summary(export::STEP_SUMMARY_BYTES),
        CompareFormat::Comment => summary(export::COMMENT_BYTES),
    };
    hand_over(&bytes, out, format != CompareFormat::Png, printer)
}

const NOTHING_HINT: &str = "name runs with a case and a metric in common; `--allow RULE` compares \
     although a rule keeps them apart";

/// Why not a single metric was compared, where none was.
pub(super) fn nothing_compared(comparison: &RunComparison<'_>) -> Option<String> {
    let is_left_out = |line: &crate::compare::Line<'_>| {
        matches!(
            line.outcome,
            LineOutcome::NotComparable(_) | LineOutcome::NotMeasured { .. }
        )
    };
    if !comparison.lines.iter().all(is_left_out) {
        return None;
    }
    if comparison.lines.is_empty() {
        return Some("failed to compare the runs: no metric of a case is in both".to_owned());
    }
    let is_apart = comparison.count(Standing::NotComparable) > 0;
    let mut lines = comparison.lines.iter().filter(|_| !is_apart);
    let unmeasured = lines.find_map(|line| match &line.outcome {
        LineOutcome::NotMeasured { reason } => Some((line, reason)),
        _ => None,
    });
    if let Some((line, reason)) = unmeasured {
        return Some(format!(
            "failed to compare the runs: head has no value of any metric that base has; {} of `{}`: \
             {reason}",
            line.metric.id(),
            line.case,
        ));
    }
    let mut rules: Vec<&str> = Vec::new();
    for line in &comparison.lines {
        if let LineOutcome::NotComparable(why) = &line.outcome {
            rules.extend(why.iter().map(|one| one.rule.word()));
        }
    }
    rules.sort_unstable();
    rules.dedup();
    Some(format!(
        "failed to compare the runs: all metrics that both have are kept apart by the rules {}",
        rules.join(", ")
    ))
}

fn nothing() -> Failure {
    let said = "the runs have no metric in common that could be drawn";
    let hint = "`plimsoll compare BASE HEAD --all` lists every line, and why it has no factor";
    Failure::usage(said).with_hint(Some(hint.to_owned()))
}

/// What it comes to. Nothing that could be judged is open, too, and so is a case that only
/// one side has. What a rule keeps apart is not: it is refused with its name, and `--allow` or
/// `--metric` say what is wanted.
pub(super) fn exit_of(comparison: &RunComparison<'_>, fail_on_inconclusive: bool) -> Exit {
    let open = comparison.count(Standing::Inconclusive);
    let judged = comparison.lines.len() - comparison.count(Standing::NotComparable);
    if comparison.count(Standing::Worse) > 0 {
        Exit::Regressed
    } else if fail_on_inconclusive && (open > 0 || judged == 0 || comparison.has_one_sided()) {
        Exit::Inconclusive
    } else {
        Exit::Fine
    }
}
