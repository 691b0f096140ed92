//! `plimsoll claims`: published figures beside measured ones.

use super::args::{ClaimsArgs, Place, ReportFormat};
use super::failure::{Exit, Failure};
use super::output::Printer;
use super::report::load;
use crate::report;

/// Prints the claims of a run's scenarios.
///
/// # Errors
/// When the run cannot be read.
pub(super) fn claims(
    place: &Place,
    args: &ClaimsArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let (_, record) = load(place, &args.run)?;
    match args.format {
        ReportFormat::Json => printer.line(&format!("{:#}", report::claims_json(&record)))?,
        ReportFormat::Table => {
            printer.data(report::claims(&record).terminal(printer.width).as_bytes())?
        }
        ReportFormat::Md => printer.data(report::claims(&record).markdown().as_bytes())?,
        ReportFormat::Csv => printer.data(&report::claims(&record).csv())?,
    }
    Ok(Exit::Fine)
}
