//! `plimsoll clean`: what a crashed run left, listed first, then removed.

use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::{CleanArgs, Place, TableFormat};
use super::failure::{Exit, Failure};
use super::folder::{CACHE_JOURNAL, VISIT_JOURNAL, visit_notes};
use super::hints::line_of;
use super::local_environment;
use super::output::Printer;
use super::output_error::OutputError;
use crate::cleanroom::{self, StaleRoom};
use crate::engine::{CacheRecord, Engine, Owned, OwnedKind};
use crate::git;
use crate::record::ImageStore;
use crate::runner;
use crate::store::{self, RunFolder};
use crate::units::Bytes;

/// Whose the folder of a registry without a run is.
const NO_RUN: &str = "plimsoll registry";

/// What a run left on the engine.
#[derive(Debug, Default)]
struct Left {
    owned: Vec<Owned>,
    cache: BTreeSet<String>,
    /// Records that are noted and stay unless asked for, and their size.
    kept_cache: (usize, Bytes),
    /// Notes of cache records, which go with them.
    journals: Vec<(PathBuf, BTreeSet<String>)>,
}

/// What a run left outside of the engine.
struct Outside {
    rooms: Vec<StaleRoom>,
    /// Folders of registries, each with its run.
    registries: Vec<(String, PathBuf)>,
    /// What `plimsoll ab` laid out.
    checkouts: Vec<PathBuf>,
}

