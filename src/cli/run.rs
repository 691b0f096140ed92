//! `plimsoll run`: from arguments to the run's folder.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::args::{Place, ReachArg, RunArgs, TableFormat};
use super::cases::{self, Filter, Selection};
use super::failure::{Exit, Failure};
use super::folder::{FolderRecorder, write_derived};
use super::output::Printer;
use super::planning::{self, Material, PROBE_INTERVAL};
use super::progress::Display;
use super::{config, resume};
use crate::bases::{self, Catalogue, Policy};
use crate::engine::{Clock, Engine, Probe};
use crate::record::{Disposition, EngineFacts, HostFacts, Reach, RunRecord, RunState, Status};
use crate::report;
use crate::runner::{Runner, Settings};
use crate::store::{RunFolder, StoreError};

/// What a run needs of the world; tests put fakes in.
pub struct Seams<E, C, P> {
    /// The engine.
    pub engine: Arc<E>,
    /// The clock.
    pub clock: Arc<C>,
    /// The readiness probe.
    pub probe: P,
    /// Facts about the host.
    pub host: HostFacts,
    /// The command line, for the record.
    pub command: Vec<String>,
    /// Cancelled when the user asks to stop.
    pub stop: CancellationToken,
}

/// Runs, and prints the tables.
///
/// # Errors
/// When nothing can be measured at all. Failing variants are no error: they end
/// in the exit code.
pub async fn run<E: Engine, C: Clock, P: Probe>(
    place: &Place,
    args: &RunArgs,
    seams: Seams<E, C, P>,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let stop = seams.stop.clone();
    let prepared = tokio::select! {
        biased;
        () = stop.cancelled() => {
            printer.talk("interrupted before anything was measured");
            return Ok(Exit::Interrupted);
        }
        prepared = prepare(place, args, &seams, printer) => prepared?,
    };
    let (record, result) = execute(prepared, args, seams, printer).await?;
    print(&record, args.format, printer)?;
    result?;
    Ok(exit_of(&record))
}

/// All that is settled before the first visit.
struct Prepared {
    record: RunRecord,
    selection: Selection,
    folder: RunFolder,
}

async fn prepare<E: Engine, C: Clock, P: Probe>(
    place: &Place,
    args: &RunArgs,
    seams: &Seams<E, C, P>,
    printer: &mut Printer,
) -> Result<Prepared, Failure> {
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
    let selection = match &resumed {
        Some((_, record)) => resume::selection(place, record)?,
        None => {
            let filter = Filter::new(args.only.as_deref())?;
            cases::select(&cases::load(place, &args.scenarios)?, &filter)?
        }
    };
    let facts = seams.engine.facts().await?;
    local(&facts)?;
    let catalogue = Catalogue::load(&place.home.join("bases"))?;
    let policy = match &resumed {
        Some((_, record)) => Policy::of_name(&record.plan.bases),
        None => Policy::from(args.bases),
    };
    let mut tell = |text: &str| printer.talk(text);
    let resolved = bases::resolve(
        seams.engine.as_ref(),
        &selection.bases(),
        policy,
        &config.bases,
        &catalogue,
        &mut tell,
    )
    .await?;
    let (folder, record) = match resumed {
        Some((folder, mut record)) => {
            resume::same_ground(&record, &facts, &resolved)?;
            resume::rewind(&mut record, seams.command.clone());
            (folder, record)
        }
        None => begin(place, args, seams, &selection, facts, resolved).await?,
    };
    Ok(Prepared {
        record,
        selection,
        folder,
    })
}

async fn begin<E: Engine, C: Clock, P: Probe>(
    place: &Place,
    args: &RunArgs,
    seams: &Seams<E, C, P>,
    selection: &Selection,
    engine: EngineFacts,
    bases: Vec<crate::record::BaseRecord>,
) -> Result<(RunFolder, RunRecord), Failure> {
    let started_at = seams.clock.utc();
    let results: PathBuf = args
        .out
        .clone()
        .unwrap_or_else(|| place.home.join("results"));
    let names: Vec<_> = selection
        .scenarios
        .iter()
        .map(|scenario| scenario.name.as_str())
        .collect();
    let calibration = planning::calibrate(seams.engine.as_ref(), seams.clock.as_ref()).await?;
    let folder =
        RunFolder::create(&results, &started_at, &names.join("-")).map_err(store_failure)?;
    let material = Material {
        id: folder.id(),
        command: seams.command.clone(),
        seed: args.seed.unwrap_or_else(|| seed_of(&folder.id())),
        started_at,
        reach: reach(args.reach, &engine),
        engine,
        host: seams.host.clone(),
        calibration,
        bases,
    };
    let record = planning::plan(args, selection, material);
    Ok((folder, record))
}

