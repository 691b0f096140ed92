//! All that is settled before the first visit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{CommonArgs, EngineArg, Place, ReachArg, RunArgs};
use super::cases::{self, CaseFilter, Selection};
use super::environment::{Environments, RunEnvironment, of_a_room};
use super::failure::{Failure, store_failure};
use super::job::{Given, Job, Seams};
use super::output::Printer;
use super::planning::{self, Material};
use super::{config, resume, shard};
use crate::bases::{self, Catalogue, Entered, Policy};
use crate::engine::{Clock, Engine, ErrorKind, Probe};
use crate::record::{
    AbRecord, BaseRecord, DistributionRecord, EngineChoice, EngineFacts, ImageStore, Link, Reach,
    RunRecord,
};
use crate::runner::{self, Distribution, NetworkKind, Pace};
use crate::store::RunFolder;

/// Bytes of scenario names in the name of a run's folder.
const MOST_OF_A_NAME: usize = 80;

/// What is known before anything is opened for the run.
pub(super) struct Wanted {
    pub(super) selection: Selection,
    resumed: Option<RunRecord>,
    pub(super) folder: RunFolder,
    bases: Vec<BaseRecord>,
    /// Bases that are not those of the shared registry.
    warnings: Vec<String>,
    facts: EngineFacts,
    pub(super) choice: EngineChoice,
    /// What keeps the images of clean rooms.
    store: ImageStore,
    links: Vec<Link>,
    push: bool,
    ab: Option<AbRecord>,
    pace: Option<Box<dyn Pace>>,
}

/// All that the runner needs.
pub(super) struct Prepared<E, P> {
    pub(super) record: RunRecord,
    pub(super) selection: Selection,
    pub(super) folder: RunFolder,
    /// The engine that builds and starts.
    pub(super) engine: Arc<E>,
    /// Its probe, where it is not the user's engine.
    pub(super) probe: Option<Arc<P>>,
    pub(super) distribution: Option<Distribution<E>>,
    /// Names of the bases on that engine, which the record has without secrets.
    pub(super) names: BTreeMap<String, String>,
    /// How many rounds there are, where the plan alone does not say.
    pub(super) pace: Option<Box<dyn Pace>>,
}

/// Reads scenarios and bases, and makes the run's folder.
pub(super) async fn want<E: Engine, C: Clock, P: Probe, G: Environments<E, P>>(
    place: &Place,
    job: &mut Job<'_>,
    seams: &Seams<E, C, P, G>,
    printer: &mut Printer,
) -> Result<Wanted, Failure> {
    let args = job.args;
    let common = &args.common;
    let config = config::load(place)?;
    let resumed = match &args.resume {
        Some(path) => {
            let mut folder = RunFolder::open(path).map_err(store_failure)?;
            folder.lock().map_err(store_failure)?;
            let record = folder.load_record().map_err(store_failure)?;
            Some((folder, record))
        }
        None => None,
    };
    let Given {
        mut selection,
        name,
        ab,
        pace,
    } = choose(place, job, resumed.as_ref().map(|(_, record)| record))?;
    if let (Some(shard), None) = (args.part.shard, &resumed) {
        let (by, timings) = (args.part.shard_by.into(), args.part.timings.as_deref());
        shard::take(place, &mut selection, shard, by, timings)?;
        if selection.planned.is_empty() {
            printer.talk(&format!("shard {shard} has nothing to do"));
        }
    }
    let facts = seams.engine.facts().await?;
    local(&facts)?;
    let catalogue = Catalogue::load(&place.bases()?)?;
    let record = resumed.as_ref().map(|(_, record)| record);
    let policy = match record {
        Some(record) => Policy::of_name(&record.plan.bases),
        None => Policy::from(common.bases),
    };
    let mut report = |text: &str| printer.talk(text);
    let found = bases::resolve(
        seams.engine.as_ref(),
        &selection.bases(),
        policy,
        &sources(config.bases, common, record, &selection.bases(), &catalogue),
        &catalogue,
        &mut report,
    )
    .await?;
    selection.leave_out(&found.missing, &BTreeMap::new())?;
    for (reference, reason) in &found.missing {
        printer.talk(&format!(
            "what needs the image {reference} is not available here: {reason}"
        ));
    }
    for warning in &found.warnings {
        printer.talk(&format!("warning: {warning}"));
    }
    let store = store(common, record, &facts)?;
    let choice = record.map_or(common.engine.into(), |record| record.plan.engine);
    let links = record.map_or_else(
        || planning::links(&common.links),
        |record| record.plan.links.clone(),
    );
    let push = record.map_or(!common.no_push, |record| record.distribution.is_some());
    let (folder, resumed) = match resumed {
        Some((folder, record)) => (folder, Some(record)),
        None => (create(place, args, seams, &name)?, None),
    };
    Ok(Wanted {
        selection,
        resumed,
        folder,
        bases: found.bases,
        warnings: found.warnings,
        facts,
        choice,
        store,
        links: if push { links } else { Vec::new() },
        push,
        ab,
        pace,
    })
}

