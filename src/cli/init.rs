//! `plimsoll init`: the scenario of a project, and the workflow for it, as files.

use std::fs;
use std::path::{Path, PathBuf};

use super::args::{CiArg, InitArgs, Place};
use super::draft::{BENCH_FILE, DraftInputs, drafted, print_assumptions};
use super::failure::{Exit, Failure};
use super::output::{Printer, save_scenario, save_whole};
use super::output_error::OutputError;

/// Writes them.
///
/// # Errors
/// As `bench`; when a file exists already, or cannot be written.
pub(super) fn init(place: &Place, args: &InitArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let file = args.out.clone().unwrap_or_else(|| BENCH_FILE.into());
    let drafted = drafted(place, &args.project, DraftInputs::default(), Some(&file))?;
    let scenario = place.here.join(&file);
    let workflow = match args.ci {
        Some(ci) => Some(workflow(place, ci, &scenario)?),
        None => None,
    };
    // Nothing is written unless all of it can be.
    let paths = std::iter::once(&scenario).chain(workflow.iter().map(|(path, _)| path));
    for path in paths {
        if path.symlink_metadata().is_ok() {
            let hint = "remove the file, or name another one: --out FILE";
            let said = format!("{} exists already", path.display());
            return Err(Failure::usage(said).with_hint(Some(hint.to_owned())));
        }
    }
    print_assumptions(&drafted.draft, printer);
    if let Some(folder) = workflow.as_ref().and_then(|(path, _)| path.parent()) {
        fs::create_dir_all(folder).map_err(|source| OutputError::file(folder, source))?;
    }
    save_scenario(&scenario, &drafted.draft.text, printer)?;
    if let Some((path, text)) = &workflow {
        save_whole(path, text.as_bytes(), printer)?;
    }
    let named = match file.is_absolute() {
        true => file,
        false => Path::new(".").join(file),
    };
    printer.talk(&format!("next: plimsoll run {}", named.display()));
    Ok(Exit::Fine)
}

/// The workflow's file, and its text. Both are at the top of the repository: CI looks for the
/// workflow there, and begins its jobs there.
fn workflow(place: &Place, ci: CiArg, scenario: &Path) -> Result<(PathBuf, String), Failure> {
    let here = std::path::absolute(&place.here)?;
    let top = here.ancestors().find(|above| above.join(".git").exists());
    let top = top.unwrap_or(&here);
    let scenario = std::path::absolute(scenario)?;
    let Ok(named) = scenario.strip_prefix(top) else {
        let said = format!(
            "a workflow cannot use {}: it is not in the repository {}",
            scenario.display(),
            top.display()
        );
        let hint = "name a file below it: --out FILE";
        return Err(Failure::usage(said).with_hint(Some(hint.to_owned())));
    };
    let named = named.display().to_string();
    let (path, text) = match ci {
        CiArg::Github => (
            ".github/workflows/plimsoll.yml",
            include_str!("init/github.yml"),
        ),
        CiArg::Gitlab => (".gitlab-ci.plimsoll.yml", include_str!("init/gitlab.yml")),
    };
    Ok((top.join(path), text.replace("SCENARIO", &named)))
}
