//! The scenario of a project that has none written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::args::{Place, ProjectArgs};
use super::failure::Failure;
use super::output::Printer;
use crate::project::{self, Draft, ImageConfig, ProjectError, Request};
use crate::record::claimable;
use crate::runner::FLOOR_SCENARIO;
use crate::scenario::{self, Scenario, ScenarioError};
use crate::store::OWN_FOLDER;

/// The name under which a scenario that is in no file is known.
pub(super) const BENCH_FILE: &str = "plimsoll-bench.toml";

/// What is known in addition to the project's flags.
#[derive(Default)]
pub(super) struct DraftInputs {
    /// Ids of the secrets that builds get.
    pub(super) secrets: Vec<String>,
    /// Configs of ready images, by reference.
    pub(super) configs: BTreeMap<String, ImageConfig>,
}

/// A scenario, and the text that it was read from.
pub(super) struct Drafted {
    pub(super) draft: Draft,
    pub(super) scenario: Scenario,
}

/// The scenario of a project, read from its text as from a file.
///
/// # Errors
/// When there is none, or its text is not accepted.
pub(super) fn drafted(
    place: &Place,
    args: &ProjectArgs,
    known: DraftInputs,
    file: Option<&Path>,
) -> Result<Drafted, Failure> {
    let here = &place.here;
    let near = |path: &PathBuf| here.join(path);
    let folder = args.path.as_ref().map_or_else(|| here.clone(), near);
    let home = match file.map(|file| here.join(file)) {
        // Paths of a scenario are relative to the folder of its file.
        Some(file) => file.parent().unwrap_or(here).to_owned(),
        None => root_of(&place.results()).unwrap_or(here).to_owned(),
    };
    // As this folder has them, else as the project's has.
    let files = args.files.iter().map(|file| match here.join(file) {
        near if near.is_file() => std::path::absolute(&near).unwrap_or(near),
        _ => file.clone(),
    });
    let draft = project::draft(&Request {
        folder,
        home: home.clone(),
        reserved: FLOOR_SCENARIO.to_owned(),
        context: args.context.as_ref().map(near),
        files: files.collect(),
        images: args
            .images
            .iter()
            .map(|reference| project::ReadyImage {
                reference: reference.clone(),
                config: known.configs.get(reference).cloned(),
            })
            .collect(),
        ready: args.ready.clone(),
        targets: args.targets.clone(),
        build_args: args.build_args.clone(),
        bases: args.bases.clone(),
        suggest: args.suggest,
        swaps: args.swaps.clone(),
        env: args.env.clone(),
        services: args.services.clone(),
        bake: args.bake.as_ref().map(near),
        compose: args.compose.as_ref().map(|file| project::Compose {
            file: near(file),
            service: args.service.clone(),
        }),
        port: None,
        secrets: known.secrets,
        platforms: args.platforms.clone(),
    })
    .map_err(project_failure)?;
    if let Some(file) = file
        && home.canonicalize().is_ok_and(|home| home != draft.root)
    {
        let hint = format!("save it in {} or above", draft.root.display());
        let said = format!(
            "the build context is not below the folder of {}",
            file.display()
        );
        return Err(Failure::usage(said).with_hint(Some(hint)));
    }
    let name = file
        .and_then(Path::file_name)
        .unwrap_or(BENCH_FILE.as_ref());
    let virtual_file = draft.root.join(name);
    let scenario = scenario::parse(&virtual_file, draft.text.clone(), &claimable());
    let scenario = scenario.map_err(scenario_failure)?;
    Ok(Drafted { draft, scenario })
}

/// The folder that a scenario in no file belongs to: that of the project's runs.
pub(super) fn root_of(results: &Path) -> Option<&Path> {
    let own = results.ends_with(OWN_FOLDER).then(|| results.parent());
    own.flatten()
        .filter(|folder| !folder.as_os_str().is_empty())
}

fn scenario_failure(error: ScenarioError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    Failure::usage(error).with_hint(hint)
}

fn project_failure(error: ProjectError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    Failure::usage(error).with_hint(hint)
}

/// What was assumed, a line each, with the flag that changes it.
pub(super) fn print_assumptions(draft: &Draft, printer: &mut Printer) {
    for note in &draft.notes {
        let flag = note
            .flag
            .map(|flag| format!("  [{flag}]"))
            .unwrap_or_default();
        printer.talk(&format!("{}: {}{flag}", note.subject, note.text));
    }
}
