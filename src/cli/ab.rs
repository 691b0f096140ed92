//! `plimsoll ab`: two revisions of a repository in the same rounds.

use std::path::{Path, PathBuf};

use super::args::{
    AbArgs, CompareFormat, Place, ProfileArg, RESULTS, RunArgs, ShardArgs, ShardByArg, TableFormat,
};
use super::cases::{self, CaseFilter};
use super::compare;
use super::environment::Environments;
use super::failure::{Exit, Failure, store_failure};
use super::folder::{write_derived, write_page};
use super::job::{Given, Job, Seams};
use super::one_side::one_side;
use super::output::Printer;
use super::pace::AbPace;
use super::pairing::{Pairing, pair};
use super::prepare::named_after;
use super::run::{Measured, exit_of, measure};
use super::uncompared::Uncompared;
use crate::charts::{self, Theme};
use crate::compare::{RunComparison, Side, Terms, compare as compare_runs, side_of, terms_of};
use crate::engine::{Clock, Engine, Probe};
use crate::export;
use crate::git::{Checkouts, GitError, Repository};
use crate::page;
use crate::record::{AbRecord, AbTerms, Revision, RunRecord, RunState};
use crate::stats::{Design, Looks, Threshold};
use crate::store::{RunFolder, StoreError};
use crate::tables;
use crate::units::Ratio;

/// Measures base and head, and says what became better or worse.
///
/// # Errors
/// When a revision is not there, a scenario of one is invalid, or nothing can be measured.
pub async fn ab<E: Engine, C: Clock, P: Probe, G: Environments<E, P>>(
    place: &Place,
    args: &AbArgs,
    seams: Seams<E, C, P, G>,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    // Before hours are spent on a run whose result could not be shown.
    if args.format == CompareFormat::Png && printer.width.is_some() {
        let hint =
            "leave --format out: the run's folder will have comparison.svg and comparison.html";
        return Err(
            Failure::usage("a terminal cannot show a PNG picture").with_hint(Some(hint.to_owned()))
        );
    }
    let stop = seams.stop.clone();
    // Dropped at the end, and with it all that was checked out.
    let checkouts = Checkouts::make().map_err(git_failure)?;
    let laid = tokio::select! {
        biased;
        () = stop.cancelled() => {
            printer.talk("interrupted before anything was measured");
            return Ok(Exit::Interrupted);
        }
        laid = lay_out(place, args, &checkouts, printer) => laid?,
    };
    let filter = CaseFilter::new(args.common.only.as_deref())?;
    let [base, head] = &laid.trees;
    let base = one_side(place, args, &laid.repository, base, &filter)?;
    let head = one_side(place, args, &laid.repository, head, &filter)?;
    // What neither has is a mistake in the command; what base lacks, head introduces.
    let introduced = match (&base.missing, &head.missing) {
        (Some(_), Some(_)) => return Err(head.missing.unwrap_or_else(cases::nothing_selected)),
        (missing, _) => missing.is_some(),
    };
    let (base, head) = (base.selection, head.selection);
    if base.records.is_empty() && head.records.is_empty() {
        return Err(cases::nothing_selected());
    }
    let pairing = pair(base, head, args.unchanged)?;
    for note in &pairing.notes {
        printer.talk(note);
    }
    let [base, head] = laid.revisions;
    if pairing.selection.planned.is_empty() {
        let sides = Uncompared {
            base: &base,
            head: &head,
            pairing: &pairing,
            introduced,
        };
        sides.print(args.format, printer)?;
        return sides.exit(args);
    }
    let looks = Looks::between(args.rounds, args.max_rounds);
    let terms = terms(args);
    let began = seams.clock.mark();
    let clock = std::sync::Arc::clone(&seams.clock);
    let elapsed = Box::new(move || clock.mark().since(began));
    let pace = AbPace::new(looks.clone(), terms.clone(), args.time_budget, elapsed);
    let measure_args = run_args(args);
    let job = Job {
        args: &measure_args,
        given: Some(Given {
            name: name_of(&pairing),
            selection: pairing.selection,
            ab: Some(AbRecord {
                base,
                head,
                only_base: pairing.gone,
                only_head: pairing.new,
                terms: recorded(&terms)?,
                planned_looks: looks.rounds().to_vec(),
                looks: Vec::new(),
                ended: None,
            }),
            pace: Some(Box::new(pace)),
        }),
    };
    let Some(measured) = measure(place, job, &seams, printer).await? else {
        return Ok(Exit::Interrupted);
    };
    drop(checkouts);
    finish(args, measured, printer)
}

