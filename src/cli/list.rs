//! `plimsoll list`: what would run.

use serde_json::json;

use super::args::{ListArgs, Place, TableFormat};
use super::cases::{self, Filter};
use super::failure::{Exit, Failure};
use super::output::Printer;
use crate::record::Disposition;

/// Prints the selected variants.
///
/// # Errors
/// When a scenario is invalid or nothing is selected.
pub(super) fn list(
    place: &Place,
    args: &ListArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let filter = Filter::new(args.only.as_deref())?;
    let selection = cases::select(&cases::load(place, &args.scenarios)?, &filter)?;
    if args.format == TableFormat::Json {
        let cases: Vec<_> = selection
            .records
            .iter()
            .map(|case| {
                json!({
                    "case": case.id, "scenario": case.scenario, "app": case.app,
                    "variant": case.variant, "strategy": case.strategy, "title": case.title,
                    "bases": case.bases, "disposition": case.disposition,
                })
            })
            .collect();
        printer.line(&format!("{:#}", json!({ "cases": cases })))?;
        return Ok(Exit::Fine);
    }
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    if let Some(width) = printer.width {
        table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(["CASE", "STRATEGY", "BASES", "WHAT IT DOES"]);
    for case in &selection.records {
        let what = match &case.disposition {
            Disposition::NotApplicable { reason } => format!("not applicable: {reason}"),
            _ => case.title.clone(),
        };
        table.add_row([case.id.to_string(), case.strategy.clone(), case.bases.join(", "), what]);
    }
    printer.line(&table.trim_fmt())?;
    for scenario in &selection.scenarios {
        printer.talk(&format!(
            "{}: {} ({} claims)",
            scenario.name,
            scenario.title,
            scenario.claims.len()
        ));
    }
    Ok(Exit::Fine)
}
