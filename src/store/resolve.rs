//! From what a user calls a run to its folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::atomic;
use super::error::StoreError;
use super::folder::RECORD_FILE;

/// The name under which the run that was begun last is found.
pub const LATEST: &str = "latest";

/// How many runs an error lists.
const LISTED_RUNS: usize = 8;

/// The folder of a run: `latest`, the name of a folder below `results_dir`, a
/// path to a folder, or a path to its `run.json`. A name below `results_dir`
/// wins over a path of the same name.
///
/// `latest` is the link of that name or, where it leads to no run record (one
/// that died before it wrote any), the newest by name that has one.
///
/// # Errors
/// There is no such run; the error lists those that there are.
pub fn resolve(results_dir: &Path, run: &str) -> Result<PathBuf, StoreError> {
    let named = (!run.is_empty()).then(|| results_dir.join(run));
    let given = PathBuf::from(run);
    for candidate in named.into_iter().chain([given]) {
        if candidate.is_dir() && holds_record(&candidate) {
            // Behind the link is the name by which the run is known.
            return Ok(target(results_dir, candidate));
        }
        if candidate.is_file()
            && candidate
                .file_name()
                .is_some_and(|name| name == RECORD_FILE)
            && let Some(folder) = candidate.parent()
        {
            let here = folder.as_os_str().is_empty();
            return Ok(if here { ".".into() } else { folder.to_owned() });
        }
    }
    let mut runs = runs(results_dir);
    match runs.pop() {
        Some(newest) if run == LATEST => Ok(results_dir.join(newest)),
        Some(newest) => {
            runs.push(newest);
            Err(not_found(results_dir, run, &runs))
        }
        None => Err(not_found(results_dir, run, &runs)),
    }
}

/// The folders of all runs below `results_dir`, oldest first.
pub fn run_folders(results_dir: &Path) -> Vec<PathBuf> {
    runs(results_dir)
        .iter()
        .map(|name| results_dir.join(name))
        .collect()
}

fn holds_record(folder: &Path) -> bool {
    atomic::exists(&folder.join(RECORD_FILE))
}

fn target(results_dir: &Path, candidate: PathBuf) -> PathBuf {
    if candidate != results_dir.join(LATEST) {
        return candidate;
    }
    match fs::read_link(&candidate) {
        Ok(target) => results_dir.join(target),
        Err(_) => candidate,
    }
}

/// Names of the runs, oldest first. Names begin with the time, those of committed
/// reference runs with a word: they sort behind, and are not the latest.
fn runs(results_dir: &Path) -> Vec<String> {
    let Ok(items) = fs::read_dir(results_dir) else {
        return Vec::new();
    };
    let mut runs: Vec<String> = items
        .flatten()
        .filter(|item| item.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|item| holds_record(&item.path()))
        .filter_map(|item| item.file_name().into_string().ok())
        .collect();
    runs.sort_by(|a, b| (dated(a), a).cmp(&(dated(b), b)));
    runs
}

fn dated(name: &str) -> bool {
    name.starts_with(|ch: char| ch.is_ascii_digit())
}

fn not_found(results_dir: &Path, run: &str, runs: &[String]) -> StoreError {
    let folder = results_dir.display();
    let newest: Vec<String> = runs
        .iter()
        .rev()
        .take(LISTED_RUNS)
        .map(|run| format!("`{run}`"))
        .collect();
    let list = newest.join(", ");
    let known = match runs.len() {
        0 => format!("`{folder}` holds no runs"),
        n if n > LISTED_RUNS => format!("the newest of the {n} in `{folder}` are {list}"),
        _ => format!("`{folder}` holds {list}"),
    };
    StoreError::NotFound {
        run: run.to_owned(),
        known,
    }
}