/// Both revisions, laid out.
struct LaidOut {
    repository: Repository,
    revisions: [Revision; 2],
    trees: [PathBuf; 2],
}

async fn lay_out(
    place: &Place,
    args: &AbArgs,
    checkouts: &Checkouts,
    printer: &mut Printer,
) -> Result<LaidOut, Failure> {
    let repository = Repository::holding(place.home())
        .await
        .map_err(git_failure)?;
    let base = repository.revision(&args.base).await.map_err(git_failure)?;
    let head = repository.revision(&args.head).await.map_err(git_failure)?;
    let results = Path::new(RESULTS);
    if args.head == "HEAD" && repository.is_dirty(results).await.map_err(git_failure)? {
        printer.talk("note: your tree has changes that are in no commit; they are not measured");
    }
    let mut trees = Vec::new();
    for (side, revision) in [(Side::Base, &base), (Side::Head, &head)] {
        let folder = checkouts.folder(side.name()).map_err(git_failure)?;
        printer.talk(&format!(
            "{}: {} ({})",
            side.name(),
            revision.short(),
            revision.name
        ));
        let notes = repository.check_out(revision, &folder).await;
        for note in notes.map_err(git_failure)? {
            printer.talk(&format!("note: {}: {note}", side.name()));
        }
        trees.push(folder);
    }
    let [base_tree, head_tree] = trees.try_into().unwrap_or_default();
    Ok(LaidOut {
        repository,
        revisions: [base, head],
        trees: [base_tree, head_tree],
    })
}

fn terms(args: &AbArgs) -> Terms {
    Terms {
        timed: args.threshold,
        exact: args.exact_threshold,
        waived: args.allow.iter().copied().collect(),
        metrics: args.metrics.iter().copied().collect(),
        design: Design::Paired,
        ..Terms::default()
    }
}

/// The terms as the record keeps them.
fn recorded(terms: &Terms) -> Result<AbTerms, Failure> {
    let factor = |threshold: Threshold| {
        Ratio::of(threshold.factor(), 1.0)
            .ok_or_else(|| Failure::usage("a threshold is no finite number"))
    };
    Ok(AbTerms {
        timed: factor(terms.timed)?,
        exact: factor(terms.exact)?,
        metrics: terms.metrics.iter().copied().collect(),
        waived: terms
            .waived
            .iter()
            .map(|rule| rule.word().to_owned())
            .collect(),
    })
}

fn run_args(args: &AbArgs) -> RunArgs {
    RunArgs {
        scenarios: Vec::new(),
        profile: ProfileArg::Standard,
        rounds: Some(args.rounds),
        part: ShardArgs {
            shard: None,
            shard_by: ShardByArg::Variant,
            timings: None,
            r#continue: false,
        },
        resume: None,
        common: args.common.clone(),
        format: TableFormat::Table,
    }
}

fn name_of(pairing: &Pairing) -> String {
    let names: Vec<_> = pairing.names.iter().map(String::as_str).collect();
    format!("ab-{}", named_after(&names))
}

