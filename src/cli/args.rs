//! The command line: types only. Names are part of the interface (docs/STABILITY.md).

mod ab;
mod bench;
pub mod charts;
mod history;
mod inspect;
mod place;
mod run;
mod scale;
mod secret;
mod verdicts;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use ab::AbArgs;
pub use bench::{BenchArgs, CiArg, InitArgs, ProjectArgs};
pub use history::{HistoryArgs, HistoryFormat};
pub use inspect::{InspectArgs, InspectFormat};
pub use place::{Place, RESULTS, ROOMS};
pub use run::{CommonArgs, RunArgs};
pub use scale::{MergeArgs, PlanArgs, PlanFormat, ShardArgs, ShardByArg};
pub use verdicts::{CheckArgs, CheckFormat, CompareArgs, CompareFormat};

use crate::bases::Policy;
use crate::record::{EngineChoice, Link, Reach, SkippedPhase};
use crate::runner::Profile;

/// Measures what a container image weighs and costs over its whole life.
#[derive(Debug, Parser)]
#[command(
    name = "plimsoll",
    version,
    about,
    long_about = "Measures what a container image weighs and costs over its whole life: context, \
                  cold build, cached build, rebuild after an edit, push, pull, create, start, ready, \
                  memory, stop, for every way of building the same app.",
    after_help = "Examples:\n  \
                  plimsoll doctor               what is available, and what is missing\n  \
                  plimsoll bench                your own project, as it is\n  \
                  plimsoll run node go          the two headline tables\n  \
                  plimsoll claims latest        claimed against measured\n\n\
                  Exit codes:\n  \
                  0 fine · 1 tool or engine error, or a DNF that no scenario expects · 2 usage or scenario invalid ·\n  \
                  3 something is worse · 4 open, with --fail-on-inconclusive · 5 some stand-ins were not built ·\n  \
                  130 interrupted (results so far are kept)",
    propagate_version = true
)]
pub struct Cli {
    /// What the user asks for.
    #[command(subcommand)]
    pub command: Command,
    /// Where things are.
    #[command(flatten)]
    pub place: Place,
}

/// A subcommand.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure the project in this folder, with nothing written beforehand
    Bench(Box<BenchArgs>),
    /// Write the scenario, and the CI workflow, for the project in this folder
    Init(InitArgs),
    /// Build and measure the variants of scenarios
    Run(RunArgs),
    /// Measure two revisions of a git repository in the same rounds, and compare them
    Ab(AbArgs),
    /// Show how a run would be split over machines
    Plan(PlanArgs),
    /// Join the shards of a run
    Merge(MergeArgs),
    /// Show what would run, or the runs that there are
    List(ListArgs),
    /// Compare published figures with measured ones
    Claims(ClaimsArgs),
    /// Recompute a run's report from its run.json alone
    Report(ReportArgs),
    /// Say what became better or worse from one run to another, and why
    Compare(CompareArgs),
    /// Hold a run to its budgets
    Check(CheckArgs),
    /// Say how each metric went over many runs, and where it changed
    History(HistoryArgs),
    /// Analyze an image: layers, instructions, wasted space, contents
    Inspect(InspectArgs),
    /// Say what is available, what is missing, and how to fix it
    Doctor(DoctorArgs),
    /// List, build or remove the stand-in base images
    Bases(BasesArgs),
    /// Remove what a crashed run left behind
    Clean(CleanArgs),
    /// Serve the embedded registry, as runs use it
    Registry(RegistryArgs),
    /// Print the JSON Schema of scenario or run files
    Schema(SchemaArgs),
    /// Print a shell's completion script
    Completions(CompletionsArgs),
    /// Print the manual page
    #[command(after_help = "Example:\n  plimsoll man > plimsoll.1 && man ./plimsoll.1")]
    Man,
}

/// `plimsoll list`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  plimsoll list\n  plimsoll list node --format json\n  plimsoll list --runs\n  plimsoll list --runs results/reference-2026-11-20-2cpu-vm /mnt/other/results"
)]
pub struct ListArgs {
    /// Names under scenarios/, or paths [default: all]
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Only variants whose name, or scenario/name, matches this glob
    #[arg(long, value_name = "GLOB")]
    pub only: Option<String>,
    /// List runs instead: run folders, their names, or folders that hold some [default: all under results/]
    #[arg(long, value_name = "RUN", num_args = 0.., conflicts_with_all = ["scenarios", "only"])]
    pub runs: Option<Vec<String>>,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: TableFormat,
}

