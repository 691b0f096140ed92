//! `plimsoll bases`: the stand-ins.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Instant;

use serde_json::json;

use super::args::{BasesAction, BasesArgs, Place, TableFormat};
use super::cases::{self, CaseFilter};
use super::config;
use super::failure::{Exit, Failure};
use super::hints::line_of;
use super::output::Printer;
use super::progress::clock;
use crate::bases::{self, BasesError, Built, Catalogue, NotBuilt, Progress};
use crate::engine::{Engine, LABEL_RECIPE, OwnedKind, RemovalOutcome};
use crate::record::ImageStore;
use crate::tables::{Cell, Column, Table, TableNote};
use crate::units::{Bytes, Ratio};

/// Lists, builds or removes.
///
/// # Errors
/// When a name or a file of the catalogue is wrong, or the engine does not answer.
pub(super) async fn bases<E: Engine>(
    engine: &E,
    place: &Place,
    args: &BasesArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let catalogue = Catalogue::load(&place.bases()?)?;
    match &args.action {
        None => list(engine, &catalogue, args.format, printer).await,
        Some(BasesAction::Build {
            names,
            force,
            missing,
            scenarios,
            only,
            jobs,
        }) => {
            let mut names = names.clone();
            if !scenarios.is_empty() {
                names = rested_on(place, &catalogue, scenarios, only.as_deref())?;
                if names.is_empty() {
                    printer.talk("there is no recipe for any base of these scenarios");
                    return Ok(Exit::Fine);
                }
            }
            if *missing {
                names = unavailable(engine, place, &catalogue, &names).await?;
            }
            if *missing && names.is_empty() {
                printer.talk("every base is there or can be pulled: no stand-in is needed");
                return Ok(Exit::Fine);
            }
            let jobs = jobs.unwrap_or_else(processors);
            build(engine, &catalogue, &names, *force, jobs, printer).await
        }
        Some(BasesAction::Missing { scenarios, only }) => {
            let only = only.as_deref();
            missing(engine, place, &catalogue, scenarios, only, printer).await
        }
        Some(BasesAction::Remove) => remove(engine, printer).await,
    }
}

async fn list<E: Engine>(
    engine: &E,
    catalogue: &Catalogue,
    format: TableFormat,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    // The official sizes are of unpacked files; this store reports other things.
    let unlike = engine.facts().await?.store == ImageStore::Containerd;
    let mut rows = Vec::new();
    for entry in catalogue.entries().iter().filter(|entry| !entry.hidden) {
        let hash = catalogue.recipe_hash(entry)?;
        let image = engine.image(&entry.stand_in()).await?;
        let size: Option<Bytes> = image.as_ref().map(|image| image.listed);
        let state = match &image {
            None => "not built",
            Some(image) if image.labels.get(LABEL_RECIPE) == Some(&hash) => "built",
            Some(_) => "recipe changed",
        };
        let real = engine.image(&entry.name).await?.is_some();
        rows.push((entry, state, size, real));
    }
    if format == TableFormat::Json {
        let bases: Vec<_> = rows
            .iter()
            .map(|(entry, state, size, real)| {
                json!({ "name": entry.name, "stand_in": entry.stand_in(), "state": state,
                        "listed_bytes": size, "official_bytes": entry.official_bytes,
                        "real_image_present": real })
            })
            .collect();
        printer.line(&format!("{:#}", json!({ "bases": bases })))?;
        return Ok(Exit::Fine);
    }
    let rows = rows
        .into_iter()
        .map(|(entry, state, size, real)| {
            let ratio = size
                .filter(|_| !unlike)
                .and_then(|size| Ratio::of(size.0 as f64, entry.official_bytes.0 as f64));
            [
                entry.name.clone(),
                state.to_owned(),
                size.map(|size| size.to_string()).unwrap_or_default(),
                entry.official_bytes.to_string(),
                ratio
                    .map(|ratio| format!("{:.2}", ratio.get()))
                    .unwrap_or_default(),
                if real { "on the engine" } else { "not here" }.to_owned(),
            ]
            .map(Cell::text)
            .to_vec()
        })
        .collect();
    let table = Table {
        title: "Stand-in bases".to_owned(),
        columns: vec![
            Column::text("base", "base"),
            Column::text("stand_in", "stand-in"),
            Column::text("listed", "size on this engine"),
            Column::text("official", "official, about"),
            Column::text("ratio", "ratio"),
            Column::text("real", "real image"),
        ],
        rows,
        notes: match unlike {
            true => vec![TableNote::whole(
                "This engine has the containerd image store: its sizes hold packed layers too, and are not compared with the official ones.",
            )],
            false => Vec::new(),
        },
    };
    printer.data(table.terminal(printer.width).as_bytes())?;
    Ok(Exit::Fine)
}

/// The bases of scenarios that there is a recipe for.
fn rested_on(
    place: &Place,
    catalogue: &Catalogue,
    scenarios: &[String],
    only: Option<&str>,
) -> Result<Vec<String>, Failure> {
    let selection = cases::select(
        &cases::load(place, scenarios)?,
        &CaseFilter::new(only)?,
        &place.results(),
    )?;
    let bases = selection.bases().into_iter();
    Ok(bases
        .filter(|base| catalogue.find(base).is_some())
        .collect())
}

