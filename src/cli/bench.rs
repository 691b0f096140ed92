//! `plimsoll bench`: a project of the user's own, with nothing written beforehand.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{
    BenchArgs, Place, ProfileArg, ProjectArgs, RunArgs, ShardArgs, ShardByArg, SkipArg, TableFormat,
};
use super::cases::{self, CaseFilter};
use super::draft::{DraftInputs, drafted, print_assumptions};
use super::environment::Environments;
use super::failure::{Exit, Failure};
use super::job::{Given, Job, Seams};
use super::output::{Printer, save_scenario};
use super::progress::clock as clock_words;
use super::ready_images;
use super::run::{finish, measure};
use super::time_budget::TimeBudget;
use crate::engine::{Clock, Engine, Probe};
use crate::record::Metric;
use crate::secrets::mask_found;
use crate::units::Nanos;

/// What a first answer may take.
const DEFAULT_TIME: Nanos = Nanos::from_secs(120);

/// Below this, rebuilds with emptied cache mounts and the warm-up are left out.
const SHORT_TIME: Nanos = Nanos::from_secs(600);

/// Measures a project.
///
/// # Errors
/// When there is nothing to measure, or more than one app; when nothing can be measured.
pub async fn bench<E: Engine, C: Clock, P: Probe, G: Environments<E, P>>(
    place: &Place,
    args: &BenchArgs,
    seams: Seams<E, C, P, G>,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let args = &of_here(place, args);
    let place = &of_project(place, &args.project);
    ready_images::check(args)?;
    let stop = seams.stop.clone();
    let configs = tokio::select! {
        biased;
        () = stop.cancelled() => {
            printer.talk("interrupted before anything was measured");
            return Ok(Exit::Interrupted);
        }
        configs = ready_images::configs(place, args, &seams, printer) => configs?,
    };
    let known = DraftInputs {
        secrets: secrets_of(args),
        configs,
    };
    let drafted = drafted(place, &args.project, known, args.save.as_deref())?;
    print_assumptions(&drafted.draft, printer);
    if let Some(file) = &args.save {
        save_scenario(file, &drafted.draft.text, printer)?;
    }
    let (run_args, budget) = run_args(args);
    let filter = CaseFilter::new(args.common.only.as_deref())?;
    let results = run_args.common.out.clone();
    let results = results.unwrap_or_else(|| place.results());
    let scenarios = [drafted.scenario];
    let selection = cases::select(&scenarios, &filter, &results)?;
    if let Some(budget) = budget {
        let rounds = run_args.rounds.unwrap_or_default();
        printer.talk(&words_of(budget, rounds, args.time.is_some()));
    }
    let began = seams.clock.mark();
    let clock = Arc::clone(&seams.clock);
    let elapsed = move || clock.mark().since(began);
    let job = Job {
        args: &run_args,
        given: Some(Given {
            name: drafted.draft.name.clone(),
            selection,
            ab: None,
            pace: budget.map(|budget| -> Box<dyn crate::runner::Pace> {
                Box::new(TimeBudget::new(budget, Box::new(elapsed)))
            }),
        }),
    };
    let Some(measured) = measure(place, job, &seams, printer).await? else {
        return Ok(Exit::Interrupted);
    };
    let rounds = measured.record.plan.rounds;
    if let Some(budget) = budget
        && rounds < run_args.rounds.unwrap_or(rounds)
    {
        printer.talk(&format!(
            "{rounds} {} in {}; more: --time, --rounds or --profile standard",
            if rounds == 1 {
                "round fits"
            } else {
                "rounds fit"
            },
            clock_words(budget.into()),
        ));
    }
    let preferred: Vec<Metric> = args.prefer.iter().map(|one| (*one).into()).collect();
    finish(measured, args.format, &preferred, printer)
}

