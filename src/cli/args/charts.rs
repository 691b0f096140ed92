//! What is said about charts.

use clap::{Args, ValueEnum};
use globset::Glob;

use crate::charts::Theme;
use crate::record::Metric;
use crate::summary::Grouping;

/// What of a report is shown, and how its charts are drawn.
#[derive(Debug, Clone, Args)]
pub struct ChartArgs {
    /// Colours of charts: for white paper, or for dark pages
    #[arg(long, value_enum, default_value = "light")]
    pub theme: ThemeArg,
    /// Only charts whose name matches this glob: node-sizes, '*-builds'; several times for several
    #[arg(long = "chart", value_name = "GLOB")]
    pub names: Vec<Glob>,
    /// One metric alone, by its id, as build.cold or pull.cold: its chart, its rows, or a table with the best variant first
    #[arg(long, value_name = "ID")]
    pub metric: Option<Metric>,
    /// The order of rows in charts and in the table of --metric: by value, or that within each strategy [default: variant]
    #[arg(long, value_enum)]
    pub group_by: Option<GroupArg>,
}

/// Colours of charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ThemeArg {
    /// For white paper.
    Light,
    /// For dark pages.
    Dark,
}

impl From<ThemeArg> for Theme {
    fn from(arg: ThemeArg) -> Self {
        match arg {
            ThemeArg::Light => Self::Light,
            ThemeArg::Dark => Self::Dark,
        }
    }
}

impl From<GroupArg> for Grouping {
    fn from(arg: GroupArg) -> Self {
        match arg {
            GroupArg::Variant => Self::Variant,
            GroupArg::Strategy => Self::Strategy,
        }
    }
}

/// The order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupArg {
    /// The largest first.
    Variant,
    /// The same below a heading for each strategy.
    Strategy,
}
