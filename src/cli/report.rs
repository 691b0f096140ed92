//! `plimsoll report`: everything anew from run.json alone.

use std::collections::BTreeSet;

use super::args::{Place, ReportArgs, ReportFormat};
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
    let runs = load_all(place, &args.runs)?;
    if args.write {
        for (folder, record) in &runs {
            write_derived(folder, record).map_err(store_failure)?;
            printer.talk(&format!("written anew in {}", folder.path().display()));
        }
        return Ok(Exit::Fine);
    }
    let records: Vec<RunRecord> = runs.into_iter().map(|(_, record)| record).collect();
    match (args.format, records.as_slice()) {
        (ReportFormat::Md, [record]) => printer.data(report::report_md(record).as_bytes())?,
        (ReportFormat::Md, several) => printer.data(report::reports_md(several).as_bytes())?,
        (ReportFormat::Csv, several) => printer.data(&report::summaries_csv(several))?,
        (ReportFormat::Json, [record]) => {
            printer.line(&format!("{:#}", report::report_json(record)))?;
        }
        (ReportFormat::Json, several) => {
            printer.line(&format!("{:#}", report::reports_json(several)))?;
        }
        (ReportFormat::Table, [record]) => tables(record, printer)?,
        (ReportFormat::Table, several) => {
            let overview = report::runs_overview(several);
            printer.line(&overview.terminal(printer.width))?;
            for record in several {
                printer.line(&format!("Run {}\n", record.id))?;
                tables(record, printer)?;
            }
        }
    }
    Ok(Exit::Fine)
}

fn tables(record: &RunRecord, printer: &mut Printer) -> std::io::Result<()> {
    for scenario in &record.scenarios {
        for table in report::terminal_tables(record, &scenario.name) {
            printer.data(table.terminal(printer.width).as_bytes())?;
            printer.data(b"\n")?;
        }
    }
    Ok(())
}

/// Finds and reads runs, each once, in the order in which they are named.
///
/// # Errors
/// When there is no such run, or a record cannot be read.
pub(super) fn load_all(
    place: &Place,
    runs: &[String],
) -> Result<Vec<(RunFolder, RunRecord)>, Failure> {
    let results = place.home.join("results");
    let mut seen = BTreeSet::new();
    let mut loaded = Vec::new();
    for run in runs {
        for path in store::resolve_all(&results, run).map_err(store_failure)? {
            // Two names may lead to one folder.
            if !seen.insert(std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
                continue;
            }
            let folder = RunFolder::open(&path).map_err(store_failure)?;
            let record = folder.load_record().map_err(store_failure)?;
            loaded.push((folder, record));
        }
    }
    Ok(loaded)
}