impl Outside {
    fn len(&self) -> usize {
        self.rooms.len() + self.registries.len() + self.checkouts.len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns why some are kept.
    fn remove(self, printer: &mut Printer) -> Vec<String> {
        let mut kept = Vec::new();
        let (mut gone, all) = (0, self.len());
        for room in self.rooms {
            match room.remove() {
                Ok(()) => gone += 1,
                Err(error) => kept.push(line_of(&error)),
            }
        }
        for (_, folder) in self.registries {
            match local_environment::remove(&folder) {
                Ok(()) => gone += 1,
                Err(error) => kept.push(format!("`{}`: {error}", folder.display())),
            }
        }
        for folder in self.checkouts {
            match git::remove(&folder) {
                Ok(()) => gone += 1,
                Err(error) => kept.push(format!("`{}`: {error}", folder.display())),
            }
        }
        if all > 0 {
            printer.talk(&format!(
                "removed {gone} of {all} rooms, registries and checkouts"
            ));
        }
        kept
    }
}

/// Lists and, unless asked otherwise, removes. Clean rooms take no engine: they are
/// removed where none answers, too.
///
/// # Errors
/// When the engine does not answer and there is nothing else, or something could
/// not be removed.
pub async fn clean<E: Engine>(
    engine: Result<E, Failure>,
    place: &Place,
    args: &CleanArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let wanted = |run: Option<&str>| args.run.is_none() || args.run.as_deref() == run;
    // A run whose process has a folder for temporary files of its own shows by its lock alone.
    let results = place.results();
    let is_running =
        |run: &str| store::is_running(run) || RunFolder::is_being_written(&results.join(run));
    let ours = |item: &Owned| {
        let run = item.run.as_deref();
        wanted(run) && !run.is_some_and(is_running)
    };
    let mut outside = Outside {
        rooms: cleanroom::stale_rooms(&place.rooms),
        registries: local_environment::left_registries(&place.rooms),
        checkouts: git::left_over(),
    };
    if args.run.is_none() {
        let stores = local_environment::left_stores().into_iter();
        outside
            .registries
            .extend(stores.map(|folder| (NO_RUN.to_owned(), folder)));
    }
    // They are laid out before their run has a name.
    outside.checkouts.retain(|_| args.run.is_none());
    outside.rooms.retain(|room| wanted(room.run.as_deref()));
    outside
        .registries
        .retain(|(run, _)| run == NO_RUN || wanted(Some(run)));
    let found = match engine {
        Ok(engine) => look(&engine, place, args, ours, printer)
            .await
            .map(|left| (engine, left)),
        Err(failure) => Err(failure),
    };
    let (engine, left) = match found {
        Ok((engine, left)) => (Some(engine), left),
        Err(failure) if outside.is_empty() => return Err(failure),
        Err(failure) => {
            printer.talk_lines(&failure.to_string());
            (None, Left::default())
        }
    };
    list(&left, &outside, args.format, printer)?;
    if left.kept_cache.0 > 0 {
        let (records, size) = left.kept_cache;
        printer.talk(&format!(
            "{records} records of runs ({size}) stay in the builder's cache: on this image store \
             their removal makes your own builds run all steps again once. Remove them with \
             `plimsoll clean --build-cache`"
        ));
    }
    let exit = if engine.is_some() {
        Exit::Fine
    } else {
        Exit::Failed
    };
    if args.dry_run {
        return Ok(exit);
    }
    if left.owned.is_empty() && left.cache.is_empty() && outside.is_empty() {
        return forget(&left.journals).map(|()| exit);
    }
    if !args.yes && !confirmed(printer)? {
        printer.talk("nothing was removed");
        return Ok(exit);
    }
    let mut kept = outside.remove(printer);
    if let Some(engine) = &engine {
        // What came up since the list was shown is not what was agreed to.
        let shown = left.owned.clone();
        let shown = |item: &Owned| {
            let same = |other: &Owned| {
                (other.kind, &other.id, &other.name) == (item.kind, &item.id, &item.name)
            };
            ours(item) && shown.iter().any(same)
        };
        kept.extend(remove(engine, left, shown, printer).await?);
    }
    for why in &kept {
        printer.talk(&format!("kept: {why}"));
    }
    Ok(if kept.is_empty() { exit } else { Exit::Failed })
}

async fn look<E: Engine>(
    engine: &E,
    place: &Place,
    args: &CleanArgs,
    ours: impl Fn(&Owned) -> bool,
    printer: &mut Printer,
) -> Result<Left, Failure> {
    let mut owned = engine.owned().await?;
    let kinds = [OwnedKind::Container, OwnedKind::Image, OwnedKind::Network];
    owned.retain(|item| kinds.contains(&item.kind) && ours(item));
    owned.sort();
    let asked = |path: &Path| args.run.is_none() || args.run.as_deref() == run_of(path);
    let mut journals = journals(place, printer);
    journals.retain(|(path, _)| asked(path));
    let (cache, kept_cache) = match engine.build_cache().await {
        Ok(records) => {
            let mut visits = visits(place, &records);
            visits.retain(|(path, _)| asked(path));
            journals.extend(visits);
            let noted = ours_of(&records, &journals);
            let spoils = engine.facts().await?.store != ImageStore::GraphDriver;
            if spoils && !args.build_cache && !noted.is_empty() {
                journals.clear();
                let sizes = records.iter().filter(|record| noted.contains(&record.id));
                let size = sizes.map(|record| record.size).sum();
                (BTreeSet::new(), (noted.len(), size))
            } else {
                (noted, (0, Bytes(0)))
            }
        }
        Err(error) => {
            // Containers and images can be cleaned all the same.
            printer.talk(&format!(
                "the builder's cache is left alone: {}",
                line_of(&error)
            ));
            journals.clear();
            (BTreeSet::new(), (0, Bytes(0)))
        }
    };
    Ok(Left {
        owned,
        cache,
        kept_cache,
        journals,
    })
}

async fn remove<E: Engine>(
    engine: &E,
    left: Left,
    ours: impl Fn(&Owned) -> bool,
    printer: &mut Printer,
) -> Result<Vec<String>, Failure> {
    let (gone, mut kept) = runner::sweep(engine, ours).await;
    // A run that was resumed since the list was shown needs its records and its notes.
    let is_resumed = |path: &Path| path.parent().is_some_and(RunFolder::is_being_written);
    let (resumed, journals): (Vec<_>, Vec<_>) = left
        .journals
        .into_iter()
        .partition(|(path, _)| is_resumed(path));
    let used: BTreeSet<_> = resumed.iter().flat_map(|(_, ids)| ids).collect();
    let ids = left.cache.into_iter().filter(|id| !used.contains(id));
    let ids: Vec<_> = ids.collect();
    for (path, _) in &resumed {
        let path = path.display();
        kept.push(format!(
            "the cache records that `{path}` names: their run goes on"
        ));
    }
    // What is removed already is said, whatever becomes of the cache records.
    let pruned = match engine.prune_cache(&ids).await {
        Ok(pruned) => {
            if pruned.len() < ids.len() {
                let left = ids.len() - pruned.len();
                kept.push(format!("{left} cache records are in use"));
            } else {
                forget(&journals)?;
            }
            pruned
        }
        Err(error) => {
            kept.push(format!("{} cache records: {}", ids.len(), line_of(&error)));
            Vec::new()
        }
    };
    printer.talk(&format!(
        "removed {} containers, images and networks, and {} of {} cache records",
        gone.len(),
        pruned.len(),
        ids.len()
    ));
    Ok(kept)
}

fn list(
    left: &Left,
    outside: &Outside,
    format: TableFormat,
    printer: &mut Printer,
) -> Result<(), OutputError> {
    let Left { owned, cache, .. } = left;
    if format == TableFormat::Json {
        let items: Vec<_> = owned
            .iter()
            .map(|item| json!({ "kind": word(item.kind), "id": item.id, "name": item.name, "run": item.run }))
            .collect();
        let rooms: Vec<_> = outside
            .rooms
            .iter()
            .map(|room| json!({ "id": room.id, "purpose": room.purpose, "run": room.run, "created_at": room.created_at }))
            .collect();
        let registries: Vec<_> = outside
            .registries
            .iter()
            .map(|(run, folder)| json!({ "run": run, "folder": folder }))
            .collect();
        return printer.line(&format!(
            "{:#}",
            json!({ "owned": items, "cache_records": cache, "cache_records_kept": left.kept_cache.0, "rooms": rooms, "registries": registries, "checkouts": outside.checkouts })
        ));
    }
    if owned.is_empty() && cache.is_empty() && outside.is_empty() {
        return printer.line("nothing of plimsoll's is left behind (stand-in bases are kept)");
    }
    let of = |run: &Option<String>| run.clone().unwrap_or_else(|| "an unknown run".to_owned());
    for room in &outside.rooms {
        printer.row(&format!("{:<10} {} ({})", "room", room.id, of(&room.run)))?;
    }
    for (run, folder) in &outside.registries {
        printer.row(&format!("{:<10} {} ({run})", "registry", folder.display()))?;
    }
    for folder in &outside.checkouts {
        printer.row(&format!("{:<10} {}", "checkouts", folder.display()))?;
    }
    for item in owned {
        let (kind, run) = (word(item.kind), of(&item.run));
        printer.row(&format!("{kind:<10} {} ({run})", item.name))?;
    }
    for id in cache {
        printer.row(&format!("{:<10} {id}", "cache"))?;
    }
    Ok(())
}

fn word(kind: OwnedKind) -> &'static str {
    match kind {
        OwnedKind::Container => "container",
        OwnedKind::Image => "image",
        OwnedKind::StandIn => "stand-in",
        OwnedKind::Volume => "volume",
        OwnedKind::Network => "network",
    }
}

