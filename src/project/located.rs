//! Which folder is the build context of a Dockerfile.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::ProjectError;
use super::language::manifest;
use crate::dockerfile::Dockerfile;

/// Folders for Dockerfiles alone: the context lies above them.
const ONLY_FOR_DOCKERFILES: [&str; 9] = [
    "docker",
    "dockerfiles",
    "build",
    "package",
    "deploy",
    "deployment",
    "ci",
    "containers",
    "images",
];

/// A Dockerfile with its context.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub file: PathBuf,
    pub dockerfile: Dockerfile,
    pub context: PathBuf,
    /// The folder of the app that it is for: files of one app are variants of each other.
    pub app: PathBuf,
}

/// A file that no builder would accept.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    pub file: PathBuf,
    pub reason: String,
}

/// Reads and parses a file, and finds its context. All paths are absolute.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn locate(
    file: &Path,
    folder: &Path,
    context: Option<&Path>,
    is_named: bool,
) -> Result<Result<Located, Broken>, ProjectError> {
    let text = crate::files::read(file).map_err(|source| ProjectError::Read {
        path: file.to_owned(),
        source,
    })?;
    let broken = |reason: String| Broken {
        file: file.to_owned(),
        reason,
    };
    let dockerfile = match Dockerfile::parse(&text) {
        Ok(dockerfile) => dockerfile,
        Err(error) => {
            let reason = format!("line {}: {}", error.line, error.message);
            return Ok(Err(broken(reason)));
        }
    };
    // All stages count: it is not known yet which are built.
    let sources = dockerfile.context_sources();
    let near = file.parent().unwrap_or(folder);
    let context = match context {
        Some(context) => context.to_owned(),
        None => context_of(near, folder, &sources, is_named),
    };
    // Only a context that is named need not hold the file.
    if !file.starts_with(&context) {
        let said = format!(
            "the Dockerfile {} is outside of its build context {}",
            file.display(),
            context.display()
        );
        let hint = "plimsoll sends one folder to the builder: move the Dockerfile into the context, or name a context that holds both: --context DIR";
        return Err(ProjectError::open(said, hint));
    }
    let app = match near == context || is_only_for_dockerfiles(near, &context) {
        true => context.clone(),
        false => near.to_owned(),
    };
    Ok(Ok(Located {
        file: file.to_owned(),
        dockerfile,
        context,
        app,
    }))
}

/// The folder that holds what COPY and ADD read: the file's own, or one above it, up to the
/// project's, and further to the top of the repository where none of these has it.
fn context_of(near: &Path, folder: &Path, sources: &[String], is_named: bool) -> PathBuf {
    let holds = |candidate: &&Path| sources.iter().all(|source| has(candidate, source));
    let inside: Vec<&Path> = near
        .ancestors()
        .take_while(|above| above.starts_with(folder))
        .collect();
    let mut fitting = inside.iter().copied().filter(holds);
    let found = match is_named {
        // As `docker build -f` has it.
        true => fitting.next_back(),
        false => fitting.find(|candidate| !is_only_for_dockerfiles(candidate, folder)),
    };
    let top = folder.ancestors().find(|above| above.join(".git").exists());
    let mut above = folder
        .ancestors()
        .skip(1)
        .take_while(|above| top.is_some_and(|top| above.starts_with(top)));
    let found = found.or_else(|| above.find(holds));
    found
        .unwrap_or(if is_named { folder } else { near })
        .to_owned()
}

/// Whether a folder within `top` holds Dockerfiles and no app.
fn is_only_for_dockerfiles(folder: &Path, top: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let is_named_so = ONLY_FOR_DOCKERFILES.contains(&name.to_ascii_lowercase().as_str());
    folder != top && folder.starts_with(top) && is_named_so && !holds_manifest(folder)
}

fn holds_manifest(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    let mut names = entries.flatten().map(|entry| entry.file_name());
    names.any(|name| manifest(&name.to_string_lossy()).is_some())
}

/// Whether a folder has what a source names. Of a pattern only the part before it counts.
fn has(folder: &Path, source: &str) -> bool {
    let source = source.trim_start_matches('/').trim_start_matches("./");
    let plain: PathBuf = Path::new(source)
        .components()
        .take_while(|part| {
            !part
                .as_os_str()
                .to_string_lossy()
                .contains(['*', '?', '[', '$'])
        })
        .collect();
    folder.join(plain).exists()
}
