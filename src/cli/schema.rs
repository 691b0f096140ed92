//! `plimsoll schema`: the JSON Schema of the files.

use super::args::{SchemaArgs, SchemaOf};
use super::failure::{Exit, Failure};
use super::output::Printer;
use crate::record::RunRecord;
use crate::scenario;

/// Prints a schema.
///
/// # Errors
/// When stdout cannot be written.
pub(super) fn schema(args: &SchemaArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let schema = match args.of {
        SchemaOf::Scenario => scenario::schema(),
        SchemaOf::Run => schemars::schema_for!(RunRecord),
    };
    printer.line(&serde_json::to_string_pretty(&schema).map_err(Failure::failed)?)?;
    Ok(Exit::Fine)
}
