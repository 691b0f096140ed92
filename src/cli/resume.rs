//! Goes on with an interrupted run: the record is its own plan.

use std::collections::BTreeSet;
use std::path::Path;

use super::args::Place;
use super::cases::{self, CaseFilter, Selection};
use super::draft::{BENCH_FILE, root_of};
use super::failure::Failure;
use crate::record::{
    BaseRecord, Disposition, EngineFacts, HostFacts, RunRecord, RunState, claimable, mask_texts,
};
use crate::runner::FLOOR_SCENARIO;
use crate::scenario::{self, Scenario};
use crate::secrets::Masker;

/// Scenarios and contexts of a run that is to be resumed, as they are now.
///
/// # Errors
/// When the run is complete or was joined from parts, or scenario or app are not what the run measured.
pub(super) fn selection(
    place: &Place,
    record: &RunRecord,
    out: &Path,
) -> Result<Selection, Failure> {
    if record.state == RunState::Complete {
        return Err(Failure::usage(format!(
            "the run `{}` is complete",
            record.id
        )));
    }
    if record.ab.is_some() {
        return Err(Failure::usage(format!(
            "the run `{}` measured two revisions, which are not laid out any more",
            record.id
        ))
        .with_hint(Some("start again with `plimsoll ab`".to_owned())));
    }
    if !record.parts.is_empty() {
        return Err(
            Failure::usage(format!("the run `{}` was joined from parts", record.id))
                .with_hint(Some("resume the part, and join them again".to_owned())),
        );
    }
    let scenarios = place.scenarios()?;
    let root = scenarios.parent().unwrap_or(place.home());
    let names: Vec<_> = record
        .scenarios
        .iter()
        .map(|scenario| {
            let inside = root.join(&scenario.path);
            let path = if inside.exists() {
                inside
            } else {
                Path::new(&scenario.path).to_owned()
            };
            path.display().to_string()
        })
        .collect();
    let filter = CaseFilter::new(record.plan.only.as_deref())?;
    let scenarios = match unwritten(place, record, out)? {
        Some(scenario) => vec![scenario],
        None => cases::load(place, &names)?,
    };
    let mut selection = cases::select(&scenarios, &filter, out)?;
    if record.plan.shard.is_some() {
        selection.keep(&record.cases.iter().map(|case| case.id.clone()).collect());
    }
    for (then, now) in record.scenarios.iter().zip(&selection.scenarios) {
        let what = if then.sha256 != now.sha256 {
            "the scenario"
        } else if then.app_sha256 != now.app_sha256 {
            "the app of the scenario"
        } else {
            continue;
        };
        return Err(changed(&format!(
            "{what} `{}` has changed since",
            then.name
        )));
    }
    Ok(selection)
}

/// The scenario of a bench that was not saved: the record has its text.
fn unwritten(place: &Place, record: &RunRecord, out: &Path) -> Result<Option<Scenario>, Failure> {
    let [scenario] = record.scenarios.as_slice() else {
        return Ok(None);
    };
    let file = root_of(out).unwrap_or(&place.here).join(BENCH_FILE);
    if scenario.path != BENCH_FILE || file.exists() {
        return Ok(None);
    }
    let parsed = scenario::parse(&file, scenario.text.clone(), &claimable());
    parsed.map(Some).map_err(|error| {
        let hint = "resume it from the folder in which it began";
        Failure::usage(error).with_hint(Some(hint.to_owned()))
    })
}

/// Holds machine, engine and bases against those that the run began with.
///
/// # Errors
/// When they differ: unlike things are not mixed in one run.
pub(super) fn same_ground(
    record: &RunRecord,
    engine: &EngineFacts,
    host: &HostFacts,
    bases: &[BaseRecord],
) -> Result<(), Failure> {
    // The record has names without the secrets in them.
    let (mut engine, mut host, mut bases) = (engine.clone(), host.clone(), bases.to_vec());
    let masker = Masker::default();
    mask_texts(&mut engine, &masker);
    mask_texts(&mut host, &masker);
    mask_texts(&mut bases, &masker);
    // A scheduler may start a shard again on another node.
    let (then, now) = (record.host.words(), host.words());
    if then != now {
        return Err(changed(&format!(
            "it began on a machine of another kind: {then} against {now}"
        )));
    }
    // Runs of before 2026-11-29 do not record the range.
    let mut began = record.engine.clone();
    began.api_range = began.api_range.or_else(|| engine.api_range.clone());
    if began != engine {
        return Err(changed("the engine is not the one that the run began on"));
    }
    let now: BTreeSet<_> = bases
        .iter()
        .map(|base| (&base.reference, &base.image_id))
        .collect();
    match record
        .bases
        .iter()
        .find(|base| !now.contains(&(&base.reference, &base.image_id)))
    {
        Some(base) => Err(changed(&format!(
            "the base `{}` is gone, or another image now",
            base.reference
        ))),
        None => Ok(()),
    }
}

/// Holds the cases that can be built and run now against those that were planned: one
/// that is not available any more would be passed over in silence.
///
/// # Errors
/// When a planned one is missing.
pub(super) fn same_cases(record: &RunRecord, selection: &Selection) -> Result<(), Failure> {
    let planned: BTreeSet<_> = selection.planned.iter().map(|case| &case.id).collect();
    let gone = record.cases.iter().find(|case| {
        let runs = matches!(
            case.disposition,
            Disposition::Pending | Disposition::Qualified
        );
        runs && case.scenario != FLOOR_SCENARIO && !planned.contains(&case.id)
    });
    match gone {
        Some(case) => Err(changed(&format!(
            "`{}` is not available here any more",
            case.id
        ))),
        None => Ok(()),
    }
}

/// Takes back the samples of a visit that was cut short: it is made again whole. `warnings` are
/// those of this start.
pub(super) fn rewind(record: &mut RunRecord, command: Vec<String>, warnings: Vec<String>) {
    let done: BTreeSet<_> = (1u32..)
        .zip(&record.plan.order)
        .flat_map(|(round, cases)| cases.iter().map(move |case| (round, case.clone())))
        .take(record.plan.visits_done as usize)
        .collect();
    let before = record.samples.len();
    record
        .samples
        .retain(|sample| done.contains(&(sample.round, sample.case.clone())));
    record
        .builds
        .retain(|build| done.contains(&(build.round, build.case.clone())));
    record
        .conditions
        .retain(|visit| done.contains(&(visit.round, visit.case.clone())));
    let taken_back = before - record.samples.len();
    if taken_back > 0 {
        record.warnings.push(format!(
            "{taken_back} samples of a visit that was cut short were taken again when the run was resumed"
        ));
    }
    record.state = RunState::Running;
    record.finished_at = None;
    record.commands.push(command);
    record.warnings.extend(warnings);
}

fn changed(what: &str) -> Failure {
    Failure::usage(format!("the run cannot go on: {what}")).with_hint(Some(
        "begin a new run: unlike things are not mixed in one".to_owned(),
    ))
}
