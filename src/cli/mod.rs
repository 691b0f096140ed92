//! The command line: arguments, wiring, progress, printing, exit codes.
//!
//! One file per subcommand. Data goes to stdout, talk to stderr.

mod ab;
mod again;
mod args;
mod bases;
mod bench;
mod cases;
mod charts;
mod check;
mod claims;
mod clean;
mod compare;
mod config;
mod connection;
mod doctor;
mod draft;
mod environment;
mod failure;
mod folder;
mod hints;
mod history;
mod init;
mod inspect;
mod job;
mod list;
mod local_environment;
mod merge;
mod one_side;
mod open;
mod output;
mod output_error;
mod pace;
mod pairing;
mod plan;
mod planned;
mod planning;
mod prepare;
mod progress;
mod ready_images;
mod registry;
mod report;
mod resume;
mod run;
mod runs;
mod schema;
mod screen;
mod shard;
mod short;
mod slurm;
mod time_budget;
mod uncompared;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser};
use tokio_util::sync::CancellationToken;

pub use ab::ab;
pub use args::{Cli, Command};
pub use bench::bench;
pub use clean::clean;
pub use environment::{Environments, RunEnvironment};
pub use failure::{Exit, Failure};
pub use job::Seams;
pub use output::Printer;
pub use output_error::OutputError;
pub use run::run;

use args::{Place, RESULTS};
use connection::connect;

use crate::docker::DockerEngine;
use crate::git::Repository;
use crate::host::{self, SystemClock};
use crate::probe::HttpProbe;
use crate::scan::{self, Scanners};

/// Parses the process's arguments, runs, and gives the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are no errors; clap knows which stream is theirs.
        Err(help) if !help.use_stderr() => {
            let printed = output::print_help(&help).map_err(Failure::from);
            return code_of(printed.map(|()| Exit::Fine), &mut Printer::standard());
        }
        Err(error) => {
            // It quotes the arguments, which may come from elsewhere.
            let text = error.to_string();
            let text = crate::secrets::mask_found(&text);
            let _ = write!(io::stderr(), "{}", crate::text::visible(&text));
            return ExitCode::from(Exit::Usage as u8);
        }
    };
    let mut printer = Printer::standard();
    let exit = match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let outcome = runtime.block_on(dispatch(cli, &mut printer));
            // Reads of a build context that nobody waits for any more must not hold the exit.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::failed(error)),
    };
    code_of(exit, &mut printer)
}

/// Says why a command failed, and gives its exit code.
fn code_of(exit: Result<Exit, Failure>, printer: &mut Printer) -> ExitCode {
    match exit {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            printer.talk_lines(&failure.to_string());
            ExitCode::from(failure.exit as u8)
        }
    }
}

async fn dispatch(cli: Cli, printer: &mut Printer) -> Result<Exit, Failure> {
    let place = cli.place;
    match cli.command {
        Command::List(args) => list::list(&place, &args, printer),
        Command::Claims(args) => claims::claims(&place, &args, printer),
        Command::Check(args) => check::check_run(&place, &args, printer),
        Command::History(args) => history::history(&place, &args, printer),
        Command::Compare(args) => compare::compare_runs(&place, &args, printer),
        Command::Report(args) => report::report(&place, &args, printer),
        Command::Merge(args) => merge::merge_runs(&place, &args, &SystemClock::new(), printer),
        Command::Plan(args) => plan::plan(&place, &args, printer),
        Command::Schema(args) => schema::schema(&args, printer),
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "plimsoll", &mut script);
            printer.data(&script)?;
            Ok(Exit::Fine)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            printer.data(&page)?;
            Ok(Exit::Fine)
        }
        Command::Doctor(args) => doctor::doctor(&place, &args, printer).await,
        Command::Bases(args) => {
            let engine = connect(place.host.as_deref()).await?;
            bases::bases(&engine, &place, &args, printer).await
        }
        Command::Inspect(args) => {
            let engine = || connect(place.host.as_deref());
            inspect::inspect(engine, &args, printer).await
        }
        Command::Clean(args) => {
            let engine = connect(place.host.as_deref()).await;
            clean::clean(engine, &place, &args, printer).await
        }
        Command::Registry(args) => registry::registry(&args, printer).await,
        Command::Run(args) => {
            let seams = seams(&place, printer).await?;
            run::run(&place, &args, seams, printer).await
        }
        Command::Bench(args) if args.dry_run => bench::plan_only(&place, &args, printer),
        Command::Bench(args) => {
            // The commit is that of the project's repository.
            let seams = seams(&bench::of_project(&place, &args.project), printer).await?;
            bench::bench(&place, &args, seams, printer).await
        }
        Command::Init(args) => init::init(&place, &args, printer),
        Command::Ab(args) => {
            let seams = seams(&place, printer).await?;
            ab::ab(&place, &args, seams, printer).await
        }
    }
}

/// The answer to the first Ctrl-C.
const STOPPING: &str = "stopping: ending what runs; press Ctrl-C again to quit without cleaning up";

/// The world as it is, with Ctrl-C wired up.
async fn seams(
    place: &Place,
    printer: &Printer,
) -> Result<
    Seams<DockerEngine, SystemClock, HttpProbe<SystemClock>, local_environment::LocalEnvironments>,
    Failure,
> {
    let engine = Arc::new(connect(place.host.as_deref()).await?);
    let clock = Arc::new(SystemClock::new());
    let stop = CancellationToken::new();
    let found = scan::installed().await;
    let revision = match Repository::holding(place.home()).await {
        Ok(repository) => repository.current(Path::new(RESULTS)).await,
        Err(_) => None,
    };
    let seams = Seams {
        probe: Arc::new(HttpProbe::new(clock.clone())),
        environments: local_environment::LocalEnvironments::new(place, clock.clone()),
        engine,
        clock,
        host: host::facts(),
        revision,
        command: std::env::args()
            .map(|word| without_secrets(&word))
            .collect(),
        scanners: (!found.is_empty()).then(Scanners::default),
        stop: stop.clone(),
    };
    let asked = host::interrupts()?;
    let (talk, redraw) = (printer.talk_sink(), printer.redraw);
    tokio::spawn(async move {
        asked.asked().await;
        // At once, and on a line of its own: a build may take a while to end.
        if let Ok(mut talk) = talk.lock() {
            let new_line = if redraw { "\n" } else { "" };
            let _ = writeln!(talk, "{new_line}{STOPPING}");
        }
        stop.cancel();
    });
    Ok(seams)
}

/// A word of the command line without the user info of a URL: the record is for others to read.
fn without_secrets(word: &str) -> String {
    match word
        .split_once("://")
        .and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1)))
    {
        Some((scheme, rest)) => format!("{scheme}://{rest}"),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_record_carries_no_password() {
        assert_eq!(
            without_secrets("--host=tcp://me:secret@box:1"),
            "--host=tcp://box:1"
        );
        assert_eq!(without_secrets("multi-*"), "multi-*");
    }

    #[test]
    fn every_command_teaches_by_example() {
        let root = Cli::command();
        let nested = root
            .get_subcommands()
            .flat_map(clap::Command::get_subcommands);
        for command in root.get_subcommands().chain(nested) {
            let help = command.clone().render_long_help().to_string();
            assert!(
                help.contains("Example"),
                "{} has no example",
                command.get_name()
            );
        }
    }
}