/// Where bases are looked for. A run that goes on has them from where they came.
pub(super) fn sources(
    mirrors: BTreeMap<String, String>,
    common: &CommonArgs,
    resumed: Option<&RunRecord>,
    references: &BTreeSet<String>,
    catalogue: &Catalogue,
) -> bases::Sources {
    let first = match (resumed, &common.bases_from) {
        (Some(record), _) => {
            let is_local = |base: &BaseRecord| {
                let entry = catalogue.find(&base.reference);
                base.resolved == base.reference
                    || entry.is_some_and(|entry| entry.stand_in() == base.resolved)
            };
            let bases = record.bases.iter().filter(|base| !is_local(base));
            bases
                .map(|base| (base.reference.clone(), base.resolved.clone()))
                .collect()
        }
        (None, Some(registry)) => {
            let bases = references.iter();
            bases
                .map(|base| (base.clone(), bases::shared_name(registry, base)))
                .collect()
        }
        (None, None) => BTreeMap::new(),
    };
    bases::Sources {
        first,
        mirrors,
        compares: resumed.is_none(),
    }
}

fn choose(place: &Place, job: &mut Job<'_>, resumed: Option<&RunRecord>) -> Result<Given, Failure> {
    if let Some(given) = job.given.take() {
        return Ok(given);
    }
    let selection = match resumed {
        Some(record) => resume::selection(place, record, &results(place, job.args))?,
        None => {
            let filter = CaseFilter::new(job.args.common.only.as_deref())?;
            let scenarios = cases::load(place, &job.args.scenarios)?;
            cases::select(&scenarios, &filter, &results(place, job.args))?
        }
    };
    Ok(Given {
        name: named_after(&selection.names()),
        selection,
        ab: None,
        pace: None,
    })
}

/// The folder of the run's folder.
pub(super) fn results(place: &Place, args: &RunArgs) -> PathBuf {
    // A run that goes on stays where it is.
    let resumed = args.resume.as_ref().and_then(|run| run.canonicalize().ok());
    let around = resumed.and_then(|run| run.parent().map(Path::to_owned));
    let elsewhere = around.or_else(|| args.common.out.clone());
    elsewhere.unwrap_or_else(|| place.results())
}

fn create<E: Engine, C: Clock, P: Probe, G: Environments<E, P>>(
    place: &Place,
    args: &RunArgs,
    seams: &Seams<E, C, P, G>,
    named: &str,
) -> Result<RunFolder, Failure> {
    let results = results(place, args);
    let name = match args.part.shard {
        Some(shard) => format!("{named}-shard{}of{}", shard.index(), shard.count()),
        None => named.to_owned(),
    };
    RunFolder::create(&results, &seams.clock.utc(), &name).map_err(store_failure)
}

/// The scenarios' names in the folder's: all of them where they are few. A file system
/// takes 255 bytes, and nobody reads so many.
pub(super) fn named_after(scenarios: &[&str]) -> String {
    let joined = scenarios.join("-");
    match scenarios {
        [first, rest @ ..] if joined.len() > MOST_OF_A_NAME => {
            format!("{first}-and-{}-more", rest.len())
        }
        _ => joined,
    }
}

