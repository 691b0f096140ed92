//! `run --continue`: a shard that a scheduler starts again goes on where it stopped, and one
//! that is complete is not measured twice.

use std::path::{Path, PathBuf};

use super::args::{Place, RunArgs};
use super::cases::{self, Filter};
use super::failure::Failure;
use super::planning;
use super::prepare::results;
use super::run::store_failure;
use super::shard;
use crate::record::{PlanRecord, RunRecord, RunState, ScenarioRecord, Shard};
use crate::store::{self, RunFolder};

/// What an earlier start of the shard left.
#[derive(Debug)]
pub(super) enum Earlier {
    /// No run, or nobody asked for one.
    None,
    /// A run that can be resumed.
    Open(PathBuf),
    /// A run that is complete.
    Complete(PathBuf, Box<RunRecord>),
}

/// Looks for the shard's own run where its folder would be made.
///
/// # Errors
/// When a process writes that run now, it was run with other options or of another scenario,
/// or it cannot be read.
pub(super) fn find(place: &Place, args: &RunArgs) -> Result<Earlier, Failure> {
    let Some(shard) = args.part.shard.filter(|_| args.part.r#continue) else {
        return Ok(Earlier::None);
    };
    let results = results(place, args);
    let filter = Filter::new(args.ground.only.as_deref())?;
    let mut selection = cases::select(&cases::load(place, &args.scenarios)?, &filter, &results)?;
    let (by, timings) = (args.part.shard_by.into(), args.part.timings.as_deref());
    shard::take(place, &mut selection, shard, by, timings)?;
    let wanted = selection.part.as_ref().map(|part| &part.record);
    let mut open = None;
    for path in store::run_folders(&results) {
        if !is_named_after(&path, shard) {
            continue;
        }
        let folder = RunFolder::open(&path).map_err(store_failure)?;
        let record = folder.load_record().map_err(store_failure)?;
        // A part of another split is another run.
        if record.plan.shard.as_ref() != wanted {
            continue;
        }
        if RunFolder::is_being_written(&path) {
            let words = format!(
                "another process measures shard {shard} in {}",
                path.display()
            );
            let hint = "wait for it, or end it; this process measures nothing".to_owned();
            return Err(Failure::failed(words).with_hint(Some(hint)));
        }
        if let Some(what) = other_scenario(&record.scenarios, &selection.scenarios)
            .or_else(|| other_options(&record.plan, args))
        {
            return Err(Failure::usage(format!(
                "{} is a run of shard {shard} with {what}",
                path.display()
            ))
            .with_hint(Some(
                "name another folder with --out, or remove that run".to_owned(),
            )));
        }
        if record.state == RunState::Complete {
            return Ok(Earlier::Complete(path, Box::new(record)));
        }
        // Folders come oldest first: the newest has the last word.
        open = Some(path);
    }
    Ok(open.map_or(Earlier::None, Earlier::Open))
}

/// Whether a folder is called as a run of the shard is, so that no other record is read.
fn is_named_after(path: &Path, shard: Shard) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let suffix = format!("-shard{}of{}", shard.index(), shard.count());
    name.rsplit_once(&suffix).is_some_and(|(_, number)| {
        // `-2` where two began in one second.
        let digits = number.strip_prefix('-');
        number.is_empty() || digits.is_some_and(|digits| digits.parse::<u32>().is_ok())
    })
}

fn other_scenario(then: &[ScenarioRecord], now: &[ScenarioRecord]) -> Option<String> {
    let changed = now.iter().find(|now| {
        then.iter().all(|then| {
            (&then.name, &then.sha256, &then.app_sha256)
                != (&now.name, &now.sha256, &now.app_sha256)
        })
    });
    changed.map(|scenario| format!("another text or app of the scenario `{}`", scenario.name))
}

fn other_options(plan: &PlanRecord, args: &RunArgs) -> Option<String> {
    let (warmup, rounds) = planning::rounds_of(args);
    if (plan.warmup_rounds, plan.rounds) != (warmup, rounds) {
        let (then, of_then) = (plan.warmup_rounds, plan.rounds);
        return Some(format!(
            "{then} + {of_then} rounds instead of {warmup} + {rounds}"
        ));
    }
    let engine = args.ground.engine.into();
    (plan.engine != engine).then(|| {
        let (then, now) = (plan.engine.name(), engine.name());
        format!("the engine `{then}` instead of `{now}`")
    })
}
