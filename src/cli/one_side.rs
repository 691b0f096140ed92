//! What one revision of a repository has of the scenarios that were asked for.

use std::path::Path;

use super::args::{AbArgs, Place};
use super::cases::{self, CaseFilter, Selection};
use super::failure::Failure;
use crate::git::Repository;
use crate::scenario;

/// What a revision has of what was asked for.
pub(super) struct OneSide {
    pub(super) selection: Selection,
    /// Set where it has none of the scenarios that were asked for.
    pub(super) missing: Option<Failure>,
}

/// The cases of a tree, by the scenarios' own names. A scenario that the tree does not have
/// is left out: the other revision may have it.
///
/// # Errors
/// When a scenario that it has is invalid, or a context cannot be read.
pub(super) fn one_side(
    place: &Place,
    args: &AbArgs,
    repository: &Repository,
    tree: &Path,
    filter: &CaseFilter,
) -> Result<OneSide, Failure> {
    let there = Place {
        home: Some(tree.join(repository.prefix())),
        ..place.clone()
    };
    let named: Result<Vec<_>, _> = args
        .scenarios
        .iter()
        .map(|name| match name.contains('/') || name.ends_with(".toml") {
            true => within(repository, tree, name),
            false => Ok(name.clone()),
        })
        .collect();
    let mut named = named?;
    let dir = there.home().join("scenarios");
    let some = match named.is_empty() {
        true => scenario::list(&dir).is_ok_and(|files| !files.is_empty()),
        false => {
            let every = named.clone();
            named.retain(|name| scenario::find(name, &dir).is_ok());
            if named.is_empty() {
                named = every;
                false
            } else {
                true
            }
        }
    };
    let scenarios = match (cases::load(&there, &named), some) {
        (Ok(scenarios), _) => scenarios,
        (Err(failure), true) => return Err(failure),
        (Err(failure), false) => {
            return Ok(OneSide {
                selection: cases::gather(&[], filter, &there.results())?,
                missing: Some(failure),
            });
        }
    };
    Ok(OneSide {
        selection: cases::gather(&scenarios, filter, &there.results())?,
        missing: (!some).then(cases::nothing_selected),
    })
}

/// Where a file of the user's tree lies in a checkout.
fn within(repository: &Repository, tree: &Path, file: &str) -> Result<String, Failure> {
    let full = std::path::absolute(file)?;
    let folder = full.parent().unwrap_or(&full);
    // Links on the way to the repository; the file itself may be in one revision only.
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let real = full
        .file_name()
        .map_or(real.clone(), |name| real.join(name));
    let inside = real.strip_prefix(repository.top());
    let inside = inside.map_err(|_| {
        Failure::usage(format!("`{file}` is not in the repository")).with_hint(Some(
            "name a scenario of the repository: both revisions are read there".to_owned(),
        ))
    })?;
    Ok(tree.join(inside).display().to_string())
}