/// Takes the run apart, compares, and writes and prints what came of it.
fn finish(args: &AbArgs, measured: Measured, printer: &mut Printer) -> Result<Exit, Failure> {
    let record = &measured.record;
    let sides = Side::ALL.map(|side| side_of(record, side));
    let terms = match &record.ab {
        Some(ab) => terms_of(record, ab),
        None => Terms::default(),
    };
    let mut comparison = compare_runs(&sides[0], &sides[1], terms);
    if let Some(ab) = &record.ab {
        comparison = comparison.with_one_sided(ab);
    }
    let written = write_files(&measured.folder, &sides, &comparison);
    if let Some(ended) = record.ab.as_ref().and_then(|ab| ab.ended) {
        printer.talk(&format!(
            "no more rounds after {}: {}",
            record.plan.rounds,
            ended.words()
        ));
    }
    let folder = measured.folder.path().display();
    if written.is_ok() {
        printer.talk(&format!(
            "the page: {folder}/comparison.html; in another form: plimsoll compare {folder} --format md; each side is a run: {folder}/base, {folder}/head"
        ));
    }
    let output = compare::ComparisonOutput {
        format: args.format,
        all: args.all,
        theme: Theme::Light,
        out: None,
    };
    // Why the run ended early is more than that a file of it is missing.
    let printed = compare::print(&comparison, output, printer);
    if let Err(error) = measured.result {
        return Err(error.into());
    }
    if let Some(failure) = measured.unwritten {
        return Err(failure);
    }
    written.map_err(|error| unwritten(error, measured.folder.path()))?;
    printed?;
    if record.state != RunState::Complete {
        return Ok(Exit::Interrupted);
    }
    let found = match compare::exit_of(&comparison, args.fail_on_inconclusive) {
        // What fails on both sides has become no worse, and is not measured either.
        Exit::Fine => exit_of(&sides[1]),
        found => found,
    };
    if let (Exit::Fine, Some(reason)) = (found, compare::nothing_compared(&comparison)) {
        return Err(Failure::failed(reason));
    }
    Ok(if args.exit_zero { Exit::Fine } else { found })
}

/// Writes the files that are derived from the run: those that can be written.
///
/// # Errors
/// The first fault.
fn write_files(
    folder: &RunFolder,
    sides: &[RunRecord; 2],
    comparison: &RunComparison<'_>,
) -> Result<(), StoreError> {
    let of_sides = Side::ALL.into_iter().zip(sides);
    let of_sides: Vec<_> = of_sides
        .map(|(side, run)| write_side(folder, side, run))
        .collect();
    let compared = write_comparison(folder, comparison);
    of_sides.into_iter().chain([compared]).collect()
}

fn write_side(folder: &RunFolder, side: Side, run: &RunRecord) -> Result<(), StoreError> {
    let side = folder.part(side.name())?;
    side.save_record(run)?;
    let derived = write_derived(&side, run);
    derived.and(write_page(&side, run))
}

fn write_comparison(folder: &RunFolder, comparison: &RunComparison<'_>) -> Result<(), StoreError> {
    let table = tables::comparison_table(comparison, true).markdown();
    let json = format!("{:#}\n", export::comparison_json(comparison));
    let page = page::comparison_html(comparison);
    let chart = charts::comparison_chart(comparison, Theme::Light);
    let chart = chart.map(|chart| folder.write("comparison.svg", chart.svg.as_bytes()));
    let written = [
        folder.write("comparison.md", table.as_bytes()),
        folder.write("comparison.csv", &export::comparison_csv(comparison)),
        folder.write("comparison.json", json.as_bytes()),
        chart.unwrap_or(Ok(())),
        folder.write("comparison.html", page.as_bytes()),
    ];
    written.into_iter().collect()
}

/// A file is missing that can be derived from the record.
fn unwritten(error: StoreError, folder: &Path) -> Failure {
    let folder = folder.display();
    let hint = format!(
        "free space on that disk, or let plimsoll write to the folder; its run.json is whole: \
         `plimsoll compare {folder} --format html --out FILE` compares the sides again"
    );
    store_failure(error).with_hint(Some(hint))
}

fn git_failure(error: GitError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    match error {
        GitError::NoCommit { .. } | GitError::NoRepository { .. } => Failure::usage(error),
        _ => Failure::failed(error),
    }
    .with_hint(hint)
}
