//! `plimsoll list`: what would run, and what has.

use serde_json::json;

use super::args::{ListArgs, Place, TableFormat};
use super::cases::{self, CaseFilter};
use super::failure::{Exit, Failure};
use super::output::Printer;
use super::runs::load_readable;
use crate::export;
use crate::record::{Disposition, RunRecord, mask_texts, secrets_in};
use crate::secrets::Masker;
use crate::tables::{self, Cell, Column, Table};

/// Prints the selected variants, or runs.
///
/// # Errors
/// When a scenario is invalid or nothing is selected; when a run cannot be read.
pub(super) fn list(place: &Place, args: &ListArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    if let Some(runs) = &args.runs {
        return list_runs(place, runs, args.format, printer);
    }
    let filter = CaseFilter::new(args.only.as_deref())?;
    let mut selection = cases::select(
        &cases::load(place, &args.scenarios)?,
        &filter,
        &place.results(),
    )?;
    // As in the record of a run: what a rule takes for a secret is not shown, wherever it stands.
    let mut masker = Masker::default();
    masker.learn(secrets_in(&mut selection.records));
    mask_texts(&mut selection.records, &masker);
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
                Disposition::NotAvailable { reason } => format!("not available here: {reason}"),
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

/// Prints runs: those that are named, or all under `results/`.
fn list_runs(
    place: &Place,
    runs: &[String],
    format: TableFormat,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let all = || vec![place.results().display().to_string()];
    let named = if runs.is_empty() {
        all()
    } else {
        runs.to_vec()
    };
    let (loaded, exit) = load_readable(place, &named, printer)?;
    let (folders, records): (Vec<_>, Vec<RunRecord>) = loaded
        .into_iter()
        .map(|(folder, record)| (folder.path().display().to_string(), record))
        .unzip();
    // A run's folder may have been renamed since: it is by the folder that a run is named.
    match format {
        TableFormat::Json => {
            let mut runs = export::runs_json(&records);
            for (run, folder) in runs.as_array_mut().into_iter().flatten().zip(folders) {
                run["folder"] = json!(folder);
            }
            printer.line(&format!("{:#}", json!({ "runs": runs })))?;
        }
        TableFormat::Table => {
            let mut table = tables::runs_table(&records);
            table.columns.insert(0, Column::text("folder", "folder"));
            for (row, folder) in table.rows.iter_mut().zip(folders) {
                row.insert(0, Cell::text(folder));
            }
            printer.data(table.terminal(printer.width).as_bytes())?;
        }
    }
    Ok(exit)
}
