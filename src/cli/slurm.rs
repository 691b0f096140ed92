//! `plimsoll plan --format slurm`: a job array with a task for each shard.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};

use super::args::{Cli, Command, Place, PlanArgs, ROOMS, ShardByArg};
use super::failure::Failure;
use super::output::Printer;
use super::planned::{Planned, duration};
use super::planning::rounds_of;
use super::shard::TimeSource;
use crate::units::Nanos;

/// Indexes of a job array end here unless `MaxArraySize` of slurm.conf says otherwise.
const LAST_INDEX: usize = 1_000;

/// The time limit is so many times the expected time ...
const SLACK: u64 = 2;
/// ... and these minutes, for bases, rooms and reports.
const SET_UP_MINUTES: u64 = 10;

const MINUTE: u64 = 60_000_000_000;

/// The id of the scenario names, in `plan` and in `run`.
const SCENARIOS: &str = "scenarios";

const HINT: &str =
    "the words behind `--` are options of `plimsoll run`, without --shard and --continue";

/// The script.
///
/// # Errors
/// When `plimsoll run` would refuse the options that are handed on to it.
pub(super) fn array(
    place: &Place,
    args: &PlanArgs,
    shards: &[Planned],
    source: TimeSource,
    printer: &mut Printer,
) -> Result<String, Failure> {
    let count = shards.len();
    if count > LAST_INDEX {
        printer.talk(&format!(
            "an array of {count} tasks needs `MaxArraySize={}` in slurm.conf; its default ends at {LAST_INDEX}",
            count + 1
        ));
    }
    let options = options(place, args)?;
    let rounds = rounds(&args.run, count)?;
    let longest = shards.iter().map(|planned| planned.portion.expected).max();
    let limit = limit(longest.unwrap_or_default(), rounds);
    let mut script = format!(
        "#!/bin/sh\n\
         #SBATCH --job-name=plimsoll\n\
         #SBATCH --array=1-{count}\n\
         #SBATCH --time={limit}\n\
         #SBATCH --exclusive\n\
         #SBATCH --requeue\n\
         #SBATCH --open-mode=append\n\
         #SBATCH --output=plimsoll-%A_%a.log\n\
         #SBATCH --signal=B:TERM@60\n\
         #\n\
         # --time: {SLACK} times the expected time of the longest shard over {rounds} rounds, and {SET_UP_MINUTES} minutes.\n\
         # A task that Slurm starts again resumes its shard (--continue).\n\
         # Expected time of a round ({}):\n",
        match source {
            TimeSource::Guessed => "a rule of thumb; --timings takes measured ones",
            TimeSource::Measured | TimeSource::Partly { .. } => "by --timings",
        }
    );
    for planned in shards {
        let (shard, cases) = (planned.shard, planned.portion.cases.len());
        let time = duration(planned.portion.expected);
        // Writing to a string does not fail.
        let _ = writeln!(script, "#   {shard}: {time}, {cases} cases");
    }
    let words: Vec<String> = options.iter().map(|word| quoted(word)).collect();
    let _ = writeln!(
        script,
        "exec plimsoll {} --shard \"$SLURM_ARRAY_TASK_ID/{count}\" --continue",
        words.join(" ")
    );
    Ok(script)
}

/// The words of `plimsoll run` without the shard.
fn options(place: &Place, args: &PlanArgs) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    // What is built in is the same in every folder.
    if place.home.is_some() || place.holds_scenarios() {
        let home = std::path::absolute(place.home())?;
        words.extend(["--home".to_owned(), home.display().to_string()]);
    }
    if let Some(config) = &place.config {
        let config = std::path::absolute(config)?;
        words.extend(["--config".to_owned(), config.display().to_string()]);
    }
    if let Some(host) = &place.host {
        words.extend(["--host".to_owned(), host.clone()]);
    }
    // The default is the same on every node.
    if place.rooms != Path::new(ROOMS) {
        let rooms = std::path::absolute(&place.rooms)?;
        words.extend(["--rooms".to_owned(), rooms.display().to_string()]);
    }
    words.push("run".to_owned());
    words.extend(args.scenarios.iter().cloned());
    if let Some(only) = &args.only {
        words.extend(["--only".to_owned(), only.clone()]);
    }
    if args.shard_by == ShardByArg::Scenario {
        words.extend(["--shard-by".to_owned(), "scenario".to_owned()]);
    }
    if let Some(timings) = &args.timings {
        words.extend(["--timings".to_owned(), timings.clone()]);
    }
    words.extend(args.run.iter().cloned());
    Ok(words)
}

