//! `plimsoll report`: everything anew from run.json alone.

use std::collections::BTreeSet;

use super::args::{ExportFormat, Place, ReportArgs};
use super::charts::{self, Picture};
use super::failure::{Exit, Failure};
use super::folder::write_derived;
use super::output::Printer;
use super::run::store_failure;
use crate::record::RunRecord;
use crate::report;
use crate::store::{self, RunFolder};

/// Prints a report, or writes the derived files.
///
/// # Errors
/// When a run cannot be read, or a file cannot be written.
pub(super) fn report(
    place: &Place,
    args: &ReportArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let (runs, exit) = load_readable(place, &args.runs, printer)?;
    if args.write {
        for (folder, record) in &runs {
            write_derived(folder, record).map_err(store_failure)?;
            charts::write_into(folder, record).map_err(store_failure)?;
            printer.talk(&format!("written anew in {}", folder.path().display()));
        }
        return Ok(exit);
    }
    let records: Vec<RunRecord> = runs.into_iter().map(|(_, record)| record).collect();
    let picture = match args.format {
        ExportFormat::Svg => Some(Picture::Svg),
        ExportFormat::Png => Some(Picture::Png),
        _ => None,
    };
    if let Some(picture) = picture {
        return charts::write(&records, &args.charts, picture, printer);
    }
    if let [record] = records.as_slice()
        && let Some(bytes) = tracked(args.format, record)
    {
        printer.data(&bytes)?;
        return Ok(exit);
    }
    match (args.format, records.as_slice()) {
        (ExportFormat::Md, [record]) => printer.data(report::report_md(record).as_bytes())?,
        (ExportFormat::Md, several) => printer.data(report::reports_md(several).as_bytes())?,
        (ExportFormat::Csv, several) => printer.data(&report::summaries_csv(several))?,
        (ExportFormat::Json, [record]) => {
            printer.line(&format!("{:#}", report::report_json(record)))?;
        }
        (ExportFormat::Json, several) => {
            printer.line(&format!("{:#}", report::reports_json(several)))?;
        }
        (ExportFormat::Table, [record]) => tables(record, printer)?,
        (ExportFormat::Table, several) => {
            let overview = report::runs_overview(several);
            printer.line(&overview.terminal(printer.width))?;
            for record in several {
                printer.line(&format!("Run {}\n", record.id))?;
                tables(record, printer)?;
            }
        }
        (_, several) => {
            let said = format!("{} runs for a form that holds one", several.len());
            let hint = "name one run: a tracker takes them one by one";
            return Err(Failure::usage(said).with_hint(Some(hint.to_owned())));
        }
    }
    Ok(exit)
}

/// What a tracker reads of a run.
fn tracked(format: ExportFormat, record: &RunRecord) -> Option<Vec<u8>> {
    let json = |value: serde_json::Value| format!("{value:#}\n");
    Some(
        match format {
            ExportFormat::Table
            | ExportFormat::Md
            | ExportFormat::Csv
            | ExportFormat::Json
            | ExportFormat::Svg
            | ExportFormat::Png => return None,
            ExportFormat::GithubActionBenchmark => json(report::smaller_is_better_json(record)),
            ExportFormat::GithubActionBenchmarkBigger => {
                json(report::bigger_is_better_json(record))
            }
            ExportFormat::Bencher => json(report::bencher_json(record)),
            ExportFormat::Hyperfine => json(report::hyperfine_json(record)),
            ExportFormat::GoBenchmark => report::go_benchmark_text(record),
            ExportFormat::OpenMetrics => report::open_metrics_text(record),
        }
        .into_bytes(),
    )
}

fn tables(record: &RunRecord, printer: &mut Printer) -> std::io::Result<()> {
    if record.scenarios.is_empty() {
        printer.talk(&format!(
            "{} has no scenarios: there is nothing to show",
            record.id
        ));
    }
    for scenario in &record.scenarios {
        for table in report::terminal_tables(record, &scenario.name) {
            printer.data(table.terminal(printer.width).as_bytes())?;
            printer.data(b"\n")?;
        }
    }
    Ok(())
}

/// A run that was found, with its record or why it cannot be read.
type Found = (RunFolder, Result<RunRecord, Failure>);

/// Finds and reads runs, each once, in the order in which they are named.
fn find_all(place: &Place, runs: &[String]) -> Vec<Result<Found, Failure>> {
    let results = place.home.join("results");
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for run in runs {
        let paths = match store::resolve_all(&results, run) {
            Ok(paths) => paths,
            Err(error) => {
                found.push(Err(store_failure(error)));
                continue;
            }
        };
        for path in paths {
            // Two names may lead to one folder.
            if !seen.insert(std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
                continue;
            }
            let folder = RunFolder::open(&path).map_err(store_failure);
            found.push(folder.map(|folder| {
                let record = folder.load_record().map_err(store_failure);
                (folder, record)
            }));
        }
    }
    found
}

/// All runs that are named.
///
/// # Errors
/// When there is no such run, or a record cannot be read: the first of them.
pub(super) fn load_all(
    place: &Place,
    runs: &[String],
) -> Result<Vec<(RunFolder, RunRecord)>, Failure> {
    find_all(place, runs)
        .into_iter()
        .map(|found| {
            let (folder, record) = found?;
            Ok((folder, record?))
        })
        .collect()
}

/// Those that can be read. The others are told, each with its fault, and the exit code is
/// not that of success: what was asked for is not all there.
///
/// # Errors
/// When none can be read: the first fault.
pub(super) fn load_readable(
    place: &Place,
    runs: &[String],
    printer: &mut Printer,
) -> Result<(Vec<(RunFolder, RunRecord)>, Exit), Failure> {
    let mut loaded = Vec::new();
    let mut faults = Vec::new();
    for found in find_all(place, runs) {
        match found.and_then(|(folder, record)| Ok((folder, record?))) {
            Ok(run) => loaded.push(run),
            Err(fault) => faults.push(fault),
        }
    }
    if loaded.is_empty() && !faults.is_empty() {
        return Err(faults.swap_remove(0));
    }
    for fault in &faults {
        printer.talk(&fault.to_string());
    }
    let exit = match faults.is_empty() {
        true => Exit::Fine,
        false => Exit::Failed,
    };
    Ok((loaded, exit))
}

/// One run, by any of its names.
///
/// # Errors
/// When there is none, or several, or it cannot be read.
pub(super) fn load_one(place: &Place, run: &str) -> Result<RunRecord, Failure> {
    let mut runs = load_all(place, &[run.to_owned()])?;
    match (runs.pop(), runs.is_empty()) {
        (Some((_, record)), true) => Ok(record),
        _ => Err(Failure::usage(format!("`{run}` holds several runs"))
            .with_hint(Some("name one of them".to_owned()))),
    }
}
