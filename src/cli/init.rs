//! `plimsoll init`: the scenario of a project, and the workflow for it, as files.

use std::fs;
use std::path::{Path, PathBuf};

use super::args::{CiArg, InitArgs, Place};
use super::bench::{BENCH_FILE, drafted, tell};
use super::failure::{Exit, Failure};
use super::output::{Printer, save_whole};

/// Writes them.
///
/// # Errors
/// As `bench`; when a file exists already, or cannot be written.
pub(super) fn init(place: &Place, args: &InitArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    let file = args.out.clone().unwrap_or_else(|| BENCH_FILE.into());
    let drafted = drafted(place, &args.project, Some(&file))?;
    let scenario = place.here.join(&file);
    let workflow = args.ci.map(|ci| workflow(place, ci, &file));
    // Nothing is written unless all of it can be.
    let paths = std::iter::once(&scenario).chain(workflow.iter().map(|(path, _)| path));
    for path in paths {
        if path.exists() {
            let hint = "remove the file, or name another one: --out FILE";
            let said = format!("{} exists already", path.display());
            return Err(Failure::usage(said).with_hint(Some(hint.to_owned())));
        }
    }
    tell(&drafted.draft, printer);
    save_whole(&scenario, drafted.draft.text.as_bytes(), printer)?;
    if let Some((path, text)) = &workflow {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        save_whole(path, text.as_bytes(), printer)?;
    }
    printer.talk(&format!("next: plimsoll run ./{}", file.display()));
    Ok(Exit::Fine)
}

/// The workflow's file, and its text.
fn workflow(place: &Place, ci: CiArg, scenario: &Path) -> (PathBuf, String) {
    let named = scenario.display().to_string();
    let (path, text) = match ci {
        CiArg::Github => (
            ".github/workflows/plimsoll.yml",
            include_str!("init/github.yml"),
        ),
        CiArg::Gitlab => (".gitlab-ci.plimsoll.yml", include_str!("init/gitlab.yml")),
    };
    (place.here.join(path), text.replace("SCENARIO", &named))
}
