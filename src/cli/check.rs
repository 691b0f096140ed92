//! `plimsoll check`: a run checked against its budgets.

use std::collections::BTreeSet;

use super::args::{CheckArgs, CheckFormat, Place};
use super::config;
use super::failure::{Exit, Failure};
use super::history::{runs_below, sorted};
use super::output::Printer;
use super::output_error::unless_left;
use super::runs::load_one;
use crate::compare::{self, Baselines, BudgetLine, Rule};
use crate::export::{self, JunitTerms};
use crate::history::{RunDigest, TrendTerms, hold, trends};
use crate::record::{Disposition, Measurand, RunRecord};
use crate::store::{self, StoreError};
use crate::summary::{self, JudgedBudgets};

/// What to do where a run is no part of a history.
const NO_DIGEST: &str = "leave `--baseline-last` out, or check a run that has ended";

/// Judges a run by the budgets of its scenarios and of the configuration.
///
/// # Errors
/// When the run, or a baseline that was named, cannot be read; or the configuration.
pub(super) fn check_run(
    place: &Place,
    args: &CheckArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let config = config::load(place)?;
    let run = load_one(place, &args.run)?;
    let mut caveats = Vec::new();
    if let Some(why) = compare::unfinished(&run) {
        caveats.push(format!("{} {why}", run.id));
    }
    let named = |said: &Option<String>, kept: &Option<String>| -> Option<String> {
        said.clone().or_else(|| kept.clone())
    };
    let baseline = named(&args.baseline, &config.baseline.run);
    // What is said on the command line wins over what is kept in the file.
    let baseline = baseline.filter(|_| args.baseline_last.is_none());
    let pinned = named(&args.pinned, &config.baseline.pinned);
    let baseline = optional(place, baseline.as_deref(), printer)?;
    let pinned = optional(place, pinned.as_deref(), printer)?;
    for other in [&baseline, &pinned].into_iter().flatten() {
        let against = compare::caveats(other, &run).into_iter();
        caveats.extend(against.map(|caveat| format!("against {}: {caveat}", other.id)));
    }
    // A table has them as notes.
    if !matches!(args.format, CheckFormat::Table | CheckFormat::Md) {
        for caveat in &caveats {
            printer.talk(&format!("note: {caveat}"));
        }
    }
    for case in &run.cases {
        if let Disposition::NotAvailable { reason } = &case.disposition {
            let id = &case.id;
            printer.talk(&format!(
                "note: {id} is not available, so no budget is checked for it: {reason}"
            ));
        }
    }
    let against = Baselines {
        baseline: baseline.as_ref(),
        pinned: pinned.as_ref(),
    };
    let waived = args.allow.iter().copied().collect();
    let mut lines = summary::check_budgets(&run, against, &config.budgets, &waived);
    if let Some(last) = args.baseline_last {
        hold_to_history(place, &run, usize::from(last), &waived, &mut lines, printer)?;
    }
    let unmatched = compare::unmatched(&run, &config.budgets);
    let budgets = JudgedBudgets {
        lines: &lines,
        unmatched: &unmatched,
        caveats: &caveats,
    };
    let text = text_of(&run, budgets, args, printer.width)?;
    unless_left(printer.data(text.as_bytes()))?;
    Ok(exit_of(budgets, args))
}

fn text_of(
    run: &RunRecord,
    budgets: JudgedBudgets<'_, '_>,
    args: &CheckArgs,
    width: Option<u16>,
) -> Result<String, Failure> {
    let JudgedBudgets {
        lines, unmatched, ..
    } = budgets;
    let summary = |most| export::summary_md(Some(budgets), None, most);
    Ok(match args.format {
        CheckFormat::Table => budgets.table().terminal(width),
        CheckFormat::Md => budgets.table().markdown(),
        CheckFormat::Json => format!("{:#}\n", budgets.json()),
        CheckFormat::Junit => {
            let terms = JunitTerms {
                open_fails: args.fail_on_inconclusive,
                unmatched,
            };
            export::junit_xml_on(run, lines, terms).map_err(Failure::failed)?
        }
        CheckFormat::Annotations => {
            export::budget_annotations(lines) + &export::unmatched_annotations(unmatched)
        }
        CheckFormat::StepSummary => summary(export::STEP_SUMMARY_BYTES),
        CheckFormat::Comment => summary(export::COMMENT_BYTES),
    })
}

/// Judges `worse-by` by the runs under `results/` that came before this one.
fn hold_to_history(
    place: &Place,
    run: &RunRecord,
    window: usize,
    waived: &BTreeSet<Rule>,
    lines: &mut [BudgetLine<'_>],
    printer: &mut Printer,
) -> Result<(), Failure> {
    let checked = RunDigest::of_any(run)
        .map_err(|error| Failure::failed(error).with_hint(Some(NO_DIGEST.to_owned())))?;
    let gathered = runs_below(place, &place.results(), printer)?;
    let (mut runs, left_out) = sorted(gathered);
    for (file, reason) in &left_out {
        printer.talk(&format!("left out: {file}: {reason}"));
    }
    let when = |run: &RunDigest| (run.started_at.clone(), run.id.clone());
    runs.retain(|(_, run)| when(run) < when(&checked));
    let mut runs: Vec<RunDigest> = runs.into_iter().map(|(_, run)| run).collect();
    runs.push(checked);
    let terms = TrendTerms {
        window,
        waived: waived.clone(),
        ..TrendTerms::default()
    };
    let concerned: BTreeSet<_> = lines.iter().map(|line| (line.case, line.metric)).collect();
    let found = trends(&runs, &terms, |case, metric| {
        concerned.contains(&(&case.id, Measurand::Metric(metric)))
    });
    hold(lines, &found, window);
    Ok(())
}

/// A missing baseline is reported and is no error: the first run of a branch has none.
fn optional(
    place: &Place,
    run: Option<&str>,
    printer: &mut Printer,
) -> Result<Option<RunRecord>, Failure> {
    let Some(run) = run else { return Ok(None) };
    let found = store::resolve_all(&place.results(), run);
    if let Err(StoreError::NotFound { .. }) = found {
        printer.talk(&format!("there is no baseline `{run}`"));
        return Ok(None);
    }
    load_one(place, run).map(Some)
}

fn exit_of(budgets: JudgedBudgets<'_, '_>, args: &CheckArgs) -> Exit {
    let JudgedBudgets {
        lines, unmatched, ..
    } = budgets;
    let open = lines.iter().any(BudgetLine::is_open) || !unmatched.is_empty();
    if args.exit_zero {
        Exit::Fine
    } else if lines.iter().any(BudgetLine::breaks) {
        Exit::Regressed
    } else if args.fail_on_inconclusive && open {
        Exit::Inconclusive
    } else {
        Exit::Fine
    }
}