/// Prints the plan and the scenario: nothing is asked of the engine.
///
/// # Errors
/// As [`bench`], for what can be known without an engine.
pub(super) fn plan_only(
    place: &Place,
    args: &BenchArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let args = &of_here(place, args);
    let place = &of_project(place, &args.project);
    ready_images::check(args)?;
    let known = DraftInputs {
        secrets: secrets_of(args),
        ..DraftInputs::default()
    };
    let drafted = drafted(place, &args.project, known, args.save.as_deref())?;
    print_assumptions(&drafted.draft, printer);
    match &args.save {
        Some(file) => save_scenario(file, &drafted.draft.text, printer)?,
        None => shown(&drafted.draft.text, printer)?,
    }
    Ok(Exit::Fine)
}

/// Prints a scenario without its secrets: the file of --save needs them, an output does not.
fn shown(text: &str, printer: &mut Printer) -> Result<(), Failure> {
    let masked = mask_found(text);
    printer.data(masked.as_bytes())?;
    if masked != text {
        printer.talk("secrets are masked here; --save FILE writes the scenario with them");
    }
    Ok(())
}

/// Ids of the secrets that builds get.
fn secrets_of(args: &BenchArgs) -> Vec<String> {
    let secrets = args.common.secrets.iter();
    secrets.map(|(id, _)| id.clone()).collect()
}

/// The same with paths that do not depend on the working folder: a project elsewhere changes
/// the place.
fn of_here(place: &Place, args: &BenchArgs) -> BenchArgs {
    let full = |path: &PathBuf| {
        let path = place.here.join(path);
        std::path::absolute(&path).unwrap_or(path)
    };
    let mut args = args.clone();
    args.save = args.save.as_ref().map(full);
    let project = &mut args.project;
    project.path = project.path.as_ref().map(full);
    project.context = project.context.as_ref().map(full);
    project.compose = project.compose.as_ref().map(full);
    project.bake = project.bake.as_ref().map(full);
    // As this folder has them, else as the project's has.
    for file in &mut project.files {
        let near = full(file);
        if near.is_file() {
            *file = near;
        }
    }
    args
}

/// The same place, or a project's that lies elsewhere: its runs belong to it.
pub(super) fn of_project(place: &Place, args: &ProjectArgs) -> Place {
    let mut place = place.clone();
    let folder = args.path.as_ref().map(|path| place.here.join(path));
    let real = |path: &Path| path.canonicalize().ok();
    if let Some(folder) = folder
        && let (Some(inside), Some(here)) = (real(&folder), real(&place.here))
        && !inside.starts_with(here)
        && place.home.is_none()
    {
        place.here = inside;
    }
    place
}

/// What a run takes, and the time that rounds have to fit into.
fn run_args(args: &BenchArgs) -> (RunArgs, Option<Nanos>) {
    let is_counted = args.rounds.is_some() || args.profile.is_some();
    let budget = match (args.time, is_counted) {
        (Some(time), _) => Some(time),
        (None, false) => Some(DEFAULT_TIME),
        (None, true) => None,
    };
    let mut common = args.common.clone();
    let profile = args.profile.unwrap_or(ProfileArg::Standard);
    if budget.is_some_and(|budget| budget < SHORT_TIME) {
        common.warmup = common.warmup.or(Some(0));
        if !common.skip.contains(&SkipArg::ColdMounts) {
            common.skip.push(SkipArg::ColdMounts);
        }
    }
    let rounds = args.rounds.or_else(|| {
        let profile = crate::runner::Profile::from(profile);
        budget.map(|_| profile.rounds())
    });
    let run = RunArgs {
        scenarios: Vec::new(),
        profile,
        rounds,
        part: ShardArgs {
            shard: None,
            shard_by: ShardByArg::Variant,
            timings: None,
            r#continue: false,
        },
        resume: None,
        common,
        format: TableFormat::Table,
    };
    (run, budget)
}

fn words_of(budget: Nanos, rounds: u32, is_asked: bool) -> String {
    let left_out = match budget < SHORT_TIME {
        true => "; the warm-up and rebuilds with emptied cache mounts are left out",
        false => "",
    };
    let flag = if is_asked {
        ""
    } else {
        "  [--time, --rounds, --profile]"
    };
    format!(
        "time: as many of {rounds} rounds as fit into {}{left_out}{flag}",
        clock_words(budget.into())
    )
}
