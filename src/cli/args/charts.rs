//! What is said about charts.

use clap::{Args, ValueEnum};

use crate::record::Metric;

/// The charts of `plimsoll report`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Charts (--format svg or png)")]
pub struct ChartArgs {
    /// Their colours: for white paper, or for dark pages
    #[arg(long, value_enum, default_value = "light")]
    pub theme: ThemeArg,
    /// One metric alone, by its id: build.cold, pull.cold
    #[arg(long, value_name = "ID")]
    pub metric: Option<Metric>,
    /// The order of their rows: the largest first, or that below a heading for each strategy
    #[arg(long, value_enum, default_value = "variant")]
    pub group_by: GroupArg,
}

/// Colours of charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ThemeArg {
    /// For white paper.
    Light,
    /// For dark pages.
    Dark,
}

/// The order of the rows of charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupArg {
    /// The largest first.
    Variant,
    /// The same below a heading for each strategy.
    Strategy,
}
