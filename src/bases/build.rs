//! Builds stand-ins with the operations of the engine interface.
//!
//! If a stand-in cannot be built, only those that depend on it are skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio_util::io::ReaderStream;

use super::catalogue::{Catalogue, CatalogueEntry, RecipeKind, stand_in_of};
use super::error::BasesError;
use crate::context::Overlay;
use crate::dockerfile::Dockerfile;
use crate::engine::{
    BuildFailure, BuildRequest, Engine, ErrorKind, LABEL_OWNER, LABEL_OWNER_VALUE, LABEL_RECIPE,
    LABEL_STANDS_IN_FOR,
};
use crate::process::{Limits, ProcessError, run_async};
use crate::secrets::mask_found;
use crate::units::{Bytes, Nanos};

/// The result of building one stand-in.
#[derive(Debug)]
pub enum Built {
    /// It was built.
    Made,
    /// The engine already has it with this recipe.
    Current,
    /// It was not built.
    Failed(NotBuilt),
}

/// Why a stand-in was not built.
#[derive(Debug)]
pub enum NotBuilt {
    /// Its recipe failed.
    Recipe(BasesError),
    /// It was skipped because this stand-in, on which it depends, was not built.
    Needs(String),
}

/// The result of building a catalogue's recipes.
#[derive(Debug, Default)]
pub struct BuildSummary {
    /// The number of built stand-ins.
    pub made: usize,
    /// Names of the stand-ins that were not built, in the catalogue's order.
    pub failed: Vec<String>,
}

/// Receives the progress of the builds.
pub trait Progress: Send {
    /// The build of stand-in number `index` of `total` starts.
    fn begin(&mut self, name: &str, index: usize, total: usize);
    /// The builder starts a step of a stand-in.
    fn step(&mut self, name: &str, step: &str);
    /// The build of a stand-in ended or was skipped.
    fn end(&mut self, name: &str, built: Built);
}

/// The requested entries and their dependencies that the engine does not have with the current
/// recipe.
///
/// # Errors
/// A name is unknown, a recipe is unreadable, or the engine fails.
pub async fn outdated<'a, E: Engine>(
    engine: &E,
    catalogue: &'a Catalogue,
    wanted: &[String],
) -> Result<Vec<&'a CatalogueEntry>, BasesError> {
    let mut outdated = Vec::new();
    for entry in closure(catalogue, wanted)? {
        let hash = catalogue.recipe_hash(entry)?;
        let image = engine.image(&entry.stand_in()).await?;
        if image.is_none_or(|image| image.labels.get(LABEL_RECIPE) != Some(&hash)) {
            outdated.push(entry);
        }
    }
    Ok(outdated)
}

/// The requested entries and their dependencies, in the catalogue's order; all visible entries if
/// none is named.
fn closure<'a>(
    catalogue: &'a Catalogue,
    wanted: &[String],
) -> Result<Vec<&'a CatalogueEntry>, BasesError> {
    let mut names = BTreeSet::new();
    let mut queue: Vec<&CatalogueEntry> = Vec::new();
    if wanted.is_empty() {
        queue.extend(catalogue.entries().iter().filter(|entry| !entry.hidden));
    }
    for name in wanted {
        let entry = catalogue.find(name);
        queue.push(entry.ok_or_else(|| BasesError::Unknown { name: name.clone() })?);
    }
    while let Some(entry) = queue.pop() {
        if names.insert(entry.name.as_str()) {
            queue.extend(needs(catalogue, entry));
        }
    }
    Ok(catalogue
        .entries()
        .iter()
        .filter(|entry| names.contains(entry.name.as_str()))
        .collect())
}