/// `plimsoll claims`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  plimsoll claims latest\n  plimsoll claims results/20261120T204000Z-node-go --format md\n  plimsoll claims 20261120T204000Z-node-go 20261121T090000Z-techniques\n  plimsoll claims results"
)]
pub struct ClaimsArgs {
    /// Run folders, their names, a run.json, `latest`, or folders that hold runs
    #[arg(value_name = "RUN", default_value = "latest")]
    pub runs: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: ReportFormat,
}

/// `plimsoll report`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  plimsoll report latest\n  plimsoll report latest --open\n  plimsoll report latest --format table\n  plimsoll report latest --only 'node/*'\n  plimsoll report latest --format html --out page.html\n  plimsoll report latest --format csv > summary.csv\n  plimsoll report latest --format go-benchmark > new.txt && benchstat old.txt new.txt\n  plimsoll report 20261120T204000Z-node-go 20261121T090000Z-techniques\n  plimsoll report latest --format svg --out charts\n  plimsoll report latest --format png --out slides --theme dark --metric start.ready"
)]
pub struct ReportArgs {
    /// Run folders, their names, a run.json, `latest`, or folders that hold runs
    #[arg(value_name = "RUN", default_value = "latest")]
    pub runs: Vec<String>,
    /// What to print: the tables, Markdown, the page, the summary as CSV, JSON, charts, or what a tracker reads [default: md; html with --open]
    #[arg(long, value_enum)]
    pub format: Option<ExportFormat>,
    /// Where to: a file instead of stdout; for charts the folder of their files, which is made where it is missing
    #[arg(long, value_name = "PATH", required_if_eq_any([("format", "svg"), ("format", "png")]))]
    pub out: Option<PathBuf>,
    /// Open the page in the browser: the file of --out, else report.html in the run's folder, written anew
    #[arg(long)]
    pub open: bool,
    /// Only variants whose name, or scenario/name, matches this glob: as if the run had no others
    #[arg(long, value_name = "GLOB")]
    pub only: Option<String>,
    /// Write all derived files (samples.csv, summary.csv, steps.csv, effects.csv, report.md, report.html, charts/) anew into each run's folder, however many variants it has
    #[arg(long, conflicts_with_all = ["format", "out", "open", "only"])]
    pub write: bool,
    /// What is said about charts.
    #[command(flatten)]
    pub charts: charts::ChartArgs,
}

/// `plimsoll doctor`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  plimsoll doctor\n  plimsoll doctor --format json")]
pub struct DoctorArgs {
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: TableFormat,
}

/// `plimsoll bases`.
#[derive(Debug, Clone, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  plimsoll bases\n  plimsoll bases build\n  plimsoll bases build node:20-alpine golang:1.22\n  plimsoll bases remove"
)]
pub struct BasesArgs {
    /// What to do; lists them where nothing is said
    #[command(subcommand)]
    pub action: Option<BasesAction>,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: TableFormat,
}

/// What to do with the stand-ins.
#[derive(Debug, Clone, Subcommand)]
pub enum BasesAction {
    #[command(
        after_help = "Examples:\n  plimsoll bases build\n  plimsoll bases build node:20-alpine golang:1.22\n  plimsoll bases build --missing --for node\n\n\
        A stand-in that cannot be built stops only those that need it; the exit code is 5 then."
    )]
    /// Build those whose recipe is not the one that the engine's image was made by
    Build {
        /// Base names as FROM lines say them [default: all]
        #[arg(value_name = "BASE")]
        names: Vec<String>,
        /// Build them whatever the engine has
        #[arg(long)]
        force: bool,
        /// Leave out those whose real image is on the engine or can be pulled
        #[arg(long)]
        missing: bool,
        /// Those that these scenarios rest on, and no other
        #[arg(long = "for", value_name = "SCENARIO", conflicts_with = "names")]
        scenarios: Vec<String>,
        /// Of those, only what variants whose name, or scenario/name, matches this glob rest on
        #[arg(long, value_name = "GLOB", requires = "scenarios")]
        only: Option<String>,
        /// How many are built side by side [default: as many as there are processors, 4 at the most]
        #[arg(long, value_name = "N")]
        jobs: Option<NonZeroUsize>,
    },
    /// Print the bases that neither the engine nor a registry has, and whose stand-in is not current
    #[command(
        after_help = "Examples:\n  plimsoll bases missing\n  plimsoll bases missing --for node --for go"
    )]
    Missing {
        /// Of those that these scenarios rest on
        #[arg(long = "for", value_name = "SCENARIO")]
        scenarios: Vec<String>,
        /// Of those, only what variants whose name, or scenario/name, matches this glob rest on
        #[arg(long, value_name = "GLOB", requires = "scenarios")]
        only: Option<String>,
    },
    /// Remove all stand-ins from the engine
    #[command(after_help = "Example:\n  plimsoll bases remove")]
    Remove,
}

