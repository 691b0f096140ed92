//! `plimsoll clean`: what a crashed run left, listed first, then removed.

use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::{CleanArgs, Place, TableFormat};
use super::failure::{Exit, Failure};
use super::folder::CACHE_JOURNAL;
use super::output::Printer;
use crate::engine::{CacheRecord, Engine, Owned, OwnedKind};
use crate::runner;
use crate::store::{self, RunFolder};

/// Lists and, unless told otherwise, removes.
///
/// # Errors
/// When the engine does not answer, or something could not be removed.
pub(super) async fn clean<E: Engine>(
    engine: &E,
    place: &Place,
    args: &CleanArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let wanted = |run: Option<&str>| args.run.is_none() || args.run.as_deref() == run;
    let ours = |item: &Owned| {
        let run = item.run.as_deref();
        wanted(run) && !run.is_some_and(store::is_running)
    };
    let mut owned = engine.owned().await?;
    owned.retain(|item| matches!(item.kind, OwnedKind::Container | OwnedKind::Image) && ours(item));
    owned.sort();
    let mut journals = journals(place);
    journals.retain(|(path, _)| wanted(run_of(path)));
    let cache = match engine.build_cache().await {
        Ok(records) => ours_of(&records, &journals),
        Err(error) => {
            // Containers and images can be cleaned all the same.
            printer.talk(&format!(
                "the builder's cache is left alone: {}",
                error.chain()
            ));
            journals.clear();
            BTreeSet::new()
        }
    };
    list(&owned, &cache, args.format, printer)?;
    if args.dry_run {
        return Ok(Exit::Fine);
    }
    if owned.is_empty() && cache.is_empty() {
        return forget(&journals).map(|()| Exit::Fine);
    }
    if !args.yes && !confirmed(printer)? {
        printer.talk("nothing was removed");
        return Ok(Exit::Fine);
    }
    let (gone, mut kept) = runner::sweep(engine, ours).await;
    let ids: Vec<_> = cache.into_iter().collect();
    let pruned = engine.prune_cache(&ids).await?;
    if pruned.len() == ids.len() {
        forget(&journals)?;
    } else {
        kept.push(format!(
            "{} cache records are in use",
            ids.len() - pruned.len()
        ));
    }
    printer.talk(&format!(
        "removed {} containers and images and {} of {} cache records",
        gone.len(),
        pruned.len(),
        ids.len()
    ));
    for why in &kept {
        printer.talk(&format!("kept: {why}"));
    }
    Ok(if kept.is_empty() {
        Exit::Fine
    } else {
        Exit::Failed
    })
}

fn list(
    owned: &[Owned],
    cache: &BTreeSet<String>,
    format: TableFormat,
    printer: &mut Printer,
) -> io::Result<()> {
    if format == TableFormat::Json {
        let items: Vec<_> = owned
            .iter()
            .map(|item| json!({ "kind": word(item.kind), "id": item.id, "name": item.name, "run": item.run }))
            .collect();
        return printer.line(&format!(
            "{:#}",
            json!({ "owned": items, "cache_records": cache })
        ));
    }
    if owned.is_empty() && cache.is_empty() {
        return printer.line("nothing of plimsoll's is left behind (stand-in bases are kept)");
    }
    for item in owned {
        let run = item.run.as_deref().unwrap_or("an unknown run");
        printer.line(&format!("{:<10} {} ({run})", word(item.kind), item.name))?;
    }
    for id in cache {
        printer.line(&format!("{:<10} {id}", "cache"))?;
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
fn journals(place: &Place) -> Vec<(PathBuf, BTreeSet<String>)> {
    let mut journals = Vec::new();
    for path in store::run_folders(&place.home.join("results")) {
        let journal = path.join(CACHE_JOURNAL);
        let Ok(text) = std::fs::read(&journal) else {
            continue;
        };
        if RunFolder::is_being_written(&path) {
            continue;
        }
        if let Ok(ids) = serde_json::from_slice(&text) {
            journals.push((journal, ids));
        }
    }
    journals
}

/// The run of a journal is its folder's name.
fn run_of(journal: &Path) -> Option<&str> {
    journal.parent()?.file_name()?.to_str()
}

fn forget(journals: &[(PathBuf, BTreeSet<String>)]) -> Result<(), Failure> {
    for (path, _) in journals {
        std::fs::remove_file(path)?;
    }
    Ok(())
}
