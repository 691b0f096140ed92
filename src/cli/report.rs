//! `plimsoll report`: everything anew from run.json alone.

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
/// When the run cannot be read, or a file cannot be written.
pub(super) fn report(
    place: &Place,
    args: &ReportArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let (folder, record) = load(place, &args.run)?;
    if args.write {
        write_derived(&folder, &record).map_err(store_failure)?;
        printer.talk(&format!("written anew in {}", folder.path().display()));
        return Ok(Exit::Fine);
    }
    match args.format {
        ReportFormat::Md => printer.data(report::report_md(&record).as_bytes())?,
        ReportFormat::Csv => printer.data(&report::summary_csv(&record))?,
        ReportFormat::Json => printer.line(&format!("{:#}", report::report_json(&record)))?,
        ReportFormat::Table => {
            for scenario in &record.scenarios {
                for table in report::terminal_tables(&record, &scenario.name) {
                    printer.data(table.terminal(printer.width).as_bytes())?;
                    printer.data(b"\n")?;
                }
            }
        }
    }
    Ok(Exit::Fine)
}

/// Finds and reads a run.
///
/// # Errors
/// When there is no such run, or its record cannot be read.
pub(super) fn load(place: &Place, run: &str) -> Result<(RunFolder, RunRecord), Failure> {
    let path = store::resolve(&place.home.join("results"), run).map_err(store_failure)?;
    let folder = RunFolder::open(&path).map_err(store_failure)?;
    let record = folder.load_record().map_err(store_failure)?;
    Ok((folder, record))
}
