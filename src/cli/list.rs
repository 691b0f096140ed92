//! `plimsoll list`: what would run.

use serde_json::json;

use super::args::{ListArgs, Place, TableFormat};
use super::cases::{self, Filter};
use super::failure::{Exit, Failure};
use super::output::Printer;
use crate::record::Disposition;
use crate::report::{Cell, Column, Table};

/// Prints the selected variants.
///
/// # Errors
/// When a scenario is invalid or nothing is selected.
pub(super) fn list(place: &Place, args: &ListArgs, printer: &mut Printer) -> Result<Exit, Failure> {
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
    let rows = selection
        .records
        .iter()
        .map(|case| {
            let what = match &case.disposition {
                Disposition::NotApplicable { reason } => format!("not applicable: {reason}"),
                _ => case.title.clone(),
            };
            [
                case.id.to_string(),
                case.strategy.clone(),
                case.bases.join(" "),
                what,
            ]
            .map(Cell::text)
            .to_vec()
        })
        .collect();
    let table = Table {
        title: "What would run".to_owned(),
        columns: vec![
            Column::text("case", "case"),
            Column::text("strategy", "strategy"),
            Column::text("bases", "bases"),
            Column::text("what", "what it does"),
        ],
        rows,
        notes: Vec::new(),
    };
    printer.data(table.terminal(printer.width).as_bytes())?;
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