/// Opens registry and rooms, brings the bases in, and makes the record.
pub(super) async fn settle<E: Engine, C: Clock, P: Probe, G: Environments<E, P>>(
    mut wanted: Wanted,
    args: &RunArgs,
    seams: &Seams<E, C, P, G>,
    printer: &mut Printer,
) -> Result<Prepared<E, P>, Failure> {
    let run = wanted.folder.id();
    // A part without a case needs no room, and no registry.
    let needs_environment = (wanted.push || wanted.choice == EngineChoice::CleanRoom)
        && !wanted.selection.planned.is_empty();
    let environment = match needs_environment {
        true => Some(open(&wanted, seams, &run, printer).await?),
        false => None,
    };
    let (environment, entered) = match environment {
        Some((environment, entered)) => (Some(environment), entered),
        None => (None, Entered::default()),
    };
    let (mut engine, mut facts) = (seams.engine.clone(), wanted.facts);
    let (mut probe, mut distribution) = (None, None);
    if let Some(environment) = environment {
        if let Some((room, its_probe)) = environment.room {
            facts = of_a_room(room.facts().await?);
            (engine, probe) = (room, Some(its_probe));
        }
        if wanted.push {
            distribution = Some(Distribution {
                registry: environment.registry,
                puller: environment.puller,
                bases: entered.repositories,
            });
        }
    }
    let foreign = foreign_platforms(&wanted.selection, engine.as_ref(), &facts, &run).await?;
    wanted.selection.leave_out(&BTreeMap::new(), &foreign)?;
    foreign.values().for_each(|reason| printer.talk(reason));
    let travelled = described(distribution.as_ref()).await?;
    let names = match wanted.choice {
        EngineChoice::CleanRoom => entered.names,
        EngineChoice::Host => own_names(&wanted.bases),
    };
    let record = match wanted.resumed {
        Some(mut record) => {
            resume::same_ground(&record, &facts, &seams.host, &wanted.bases)?;
            resume::same_cases(&record, &wanted.selection)?;
            resume::rewind(&mut record, seams.command.clone(), wanted.warnings);
            record
        }
        None => {
            let calibration = planning::calibrate(engine.as_ref(), seams.clock.as_ref()).await?;
            let reaching = (engine.as_ref(), probe.as_deref().unwrap_or(&seams.probe));
            let place = (run.as_str(), wanted.selection.networks());
            let reach = reach(args.common.reach, reaching, &facts, place, printer).await?;
            let material = Material {
                command: seams.command.clone(),
                seed: seed(args, &wanted.selection, &run),
                id: run,
                started_at: seams.clock.utc(),
                reach,
                engine: facts,
                choice: wanted.choice,
                links: wanted.links,
                distribution: travelled,
                host: seams.host.clone(),
                calibration,
                bases: wanted.bases,
                warnings: wanted.warnings,
                revision: seams.revision.clone().filter(|_| wanted.ab.is_none()),
                ab: wanted.ab,
            };
            planning::plan(args, &wanted.selection, material)
        }
    };
    Ok(Prepared {
        record,
        selection: wanted.selection,
        folder: wanted.folder,
        engine,
        probe,
        distribution,
        names,
        pace: wanted.pace,
    })
}

/// What bases are called on the user's engine.
fn own_names(bases: &[BaseRecord]) -> BTreeMap<String, String> {
    let pairs = bases
        .iter()
        .map(|base| (base.reference.clone(), base.resolved.clone()));
    pairs.collect()
}

/// The seed that is asked for; else the shard's, or one of the run's own.
fn seed(args: &RunArgs, selection: &Selection, run: &str) -> u64 {
    args.common.seed.unwrap_or_else(|| match &selection.part {
        Some(part) => part.seed,
        None => shard::seed_of_text(run),
    })
}

/// Why containers of other platforms than the engine's own cannot run, by platform.
async fn foreign_platforms<E: Engine>(
    selection: &Selection,
    engine: &E,
    facts: &EngineFacts,
    run: &str,
) -> Result<BTreeMap<String, String>, Failure> {
    let asked: BTreeSet<_> = selection
        .planned
        .iter()
        .filter_map(|case| case.spec.platform.as_ref())
        .filter(|platform| **platform != facts.platform)
        .collect();
    let mut foreign = BTreeMap::new();
    for platform in asked {
        if let Some(reason) = runner::why_foreign(engine, platform, run).await? {
            foreign.insert(platform.clone(), reason);
        }
    }
    Ok(foreign)
}

