//! `plimsoll run`: from arguments to the run's folder.

use std::path::Path;

use super::again::{self, Earlier};
use super::args::{Place, RunArgs, TableFormat};
use super::charts;
use super::environment::Environments;
use super::failure::{Exit, Failure, store_failure};
use super::folder::{FolderRecorder, write_derived, write_page};
use super::job::{Job, Seams};
use super::output::Printer;
use super::output_error::{OutputError, unless_left};
use super::planning::{self, PROBE_INTERVAL};
use super::prepare::{Prepared, settle, want};
use super::progress::Display;
use crate::engine::{Clock, Engine, Probe};
use crate::export;
use crate::host;
use crate::record::{Disposition, EngineChoice, Metric, RunRecord, RunState, Status};
use crate::report;
use crate::runner::{self, RunError, Runner, Settings};
use crate::store::{RECORD_FILE, RunFolder};
use crate::summary;
use crate::tables;

/// Runs, and prints the tables.
///
/// # Errors
/// When nothing can be measured at all. Failing variants are no error: they end
/// in the exit code.
pub async fn run<E: Engine, C: Clock, P: Probe, G: Environments<E, P>>(
    place: &Place,
    args: &RunArgs,
    seams: Seams<E, C, P, G>,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let resumed;
    let args = match again::find(place, args)? {
        Earlier::None => args,
        Earlier::Open(folder) => {
            printer.talk(&format!("resuming {}", folder.display()));
            resumed = RunArgs {
                resume: Some(folder),
                ..args.clone()
            };
            &resumed
        }
        Earlier::Complete(folder, record) => {
            let path = folder.display();
            printer.talk(&format!("this shard is complete: results in {path}"));
            print(&record, &folder, (args.format, &[]), printer)?;
            return Ok(exit_of(&record));
        }
    };
    match measure(place, Job::of(args), &seams, printer).await? {
        Some(measured) => finish(measured, args.format, &[], printer),
        None => Ok(Exit::Interrupted),
    }
}

/// Prints what a run came to, and says how it ended.
///
/// # Errors
/// Why it ended early, or why a report could not be written.
pub(super) fn finish(
    measured: Measured,
    format: TableFormat,
    preferred: &[Metric],
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    for warning in summary::warnings(&measured.record) {
        if matches!(warning, summary::Warning::DidNotFail { .. }) {
            printer.talk(&format!("warning: {warning}"));
        }
    }
    let folder = measured.folder.path();
    // Why the run ended early is more than that nobody can read its tables.
    let printed = print(&measured.record, folder, (format, preferred), printer);
    measured.result?;
    if let Some(failure) = measured.unwritten {
        return Err(failure);
    }
    unless_left(printed)?;
    Ok(exit_of(&measured.record))
}

/// What came of it.
pub(super) struct Measured {
    pub(super) folder: RunFolder,
    pub(super) record: RunRecord,
    /// Why it ended early, where it did.
    pub(super) result: Result<(), RunError>,
    /// Why a report could not be written. The record is whole.
    pub(super) unwritten: Option<Failure>,
}

/// Measures, and closes all that was opened for it. None where it was interrupted before
/// anything was measured.
///
/// # Errors
/// When nothing can be measured at all.
pub(super) async fn measure<E: Engine, C: Clock, P: Probe, G: Environments<E, P>>(
    place: &Place,
    mut job: Job<'_>,
    seams: &Seams<E, C, P, G>,
    printer: &mut Printer,
) -> Result<Option<Measured>, Failure> {
    let stop = seams.stop.clone();
    let wanted = tokio::select! {
        biased;
        () = stop.cancelled() => {
            interrupted(printer);
            return Ok(None);
        }
        wanted = want(place, &mut job, seams, printer) => wanted?,
    };
    let (path, choice) = (wanted.folder.path().to_owned(), wanted.choice);
    let id = wanted.folder.id();
    let prepared = tokio::select! {
        biased;
        () = stop.cancelled() => Ok(None),
        prepared = settle(wanted, job.args, seams, printer) => prepared.map(Some),
    };
    let began = matches!(prepared, Ok(Some(_)));
    let outcome = match prepared {
        Ok(Some(prepared)) => execute(prepared, job.args, seams, printer).await.map(Some),
        Ok(None) => {
            interrupted(printer);
            Ok(None)
        }
        Err(failure) => Err(failure),
    };
    // The first save comes before the first build.
    let is_unsaved = || matches!(path.join(RECORD_FILE).try_exists(), Ok(false));
    let began = began && !(outcome.is_err() && is_unsaved());
    // On the user's engine a run leaves names on the way to its registry.
    if !began || choice == EngineChoice::CleanRoom {
        let ours = |item: &crate::engine::Owned| item.run.as_ref() == Some(&id);
        let (_, kept) = runner::sweep(seams.engine.as_ref(), ours).await;
        kept.iter().for_each(|why| printer.talk(why));
    }
    if stop.is_cancelled() && choice == EngineChoice::CleanRoom {
        printer.talk("stopping: closing the clean room");
    }
    for trouble in seams.environments.close().await {
        printer.talk(&trouble);
    }
    if !began && job.args.resume.is_none() {
        // Nothing was measured, so nothing is lost.
        let _ = std::fs::remove_dir_all(&path);
    }
    outcome
}

fn interrupted(printer: &mut Printer) {
    printer.talk("interrupted before anything was measured");
}

