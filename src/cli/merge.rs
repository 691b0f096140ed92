//! `plimsoll merge`: one run folder of a run's shards.

use std::collections::BTreeSet;

use serde_json::json;

use super::args::{MergeArgs, Place, TableFormat};
use super::failure::{Exit, Failure, store_failure};
use super::folder::{write_derived, write_page};
use super::output::Printer;
use super::prepare::named_after;
use super::runs::load_each;
use crate::engine::Clock;
use crate::merge::{MergeRule, Parts};
use crate::record::Disposition;
use crate::report;
use crate::store::RunFolder;
use crate::tables;

/// Joins parts, and writes their run's folder.
///
/// # Errors
/// When a part cannot be read, the parts are unlike, or the folder cannot be written.
pub(super) fn merge_runs(
    place: &Place,
    args: &MergeArgs,
    clock: &impl Clock,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let mut parts = Parts::default();
    for part in load_each(place, &args.runs) {
        parts.add(part?);
    }
    let waived: BTreeSet<MergeRule> = args.allow.iter().copied().collect();
    let mut record = parts.join(&waived).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error).with_hint(Some(hint))
    })?;
    let results = args.out.clone().unwrap_or_else(|| place.results());
    let names: Vec<&str> = record
        .scenarios
        .iter()
        .map(|scenario| scenario.name.as_str())
        .collect();
    let name = match names.is_empty() {
        true => "merged".to_owned(),
        false => format!("{}-merged", named_after(&names)),
    };
    let folder = RunFolder::create(&results, &clock.utc(), &name).map_err(store_failure)?;
    record.id = folder.id();
    if let Err(error) = folder.save_record(&record) {
        // The parts have all of it.
        let _ = std::fs::remove_dir_all(folder.path());
        return Err(store_failure(error));
    }
    let derived = write_derived(&folder, &record);
    let paged = write_page(&folder, &record);
    let path = folder.path().display().to_string();
    let printed = match args.format {
        TableFormat::Table => match tables::parts_table(&record) {
            Some(table) => printer.data(table.terminal(printer.width).as_bytes()),
            None => Ok(()),
        },
        TableFormat::Json => {
            let failed = |case: &&crate::record::CaseRecord| {
                matches!(case.disposition, Disposition::Failed { .. })
            };
            let json = json!({
                "run": record.id,
                "folder": path,
                "cases": record.cases.len(),
                "failed": record.cases.iter().filter(failed).count(),
                "warnings": record.warnings,
                "parts": record.parts.iter().map(|part| json!({
                    "part": part.name(), "run": part.run, "cases": part.cases,
                })).collect::<Vec<_>>(),
            });
            printer.line(&format!("{json:#}"))
        }
    };
    for warning in &record.warnings {
        printer.talk(&format!("warning: {warning}"));
    }
    if let Some(left_out) = report::left_out(&record) {
        printer.talk(&left_out);
    }
    printer.talk(&format!("results in {path}"));
    derived.and(paged).map_err(store_failure)?;
    printed?;
    Ok(Exit::Fine)
}
