//! A rendered chart, and the options of its drawing.

use super::palette::Theme;
use crate::record::Metric;
use crate::summary::Grouping;

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

/// ChartOptions of the charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChartOptions {
    /// The colour theme.
    pub theme: Theme,
    /// The order of rows.
    pub grouping: Grouping,
    /// Draws only this metric.
    pub metric: Option<Metric>,
}

impl ChartOptions {
    /// All charts, ungrouped.
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            grouping: Grouping::default(),
            metric: None,
        }
    }
}
