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
        ReportFormat::Table => printer.line(&report::claims(&record).to_terminal(printer.width))?,
        ReportFormat::Md => printer.line(&report::claims(&record).to_markdown())?,
        ReportFormat::Csv => printer.data(&report::claims(&record).to_csv())?,
    }
    Ok(Exit::Fine)
}