/// `plimsoll clean`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  plimsoll clean --dry-run\n  plimsoll clean --yes\n  plimsoll clean --run 20261120T204000Z-node-go\n\n\
    Removes only what carries plimsoll's label and plimsoll's name. Stand-in bases stay: \
    `plimsoll bases remove` is for those."
)]
pub struct CleanArgs {
    /// Only what this run left: the name of its folder
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Also remove build cache on the containerd store: your own builds run all steps again
    #[arg(long)]
    pub build_cache: bool,
    /// List only
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: TableFormat,
}

/// `plimsoll registry`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  plimsoll registry\n  plimsoll registry --listen 127.0.0.1:5000 --link 100mbit,20ms\n\n\
    The first line on stdout is the address. Ctrl-C ends it, and all that was pushed is gone."
)]
pub struct RegistryArgs {
    /// A loopback address; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// An empty folder for the blobs [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// The link that clients are served over: `loopback`, `100mbit` or `100mbit,20ms`
    #[arg(long, value_name = "LINK", default_value = "loopback")]
    pub link: Link,
}

/// `plimsoll schema`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  plimsoll schema scenario > schemas/scenario.schema.json\n  plimsoll schema run"
)]
pub struct SchemaArgs {
    /// Of which file
    #[arg(value_enum, default_value = "scenario")]
    pub of: SchemaOf,
}

/// `plimsoll completions`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  plimsoll completions bash > /etc/bash_completion.d/plimsoll")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Which schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// Scenario files.
    Scenario,
    /// run.json.
    Run,
}

/// A profile's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProfileArg {
    /// One round.
    Quick,
    /// One warm-up, six rounds.
    Standard,
    /// Two warm-ups, twenty rounds.
    Thorough,
}

impl From<ProfileArg> for Profile {
    fn from(arg: ProfileArg) -> Self {
        match arg {
            ProfileArg::Quick => Self::Quick,
            ProfileArg::Standard => Self::Standard,
            ProfileArg::Thorough => Self::Thorough,
        }
    }
}

/// Which bases may be built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyArg {
    /// The real one where it is there or can be pulled, else the stand-in.
    Auto,
    /// The real one only.
    Real,
    /// The stand-in only.
    StandIn,
}

impl From<PolicyArg> for Policy {
    fn from(arg: PolicyArg) -> Self {
        match arg {
            PolicyArg::Auto => Self::Auto,
            PolicyArg::Real => Self::Real,
            PolicyArg::StandIn => Self::StandIn,
        }
    }
}

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// The user's.
    Host,
    /// A private one. Pulls are measured there only.
    CleanRoom,
}

/// A phase that a run can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SkipArg {
    /// Rebuilds with emptied cache mounts, which take as long as cold builds
    ColdMounts,
    /// Rebuilds after a change of the dependencies
    Dependency,
}

impl From<SkipArg> for SkippedPhase {
    fn from(arg: SkipArg) -> Self {
        match arg {
            SkipArg::ColdMounts => Self::ColdMounts,
            SkipArg::Dependency => Self::Dependency,
        }
    }
}

impl From<EngineArg> for EngineChoice {
    fn from(arg: EngineArg) -> Self {
        match arg {
            EngineArg::Host => Self::Host,
            EngineArg::CleanRoom => Self::CleanRoom,
        }
    }
}

/// How containers are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReachArg {
    /// By their own address.
    Bridge,
    /// By a port published on loopback.
    Published,
}

impl From<ReachArg> for Reach {
    fn from(arg: ReachArg) -> Self {
        match arg {
            ReachArg::Bridge => Self::Bridge,
            ReachArg::Published => Self::Published,
        }
    }
}

/// A table for people, or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// A table.
    Table,
    /// JSON.
    Json,
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// A table for the terminal.
    Table,
    /// Markdown.
    Md,
    /// CSV.
    Csv,
    /// JSON.
    Json,
}

/// Forms of a report, and those of trackers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Tables for the terminal.
    Table,
    /// Markdown.
    Md,
    /// One page for a browser: no network, opens from disk.
    Html,
    /// The summary as CSV.
    Csv,
    /// JSON.
    Json,
    /// github-action-benchmark's `customSmallerIsBetter`.
    GithubActionBenchmark,
    /// Its `customBiggerIsBetter`: throughput, efficiency.
    GithubActionBenchmarkBigger,
    /// Bencher Metric Format.
    Bencher,
    /// hyperfine's export: times alone.
    Hyperfine,
    /// The text of Go benchmarks, for benchstat.
    GoBenchmark,
    /// OpenMetrics text.
    OpenMetrics,
    /// Charts as SVG.
    Svg,
    /// Charts as PNG.
    Png,
}
