//! Resolves the name of a run to its folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::atomic;
use super::error::StoreError;
use super::names::{LATEST, RECORD_FILE};

/// The most runs that an error lists.
const LISTED_RUNS: usize = 8;

/// The folder of a run: `latest`, the name of a folder below `results_dir`, a path to a folder,
/// or a path to its `run.json`. A name in `results_dir` has precedence over a path with the same
/// name.
///
/// `latest` is the link with this name or, if it has no run record (the run died before it wrote
/// one), the newest run by name that has one.
///
/// # Errors
/// The run does not exist; the error lists the existing ones.
pub fn resolve(results_dir: &Path, run: &str) -> Result<PathBuf, StoreError> {
    let named = (!run.is_empty()).then(|| results_dir.join(run));
    let given = PathBuf::from(run);
    for candidate in named.into_iter().chain([given]) {
        if candidate.is_dir() && holds_record(&candidate) {
            // The target of the link has the name of the run.
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

/// The folders of the runs that `run` refers to: one as in [`resolve`], or all runs in a folder,
/// oldest first, without its link `latest`.
///
/// # Errors
/// There is no such run, and no folder with this name that contains a run.
pub fn resolve_all(results_dir: &Path, run: &str) -> Result<Vec<PathBuf>, StoreError> {
    let fault = match resolve(results_dir, run) {
        Ok(folder) => return Ok(vec![folder]),
        Err(fault) => fault,
    };
    let named = (!run.is_empty()).then(|| results_dir.join(run));
    let folders = named.into_iter().chain([PathBuf::from(run)]);
    let mut held = folders.map(|folder| run_folders(&folder));
    held.find(|held| !held.is_empty()).ok_or(fault)
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

/// The names of the runs, oldest first. Names begin with the time; those of committed reference
/// runs begin with a word, sort last, and are not the latest.
fn runs(results_dir: &Path) -> Vec<String> {
    let Ok(items) = fs::read_dir(results_dir) else {
        return Vec::new();
    };
    let mut runs: Vec<String> = items
        .flatten()
        .filter(|item| item.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|item| holds_record(&item.path()))
        .filter_map(|item| item.file_name().into_string().ok())
        // An upload may have replaced a link by a copy of another run.
        .filter(|name| name != LATEST)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_the_runs_in_it() {
        let home = tempfile::tempdir().unwrap();
        let results = home.path().join("results");
        let elsewhere = home.path().join("elsewhere");
        for folder in [
            results.join("20260102T000000Z-b"),
            results.join("20260101T000000Z-a"),
            elsewhere.join("20260103T000000Z-c"),
        ] {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(RECORD_FILE), "{}").unwrap();
        }
        fs::create_dir(results.join("empty")).unwrap();
        let found = |run: &str| resolve_all(&results, run).map_err(|error| error.to_string());
        let one = results.join("20260101T000000Z-a");
        assert_eq!(found("20260101T000000Z-a"), Ok(vec![one.clone()]));
        let all = vec![one, results.join("20260102T000000Z-b")];
        assert_eq!(found(results.to_str().unwrap()), Ok(all.clone()));
        assert_eq!(found("latest"), Ok(vec![all[1].clone()]));
        let other = vec![elsewhere.join("20260103T000000Z-c")];
        assert_eq!(found(elsewhere.to_str().unwrap()), Ok(other));
        for nothing in ["empty", "", "nope"] {
            let error = found(nothing).unwrap_err();
            assert!(
                error.starts_with(&format!("failed to find the run `{nothing}`")),
                "{error}"
            );
        }
    }
}