fn confirmed(printer: &mut Printer) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("there is no terminal to ask on")
            .with_hint(Some("give --yes to remove what was listed".to_owned())));
    }
    printer.talk("remove these? [y/N]");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Cache records that a journal names.
fn ours_of(records: &[CacheRecord], journals: &[(PathBuf, BTreeSet<String>)]) -> BTreeSet<String> {
    let noted: BTreeSet<_> = journals.iter().flat_map(|(_, ids)| ids).collect();
    records
        .iter()
        .map(|record| &record.id)
        .filter(|id| noted.contains(id))
        .cloned()
        .collect()
}

/// Journals of runs that no living process writes.
fn journals(place: &Place, printer: &mut Printer) -> Vec<(PathBuf, BTreeSet<String>)> {
    let mut journals = Vec::new();
    for path in store::run_folders(&place.results()) {
        let journal = path.join(CACHE_JOURNAL);
        let Ok(text) = crate::files::read(&journal) else {
            continue;
        };
        if RunFolder::is_being_written(&path) {
            continue;
        }
        match serde_json::from_slice(&text) {
            Ok(ids) => journals.push((journal, ids)),
            Err(error) => printer.talk(&format!(
                "{} cannot be read, so the cache records that it names stay: {error}",
                journal.display()
            )),
        }
    }
    journals
}

/// What identifies the records of visits that no living process goes on with, and those
/// records. What is doubtful stays.
fn visits(place: &Place, records: &[CacheRecord]) -> Vec<(PathBuf, BTreeSet<String>)> {
    let folders = store::run_folders(&place.results()).into_iter();
    let folders = folders.filter(|path| !RunFolder::is_being_written(path));
    folders
        .filter_map(|path| {
            let journal = path.join(VISIT_JOURNAL);
            let ours = visit_notes(&journal)?.attribute(records).ours;
            Some((journal, ours.into_iter().collect()))
        })
        .collect()
}

/// The run of a journal is its folder's name.
fn run_of(journal: &Path) -> Option<&str> {
    journal.parent()?.file_name()?.to_str()
}

fn forget(journals: &[(PathBuf, BTreeSet<String>)]) -> Result<(), Failure> {
    for (path, _) in journals {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let said = format!("failed to remove `{}`: {error}", path.display());
                let hint = "the cache records that it names are gone: remove it by hand";
                return Err(Failure::failed(said).with_hint(Some(hint.to_owned())));
            }
            _ => {}
        }
    }
    Ok(())
}