/// Builds the requested entries that are not current, up to `at_once` in parallel, each after its
/// dependencies. A failure stops only the dependent entries.
///
/// # Errors
/// A name is unknown, a recipe cannot be read, or the engine is unreachable.
pub async fn build_all<E: Engine>(
    engine: &E,
    catalogue: &Catalogue,
    wanted: &[String],
    force: bool,
    at_once: NonZeroUsize,
    progress: &mut dyn Progress,
) -> Result<BuildSummary, BasesError> {
    let all = closure(catalogue, wanted)?;
    let stale: BTreeSet<_> = outdated(engine, catalogue, wanted)
        .await?
        .iter()
        .map(|entry| entry.name.clone())
        .collect();
    let mut waiting = Vec::new();
    for (index, entry) in all.iter().copied().enumerate() {
        if force || stale.contains(&entry.name) {
            waiting.push((index, entry));
        } else {
            progress.end(&entry.name, Built::Current);
        }
    }
    let mut made = 0;
    let mut unmade: BTreeSet<&str> = waiting
        .iter()
        .map(|(_, entry)| entry.name.as_str())
        .collect();
    let mut failed: BTreeSet<&str> = BTreeSet::new();
    // Only this task polls the builds, so locks never block and are never held across an await.
    let progress = Mutex::new(progress);
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < at_once.get() {
            let ready = |entry: &CatalogueEntry| {
                needs(catalogue, entry).all(|need| !unmade.contains(need.name.as_str()))
            };
            let Some(next) = waiting.iter().position(|(_, entry)| ready(entry)) else {
                break;
            };
            let (index, entry) = waiting.remove(next);
            let need = needs(catalogue, entry).find(|need| failed.contains(need.name.as_str()));
            if let Some(need) = need {
                unmade.remove(entry.name.as_str());
                failed.insert(&entry.name);
                let built = Built::Failed(NotBuilt::Needs(need.name.clone()));
                report(&progress, |progress| progress.end(&entry.name, built));
                continue;
            }
            report(&progress, |progress| {
                progress.begin(&entry.name, index + 1, all.len())
            });
            let progress = &progress;
            running
                .push(async move { (entry, build_one(engine, catalogue, entry, progress).await) });
        }
        let Some((entry, built)) = running.next().await else {
            break;
        };
        unmade.remove(entry.name.as_str());
        let built = match built {
            Ok(()) => {
                made += 1;
                Built::Made
            }
            // The engine is gone, so no further recipe can be built.
            Err(error) if is_unreachable(&error) => return Err(error),
            Err(error) => {
                failed.insert(&entry.name);
                Built::Failed(NotBuilt::Recipe(error))
            }
        };
        report(&progress, |progress| progress.end(&entry.name, built));
    }
    let in_order = all.iter().map(|entry| entry.name.clone());
    Ok(BuildSummary {
        made,
        failed: in_order
            .filter(|name| failed.contains(name.as_str()))
            .collect(),
    })
}

/// Whether the engine became unreachable, during a build or between builds.
fn is_unreachable(error: &BasesError) -> bool {
    let engine = match error {
        BasesError::Engine(error) => error,
        BasesError::Build { source, .. } => match source.as_ref() {
            BuildFailure::Engine(error) => error,
            _ => return false,
        },
        _ => return false,
    };
    engine.kind == ErrorKind::Unreachable
}

/// The dependencies of an entry.
fn needs<'a>(
    catalogue: &'a Catalogue,
    entry: &'a CatalogueEntry,
) -> impl Iterator<Item = &'a CatalogueEntry> {
    entry.needs.iter().filter_map(|need| catalogue.find(need))
}

/// Parallel builds share one receiver.
type Shared<'p> = Mutex<&'p mut dyn Progress>;

fn report(progress: &Shared<'_>, event: impl FnOnce(&mut dyn Progress)) {
    let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
    event(&mut **progress);
}

async fn build_one<E: Engine>(
    engine: &E,
    catalogue: &Catalogue,
    entry: &CatalogueEntry,
    progress: &Shared<'_>,
) -> Result<(), BasesError> {
    let labels = BTreeMap::from([
        (LABEL_OWNER.to_owned(), LABEL_OWNER_VALUE.to_owned()),
        (LABEL_STANDS_IN_FOR.to_owned(), entry.name.clone()),
        (LABEL_RECIPE.to_owned(), catalogue.recipe_hash(entry)?),
    ]);
    match entry.kind {
        RecipeKind::Rootfs => import(engine, catalogue, entry, &labels, progress).await,
        RecipeKind::Dockerfile => build(engine, catalogue, entry, labels, progress).await,
    }
}

/// Limits of a script that creates a root file system: its deadline, and how much of the end of
/// both streams is kept. The root file system is written to a file and streamed to the engine.
const SCRIPT: Limits = Limits {
    within: Nanos::from_secs(1_800),
    stdout: Bytes(0),
    stderr: Bytes(64 << 10),
};

