//! Finds the Dockerfiles of a folder.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::error::ProjectError;
use crate::scenario::file_tag;

/// Folders below the project's that are looked into.
const DEPTH: usize = 6;

/// Entries that are looked at.
const MOST_ENTRIES: usize = 20_000;

/// Folders of what others wrote, or tools left.
const PASSED_OVER: [&str; 8] = [
    "node_modules",
    "vendor",
    "target",
    "venv",
    "__pycache__",
    "testdata",
    "fixtures",
    "site-packages",
];

/// Names of files for tests and for working in a container: they make no image that is run.
const OTHER_PURPOSE: [&str; 9] = [
    "test",
    "tests",
    "testing",
    "ci",
    "lint",
    "e2e",
    "devcontainer",
    "docs",
    "bench",
];

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Dockerfiles, those nearest to the top first.
    pub files: Vec<PathBuf>,
    /// Those that are left out for their names.
    pub left_out: Vec<PathBuf>,
    /// Whether the search ended before everything was seen.
    pub is_cut: bool,
}

/// Finds Dockerfiles.
///
/// # Errors
/// When the folder itself cannot be read.
pub(super) fn dockerfiles(folder: &Path) -> Result<Found, ProjectError> {
    std::fs::read_dir(folder).map_err(|source| ProjectError::Read {
        path: folder.to_owned(),
        source,
    })?;
    let mut found = Found::default();
    let entries = WalkDir::new(folder)
        .max_depth(DEPTH)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_passed_over(entry));
    for (count, entry) in entries.enumerate() {
        if count == MOST_ENTRIES {
            found.is_cut = true;
            break;
        }
        // A folder below that cannot be read holds nothing that could be built.
        let Ok(entry) = entry else { continue };
        let Some(tag) = dockerfile_tag(&entry) else {
            continue;
        };
        match OTHER_PURPOSE.contains(&tag.as_str()) {
            true => found.left_out.push(entry.into_path()),
            false => found.files.push(entry.into_path()),
        }
    }
    // Where there is nothing else, the name says nothing against it.
    if found.files.is_empty() {
        found.files = std::mem::take(&mut found.left_out);
    }
    found
        .files
        .sort_by_key(|file| (file.components().count(), file.clone()));
    Ok(found)
}

fn is_passed_over(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.file_type().is_dir() && (name.starts_with('.') || PASSED_OVER.contains(&name.as_ref()))
}

/// What the name of a Dockerfile says beyond being one: `alpine` of `Dockerfile.alpine`.
fn dockerfile_tag(entry: &DirEntry) -> Option<String> {
    if entry.file_type().is_dir() || !entry.path().is_file() {
        return None;
    }
    file_tag(&entry.file_name().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_left_and_what_is_for_tests_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "services/api/Dockerfile",
            "Dockerfile",
            "Dockerfile.test",
            "node_modules/x/Dockerfile",
            ".devcontainer/Dockerfile",
            "a/b/c/d/e/f/g/Dockerfile",
        ] {
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "FROM scratch\n").unwrap();
        }
        let found = dockerfiles(folder.path()).unwrap();
        let names = |files: &[PathBuf]| {
            let names = files
                .iter()
                .map(|file| file.strip_prefix(folder.path()).unwrap());
            names
                .map(|name| name.display().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(&found.files),
            ["Dockerfile", "services/api/Dockerfile"]
        );
        assert_eq!(names(&found.left_out), ["Dockerfile.test"]);
        assert!(!found.is_cut);
        std::fs::remove_file(folder.path().join("Dockerfile")).unwrap();
        std::fs::remove_dir_all(folder.path().join("services")).unwrap();
        assert_eq!(
            names(&dockerfiles(folder.path()).unwrap().files),
            ["Dockerfile.test"]
        );
    }
}
