//! `run --continue`: a shard that a scheduler starts again goes on where it stopped, and one
//! that is complete is not measured twice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Parser;

use super::args::{Cli, Command, Place, RunArgs};
use super::cases::{self, CaseFilter, Part, Selection};
use super::failure::{Failure, store_failure};
use super::planning;
use super::prepare::results;
use super::shard;
use crate::bases::Policy;
use crate::record::{
    CaseId, EngineChoice, ImageStore, Reach, RunRecord, RunState, ScenarioRecord, Shard,
    SkippedPhase,
};
use crate::runner::{FLOOR_SCENARIO, Profile};
use crate::store::{self, RunFolder};
use crate::units::Nanos;

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
    let filter = CaseFilter::new(args.common.only.as_deref())?;
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
            .or_else(|| other_cases(&record, &selection))
            .or_else(|| other_options(&record, args, selection.part.as_ref()))
        {
            return Err(Failure::usage(format!(
                "{} is a run of shard {shard} with {what}",
                path.display()
            ))
            .with_hint(Some(
                "give the options of that run, name another folder with --out, or remove that run"
                    .to_owned(),
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

/// The cases of this shard are computed from --timings, too, which the split's record does not say.
fn other_cases(record: &RunRecord, selection: &Selection) -> Option<String> {
    let of_scenarios = record.cases.iter();
    let of_scenarios = of_scenarios.filter(|case| case.scenario != FLOOR_SCENARIO);
    let then: BTreeSet<&CaseId> = of_scenarios.map(|case| &case.id).collect();
    let now: BTreeSet<&CaseId> = selection.records.iter().map(|case| &case.id).collect();
    (then != now).then(|| "other cases: --timings split them in another way".to_owned())
}

/// What was asked for and is another thing now. A run that goes on keeps its own plan, so it
/// would be ignored.
fn other_options(record: &RunRecord, args: &RunArgs, part: Option<&Part>) -> Option<String> {
    let (plan, common) = (&record.plan, &args.common);
    let (warmup, rounds) = planning::rounds_of(args);
    if (plan.warmup_rounds, plan.rounds) != (warmup, rounds) {
        let (then, of_then) = (plan.warmup_rounds, plan.rounds);
        return Some(format!(
            "{then} + {of_then} rounds instead of {warmup} + {rounds}"
        ));
    }
    let seed = common.seed.or(part.map(|part| part.seed));
    let links = match common.no_push {
        true => Vec::new(),
        false => planning::links(&common.links),
    };
    let skipped: Vec<SkippedPhase> = common.skip.iter().map(|phase| (*phase).into()).collect();
    let store = common.store.map(ImageStore::from);
    let reach = common.reach.map(Reach::from);
    let minutes = plan.build_deadline_ns.0 / Nanos::from_secs(60).0;
    let registry = registry_of(record);
    let looked_at = [
        (
            "the engine",
            plan.engine.name().to_owned(),
            EngineChoice::from(common.engine).name().to_owned(),
        ),
        (
            "the profile",
            plan.profile.clone(),
            Profile::from(args.profile).name().to_owned(),
        ),
        (
            "the seed",
            plan.seed.to_string(),
            seed.unwrap_or(plan.seed).to_string(),
        ),
        ("the links", list(&plan.links), list(&links)),
        (
            "the skipped phases",
            list(plan.skipped.iter().map(|phase| phase.name())),
            list(skipped.iter().map(|phase| phase.name())),
        ),
        (
            "the bases",
            plan.bases.clone(),
            Policy::from(common.bases).name().to_owned(),
        ),
        (
            "bases from",
            registry.clone().unwrap_or_default().unwrap_or_default(),
            match registry {
                Some(_) => common.bases_from.clone().unwrap_or_default(),
                None => String::new(),
            },
        ),
        (
            "a build deadline of minutes",
            minutes.to_string(),
            common.build_deadline.to_string(),
        ),
        (
            "the reach",
            plan.reach.name().to_owned(),
            reach.unwrap_or(plan.reach).name().to_owned(),
        ),
        (
            "the image store",
            record.engine.store.word().to_owned(),
            store
                .as_ref()
                .unwrap_or(&record.engine.store)
                .word()
                .to_owned(),
        ),
    ];
    let other = looked_at.into_iter().find(|(_, then, now)| then != now)?;
    let (what, then, now) = other;
    let named = |text: String| match text.is_empty() {
        true => "none".to_owned(),
        false => format!("`{text}`"),
    };
    Some(format!("{what} {} instead of {}", named(then), named(now)))
}

/// Each once, in an order of its own.
fn list<T: ToString>(of: impl IntoIterator<Item = T>) -> String {
    let words: BTreeSet<String> = of.into_iter().map(|one| one.to_string()).collect();
    words.into_iter().collect::<Vec<_>>().join(", ")
}

/// What --bases-from was when the run began. Only its command line says so; none where that
/// cannot be read any more.
fn registry_of(record: &RunRecord) -> Option<Option<String>> {
    let began = record.commands.first()?;
    match Cli::try_parse_from(began).ok()?.command {
        Command::Run(run) => Some(run.common.bases_from),
        _ => None,
    }
}