async fn import<E: Engine>(
    engine: &E,
    catalogue: &Catalogue,
    entry: &CatalogueEntry,
    labels: &BTreeMap<String, String>,
    progress: &Shared<'_>,
) -> Result<(), BasesError> {
    let script = catalogue.folder(entry).join("rootfs.sh");
    let failed = |message: String| BasesError::Script {
        name: entry.name.clone(),
        message,
    };
    let folder = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let tar = folder.path().join("rootfs.tar");
    report(progress, |progress| progress.step(&entry.name, "rootfs.sh"));
    let mut bash = Command::new("bash");
    bash.args(["-c", "exec bash \"$@\" >&2", "rootfs"])
        .arg(&script)
        .arg(&tar);
    let ended = run_async(bash, SCRIPT).await.map_err(|error| match error {
        ProcessError::Run(cause) => failed(format!("bash could not be started: {cause}")),
        error => failed(error.to_string()),
    })?;
    if !ended.status.success() {
        let words = String::from_utf8_lossy(&ended.stderr);
        // Masked before lines are omitted, because no rule detects half a secret.
        let words = mask_found(&words);
        let last: Vec<_> = words.lines().rev().take(5).collect();
        let last: Vec<_> = last.into_iter().rev().collect();
        return Err(failed(format!("{}: {}", ended.status, last.join(" | "))));
    }
    let file = tokio::fs::File::open(&tar)
        .await
        .map_err(|source| BasesError::Read {
            path: tar.clone(),
            source,
        })?;
    let mut changes: Vec<_> = labels
        .iter()
        .map(|(key, value)| format!("LABEL {key}=\"{value}\""))
        .collect();
    if !entry.cmd.is_empty() {
        let words: Vec<_> = entry.cmd.iter().map(|word| format!("{word:?}")).collect();
        changes.push(format!("CMD [{}]", words.join(", ")));
    }
    report(progress, |progress| progress.step(&entry.name, "import"));
    engine
        .import(
            &entry.stand_in(),
            Box::pin(ReaderStream::new(file)),
            &changes,
        )
        .await?;
    Ok(())
}

async fn build<E: Engine>(
    engine: &E,
    catalogue: &Catalogue,
    entry: &CatalogueEntry,
    labels: BTreeMap<String, String>,
    progress: &Shared<'_>,
) -> Result<(), BasesError> {
    let folder = catalogue.folder(entry);
    let path = folder.join("Dockerfile");
    let text = crate::files::read_to_string(&path).map_err(|source| BasesError::Read {
        path: path.clone(),
        source,
    })?;
    let dockerfile = Dockerfile::parse(&text).map_err(|error| BasesError::Catalogue {
        path: path.display().to_string(),
        message: error.to_string(),
    })?;
    let bases: BTreeMap<_, _> = catalogue
        .entries()
        .iter()
        .flat_map(|base| {
            base.names()
                .map(|name| (name.to_owned(), base.stand_in()))
                .collect::<Vec<_>>()
        })
        .collect();
    let args = BTreeMap::new();
    let rewritten =
        dockerfile
            .rewrite(&args, &bases, None)
            .map_err(|error| BasesError::Catalogue {
                path: path.display().to_string(),
                message: error.to_string(),
            })?;
    let context = catalogue.context(entry)?;
    // The key contains the hash of the recipe, so a file with the same size and other content has
    // another key.
    let hash = labels.get(LABEL_RECIPE).cloned().unwrap_or_default();
    let source = context
        .source(&Overlay::default(), rewritten, &format!("plimsoll-{hash}"))
        .map_err(|error| BasesError::Catalogue {
            path: path.display().to_string(),
            message: error.to_string(),
        })?;
    let request = BuildRequest {
        tag: stand_in_of(&entry.name),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
        build_args: args,
        labels,
        no_cache: false,
        secrets: BTreeMap::new(),
        ssh: BTreeMap::new(),
        platform: None,
    };
    let mut sink = |step: &str| report(progress, |progress| progress.step(&entry.name, step));
    engine
        .build(&request, source, &mut sink)
        .await
        .map_err(|source| {
            let message = match &source {
                BuildFailure::Step { log, .. } => log.join(" | "),
                _ => String::new(),
            };
            BasesError::Build {
                name: entry.name.clone(),
                message,
                source: Box::new(source),
            }
        })?;
    Ok(())
}
