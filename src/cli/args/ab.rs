//! What is asked of two revisions.

use clap::Args;

use super::verdicts::{duration, rule, threshold};
use super::{CommonArgs, CompareFormat};
use crate::compare::Rule;
use crate::record::Metric;
use crate::stats::Threshold;
use crate::units::Nanos;

/// `plimsoll ab`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    plimsoll ab origin/main\n  \
    plimsoll ab v1.2 v1.3 --scenario node --only 'multi-*'\n  \
    plimsoll ab origin/main --scenario ./docker/app.toml --metric size.unpacked --metric build.cold\n  \
    plimsoll ab origin/main --format comment > comment.md\n\n\
    Both revisions are laid out in a temporary folder and measured in the same rounds; your own tree\n\
    is neither read nor changed, so what is not committed is not measured. Where verdicts are open\n\
    after --rounds, there are more, up to --max-rounds; the levels of the looks are parts of one level.\n\
    A run ends early where more rounds cannot change what it comes to.\n\n\
    Exit code 3: something is worse. 4: it is open, with --fail-on-inconclusive.")]
pub struct AbArgs {
    /// What is compared with: a branch, a tag, a commit
    #[arg(value_name = "BASE_REF")]
    pub base: String,
    /// What is compared
    #[arg(value_name = "HEAD_REF", default_value = "HEAD")]
    pub head: String,
    /// A name under scenarios/, or a path in the repository; several times for several [default: all under scenarios/]
    #[arg(long = "scenario", value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Counted rounds before the first look at the samples
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// Counted rounds at most
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub max_rounds: u32,
    /// Take no further round that would end later than this after the start, such as `10m`
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub time_budget: Option<Nanos>,
    /// Measure the variants too of which nothing differs between the revisions
    #[arg(long)]
    pub unchanged: bool,
    /// Only this metric; several times for several
    #[arg(long = "metric", value_name = "ID", value_parser = clap::value_parser!(Metric))]
    pub metrics: Vec<Metric>,
    /// How much a timed metric may change and still count as the same
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = threshold)]
    pub threshold: Threshold,
    /// The same of exact metrics: sizes, counts. 0: every difference counts
    #[arg(long, value_name = "PERCENT", default_value = "0.1%", value_parser = threshold)]
    pub exact_threshold: Threshold,
    /// Compare although the revisions are unlike in this: platform, stand-in or base
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub allow: Vec<Rule>,
    /// On what.
    #[command(flatten)]
    pub common: CommonArgs,
    /// List what is the same and what is not comparable too
    #[arg(long)]
    pub all: bool,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: CompareFormat,
    /// Exit with 0 whatever is found
    #[arg(long)]
    pub exit_zero: bool,
    /// Exit with 4 where a verdict is open
    #[arg(long)]
    pub fail_on_inconclusive: bool,
}