async fn open<E: Engine, C: Clock, P: Probe, G: Environments<E, P>>(
    wanted: &Wanted,
    seams: &Seams<E, C, P, G>,
    run: &str,
    printer: &mut Printer,
) -> Result<(RunEnvironment<E, P>, Entered), Failure> {
    for said in seams.environments.clear() {
        printer.talk(&said);
    }
    if wanted.choice == EngineChoice::CleanRoom {
        printer.talk("opening a clean room");
    }
    let environment = seams
        .environments
        .open(run, wanted.choice, &wanted.store)
        .await?;
    let mut report = |text: &str| printer.talk(text);
    let entered = bases::enter(
        seams.engine.as_ref(),
        environment.room.as_ref().map(|(engine, _)| engine.as_ref()),
        environment.registry.as_ref(),
        run,
        (&wanted.bases, &wanted.selection.only_ready()),
        &mut report,
    )
    .await?;
    Ok((environment, entered))
}

async fn described<E: Engine>(
    distribution: Option<&Distribution<E>>,
) -> Result<Option<DistributionRecord>, Failure> {
    let Some(distribution) = distribution else {
        return Ok(None);
    };
    Ok(Some(match &distribution.puller {
        Ok(puller) => DistributionRecord {
            puller: Some(of_a_room(puller.facts().await?)),
            why_no_puller: None,
        },
        Err(reason) => DistributionRecord {
            puller: None,
            why_no_puller: Some(reason.clone()),
        },
    }))
}

/// What keeps the images of clean rooms.
fn store(
    common: &CommonArgs,
    resumed: Option<&RunRecord>,
    facts: &EngineFacts,
) -> Result<ImageStore, Failure> {
    if common.store.is_some() && common.engine != EngineArg::CleanRoom {
        let words = "--store chooses the image store of clean rooms";
        let hint = "give --engine clean-room with it".to_owned();
        return Err(Failure::usage(words).with_hint(Some(hint)));
    }
    Ok(match (resumed, common.store) {
        // As the room's engine had it.
        (Some(record), _) => record.engine.store.clone(),
        (None, Some(asked)) => asked.into(),
        (None, None) => facts.store.clone(),
    })
}

/// Ports are published on the engine's loopback: the tool must run where the engine does.
fn local(facts: &EngineFacts) -> Result<(), Failure> {
    let endpoint = facts.endpoint.as_str();
    let remote = endpoint
        .strip_prefix("tcp://")
        .or_else(|| endpoint.strip_prefix("http://"));
    let here = ["127.", "localhost", "[::1]"];
    if remote.is_none_or(|host| here.iter().any(|name| host.starts_with(name))) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the engine at {endpoint} runs on another machine: its containers cannot be reached from here"
    ))
    .with_hint(Some("run plimsoll on the machine of the engine".to_owned())))
}

/// How containers are reached: as asked for, else tried on the engine. In a clean room their
/// addresses always lead to them.
async fn reach<E: Engine, P: Probe>(
    asked: Option<ReachArg>,
    (engine, probe): (&E, &P),
    facts: &EngineFacts,
    (run, networks): (&str, Vec<NetworkKind>),
    printer: &mut Printer,
) -> Result<Reach, Failure> {
    match asked {
        Some(asked) => return Ok(asked.into()),
        None if facts.endpoint == EngineChoice::CleanRoom.name() => return Ok(Reach::Bridge),
        None => {}
    }
    let found = match runner::find_reach(engine, probe, &facts.platform, run, &networks).await {
        Ok(found) => found,
        Err(error) if error.kind == ErrorKind::Unreachable => return Err(error.into()),
        // Builds and sizes need no container.
        Err(error) => Err(error.chain()),
    };
    Ok(found.unwrap_or_else(|reason| {
        printer.talk(&format!(
            "warning: containers of this engine could not be reached ({reason}); starts are tried by a published port"
        ));
        Reach::Published
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_after_few_scenarios_and_counts_many() {
        assert_eq!(named_after(&["node", "go"]), "node-go");
        let many = vec!["technique-cache-mounts-npm"; 26];
        assert_eq!(named_after(&many), "technique-cache-mounts-npm-and-25-more");
        // A name of a scenario itself may be long; that is its author's choice.
        assert_eq!(named_after(&["node"]), "node");
    }
}
