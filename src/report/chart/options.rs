//! A rendered chart, and the options of its drawing.

use super::palette::Theme;
use crate::record::Metric;

/// A rendered chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// The file name without its extension: `node-sizes`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The alternative text: the main figures in one or two sentences.
    pub alt: String,
    /// The SVG.
    pub svg: String,
}

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// As in the tables: the largest first.
    #[default]
    Variant,
    /// The same, grouped by strategy.
    Strategy,
}

/// Options of the charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The colour theme.
    pub theme: Theme,
    /// The order of rows.
    pub grouping: Grouping,
    /// Draws only this metric.
    pub metric: Option<Metric>,
}

impl Options {
    /// All charts, ungrouped.
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            grouping: Grouping::default(),
            metric: None,
        }
    }
}