/// A seed for those who give none: the run's id hashed, so that it varies and can be had again.
fn seed_of(id: &str) -> u64 {
    let hash = crate::oci::sha256_hex(id.as_bytes());
    u64::from_str_radix(&hash[..12], 16).unwrap_or_default()
}

async fn execute<E: Engine, C: Clock, P: Probe>(
    prepared: Prepared,
    args: &RunArgs,
    seams: Seams<E, C, P>,
    printer: &mut Printer,
) -> Result<(RunRecord, Result<(), Failure>), Failure> {
    let Prepared {
        record,
        selection,
        folder,
    } = prepared;
    printer.talk(&format!(
        "{} {} (API {}, {}), {} cases, {} rounds, seed {}\nresults in {}",
        record.engine.name,
        record.engine.version,
        record.engine.api_version,
        record.engine.driver,
        selection.planned.len(),
        record.plan.warmup_rounds + record.plan.rounds,
        record.plan.seed,
        folder.path().display(),
    ));
    let mut recorder = FolderRecorder(&folder);
    // A folder that cannot be written is found before the first build.
    crate::runner::Recorder::save(&mut recorder, &record).map_err(Failure::failed)?;
    let order = record.plan.order.concat();
    let settings = Settings {
        reach: record.plan.reach,
        probe_interval: PROBE_INTERVAL,
        prune_own_cache: !args.keep_cache,
        own_builder: false,
    };
    let runner = Runner::new(
        seams.engine.clone(),
        seams.clock,
        seams.probe,
        settings,
        record,
        selection.planned,
        Box::new(Display::new(order, printer.redraw, printer.talk_sink())),
        seams.stop,
    );
    let (mut record, result) = runner.run(&mut recorder).await;
    let moved = planning::moved_bases(seams.engine.as_ref(), &record).await;
    if !moved.is_empty() {
        record.warnings.extend(moved);
        folder.save_record(&record).map_err(store_failure)?;
        write_derived(&folder, &record).map_err(store_failure)?;
    }
    let words = match record.state {
        RunState::Complete => format!("results in {}", folder.path().display()),
        RunState::Interrupted | RunState::Running => format!(
            "interrupted; what was measured is kept. To go on: plimsoll run --resume {}",
            folder.path().display()
        ),
    };
    printer.talk(&words);
    Ok((record, result.map_err(Failure::failed)))
}

fn print(record: &RunRecord, format: TableFormat, printer: &mut Printer) -> io::Result<()> {
    match format {
        TableFormat::Table => {
            for scenario in &record.scenarios {
                for table in report::terminal_tables(record, &scenario.name) {
                    printer.data(table.terminal(printer.width).as_bytes())?;
                    printer.data(b"\n")?;
                }
            }
            Ok(())
        }
        TableFormat::Json => printer.line(&format!("{:#}", report::report_json(record))),
    }
}

fn exit_of(record: &RunRecord) -> Exit {
    if record.state != RunState::Complete {
        return Exit::Interrupted;
    }
    let dnf = record
        .samples
        .iter()
        .any(|sample| sample.outcome.status() == Status::Dnf)
        || record
            .cases
            .iter()
            .any(|case| matches!(case.disposition, Disposition::Failed { .. }));
    if dnf { Exit::Failed } else { Exit::Fine }
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

/// Bridge addresses are reachable where engine and tool share a Linux host.
fn reach(asked: Option<ReachArg>, facts: &EngineFacts) -> Reach {
    match asked {
        Some(ReachArg::Bridge) => Reach::Bridge,
        Some(ReachArg::Published) => Reach::Published,
        None if facts.endpoint.starts_with("unix:") && cfg!(target_os = "linux") => Reach::Bridge,
        None => Reach::Published,
    }
}

pub(super) fn store_failure(error: StoreError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    Failure::failed(error).with_hint(hint)
}
