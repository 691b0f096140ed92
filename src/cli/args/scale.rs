//! Runs that are split over machines: their parts, their plan, and their joining.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::TableFormat;
use crate::merge::MergeRule;
use crate::record::{MOST_SHARDS, Shard, ShardBy};

/// Which part of a run, and how it is split.
#[derive(Debug, Clone, Args)]
pub struct ShardArgs {
    /// Only part K of N of the cases: the same split on every machine, even by expected time
    #[arg(long, value_name = "K/N", value_parser = clap::value_parser!(Shard))]
    pub shard: Option<Shard>,
    /// What no split parts; the variants of a technique's scenario stay together in any case
    #[arg(long, value_enum, default_value = "variant", requires = "shard")]
    pub shard_by: ShardByArg,
    /// Former run whose times the split goes by; the same one for every shard [default: a rule of thumb]
    #[arg(long, value_name = "RUN", requires = "shard")]
    pub timings: Option<String>,
    /// Resume this shard's run in --out if it was interrupted, and measure nothing if it is complete: for jobs that a scheduler starts again
    #[arg(long, requires = "shard")]
    pub r#continue: bool,
}

/// `plimsoll plan`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    plimsoll plan node go --shards 4\n  \
    plimsoll plan --shards 8 --timings results/main --format json\n  \
    echo \"matrix=$(plimsoll plan node --shards 4 --format github-matrix)\" >> \"$GITHUB_OUTPUT\"\n  \
    plimsoll plan node --shards 4 --format slurm -- --engine clean-room --out parts > shards.sbatch\n\n\
    Nothing is built and no engine is asked. A shard is run with\n  \
    plimsoll run node go --shard 1/4\n\
    and the same scenarios, --only, --shard-by and --timings; `plimsoll merge` joins the parts.\n\
    Where there is less to part than shards are asked for, the plan has fewer of them.")]
pub struct PlanArgs {
    /// Names under scenarios/, or paths [default: all]
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Only variants whose name, or scenario/name, matches this glob
    #[arg(long, value_name = "GLOB")]
    pub only: Option<String>,
    /// How many shards, at most
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_SHARDS)))]
    pub shards: u32,
    /// What no split parts; the variants of a technique's scenario stay together in any case
    #[arg(long, value_enum, default_value = "variant")]
    pub shard_by: ShardByArg,
    /// Former run whose times the split goes by [default: a rule of thumb]
    #[arg(long, value_name = "RUN")]
    pub timings: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: PlanFormat,
    /// Further options of each shard's `plimsoll run`, with --format slurm
    #[arg(value_name = "RUN-OPTION", last = true)]
    pub run: Vec<String>,
}

/// `plimsoll merge`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    plimsoll merge parts\n  \
    plimsoll merge parts --allow host --allow base --out results\n  \
    plimsoll merge 20261121T090000Z-node-shard1of2 20261121T090100Z-node-shard2of2 --format json\n\n\
    Parts that are unlike are refused, all reasons at once: scenario, seed, rounds, engine, host,\n\
    base, tool, missing, incomplete. --allow waives one of these. Shards of different splits, and a\n\
    case that two parts have, are never joined.\n\
    The joined run keeps which machine measured which case, and compares no times across parts.")]
pub struct MergeArgs {
    /// The parts: run folders, their names, or folders that hold them
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<String>,
    /// Folder for the joined run's folder [default: results/ in the home folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Join although the parts are unlike in this: scenario, seed, rounds, engine, host, base, tool, missing or incomplete
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub allow: Vec<MergeRule>,
    /// What to print: which part measured what
    #[arg(long, value_enum, default_value = "table")]
    pub format: TableFormat,
}

fn rule(text: &str) -> Result<MergeRule, String> {
    let words: Vec<_> = MergeRule::ALL.into_iter().map(MergeRule::word).collect();
    MergeRule::of_word(text).ok_or_else(|| format!("expected one of: {}", words.join(", ")))
}

/// What is not separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShardByArg {
    /// A variant.
    Variant,
    /// A scenario, so that all its variants are measured on one machine.
    Scenario,
}

impl From<ShardByArg> for ShardBy {
    fn from(arg: ShardByArg) -> Self {
        match arg {
            ShardByArg::Variant => Self::Variant,
            ShardByArg::Scenario => Self::Scenario,
        }
    }
}

/// Forms of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// A table.
    Table,
    /// JSON.
    Json,
    /// One line, `{"include":[…]}`, for fromJSON in GitHub's strategy.matrix.
    GithubMatrix,
    /// A child pipeline of GitLab: a job for each shard that extends `.plimsoll-shard`.
    Gitlab,
    /// A job array script for sbatch: a task for each shard, with a time limit.
    Slurm,
}