async fn execute<E: Engine, C: Clock, P: Probe, G: Environments<E, P>>(
    prepared: Prepared<E, P>,
    args: &RunArgs,
    seams: &Seams<E, C, P, G>,
    printer: &mut Printer,
) -> Result<Measured, Failure> {
    let Prepared {
        mut record,
        selection,
        folder,
        engine,
        probe,
        distribution,
        names,
        pace,
    } = prepared;
    record.mask_secrets();
    announce(&record, selection.planned.len(), &folder, printer);
    let mut recorder = FolderRecorder::new(&folder);
    // A folder that cannot be written is found before the first build.
    crate::runner::Recorder::save(&mut recorder, &record).map_err(Failure::failed)?;
    let own_builder = record.plan.engine == EngineChoice::CleanRoom;
    let settings = Settings {
        reach: record.plan.reach,
        probe_interval: PROBE_INTERVAL,
        prune_own_cache: !args.common.keep_cache,
        own_builder,
        ssh: args.common.ssh.iter().cloned().collect(),
        secrets: args.common.secrets.iter().cloned().collect(),
        scanners: seams.scanners.clone(),
        conditions: host::conditions,
    };
    let order = record.plan.order.concat();
    let mut runner = Runner::new(
        engine.clone(),
        seams.clock.clone(),
        probe.unwrap_or_else(|| seams.probe.clone()),
        settings,
        record,
        selection.planned,
        Box::new(Display::new(
            order,
            printer.screen(),
            printer.talk_sink(),
            seams.stop.clone(),
        )),
        seams.stop.clone(),
    );
    if let Some(distribution) = distribution {
        runner = runner.with_distribution(distribution);
    }
    runner = runner.with_bases(names);
    if let Some(pace) = pace {
        runner = runner.with_pace(pace);
    }
    let (mut record, result) = runner.run(&mut recorder).await;
    let moved = planning::moved_bases(seams.engine.as_ref(), &record).await;
    let mut unwritten = recorder.finish(&record);
    if !moved.is_empty() {
        record.warnings.extend(moved);
        let saved = folder.save_record(&record);
        unwritten = saved.and_then(|_| write_derived(&folder, &record)).err();
    }
    if record.state == RunState::Complete {
        unwritten = charts::write_into(&folder, &record).err().or(unwritten);
    }
    unwritten = write_page(&folder, &record).err().or(unwritten);
    if let Some(left_out) = report::left_out(&record) {
        printer.talk(&left_out);
    }
    printer.talk(&closing_words(&record, &folder));
    Ok(Measured {
        folder,
        record,
        result,
        unwritten: unwritten.map(store_failure),
    })
}

/// Where the results are, and how an interrupted run goes on.
fn closing_words(record: &RunRecord, folder: &RunFolder) -> String {
    match (record.state, &record.ab) {
        (RunState::Complete, _) => format!("results in {}", folder.path().display()),
        (_, Some(_)) => format!(
            "interrupted; what was measured is kept in {}",
            folder.path().display()
        ),
        (RunState::Interrupted | RunState::Running, None) => format!(
            "interrupted; what was measured is kept. To go on: plimsoll run --resume {}",
            folder.path().display()
        ),
    }
}

fn announce(record: &RunRecord, cases: usize, folder: &RunFolder, printer: &mut Printer) {
    let room = match record.plan.engine {
        EngineChoice::Host => "",
        EngineChoice::CleanRoom => "clean room: ",
    };
    printer.talk_lines(&format!(
        "{room}{} {} (API {}, {}), {cases} cases, {} rounds, seed {}\nresults in {}",
        record.engine.name,
        record.engine.version,
        record.engine.api_version,
        record.engine.driver,
        record.plan.warmup_rounds + record.plan.rounds,
        record.plan.seed,
        folder.path().display(),
    ));
    if let Some(why) = record
        .distribution
        .as_ref()
        .and_then(|known| known.why_no_puller.as_ref())
    {
        printer.talk(&format!("pulls are not measured: {why}"));
    }
}

fn print(
    record: &RunRecord,
    folder: &Path,
    (format, preferred): (TableFormat, &[Metric]),
    printer: &mut Printer,
) -> Result<(), OutputError> {
    match format {
        TableFormat::Table => {
            printer.data(answers(record, preferred, printer.width).as_bytes())?;
            printer.talk(&format!(
                "next: `plimsoll report {0} --open` shows this run as a page, `--format table` all its tables",
                folder.display()
            ));
            Ok(())
        }
        TableFormat::Json => printer.line(&format!("{:#}", export::report_json(record))),
    }
}

/// The answer for each scenario: a table, and what it comes to.
fn answers(record: &RunRecord, preferred: &[Metric], width: Option<u16>) -> String {
    let mut text = String::new();
    for scenario in &record.scenarios {
        let answer = tables::answer(record, &scenario.name, preferred);
        text.push_str(&answer.table.terminal(width));
        text.push('\n');
        for sentence in &answer.sentences {
            text.push_str(&format!("- {}\n", crate::text::visible(sentence)));
        }
        text.push('\n');
    }
    text
}

pub(super) fn exit_of(record: &RunRecord) -> Exit {
    if record.state != RunState::Complete {
        return Exit::Interrupted;
    }
    let dnf = record
        .samples
        .iter()
        .any(|sample| sample.outcome.status() == Status::Dnf && !record.expects(sample))
        || record.cases.iter().any(|case| match &case.disposition {
            Disposition::Failed { reason } => case.expects_to_fail(reason).is_none(),
            _ => false,
        });
    if dnf { Exit::Failed } else { Exit::Fine }
}
