//! Runs that are split over machines: their parts, their plan, and their joining.

use clap::{Args, ValueEnum};

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
}

/// `plimsoll plan`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    plimsoll plan node go --shards 4\n  \
    plimsoll plan --shards 8 --timings results/main --format json\n  \
    echo \"matrix=$(plimsoll plan node --shards 4 --format github-matrix)\" >> \"$GITHUB_OUTPUT\"\n\n\
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
}

/// What is not parted.
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
}
