//! `plimsoll claims`: published figures next to measured ones.

use super::args::{ClaimsArgs, Place, ReportFormat};
use super::failure::{Exit, Failure};
use super::output::Printer;
use super::output_error::OutputError;
use super::runs::load_readable;
use crate::export;
use crate::record::RunRecord;
use crate::tables;

/// Prints the claims of the runs' scenarios.
///
/// # Errors
/// When a run cannot be read.
pub(super) fn claims(
    place: &Place,
    args: &ClaimsArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let (runs, exit) = load_readable(place, &args.runs, printer)?;
    let records: Vec<RunRecord> = runs.into_iter().map(|(_, record)| record).collect();
    if let [record] = records.as_slice() {
        one(record, args.format, printer)?;
        return Ok(exit);
    }
    match args.format {
        ReportFormat::Json => {
            printer.line(&format!("{:#}", export::several_claims_json(&records)))?;
        }
        ReportFormat::Csv => printer.data(&tables::claims_of_all(&records).csv())?,
        ReportFormat::Table | ReportFormat::Md => {
            for table in tables::claims_of_several(&records) {
                let text = if args.format == ReportFormat::Md {
                    table.markdown()
                } else {
                    table.terminal(printer.width)
                };
                printer.line(&text)?;
            }
        }
    }
    Ok(exit)
}

fn one(record: &RunRecord, format: ReportFormat, printer: &mut Printer) -> Result<(), OutputError> {
    match format {
        ReportFormat::Json => printer.line(&format!("{:#}", export::claims_json(record))),
        ReportFormat::Table => {
            printer.data(tables::claims(record).terminal(printer.width).as_bytes())
        }
        ReportFormat::Md => printer.data(tables::claims(record).markdown().as_bytes()),
        ReportFormat::Csv => printer.data(&tables::claims(record).csv()),
    }
}
