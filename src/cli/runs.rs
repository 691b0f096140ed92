//! Finds runs by their names, and reads their records.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::args::Place;
use super::failure::{Exit, Failure, store_failure};
use super::output::Printer;
use crate::record::RunRecord;
use crate::store::{self, RunFolder};

/// A run that was found, with its record or why it cannot be read.
type Found = (RunFolder, Result<RunRecord, Failure>);

/// Finds runs, each once, in the order in which they are named.
fn paths_of(place: &Place, runs: &[String]) -> Vec<Result<PathBuf, Failure>> {
    let results = place.results();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for run in runs {
        let paths = match store::resolve_all(&results, run) {
            Ok(paths) => paths,
            Err(error) => {
                found.push(Err(store_failure(error)));
                continue;
            }
        };
        for path in paths {
            // Two names may lead to one folder.
            if seen.insert(std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
                found.push(Ok(path));
            }
        }
    }
    found
}

/// Finds runs, and reads each when it is asked for.
fn find_all(place: &Place, runs: &[String]) -> impl Iterator<Item = Result<Found, Failure>> {
    paths_of(place, runs).into_iter().map(|path| {
        let folder = RunFolder::open(&path?).map_err(store_failure)?;
        let record = folder.load_record().map_err(store_failure);
        Ok((folder, record))
    })
}

/// Records that are read at the same time, and held until they are asked for.
const BATCH: usize = 16;

/// The records of all runs that are named, in their order. They are read by several threads, a
/// few ahead of the one that is asked for.
pub(super) fn load_each(
    place: &Place,
    runs: &[String],
) -> impl Iterator<Item = Result<RunRecord, Failure>> {
    let mut paths = paths_of(place, runs).into_iter();
    let batches = std::iter::from_fn(move || {
        let batch: Vec<_> = paths.by_ref().take(BATCH).collect();
        (!batch.is_empty()).then(|| load_batch(batch))
    });
    batches.flatten()
}

fn load_batch(paths: Vec<Result<PathBuf, Failure>>) -> Vec<Result<RunRecord, Failure>> {
    let found: Vec<&PathBuf> = paths.iter().filter_map(|path| path.as_ref().ok()).collect();
    let load = |path: &&PathBuf| RunFolder::open(path).and_then(|folder| folder.load_record());
    let mut records = store::in_parallel(&found, load).into_iter();
    let each = paths.into_iter().filter_map(|path| match path {
        Ok(_) => Some(records.next()?.map_err(store_failure)),
        Err(error) => Some(Err(error)),
    });
    each.collect()
}

/// All runs that are named.
///
/// # Errors
/// When there is no such run, or a record cannot be read: the first of them.
pub(super) fn load_all(
    place: &Place,
    runs: &[String],
) -> Result<Vec<(RunFolder, RunRecord)>, Failure> {
    find_all(place, runs)
        .map(|found| {
            let (folder, record) = found?;
            Ok((folder, record?))
        })
        .collect()
}

/// Those that can be read. The others are named, each with its fault, and the exit code is
/// not that of success: what was asked for is not all there.
///
/// # Errors
/// When none can be read: the first fault.
pub(super) fn load_readable(
    place: &Place,
    runs: &[String],
    printer: &mut Printer,
) -> Result<(Vec<(RunFolder, RunRecord)>, Exit), Failure> {
    let mut loaded = Vec::new();
    let mut faults = Vec::new();
    for found in find_all(place, runs) {
        match found.and_then(|(folder, record)| Ok((folder, record?))) {
            Ok(run) => loaded.push(run),
            Err(fault) => faults.push(fault),
        }
    }
    if loaded.is_empty() && !faults.is_empty() {
        return Err(faults.swap_remove(0));
    }
    for fault in &faults {
        printer.talk_lines(&fault.to_string());
    }
    let exit = match faults.is_empty() {
        true => Exit::Fine,
        false => Exit::Failed,
    };
    Ok((loaded, exit))
}

/// One run, by any of its names.
///
/// # Errors
/// When there is none, or several, or it cannot be read.
pub(super) fn load_one(place: &Place, run: &str) -> Result<RunRecord, Failure> {
    let mut runs = load_all(place, &[run.to_owned()])?;
    match (runs.pop(), runs.is_empty()) {
        (Some((_, record)), true) => Ok(record),
        _ => Err(Failure::usage(format!("`{run}` holds several runs"))
            .with_hint(Some("name one of them".to_owned()))),
    }
}
