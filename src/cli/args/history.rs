//! What is asked of many runs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::charts::ThemeArg;
use super::verdicts::{rule, threshold};
use crate::compare::Rule;
use crate::stats::Threshold;

/// `plimsoll history`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    plimsoll history\n  \
    plimsoll history results/main --only 'node/multi-*' --last 20\n  \
    plimsoll history --metric build.cold --metric 'pull.*' --since 2026-11-01\n  \
    plimsoll history --branch bench-data --under runs --check\n  \
    plimsoll history results/main --format html --out history.html\n  \
    plimsoll history --only node/slim --metric build.cold --format png --out charts\n\n\
    A trend is one metric of one case over one link. Only runs that the rules of `compare` let be\n\
    compared form a group; the output says what separates the groups. With --metric each run is listed.\n\
    A file that is no whole run is left out and named. An index next to the runs (.plimsoll-history)\n\
    makes later calls quick; it can be removed at any time.\n\
    Exit code 3, with --check: the newest run is worse than its baseline. 4: it is open, with\n\
    --fail-on-inconclusive.")]
pub struct HistoryArgs {
    /// Folder of runs, however deep; with --branch the repository [default: results/ in the home folder; the home folder]
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Read the runs at the tip of this branch, tag or commit instead, by git
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Only what lies below this path of the branch
    #[arg(long, value_name = "PATH", requires = "branch")]
    pub under: Option<String>,
    /// Only variants whose name, or scenario/name, matches this glob
    #[arg(long, value_name = "GLOB")]
    pub only: Option<String>,
    /// Show this metric, run by run; an id or a glob such as `pull.*` [default: the headline metrics, a line each]
    #[arg(long = "metric", value_name = "ID")]
    pub metrics: Vec<String>,
    /// How many comparable runs before the newest are its baseline
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub last: u16,
    /// Only runs from this day (2026-11-01), time or run on
    #[arg(long, value_name = "DATE|RUN")]
    pub since: Option<String>,
    /// How much a timed metric may change and still count as the same
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = threshold)]
    pub threshold: Threshold,
    /// The same of exact metrics: sizes, counts. 0: every difference counts
    #[arg(long, value_name = "PERCENT", default_value = "0.1%", value_parser = threshold)]
    pub exact_threshold: Threshold,
    /// Compare although the runs are unlike in this: platform, store, stand-in, base, host, engine or tool
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub allow: Vec<Rule>,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    pub format: HistoryFormat,
    /// Where to: a file instead of stdout; for charts the folder of their files, which is made where it is missing
    #[arg(long, value_name = "PATH", required_if_eq_any([("format", "svg"), ("format", "png")]))]
    pub out: Option<PathBuf>,
    /// Colours of the charts (--format svg or png)
    #[arg(long, value_enum, default_value = "light")]
    pub theme: ThemeArg,
    /// Exit with 3 where the newest run is worse
    #[arg(long)]
    pub check: bool,
    /// Exit with 4 where a verdict on it is open
    #[arg(long, requires = "check")]
    pub fail_on_inconclusive: bool,
    /// Exit with 0 whatever is found, --check or not
    #[arg(long)]
    pub exit_zero: bool,
}

/// Forms of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    /// A table for the terminal.
    Table,
    /// Markdown.
    Md,
    /// One page for a browser, with a chart for each trend: no network, opens from disk.
    Html,
    /// CSV, of all runs.
    Csv,
    /// JSON, of all runs.
    Json,
    /// A chart for each trend, as SVG.
    Svg,
    /// The same as PNG.
    Png,
}