/// All rounds of a run with the words behind `--`, warm-ups included.
///
/// # Errors
/// When `plimsoll run` refuses a word, or the plan has an option of its own for it: the script
/// would run something else than what was planned.
fn rounds(words: &[String], count: usize) -> Result<u64, Failure> {
    // As the script has it, so that what it cannot take is refused here.
    let shard = format!("1/{count}");
    let own = ["plimsoll", "run", "--shard", &shard, "--continue"];
    let words = own.into_iter().chain(words.iter().map(String::as_str));
    let refused =
        |said: String, hint: &str| Err(Failure::usage(said).with_hint(Some(hint.to_owned())));
    let mut command = Cli::command();
    command.build();
    let planned = planned(&command);
    let parsed = command.try_get_matches_from_mut(words).and_then(|matches| {
        let twice = matches.subcommand().and_then(|(_, run)| {
            let given = |id: &&String| run.value_source(id) == Some(ValueSource::CommandLine);
            planned.iter().find(given).cloned()
        });
        Ok((Cli::from_arg_matches(&matches)?, twice))
    });
    match parsed {
        Ok((_, Some(id))) if id == SCENARIOS => refused(
            "scenario names stand behind `--`, and the plan is not of them".to_owned(),
            "write the scenario names before `--`: `plan` hands them on to each shard",
        ),
        Ok((_, Some(id))) => refused(
            format!(
                "--{} is given after `--`, and the plan is made without it",
                id.replace('_', "-")
            ),
            "write it before `--`: `plan` hands it on to each shard",
        ),
        Ok((
            Cli {
                command: Command::Run(run),
                ..
            },
            None,
        )) => {
            let (warmup, rounds) = rounds_of(&run);
            Ok(u64::from(warmup) + u64::from(rounds))
        }
        Ok(_) => refused("that is no run".to_owned(), HINT),
        Err(error) => {
            let said = error.to_string();
            let first = said.lines().next().unwrap_or_default();
            refused(
                first.strip_prefix("error: ").unwrap_or(first).to_owned(),
                HINT,
            )
        }
    }
}

/// Options of `plimsoll run` that `plimsoll plan` has, too, and hands on.
fn planned(command: &clap::Command) -> BTreeSet<String> {
    let of = |name: &str| -> BTreeSet<String> {
        let arguments = command.find_subcommand(name).into_iter();
        let arguments = arguments.flat_map(clap::Command::get_arguments);
        arguments.map(|one| one.get_id().to_string()).collect()
    };
    let (plan, run) = (of("plan"), of("run"));
    // Of `plan` it is the form of the plan.
    plan.intersection(&run)
        .filter(|id| *id != "format")
        .cloned()
        .collect()
}

/// `hours:minutes:seconds`, in whole minutes.
fn limit(expected: Nanos, rounds: u64) -> String {
    let all = expected.0.saturating_mul(rounds).saturating_mul(SLACK);
    let minutes = all.div_ceil(MINUTE) + SET_UP_MINUTES;
    format!("{:02}:{:02}:00", minutes / 60, minutes % 60)
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_whole_minutes_beyond_what_is_expected() {
        assert_eq!(limit(Nanos::from_secs(90), 7), "00:31:00");
        assert_eq!(limit(Nanos::from_secs(3_600), 22), "44:10:00");
        assert_eq!(limit(Nanos(0), 1), "00:10:00");
    }

    #[test]
    fn what_the_plan_has_is_refused_behind_it() {
        let mut command = Cli::command();
        command.build();
        let found = planned(&command);
        let expected = [
            "config",
            "home",
            "host",
            "only",
            "rooms",
            "scenarios",
            "shard_by",
            "timings",
        ];
        assert!(
            found
                .iter()
                .all(|id| id == "help" || id == "version" || expected.contains(&id.as_str())),
            "{found:?}"
        );
        assert!(expected.iter().all(|id| found.contains(*id)), "{found:?}");
    }

    #[test]
    fn a_shell_reads_words_back() {
        for word in ["multi-*", "a b", "it's", "", "$x", "plain/1.2"] {
            let script = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh")
                .args(["-c", &script])
                .output()
                .unwrap();
            assert_eq!(output.stdout, word.as_bytes());
        }
    }
}
