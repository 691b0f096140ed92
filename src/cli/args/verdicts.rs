//! What is asked of two runs, and of one against its budgets.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::charts::ThemeArg;
use crate::compare::Rule;
use crate::record::Metric;
use crate::stats::Threshold;
use crate::units::Nanos;

/// `plimsoll compare`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    plimsoll compare results/before results/after\n  \
    plimsoll compare 20261120T204000Z-node 20261121T090000Z-node --threshold 10%\n  \
    plimsoll compare latest --format comment          of a run of `plimsoll ab`\n  \
    plimsoll compare results/before latest --format html --out compared.html\n  \
    plimsoll compare results/before latest --format svg > forest.svg\n  \
    plimsoll compare results/reference latest --allow host --allow engine --format md\n\n\
    Exit code 3: something is worse. 4: it is open, with --fail-on-inconclusive.\n\
    Timed metrics get a verdict from 6 rounds a side on.")]
pub struct CompareArgs {
    /// What is compared with: a run folder, its name or `latest`
    #[arg(value_name = "BASE")]
    pub base: String,
    /// What is compared; without it, BASE is a run of `plimsoll ab`, and its two sides are
    #[arg(value_name = "HEAD")]
    pub head: Option<String>,
    /// How much a timed metric may change and still count as the same [default: 5%, of an A/B run what it was given]
    #[arg(long, value_name = "PERCENT", value_parser = threshold)]
    pub threshold: Option<Threshold>,
    /// The same of exact metrics: sizes, counts; 0 counts every difference [default: 0.1%, of an A/B run what it was given]
    #[arg(long, value_name = "PERCENT", value_parser = threshold)]
    pub exact_threshold: Option<Threshold>,
    /// Only this metric; several times for several
    #[arg(long = "metric", value_name = "ID", value_parser = clap::value_parser!(Metric))]
    pub metrics: Vec<Metric>,
    /// Compare although the runs are unlike in this: platform, store, stand-in, base, host, engine or tool
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub allow: Vec<Rule>,
    /// List what is the same and what is not comparable too
    #[arg(long)]
    pub all: bool,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: CompareFormat,
    /// Where to: a file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Colours of the chart (--format svg or png)
    #[arg(long, value_enum, default_value = "light")]
    pub theme: ThemeArg,
    /// Exit with 0 whatever is found
    #[arg(long)]
    pub exit_zero: bool,
    /// Exit with 4 where a verdict is open
    #[arg(long)]
    pub fail_on_inconclusive: bool,
}

/// `plimsoll check`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    plimsoll check latest\n  \
    plimsoll check latest --baseline results/main --pinned results/release-1\n  \
    plimsoll check latest --baseline-last 10\n  \
    plimsoll check 20261121T090000Z-node --format json --fail-on-inconclusive\n\n\
    Budgets are [[budget]] tables of the scenario, as the run recorded them, and of plimsoll.toml.\n\
    Exit code 3: a budget is broken that is not soft. 4: one is open, with --fail-on-inconclusive.")]
pub struct CheckArgs {
    /// A run folder, its name or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    /// The run that `worse-by` is compared with [default: [baseline] of plimsoll.toml]
    #[arg(long, value_name = "RUN")]
    pub baseline: Option<String>,
    /// Hold `worse-by` against the median of the last N comparable runs under results/ before this one
    #[arg(long, value_name = "N", conflicts_with = "baseline", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub baseline_last: Option<u16>,
    /// The run that `drift` is compared with
    #[arg(long, value_name = "RUN")]
    pub pinned: Option<String>,
    /// Compare although the runs are unlike in this: platform, store, stand-in, base, host, engine or tool
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub allow: Vec<Rule>,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: CheckFormat,
    /// Exit with 0 whatever is found
    #[arg(long)]
    pub exit_zero: bool,
    /// Exit with 4 where a budget is open
    #[arg(long)]
    pub fail_on_inconclusive: bool,
}

/// A hundred times as much is a change by any standard.
const MOST_SHARE: f64 = 100.0;

/// `5%`, `5 %`, `5`.
pub(super) fn threshold(text: &str) -> Result<Threshold, String> {
    let number = text.trim().trim_end_matches('%').trim_end().parse::<f64>();
    let share = number.ok().map(|percent| percent / 100.0);
    share
        .filter(|share| *share <= MOST_SHARE)
        .and_then(Threshold::of)
        .ok_or_else(|| "a percentage up to 10000% is expected, e.g. `5%`".to_owned())
}

/// `90s`, `10m`, `2h`.
pub(super) fn duration(text: &str) -> Result<Nanos, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let seconds = match text[digits.len()..].trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        _ => 0,
    };
    let number = digits.parse::<u64>().ok().filter(|_| seconds > 0);
    number
        .and_then(|number| number.checked_mul(seconds)?.checked_mul(1_000_000_000))
        .map(Nanos)
        .ok_or_else(|| "a duration is expected, such as `90s`, `10m` or `2h`".to_owned())
}

pub(super) fn rule(text: &str) -> Result<Rule, String> {
    let words: Vec<_> = Rule::ALL.into_iter().map(Rule::word).collect();
    Rule::of_word(text).ok_or_else(|| format!("expected one of: {}", words.join(", ")))
}

/// Forms of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    /// A table for the terminal.
    Table,
    /// Markdown.
    Md,
    /// CSV, of all lines.
    Csv,
    /// JSON, of all lines.
    Json,
    /// One page for a browser: no network, opens from disk.
    Html,
    /// The forest plot as SVG.
    Svg,
    /// The same as PNG.
    Png,
    /// GitHub's annotations: the ten worst.
    Annotations,
    /// Markdown for $GITHUB_STEP_SUMMARY, under 1 MiB.
    StepSummary,
    /// Markdown for a comment on a pull request, under 64 KiB.
    Comment,
}

/// Forms of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// A table for the terminal.
    Table,
    /// Markdown.
    Md,
    /// JSON.
    Json,
    /// JUnit XML.
    Junit,
    /// GitHub's annotations: the ten worst.
    Annotations,
    /// Markdown for $GITHUB_STEP_SUMMARY, under 1 MiB.
    StepSummary,
    /// Markdown for a comment on a pull request, under 64 KiB.
    Comment,
}