/// Bases whose real image is neither on the engine nor available from a registry.
async fn unavailable<E: Engine>(
    engine: &E,
    place: &Place,
    catalogue: &Catalogue,
    names: &[String],
) -> Result<Vec<String>, Failure> {
    let config = config::load(place)?;
    let offered = catalogue.entries().iter().filter(|entry| !entry.hidden);
    let wanted: BTreeSet<String> = if names.is_empty() {
        offered.map(|entry| entry.name.clone()).collect()
    } else {
        names.iter().cloned().collect()
    };
    let available = bases::available(engine, &wanted, &config.bases).await?;
    Ok(available
        .into_iter()
        .filter(|(_, reason)| reason.is_some())
        .map(|(reference, _)| reference)
        .collect())
}

async fn missing<E: Engine>(
    engine: &E,
    place: &Place,
    catalogue: &Catalogue,
    scenarios: &[String],
    only: Option<&str>,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let names = match scenarios {
        [] => Vec::new(),
        some => match rested_on(place, catalogue, some, only)? {
            // No name would stand for all.
            names if names.is_empty() => return Ok(Exit::Fine),
            names => names,
        },
    };
    let unavailable = unavailable(engine, place, catalogue, &names).await?;
    if !unavailable.is_empty() {
        for entry in bases::outdated(engine, catalogue, &unavailable).await? {
            printer.row(&entry.name)?;
        }
    }
    Ok(Exit::Fine)
}

async fn build<E: Engine>(
    engine: &E,
    catalogue: &Catalogue,
    names: &[String],
    force: bool,
    jobs: NonZeroUsize,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let mut progress = Lines {
        printer,
        begun: BTreeMap::new(),
        reasons: BTreeMap::new(),
    };
    let summary = bases::build_all(engine, catalogue, names, force, jobs, &mut progress).await?;
    let reasons = progress.reasons;
    let took = clock(begun.elapsed());
    printer.talk(&format!("{} stand-ins built in {took}", summary.made));
    if summary.failed.is_empty() {
        return Ok(Exit::Fine);
    }
    printer.talk(&format!(
        "error: {} stand-ins were not built:",
        summary.failed.len()
    ));
    for name in &summary.failed {
        let reason = reasons.get(name).map_or("", String::as_str);
        printer.talk(&format!("  {name}: {reason}"));
    }
    printer.talk(
        "hint: run the same command again to build only these; \
         scenarios that need none of them can be run",
    );
    Ok(Exit::Incomplete)
}

/// What a failed step printed last, which is its reason; else the error with its causes.
fn last_words(not_built: &NotBuilt) -> String {
    match not_built {
        NotBuilt::Recipe(BasesError::Build { message, .. }) if !message.is_empty() => {
            message.rsplit(" | ").next().unwrap_or(message).to_owned()
        }
        other => reason(other),
    }
}

/// An error with its causes and its hint, in one line.
fn reason(not_built: &NotBuilt) -> String {
    match not_built {
        NotBuilt::Needs(need) => format!("it needs {need}, which was not built"),
        NotBuilt::Recipe(error) => line_of(error),
    }
}

/// Recipes wait for the network as much as for a processor; beyond a few they are in each
/// other's way.
fn processors() -> NonZeroUsize {
    let most = NonZeroUsize::MIN.saturating_add(3);
    std::thread::available_parallelism().map_or(NonZeroUsize::MIN, |found| found.min(most))
}

struct Lines<'a> {
    printer: &'a mut Printer,
    begun: BTreeMap<String, Instant>,
    /// Why stand-ins were not built.
    reasons: BTreeMap<String, String>,
}

impl Progress for Lines<'_> {
    fn begin(&mut self, name: &str, index: usize, total: usize) {
        self.begun.insert(name.to_owned(), Instant::now());
        self.printer.talk(&format!("[{index}/{total}] {name} ..."));
    }

    fn step(&mut self, name: &str, step: &str) {
        if self.printer.redraw {
            self.printer.talk(&format!("    {name}: {step}"));
        }
    }

    fn end(&mut self, name: &str, built: Built) {
        let took = self.begun.get(name).map(|begun| clock(begun.elapsed()));
        let took = took.unwrap_or_default();
        let end = match built {
            Built::Made => format!("built in {took}"),
            Built::Current => "already built".to_owned(),
            Built::Failed(not_built) => {
                let reason = reason(&not_built);
                self.reasons.insert(name.to_owned(), last_words(&not_built));
                match not_built {
                    NotBuilt::Recipe(_) => format!("failed after {took}: {reason}"),
                    NotBuilt::Needs(_) => format!("not begun: {reason}"),
                }
            }
        };
        self.printer.talk(&format!("    {name}: {end}"));
    }
}

async fn remove<E: Engine>(engine: &E, printer: &mut Printer) -> Result<Exit, Failure> {
    let mut exit = Exit::Fine;
    for item in engine.owned().await? {
        if item.kind != OwnedKind::StandIn {
            continue;
        }
        match engine.remove_image(&item.id).await? {
            RemovalOutcome::Removed => printer.row(&format!("removed {}", item.name))?,
            RemovalOutcome::Absent => {}
            RemovalOutcome::InUse => {
                exit = Exit::Failed;
                printer.talk(&format!("{} is in use and stays", item.name));
            }
        }
    }
    Ok(exit)
}
